package helliotest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/window"
)

// bucket is a rate limit and the window that counts to it.
type bucket struct {
	window *window.Window
	limit  int
}

// wait returns how long the limit would refuse a request now; 0 if it would
// not.
func (b bucket) wait(now time.Time) time.Duration {
	if b.limit == 0 || !b.window.Full(now, b.limit) {
		return 0
	}
	return time.Duration(b.window.RetryAfter(now)) * time.Second
}

// throttle checks every limit of the route before it counts to any. What it
// refuses is not counted.
func (c *apiCall) throttle() *reply {
	if c.public() {
		return nil
	}
	var buckets []bucket
	if limit := c.w.account.rateLimit; limit > 0 {
		buckets = append(buckets, bucket{&c.token.window, limit})
	}
	if c.route.limit != nil {
		if b := c.route.limit(c.w, c); b.limit > 0 {
			buckets = append(buckets, b)
		}
	}
	now := c.w.clock.Now()
	for _, b := range buckets {
		if b.window.Full(now, b.limit) {
			return tooMany(b.limit, b.window.RetryAfter(now), now)
		}
	}
	for _, b := range buckets {
		begins := b.window.Over(now)
		b.window.Hit(now)
		if begins && c.e.cfg.follow.minuteWindows {
			began := now.Truncate(b.window.Length)
			*b.window = window.Restored(b.window.Length, began, 1)
		}
	}
	c.buckets = buckets
	return nil
}

// limitHeaders shows the limit with the fewest requests left at the time of the
// answer.
func (c *apiCall) limitHeaders(header http.Header, now time.Time) {
	if len(c.buckets) == 0 || header[contract.HeaderRateLimitLimit] != nil {
		return
	}
	tightest := c.buckets[0]
	for _, b := range c.buckets[1:] {
		if b.window.Remaining(now, b.limit) < tightest.window.Remaining(now, tightest.limit) {
			tightest = b
		}
	}
	header[contract.HeaderRateLimitLimit] = []string{strconv.Itoa(tightest.limit)}
	header[contract.HeaderRateLimitRemaining] = []string{strconv.Itoa(tightest.window.Remaining(now,
		tightest.limit))}
}

// tooMany answers 429: the only answer with Retry-After and X-RateLimit-Reset.
func tooMany(limit, retryAfter int, now time.Time) *reply {
	r := refuse(http.StatusTooManyRequests, contract.CodeThrottled, "Too Many Attempts.")
	r.header = http.Header{
		contract.HeaderRateLimitLimit:     {strconv.Itoa(limit)},
		contract.HeaderRateLimitRemaining: {"0"},
		contract.HeaderRetryAfter:         {strconv.Itoa(retryAfter)},
		contract.HeaderRateLimitReset:     {strconv.FormatInt(now.Unix()+int64(retryAfter), 10)},
	}
	return r
}
