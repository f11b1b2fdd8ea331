package hellio

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// maxRetryAfter is the longest Retry-After that is believed; a longer one counts as absent.
const maxRetryAfter = 24 * time.Hour

// RateLimit is what the API last said about the token's limit: by default 120 requests in a window of 60 seconds (documented) that
// begins with the window's first request (inferred). The zero value says that nothing was said.
type RateLimit struct {
	Limit      int           // requests a window; 0 when not told
	Remaining  int           // requests left in the window; meaningless while Limit is 0
	Reset      time.Time     // end of the window by the API's clock, told with a 429 only; zero when not told
	RetryAfter time.Duration // how long to wait, told with a 429 and sometimes a 503; 0 when not told
}

// LimitRequest tells a Limiter which call wants to go.
type LimitRequest struct {
	Operation string // the operation's name, such as "sms_send"
	OTP       bool   // somebody waits for a login code
	Token     string // the token's fingerprint (see Client.Fingerprint), never the token
}

// Limiter paces the attempts of one client, or of several that share it. It must be safe for concurrent use.
//
// Wait is called before each attempt, retries included, and returns when the attempt may go, or with an error that ends the call with
// nothing more sent. It must return when ctx ends. An error that is, or wraps, a *RateLimitError becomes the call's own, with its RetryAfter.
//
// Observe is called exactly once for each Wait that returned nil, with the same r, when the attempt has ended: with the status and the
// headers' numbers of its response, or with status 0 and the zero RateLimit where none came or no attempt was made after all.
type Limiter interface {
	Wait(ctx context.Context, r LimitRequest) error
	Observe(r LimitRequest, status int, rl RateLimit)
}

// parseRateLimit reads the X-RateLimit and Retry-After headers; what can't be read counts as absent.
func parseRateLimit(h http.Header) RateLimit {
	var rl RateLimit
	rl.RetryAfter, _ = parseRetryAfter(h)
	limit, ok := headerInt(h, contract.HeaderRateLimitLimit)
	if !ok || limit == 0 {
		return rl
	}
	if remaining, ok := headerInt(h, contract.HeaderRateLimitRemaining); ok {
		rl.Limit, rl.Remaining = int(limit), int(min(remaining, limit))
	}
	if reset, ok := headerInt(h, contract.HeaderRateLimitReset); ok {
		rl.Reset = time.Unix(reset, 0)
	}
	return rl
}

// parseRetryAfter reads whole seconds, or an HTTP date. A past date, more than a day and anything unreadable count as not told.
func parseRetryAfter(h http.Header) (wait time.Duration, told bool) {
	if seconds, ok := headerInt(h, contract.HeaderRetryAfter); ok {
		return believed(time.Duration(min(seconds, 1<<32)) * time.Second)
	}
	text := header(h, contract.HeaderRetryAfter)
	if text == "" { // most answers: ParseTime would make an error for each
		return 0, false
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return untilBy(h, at)
}

// untilBy is the time from the response's own Date to at: the clock of this machine may be hours off.
func untilBy(h http.Header, at time.Time) (wait time.Duration, told bool) {
	date, err := http.ParseTime(header(h, "Date"))
	if err != nil {
		return 0, false
	}
	return believed(at.Sub(date))
}

func believed(wait time.Duration) (time.Duration, bool) {
	if wait < 0 || wait > maxRetryAfter {
		return 0, false
	}
	return wait, true
}

// headerInt reads a header of 1 to 12 digits.
func headerInt(h http.Header, name string) (int64, bool) {
	text := header(h, name)
	if !isDigits(text) || len(text) > 12 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// header is Get for a name in canonical form, without Get's canonicalising.
func header(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
