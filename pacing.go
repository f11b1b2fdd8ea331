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
	paces map[string]*pace // by the token's fingerprint
}

// Wait returns when the attempt may go. Its errors are the context's and, with Status 0, a *RateLimitError.
func (l *WindowLimiter) Wait(ctx context.Context, r LimitRequest) error {
	if err := ctx.Err(); err != nil || r.Token == "" {
		return err
	}
	l.mu.Lock()
	p := l.pace(r.Token)
	w, err := p.enter(ctx, lineOf(r), time.Now())
	l.mu.Unlock()
	if w == nil {
		return err
	}
	return l.stand(ctx, p, w)
}

// Observe learns from a response and releases the waiters that may start now.
func (l *WindowLimiter) Observe(r LimitRequest, result LimitResult) {
	if r.Token == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p, now := l.pace(r.Token), time.Now()
	p.observe(lineOf(r), result.Status, result.RateLimit, now)
	p.serve(now)
	p.turnAway(now)
	p.wakeHeads()
}

// pace gives what is known of a token.
func (l *WindowLimiter) pace(token string) *pace {
	if p := l.paces[token]; p != nil {
		return p
	}
	if l.paces == nil {
		l.paces = make(map[string]*pace)
	}
	l.makeRoom()
	p := new(pace)
	l.paces[token] = p
	return p
}

// makeRoom forgets, of too many tokens, those whose window ends first; one that calls are under way with stays.
func (l *WindowLimiter) makeRoom() {
	for len(l.paces) >= maxPaces {
		var oldest *pace
		var name string
		for token, p := range l.paces {
			if p.idle() && (oldest == nil || p.token.end.Before(oldest.token.end)) {
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
func (l *WindowLimiter) stand(ctx context.Context, p *pace, w *waiter) error {
	timer := time.NewTimer(l.look(p, w))
	defer timer.Stop()
	for {
		select {
		case <-w.done:
			return w.err
		case <-ctx.Done():
			return l.leave(p, w, ctx.Err())
		case <-w.first:
		case <-timer.C:
		}
		timer.Reset(l.look(p, w))
	}
}

// look serves the lines and tells how long w may sleep.
func (l *WindowLimiter) look(p *pace, w *waiter) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	p.serve(now)
	if p.lines[w.line].head() != w {
		return windowLength
	}
	return p.opens(w.line, now).Sub(now)
}

// leave takes w out of its line, or gives back the leave that it was given in the same moment.
func (l *WindowLimiter) leave(p *pace, w *waiter, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.lines[w.line].remove(w) && w.err == nil {
		p.release(w.line)
	}
	p.serve(time.Now())
	p.wakeHeads()
	return err
}
