package hellio

import (
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/pacing"
)

// RetryPolicy sets how often and how fast the client retries a call. The zero
// value is the default policy.
type RetryPolicy struct {
	// MaxRetries is the number of attempts after the first, at most 100. 0
	// means 3 for keyed sends and 2 for other calls, -1 means none.
	MaxRetries int
	// MinWait limits the random wait before the first retry. The limit doubles
	// with each further retry. 0 means 500 ms.
	MinWait time.Duration
	// MaxWait limits all these waits. 0 means 8 s.
	MaxWait time.Duration
	// MaxRetryAfter is the longest Retry-After that the client waits for. After
	// a longer one the call returns immediately. 0 means 65 s.
	MaxRetryAfter time.Duration
}

const (
	defaultMinWait       = 500 * time.Millisecond
	defaultMaxWait       = 8 * time.Second
	defaultMaxRetryAfter = 65 * time.Second
	shortestWait         = 50 * time.Millisecond
	throttleWait         = time.Second // least wait after a 429: the API rounds Retry-After down
	conflictTotal        = 10 * time.Second
	attemptTimeout       = 30 * time.Second
	shortestAttempt      = 250 * time.Millisecond // least time before the deadline for a retry
	shortestPaidAttempt  = time.Second            // the same for any paid attempt

	plannedPaidAttempt = pacing.SpareTime // what a wait leaves for one
)

// check returns the policy with its defaults filled in, or a *ParamError.
func (p RetryPolicy) check() (RetryPolicy, error) {
	const longest = 24 * time.Hour
	if p.MaxRetries < -1 || p.MaxRetries > 100 {
		return p, &ParamError{
			Field:   "RetryPolicy.MaxRetries",
			Given:   itoa(p.MaxRetries),
			Allowed: "-1 to 100",
		}
	}
	for _, d := range []struct {
		name   string
		value  *time.Duration
		preset time.Duration
	}{
		{"MinWait", &p.MinWait, min(defaultMinWait, orElse(p.MaxWait, defaultMinWait))},
		{"MaxWait", &p.MaxWait, max(defaultMaxWait, p.MinWait)},
		{"MaxRetryAfter", &p.MaxRetryAfter, defaultMaxRetryAfter},
	} {
		if *d.value < 0 || *d.value > longest {
			return p, &ParamError{
				Field:   "RetryPolicy." + d.name,
				Given:   d.value.String(),
				Allowed: "0 to 24h",
			}
		}
		*d.value = orElse(*d.value, d.preset)
	}
	if p.MinWait > p.MaxWait {
		return p, &ParamError{
			Field:   "RetryPolicy.MinWait",
			Given:   p.MinWait.String(),
			Allowed: "at most MaxWait, " + p.MaxWait.String(),
		}
	}
	return p, nil
}

func orElse(d, preset time.Duration) time.Duration {
	if d == 0 {
		return preset
	}
	return d
}

// retries is how many attempts may follow the first.
func (p RetryPolicy) retries(c class) int {
	switch {
	case p.MaxRetries > 0:
		return p.MaxRetries
	case p.MaxRetries < 0:
		return 0
	case c == classKeyed:
		return 3 // each retry of a keyed send can only resolve an unknown outcome
	default:
		return 2
	}
}

// class groups operations by what repeating them does.
type class uint8

const (
	classGet      class = iota // repeating is harmless
	classDelete                // repeating is harmless; a 404 to the retry means that it is done
	classKeyed                 // the idempotency key makes repeating harmless
	classBillable              // repeating may charge twice
	classOther                 // repeating may act twice, but costs nothing
)

func classOf(op *contract.Operation) class {
	switch {
	case op.Method == http.MethodGet:
		return classGet
	case op.Method == http.MethodDelete:
		return classDelete
	case op.Keyed:
		return classKeyed
	case op.Billable:
		return classBillable
	default:
		return classOther
	}
}

func (c class) repeatable() bool { return c == classGet || c == classDelete || c == classKeyed }

// retries counts the retries of one call by their reason, and the waits after
// 409 idempotency_conflict.
type retries struct {
	conflicts    int
	malformed    int
	others       int // malformed included
	conflictWait time.Duration
}

// next is the number of the next retry among those for the same kind of reason.
func (r *retries) next(why reason) int {
	if why == whyConflict {
		return r.conflicts + 1
	}
	return r.others + 1
}

func (r *retries) count(why reason, wait time.Duration) {
	if why == whyConflict {
		r.conflicts++
		r.conflictWait += wait
		return
	}
	if why == whyMalformed {
		r.malformed++
	}
	r.others++
}

// fault is what went wrong in an attempt apart from the status.
type fault uint8

const (
	faultNone      fault = iota
	faultConfig          // can never work: a bad certificate, another protocol
	faultCaller          // the caller's context ended
	faultNotSent         // failed before a complete header block could have left
	faultLost            // failed after that, without a response
	faultTruncated       // 2xx, and the body broke off
	faultMalformed       // 2xx, and the body is not the expected JSON
)

// reason is why an attempt is, or would be, followed by another.
type reason uint8

const (
	whyFinal reason = iota
	whyGone         // the retry of a DELETE met 404: done
	whyNotSent
	whyLost
	whyMalformed
	whyTimeout
	whyConflict
	whyThrottled
	whyUnavailable
	whyServer
)

var reasonNames = [...]string{
	whyFinal:       "final",
	whyGone:        "gone",
	whyNotSent:     "not sent",
	whyLost:        "connection lost",
	whyMalformed:   "unreadable response",
	whyTimeout:     "408",
	whyConflict:    "idempotency conflict",
	whyThrottled:   "429",
	whyUnavailable: "503",
	whyServer:      "5xx",
}

func (r reason) String() string { return reasonNames[r] }

// decide is the decision table: it reports whether to retry after an attempt
// with this end, and why. sofar is what the attempts before it have shown.
// Counts, waits and deadlines are checked later; they only prevent retries.
func decide(
	c class, sofar Outcome, status int, code string, h http.Header, f fault,
) (retry bool, why reason) {
	switch f {
	case faultConfig, faultCaller:
		return false, whyFinal
	case faultNotSent:
		return true, whyNotSent
	case faultLost, faultTruncated:
		return c.repeatable(), whyLost
	case faultMalformed:
		return c == classGet || c == classKeyed, whyMalformed
	}
	switch {
	case status == http.StatusTooManyRequests:
		return true, whyThrottled
	case isKeyConflict(c, status, code):
		return c == classKeyed, whyConflict
	case status == http.StatusNotFound && c == classDelete &&
		(sofar == OutcomeUnknown || sofar == OutcomeAccepted):
		return false, whyGone
	case status == http.StatusRequestTimeout:
		return c.repeatable(), whyTimeout
	case status >= 500 && isReplay(h): // the key's stored response, which never changes
		return false, whyFinal
	case status == http.StatusServiceUnavailable:
		return c.repeatable(), whyUnavailable
	case status >= 500:
		return c.repeatable(), whyServer
	default:
		return false, whyFinal
	}
}

// isKeyConflict reports whether a 409 means that the first call with the key is
// still in flight. On a keyed operation no other 409 is known, so one whose
// body is lost counts as well.
func isKeyConflict(c class, status int, code string) bool {
	return status == http.StatusConflict &&
		(code == contract.CodeIdempotencyConflict || c == classKeyed && code == "")
}

// delay returns how long to wait before the n-th retry (n = 1, 2, …) for this
// reason. random is in [0, 1).
func delay(p RetryPolicy, why reason, n int, h http.Header, random float64) time.Duration {
	base := p.MinWait
	switch why {
	case whyConflict:
		return conflictWait(n)
	case whyThrottled, whyUnavailable:
		if wait, ok := askedWait(h); ok {
			return sumWaits(max(wait, throttleWait), time.Duration(random*float64(time.Second)))
		}
		if why == whyThrottled {
			base = max(base, throttleWait)
		}
	}
	ceiling := p.MaxWait
	if doublings := min(n-1, 62); base < ceiling>>doublings { // so that the shift can't overflow
		ceiling = base << doublings
	}
	return max(shortestWait, time.Duration(random*float64(ceiling)))
}

// conflictWait returns the n-th wait for an earlier attempt with the same key
// to end: 0.3, 1, 2, 4, 4… s.
func conflictWait(n int) time.Duration {
	if n == 1 {
		return 300 * time.Millisecond
	}
	return time.Second << min(n-2, 2)
}

// sumWaits returns a + b, or the largest time.Duration if that is less. Neither
// a nor b is negative.
func sumWaits(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// askedWait returns the wait that the API asks for: Retry-After, else the time
// until X-RateLimit-Reset.
func askedWait(h http.Header) (wait time.Duration, ok bool) {
	if wait, ok = parseRetryAfter(h); ok {
		return wait, true
	}
	reset, ok := headerInt(h, contract.HeaderRateLimitReset)
	if !ok {
		return 0, false
	}
	return untilBy(h, time.Unix(reset, 0))
}

func isReplay(h http.Header) bool {
	return headerValue(h, contract.HeaderIdempotentReplayed) == "true"
}

// budget limits the retries of a client to a tenth of its calls on average.
// Many clients then do not overload a failing API. It has 50 tokens and counts
// in halves. A call that succeeds at its first attempt returns half a token.
type budget struct{ spent atomic.Int64 }

const budgetSize = 100

// take pays for a retry and reports whether it may start. A forced one always
// may.
func (b *budget) take(why reason, forced bool) bool {
	cost := int64(10)
	switch why {
	case whyThrottled:
		cost = 2
	case whyConflict:
		cost = 0
	}
	for {
		spent := b.spent.Load()
		if spent+cost > budgetSize && !forced {
			return false
		}
		if b.spent.CompareAndSwap(spent, min(spent+cost, budgetSize)) {
			return true
		}
	}
}

// refund writes nothing while the budget is full, which it is on most calls.
func (b *budget) refund() {
	spent := b.spent.Load()
	for spent > 0 && !b.spent.CompareAndSwap(spent, spent-1) {
		spent = b.spent.Load()
	}
}
