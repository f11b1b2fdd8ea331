package hellio

import (
	"context"
	"sync"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

const (
	windowLength = contract.RateLimitWindow
	probeTime    = time.Second      // how long others wait for the answer of the one that goes first
	otpMemory    = 10 * time.Minute // how long after an OTP the lane for OTPs is kept
	longestBlock = 65 * time.Second // no 429 stops a token for longer: the window is shorter than that
	maxPaces     = 256              // tokens that are remembered at once
)

// WindowLimiter is the Limiter that a Client has by default. It learns the token's window from the X-RateLimit headers, holds calls back
// once the window is used up, and lets them go when it is over, first come, first served. A call that would not be refused is not slowed:
// the first calls and bursts within the limit go at once. Only where a window begins, or nothing is known, one call goes ahead
// and the others wait for its answer, at most a second.
//
// After a 429 nobody goes before its Retry-After, 65 s at most. Where the calls of others use the token up, it spreads its own over the
// window. Once an OTP was sent, a twelfth of each window is kept free for OTPs for ten minutes, and no OTP queues behind other
// calls. Where a wait would leave less than a second before the context's deadline, Wait returns at once a *RateLimitError with Status 0 and
// the wait in RetryAfter.
//
// The zero value is ready for use. Give one pointer to several clients with WithLimiter, and they share one view of each token; it must
// not be copied. It keeps windows for at most 256 idle tokens, starts no goroutine, and does not pace calls without a token (Login).
type WindowLimiter struct {
	mu    sync.Mutex
	paces map[string]*tokenState // by the token's fingerprint
}

// Wait returns when the attempt may go. Its errors are the context's and, with Status 0, a *RateLimitError.
func (l *WindowLimiter) Wait(ctx context.Context, r LimitRequest) error {
	if err := ctx.Err(); err != nil || r.Token == "" {
		return err
	}
	l.mu.Lock()
	p := l.pace(r.Token)
	w, refused := p.Enter(lineOf(r), latestStart(ctx), time.Now())
	l.mu.Unlock()
	if w == nil {
		return limitError(refused)
	}
	return l.stand(ctx, p, w)
}

func lineOf(r LimitRequest) callKind {
	if r.OTP {
		return otpLine
	}
	return bulkLine
}

// latestStart is when an attempt may be let go at the latest. One that is cut off leaves money in doubt, so a second is kept for it.
func latestStart(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	return deadline.Add(-shortestPaidAttempt)
}

// limitError is the error of a call that is let go too late, after that wait; nil for 0.
func limitError(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	const text = "the rate limit is used up, and the wait for it would pass the deadline"
	return &RateLimitError{APIError: &APIError{Message: text, Outcome: OutcomeNotSent}, RetryAfter: wait}
}

// Observe learns from a response and releases the waiters that may start now.
func (l *WindowLimiter) Observe(r LimitRequest, result LimitResult) {
	if r.Token == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	rl := result.RateLimit
	l.pace(r.Token).Observe(lineOf(r), limitAnswer{
		Status:     result.Status,
		Limit:      rl.Limit,
		Remaining:  rl.Remaining,
		RetryAfter: rl.RetryAfter,
	}, time.Now())
}

// pace gives what is known of a token.
func (l *WindowLimiter) pace(token string) *tokenState {
	if p := l.paces[token]; p != nil {
		return p
	}
	if l.paces == nil {
		l.paces = make(map[string]*tokenState)
	}
	l.makeRoom()
	p := new(tokenState)
	l.paces[token] = p
	return p
}

// makeRoom forgets, of too many tokens, those whose window ends first; one that calls are under way with stays.
func (l *WindowLimiter) makeRoom() {
	for len(l.paces) >= maxPaces {
		var oldest *tokenState
		var name string
		for token, p := range l.paces {
			if p.Idle() && (oldest == nil || p.End().Before(oldest.End())) {
				oldest, name = p, token
			}
		}
		if oldest == nil {
			return
		}
		delete(l.paces, name)
	}
}

// stand waits in the line until w may go, is turned away, or gives up. Whoever is first in a line keeps its time.
func (l *WindowLimiter) stand(ctx context.Context, p *tokenState, w *waiter) error {
	timer := time.NewTimer(l.look(p, w))
	defer timer.Stop()
	for {
		select {
		case <-w.Done:
			return limitError(w.Refused)
		case <-ctx.Done():
			return l.leave(p, w, ctx.Err())
		case <-w.First:
		case <-timer.C:
		}
		timer.Reset(l.look(p, w))
	}
}

// look serves the lines and tells how long w may sleep.
func (l *WindowLimiter) look(p *tokenState, w *waiter) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return p.WakeAfter(w, time.Now())
}

// leave takes w out of its line, or gives back the leave that it was given in the same moment.
func (l *WindowLimiter) leave(p *tokenState, w *waiter, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.Remove(w, time.Now())
	return err
}
