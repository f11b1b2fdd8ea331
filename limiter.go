package hellio

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/pacing"
)

// WindowLimiter is the default Limiter of a Client. It learns each token's
// window from the X-RateLimit headers. Once the window is used up, calls queue
// in order of arrival and start when the next window begins. Calls within the
// limit start immediately, with three exceptions. If a window begins or nothing
// is known yet, one call goes first. The others wait for its response, for at
// most a second. If other clients use the token too, the limiter spreads its
// calls over the window. For ten minutes after an OTP it reserves a twelfth of
// each window for OTPs, which never queue behind other calls.
//
// After a 429 no call of the token starts before its Retry-After. The block
// lasts at most 65 s. Apart from it, the limiter does not delay the calls of a
// token whose responses keep showing Remaining >= Limit.
//
// If a call cannot start at least a second before its deadline, Wait
// immediately returns a *RateLimitError. Its Status is 0 and RetryAfter is the
// wait.
//
// The zero value is ready for use. A WindowLimiter must not be copied. Pass one
// pointer to several clients with WithLimiter, and they share one view of each
// token. It keeps the windows of at most 256 idle tokens, starts no goroutine,
// and does not pace calls without a token (Login).
type WindowLimiter struct {
	mu     sync.Mutex
	tokens pacing.Tokens
}

// Wait returns nil when the attempt may start. Its errors are the context's
// and, with Status 0, a *RateLimitError.
func (l *WindowLimiter) Wait(ctx context.Context, r LimitRequest) error {
	if err := ctx.Err(); err != nil || r.Token == "" {
		return err
	}
	lastStart := latestStart(ctx)
	now := time.Now() // reading it takes as long as Enter
	l.mu.Lock()
	w, tooLong := l.tokens.Enter(r.Token, kindOfCall(r), lastStart, now)
	l.mu.Unlock()
	if w == nil {
		return limitError(tooLong)
	}
	return l.wait(ctx, w)
}

func kindOfCall(r LimitRequest) pacing.Kind {
	if r.OTP {
		return pacing.OTP
	}
	return pacing.Bulk
}

// latestStart returns when an attempt may start at the latest; zero means any
// time. The last second before the deadline is too short for an attempt: if it
// is cut off, its outcome is unknown.
func latestStart(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	return deadline.Add(-plannedPaidAttempt)
}

// limitError returns the error of a call whose wait is too long, and nil if
// tooLong is 0.
func limitError(tooLong time.Duration) error {
	if tooLong == 0 {
		return nil
	}
	const text = "the rate limit allows the next call in %s, too late for the deadline"
	return &RateLimitError{
		APIError: &APIError{
			Message: fmt.Sprintf(text, tooLong.Round(time.Millisecond)),
			Outcome: OutcomeNotSent,
		},
		RetryAfter: tooLong,
	}
}

// Observe learns from a response and starts the waiters that may start now.
func (l *WindowLimiter) Observe(r LimitRequest, result LimitResult) {
	if r.Token == "" {
		return
	}
	rl := result.RateLimit
	response := pacing.Response{
		Status:     result.Status,
		Limit:      rl.Limit,
		Remaining:  rl.Remaining,
		RetryAfter: rl.RetryAfter,
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens.Observe(r.Token, kindOfCall(r), response, now)
}

// wait blocks until w may start, is refused, or ctx ends. The waiter at the
// head of a queue owns the timer.
func (l *WindowLimiter) wait(ctx context.Context, w *pacing.Waiter) error {
	timer := time.NewTimer(l.wakeAfter(w))
	defer timer.Stop()
	for {
		select {
		case <-w.Done:
			return limitError(w.TooLong)
		case <-ctx.Done():
			l.remove(w)
			return ctx.Err()
		case <-w.Head:
		case <-timer.C:
		}
		timer.Reset(l.wakeAfter(w))
	}
}

// wakeAfter starts the waiters that may start and returns how long w may sleep.
func (l *WindowLimiter) wakeAfter(w *pacing.Waiter) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens.WakeAfter(w, time.Now())
}

// remove takes w out of its queue, or returns the permit that it has received
// in the same moment.
func (l *WindowLimiter) remove(w *pacing.Waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens.Remove(w, time.Now())
}

const limiterName = "limiter"

// pace waits for the limiter's permit for the next attempt and returns the time
// then. The limiter keys on the token, so the token is fetched first. After a
// long wait it may have rotated: it is fetched again, and a new one needs a
// permit of its own.
func (x *exchange) pace() (now time.Time, err error) {
	if x.core.limiter == nil {
		return time.Now(), nil
	}
	before := x.waited
	if now, err = x.askLimiter(); err != nil || x.waited-before < time.Second {
		return now, err
	}
	if err := x.authorize(); err != nil {
		return now, err
	}
	if x.auth.fingerprint == x.permit.fingerprint {
		return time.Now(), nil
	}
	x.reportToLimiter(LimitResult{})
	return x.askLimiter()
}

func (x *exchange) askLimiter() (now time.Time, err error) {
	before := time.Now()
	if err := x.core.limiter.Wait(x.ctx, x.limitRequest(x.auth)); err != nil {
		return before, foreignError{limiterName, err}
	}
	x.permit = x.auth
	now = time.Now()
	x.waited += now.Sub(before)
	if x.ctx.Err() != nil {
		return now, contextError(x.ctx)
	}
	return now, nil
}

// reportToLimiter reports the end of an attempt to the limiter, once for each
// permit. Status 0 means that no response came, or no attempt was made.
func (x *exchange) reportToLimiter(result LimitResult) {
	if x.permit == nil {
		return
	}
	r := x.limitRequest(x.permit)
	x.permit = nil
	x.core.limiter.Observe(r, result)
}

func (x *exchange) limitRequest(auth *credentials) LimitRequest {
	return LimitRequest{
		Operation: x.op.Name,
		OTP:       x.op.Name == contract.OTPSend.Name,
		Token:     auth.fingerprint,
	}
}

// observe reports the headers of the latest attempt to the limiter and to
// Client.RateLimit. Those of OTP.Send may describe the limit of its source IP.
func (x *exchange) observe() {
	rl := x.response.RateLimit
	otherLimit := x.op.Name == contract.OTPSend.Name && rl.Limit != x.core.seen.load().Limit
	if rl.Limit > 0 && !otherLimit {
		x.core.seen.store(rl)
	}
	x.reportToLimiter(LimitResult{Status: x.response.StatusCode, RateLimit: rl})
}
