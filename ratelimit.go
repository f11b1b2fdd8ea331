package hellio

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// RateLimit holds what the API last reported about a token's limit. The default
// is 120 requests in a window of 60 seconds (documented), which begins with its
// first request (inferred). The zero value means that nothing was reported.
type RateLimit struct {
	Limit      int           // requests per window; 0: not reported
	Remaining  int           // requests left, possibly more than Limit; meaningless if Limit is 0
	Reset      time.Time     // end of the window by the API's clock, on a 429; zero: not reported
	RetryAfter time.Duration // how long to wait, on a 429 and some 503s; 0: not reported
}

// LimitRequest describes the attempt that waits for a Limiter.
type LimitRequest struct {
	Operation string // the operation's name, such as "sms_send"
	OTP       bool   // a person waits for a login code
	Token     string // the token's fingerprint (see Client.Fingerprint), never the token
}

// LimitResult describes how an attempt ended. Fields may be added. The zero
// value means that no response came, or that no attempt was made after all.
type LimitResult struct {
	Status    int       // HTTP status; 0: no response
	RateLimit RateLimit // as the response's headers report it
}

// Limiter paces the attempts of one client, or of several clients that share
// it. It must be safe for concurrent use.
//
// Wait is called before each attempt, retries included. It returns nil when the
// attempt may start. Any error ends the call, and nothing more is sent. Wait
// must return when ctx ends. If its error is or wraps a *RateLimitError, the
// call returns a *RateLimitError with the same RetryAfter.
//
// Observe is called exactly once for each Wait that returned nil, with the same
// r, after the attempt has ended.
type Limiter interface {
	Wait(ctx context.Context, r LimitRequest) error
	Observe(r LimitRequest, result LimitResult)
}

// mostRequests bounds Limit and Remaining, so that sums and small multiples of
// them fit into an int of 32 bits.
const mostRequests = 100_000_000

// parseRateLimit reads the X-RateLimit and Retry-After headers. What cannot be
// read counts as absent.
func parseRateLimit(h http.Header) RateLimit {
	var rl RateLimit
	rl.RetryAfter, _ = parseRetryAfter(h)
	limit, ok := headerInt(h, contract.HeaderRateLimitLimit)
	if !ok || limit == 0 {
		return rl
	}
	if remaining, ok := headerInt(h, contract.HeaderRateLimitRemaining); ok {
		rl.Limit = int(min(limit, mostRequests))
		rl.Remaining = int(min(remaining, mostRequests))
	}
	if reset, ok := headerInt(h, contract.HeaderRateLimitReset); ok {
		rl.Reset = time.Unix(reset, 0)
	}
	return rl
}

// parseRetryAfter reads a number of seconds of any size, or an HTTP date. A
// past date and anything that cannot be read count as absent.
func parseRetryAfter(h http.Header) (wait time.Duration, ok bool) {
	text := headerValue(h, contract.HeaderRetryAfter)
	if text == "" { // most responses: ParseTime would allocate an error for each
		return 0, false
	}
	if wait, ok = parseSeconds(text); ok {
		return wait, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return untilBy(h, at)
}

// parseSeconds reads digits, with or without a fraction, which it rounds up. A
// number beyond time.Duration is the largest time.Duration.
func parseSeconds(text string) (wait time.Duration, ok bool) {
	const most = int64(math.MaxInt64 / time.Second)
	whole, fraction, found := strings.Cut(text, ".")
	if !isDigits(whole) || found && !isDigits(fraction) {
		return 0, false
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err == nil && seconds <= most && strings.Trim(fraction, "0") != "" {
		seconds++
	}
	if err != nil || seconds > most { // digits alone fail by their number only
		return math.MaxInt64, true
	}
	return time.Duration(seconds) * time.Second, true
}

// untilBy returns the time from the response's own Date to at, because the
// clock of this machine may be hours off. Without a Date, or if at is past, ok
// is false.
func untilBy(h http.Header, at time.Time) (wait time.Duration, ok bool) {
	date, err := http.ParseTime(headerValue(h, "Date"))
	if err != nil || at.Before(date) {
		return 0, false
	}
	return at.Sub(date), true
}

// headerInt returns the value of a header of 1 to 12 digits.
func headerInt(h http.Header, name string) (int64, bool) {
	text := headerValue(h, name)
	if !isDigits(text) || len(text) > 12 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// headerValue returns what Get returns for a name in canonical form, without
// the cost of canonicalising it.
func headerValue(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
