package hellio

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/hellio-go/hellio/internal/contract"
)

// exchange is the state of one call: what it sends, and what its attempts have shown. It is the call's own RoundTripper, retry policy
// and backoff, so that each of them sees all of it.
type exchange struct {
	core    *core
	ctx     context.Context // the caller's
	op      *contract.Operation
	also    int // a status besides 2xx whose body may be a result
	opts    callOptions
	url     url.URL
	body    []byte    // nil for none
	key     [1]string // as a header's value
	decoder interface{ decode(body []byte) error }

	http    http.Client
	retry   retryablehttp.Client
	request retryablehttp.Request
	first   wire // of the first attempt

	// the call so far
	response  Response // its fields but Attempts and IdempotencyKey are the latest attempt's
	outcome   Outcome
	conflicts int // 409 idempotency_conflict met
	malformed int // unreadable 2xx met
	waits     int // retries for other reasons
	waited409 time.Duration

	// the latest attempt
	began  time.Time
	auth   *credentials
	leave  *credentials  // of the limiter, which was not told yet how the attempt ended
	waited time.Duration // before it
	cause  error         // of the fault
	errs   errorBody
	err    error // what the call returns if this was the last
	wait   time.Duration
	ending error // what kept an attempt from beginning
	class  class // of the call: the small fields are last, where they take least room
	fault  fault
	ok     bool   // a result has come
	sent   bool   // it may have reached the API although it has no response
	again  bool   // another attempt was decided on
	why    reason // for it
}

// run makes attempts until decide, a count, the deadline or the budget says stop. go-retryablehttp is the loop; it calls RoundTrip for
// each attempt, checkRetry after it, backoff before a wait and prepare after that.
func (x *exchange) run() error {
	defer x.tellLimiter(0, RateLimit{})
	outer := http.Request{Method: x.op.Method, URL: &x.url, Host: x.url.Host, Header: http.Header{}}
	x.request.Request = outer.WithContext(x.ctx)
	if err := x.prepare(nil); err != nil {
		return x.notBegun(err)
	}
	x.http = http.Client{Transport: x, Jar: x.core.http.Jar}
	x.retry.HTTPClient = &x.http
	x.retry.RetryMax = math.MaxInt
	x.retry.CheckRetry = x.checkRetry
	x.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	resp, err := x.retry.Do(&x.request)
	if resp != nil {
		_ = resp.Body.Close()
	}
	switch {
	case x.ending != nil:
		return x.notBegun(x.ending)
	case x.again: // the caller's context ended the wait for it
		return x.notBegun(err)
	default:
		return x.err
	}
}

// prepare readies an attempt, which go-retryablehttp asks for before each but the first: token, the limiter's leave, a clean slate.
func (x *exchange) prepare(*http.Request) error {
	delete(x.request.Header, "Cookie") // http.Client adds the Jar's to those of the last attempt
	x.ending = x.ready()
	return x.ending
}

func (x *exchange) ready() error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	if err := x.authorize(); err != nil {
		return err
	}
	x.waited = x.wait
	if err := x.pace(); err != nil {
		return err
	}
	x.response = Response{IdempotencyKey: x.response.IdempotencyKey, Attempts: x.response.Attempts + 1}
	x.ok, x.fault, x.cause, x.sent, x.err, x.errs = false, faultNone, nil, false, nil, errorBody{}
	x.again, x.began = false, time.Now()
	return nil
}

// authorize asks for the token of the coming attempt.
func (x *exchange) authorize() error {
	auth, err := x.core.authorize(x.ctx)
	if err != nil {
		return err
	}
	if x.class == classKeyed && x.inDoubt() && auth.token != x.auth.token {
		return errOtherToken
	}
	x.auth = auth
	return nil
}

// inDoubt reports whether an attempt so far may have been carried out.
func (x *exchange) inDoubt() bool { return x.outcome == OutcomeUnknown || x.outcome == OutcomeAccepted }

// errOtherToken ends a keyed call in doubt whose token was changed: the API knows a key together with its token (decided), so the next
// attempt could send once more.
var errOtherToken = errors.New("the token has changed, under which the API would not know the key")

// readResponse takes status, headers and body of a response, and decodes a 2xx.
func (x *exchange) readResponse(ctx context.Context, resp *http.Response) {
	r := &x.response
	r.StatusCode, r.Header = resp.StatusCode, resp.Header
	r.RateLimit = parseRateLimit(resp.Header)
	r.Replayed = replayed(resp.Header)
	success := r.StatusCode >= 200 && r.StatusCode < 300
	limit := x.core.maxResponse
	if !success {
		limit = min(limit, maxErrorBody)
	}
	var err error
	r.Body, err = readBody(resp, limit)
	switch {
	case !success:
		x.readRefusal()
	case errors.Is(err, errTooLarge):
		x.fault, x.cause = faultMalformed, err
	case err != nil && x.ctx.Err() != nil:
		x.fault, x.cause = faultCaller, x.ctx.Err()
	case err != nil && ctx.Err() != nil:
		x.fault, x.cause = faultTruncated, timeoutError{}
	case err != nil:
		x.fault, x.cause = faultTruncated, err
	default:
		if err := x.decoder.decode(r.Body); err != nil {
			x.fault, x.cause = faultMalformed, err
		}
	}
	x.ok = x.ok || success && x.fault == faultNone
}

// readRefusal reads the body of any status but 2xx, as much of it as has come: the status says enough. Where a refusal may be a result,
// only a body without data makes it an error.
func (x *exchange) readRefusal() {
	if x.response.StatusCode == x.also {
		switch err := x.decoder.decode(x.response.Body); err {
		case nil:
			x.ok = true
			return
		case errNotBool:
			x.fault, x.cause = faultMalformed, err
			return
		}
	}
	x.errs.parse(x.response.Body)
}

// checkRetry files the attempt that has just ended and decides whether another follows. It never returns an error: go-retryablehttp
// would give that in place of the response.
func (x *exchange) checkRetry(_ context.Context, _ *http.Response, err error) (bool, error) {
	if err != nil && x.fault == faultNone { // http.Client refused it before RoundTrip
		x.fault, x.cause = faultConfig, err
	}
	before, first := x.outcome, x.response.Attempts == 1
	again, why := decide(x.class, before, x.response.StatusCode, x.errs.Error, x.response.Header, x.fault)
	x.outcome = settle(before, x.latestOutcome(), x.response.Replayed)
	x.why = why
	if !x.ok && why != whyGone {
		x.err = x.redact(x.failure())
	} else if first {
		x.core.budget.refund()
	}
	x.observe()
	if again && x.mayRetry(before) {
		x.again = true
		x.retry.Backoff, x.retry.PrepareRetry = x.backoff, x.prepare
	}
	x.report()
	return x.again, nil
}

// latestOutcome is what the latest attempt alone shows.
func (x *exchange) latestOutcome() Outcome {
	status := x.response.StatusCode
	switch {
	case status == 0:
		if x.sent {
			return OutcomeUnknown
		}
		return OutcomeNotSent
	case status >= 200 && status < 300:
		if x.fault != faultNone && !x.isAPIAnswer() {
			return OutcomeUnknown
		}
		return OutcomeAccepted
	case status == http.StatusRequestTimeout, isKeyConflict(x.class, status, x.errs.Error):
		return OutcomeUnknown
	case status >= 300 && status < 500:
		return OutcomeRejected
	default:
		return OutcomeUnknown
	}
}

// mayRetry checks the counts, the deadline and the budget for another attempt, and settles the wait before it.
func (x *exchange) mayRetry(before Outcome) bool {
	if !x.countAllows() {
		return x.stop("", nil)
	}
	x.wait = delay(x.core.policy, x.why, x.nth(), x.response.Header, x.core.random())
	if told, ok := waitTold(x.response.Header); ok && told > x.core.policy.MaxRetryAfter && (x.why == whyThrottled || x.why == whyUnavailable) {
		return x.stop("the API asks to wait "+told.String()+", longer than the retry policy allows", nil)
	}
	if x.why == whyConflict && x.waited409+x.wait > conflictTotal {
		return x.stop("the earlier attempt with this key is still under way", nil)
	}
	if deadline, ok := x.ctx.Deadline(); ok && time.Until(deadline) < x.wait+x.shortest() {
		return x.stop("no further attempt: the deadline is too near for a wait of "+x.wait.Round(time.Millisecond).String(), nil)
	}
	resolves := x.class == classKeyed && x.outcome == OutcomeUnknown && before != OutcomeUnknown
	if !x.core.budget.take(x.why, resolves) {
		return x.stop(ErrRetryBudget.Error(), ErrRetryBudget)
	}
	x.count()
	return true
}

// stop notes in the error why no further attempt is made.
func (x *exchange) stop(why string, sentinel error) bool {
	if info := infoOf(x.err); info != nil {
		info.stop, info.err = why, sentinel
	}
	return false
}

func (x *exchange) countAllows() bool {
	switch {
	case x.why == whyMalformed && x.malformed > 0:
		return false
	case x.opts.retries != nil:
		return x.response.Attempts <= *x.opts.retries
	case x.core.policy.MaxRetries < 0:
		return false
	case x.why == whyConflict: // bounded by time
		return true
	default:
		return x.waits < x.core.policy.retries(x.class)
	}
}

// nth is the number of the coming retry among those for the same kind of reason.
func (x *exchange) nth() int {
	if x.why == whyConflict {
		return x.conflicts + 1
	}
	return x.waits + 1
}

func (x *exchange) count() {
	switch x.why {
	case whyConflict:
		x.conflicts++
		x.waited409 += x.wait
	case whyMalformed:
		x.malformed++
		x.waits++
	default:
		x.waits++
	}
}

func (x *exchange) shortest() time.Duration {
	if x.op.Billable {
		return shortestPaidAttempt
	}
	return shortestAttempt
}

func (x *exchange) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait }

const maxErrorBody = 64 << 10

var (
	errTooLarge = errors.New("the answer is larger than allowed")
	errNoBody   = errors.New("the answer is empty")
	errNoData   = errors.New("the answer has no data")
)

// readBody reads at most limit bytes and closes the body. Reading to its end is what lets the connection be used again.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols { // the body is the raw connection, and no context ends a read of it
		return nil, nil
	}
	var data []byte
	var err error
	if n := resp.ContentLength; n > 0 && n <= min(limit, maxErrorBody) {
		data = make([]byte, n)
		read, readErr := io.ReadFull(resp.Body, data)
		data, err = data[:read], readErr
	} else {
		data, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	}
	if int64(len(data)) > limit {
		return data[:limit], errTooLarge
	}
	return data, err
}
