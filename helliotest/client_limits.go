package helliotest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/pacing"
)

// longestRealWait is how long a Client waits in real time for the fake's own
// limits (decided). A test that waits longer belongs in a bubble.
const longestRealWait = 3 * time.Second

// faultAftermath is how long a client may still wait because of a 429 of a
// fault, beyond the fault's Retry-After.
const faultAftermath = 10 * time.Second

// clientLimiter is the limiter of a Client outside a bubble: a WindowLimiter
// that refuses a long wait for the fake's own limits, in place of waiting in
// real time. It does not change waits after a fault.
type clientLimiter struct {
	*hellio.WindowLimiter
	e           *engine
	view        *view
	token       string
	fingerprint string
}

func newClientLimiter(f *Fake, token string) *clientLimiter {
	sum := sha256.Sum256([]byte(token))
	return &clientLimiter{
		WindowLimiter: new(hellio.WindowLimiter),
		e:             f.engine,
		view:          f.view,
		token:         token,
		fingerprint:   hex.EncodeToString(sum[:8]),
	}
}

// Wait implements hellio.Limiter.
func (l *clientLimiter) Wait(ctx context.Context, r hellio.LimitRequest) error {
	wait, own := l.ownWait(r)
	if !own {
		return l.WindowLimiter.Wait(ctx, r)
	}
	if wait > longestRealWait {
		return l.refuse(r, wait)
	}
	latest := time.Now().Add(longestRealWait + pacing.SpareTime)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(latest) {
		return l.WindowLimiter.Wait(ctx, r)
	}
	err := l.WindowLimiter.Wait(&limitContext{ctx, latest}, r)
	var limited *hellio.RateLimitError
	if errors.As(err, &limited) {
		return l.refuse(r, limited.RetryAfter)
	}
	return err
}

// limitContext is a context with an earlier deadline. The limiter reads the
// deadline only.
type limitContext struct {
	context.Context
	latest time.Time
}

// Deadline implements context.Context.
func (c *limitContext) Deadline() (time.Time, bool) { return c.latest, true }

// ownWait returns how long the fake's own limits would refuse a call now. It
// reports false while a 429 of a fault may still make the client wait.
func (l *clientLimiter) ownWait(r hellio.LimitRequest) (wait time.Duration, own bool) {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	if time.Now().Before(l.e.faultWaits) {
		return 0, false
	}
	w := l.e.world
	now := w.clock.Now()
	if t := w.tokens[l.token]; t != nil && l.fingerprint == r.Token {
		wait = bucket{&t.window, w.account.rateLimit}.wait(now)
	}
	if counted := w.otps.senders[loopback]; r.OTP && counted != nil {
		wait = max(wait, bucket{counted, w.account.otpLimit}.wait(now))
	}
	return wait, true
}

// loopback is the caller's address of calls in process.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// refuse returns the error of a call that would wait too long, and writes it to
// the test's log. The call's outcome is that of its attempts so far.
func (l *clientLimiter) refuse(r hellio.LimitRequest, wait time.Duration) error {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	account := &l.e.world.account
	limit := fmt.Sprintf("%d requests per minute: run the test in a synctest bubble, or use "+
		"WithRateLimit(0)", account.rateLimit)
	if r.OTP && account.otpLimit > 0 {
		limit = fmt.Sprintf("%d codes per minute: run the test in a synctest bubble, or use "+
			"WithOTPLimit(0)", account.otpLimit)
	}
	sentence := fmt.Sprintf("%s would wait %.0fs for the fake's limit of %s",
		Op(r.Operation).method(), wait.Seconds(), limit)
	l.view.warn(sentence)
	return &hellio.RateLimitError{
		APIError:   &hellio.APIError{Message: "helliotest: " + sentence},
		RetryAfter: wait,
	}
}
