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

// poll calls get until its result is final: immediately, after 2 s, then at
// intervals that grow to 15 s. It polls every 15 s while little of the rate
// limit is left, and waits out a rate limit that outlasts the call's own
// retries. It ends with the first final result, with another error of get, or
// with ctx.
func poll[T any](
	ctx context.Context,
	c *core,
	op *contract.Operation,
	get func() (*T, error),
	final func(*T) bool,
) (*T, error) {
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
			return nil, &ConnectionError{
				Err:     ctx.Err(),
				Outcome: OutcomeNotSent,
				call:    callInfo{op: op.Name},
			}
		case <-timer.C:
		}
	}
}

// pollWait spreads an interval by a tenth in either direction, and extends it
// if the rate limit asks for it. It spreads a Retry-After upwards only, so it
// never shortens one. random is in [0, 1).
func pollWait(
	interval time.Duration, rl RateLimit, limited *RateLimitError, random float64,
) time.Duration {
	if rl.Limit > 0 && rl.Remaining*10 < rl.Limit {
		interval = lastPoll
	}
	if limited != nil {
		interval = max(interval, limited.RetryAfter)
		return sumWaits(interval, time.Duration(random*float64(interval)/10))
	}
	return interval*9/10 + time.Duration(random*float64(interval)/5)
}
