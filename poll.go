package hellio

import (
	"context"
	"errors"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

const (
	firstPoll = 2 * time.Second
	lastPoll  = 15 * time.Second
)

// poll asks again and again until the thing is final: after 2 s, then at growing intervals up to 15 s, and no faster than that while
// little of the rate limit is left. A rate limit that outlasts the call's own retries is waited for. It ends with the first final
// state, with an error of get, or with ctx.
func poll[T any](ctx context.Context, c *core, op *contract.Operation, get func() (*T, error), final func(*T) bool) (*T, error) {
	if ctx == nil {
		return nil, nilContext()
	}
	for interval := firstPoll; ; interval = min(interval*3/2, lastPoll) {
		found, err := get()
		if err == nil && final(found) {
			return found, nil
		}
		var limited *RateLimitError
		if err != nil && !errors.As(err, &limited) {
			return nil, err
		}
		wait := pollWait(interval, c.seen.load(), limited, c.random())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, &ConnectionError{Err: ctx.Err(), Outcome: OutcomeNotSent, call: callInfo{op: op.Name}}
		case <-timer.C:
		}
	}
}

// pollWait spreads an interval by a tenth either way, and makes it longer where the rate limit asks for it. A Retry-After is spread
// upwards alone: it is never cut short.
func pollWait(interval time.Duration, rl RateLimit, limited *RateLimitError, random float64) time.Duration {
	if rl.Limit > 0 && rl.Remaining*10 < rl.Limit {
		interval = lastPoll
	}
	if limited != nil {
		interval = max(interval, limited.RetryAfter)
		return interval + time.Duration(random*float64(interval)/10)
	}
	return interval*9/10 + time.Duration(random*float64(interval)/5)
}
