package hellio

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/hellio-go/hellio/internal/contract"
)

// exchange is one call: what it sends, and what its attempts have shown. It is
// the call's own RoundTripper, retry policy and backoff, so each of them sees
// all of it. Exchanges are used again: only callState belongs to the call.
type exchange struct {
	http  http.Client
	retry retryablehttp.Client
	callState
}

// outbound is what a transport may still use when the call has ended, so it is
// never used again.
type outbound struct {
	url   url.URL
	body  []byte    // nil: none
	key   [1]string // as a header's value
	first wire      // of the first request
}

type callState struct {
	*outbound
	core      *core
	ctx       context.Context // the caller's
	op        *contract.Operation
	altStatus int // non-2xx status whose body may still be a result
	opts      callOptions
	decoder   resultDecoder
	outer     http.Request // what http.Client sees of the first request
	request   retryablehttp.Request

	response Response // only Attempts and IdempotencyKey outlive an attempt
	outcome  Outcome  // over all attempts so far
	retries  retries
	auth     *credentials
	permit   *credentials // of the limiter, not yet reported back through Observe
	waited   time.Duration
	ending   error // why the next attempt could not begin
	class    class
	latest
}

// latest is what the latest attempt has shown, and what follows from it. It
// begins empty, so nothing of the attempt before survives.
type latest struct {
	ctx    context.Context // the attempt's, from the Tracer
	header http.Header     // to add to the client's, from the Tracer
	began  time.Time
	cause  error // of the fault
	errs   errorBody
	err    error         // what the call returns if no attempt follows
	wait   time.Duration // before the next attempt
	fault  fault
	why    reason // to retry
	ok     bool   // there is a result
	sent   bool   // the request may have reached the API without a response
	judged bool
	again  bool // another attempt follows
}

type resultDecoder interface{ decode(body []byte) error }

// newExchange returns an exchange for one call. go-retryablehttp is its loop:
// it calls RoundTrip for each attempt, checkRetry after it, then backoff and
// prepare before the next.
func (c *core) newExchange(ctx context.Context, out *outbound, d resultDecoder) *exchange {
	x, ok := c.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
		x.http.Transport = x
		x.http.Jar = c.http.Jar
		x.retry.HTTPClient = &x.http
		x.retry.RetryMax = math.MaxInt
		x.retry.CheckRetry = x.checkRetry
		x.retry.Backoff = x.backoff
		x.retry.PrepareRetry = x.prepare
		x.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	}
	x.outbound = out
	x.core = c
	x.ctx = ctx
	x.decoder = d
	return x
}

// recycle returns the exchange of a call that has ended. A call that panics
// does not get here.
func (c *core) recycle(x *exchange) {
	x.callState = callState{}
	c.exchanges.Put(x)
}

// noHeader is the header that http.Client sees. It writes to none without a
// Jar.
var noHeader = http.Header{}

// run makes attempts until decide, a count, the deadline or the budget ends the
// call.
func (x *exchange) run() error {
	defer x.reportToLimiter(LimitResult{})
	x.outer = http.Request{ // without Host: http.Client would copy the URL
		Method: x.op.Method,
		URL:    &x.url,
		Header: noHeader,
	}
	if x.http.Jar != nil {
		x.outer.Header = http.Header{}
	}
	x.request.Request = &x.outer
	if err := x.prepare(nil); err != nil {
		return x.notBegun(err)
	}
	resp, err := x.retry.Do(&x.request)
	if resp != nil {
		_ = resp.Body.Close()
	}
	switch {
	case x.ending != nil:
		return x.notBegun(x.ending)
	case x.again && x.ctx.Err() != nil: // in the wait for a retry
		return x.notBegun(contextError(x.ctx))
	case x.again:
		return x.notBegun(err)
	default:
		return x.err
	}
}

// prepare makes the exchange ready for an attempt: the token, the limiter's
// permit, enough time, an empty latest. go-retryablehttp calls it before each
// attempt but the first.
func (x *exchange) prepare(*http.Request) error {
	if x.http.Jar != nil {
		delete(x.request.Header, "Cookie") // http.Client adds the Jar's to the last attempt's
	}
	x.ending = x.begin()
	return x.ending
}

func (x *exchange) begin() error {
	if x.ctx.Err() != nil {
		return contextError(x.ctx)
	}
	if err := x.authorize(); err != nil {
		return err
	}
	x.waited = x.wait
	now, err := x.pace()
	if err != nil {
		return err
	}
	if x.tooLate(now) {
		return errTooLate
	}
	x.response = Response{
		IdempotencyKey: x.response.IdempotencyKey,
		Attempts:       x.response.Attempts + 1,
	}
	x.latest = latest{began: now}
	x.latest.ctx = x.startAttempt()
	return nil
}

// authorize fetches the token for the next attempt.
func (x *exchange) authorize() error {
	auth, err := x.core.authorize(x.ctx)
	if err != nil {
		return err
	}
	if x.class == classKeyed && x.auth != nil && x.mayBeDone() && auth.token != x.auth.token {
		return errOtherToken
	}
	x.auth = auth
	return nil
}

// mayBeDone reports whether an earlier attempt may have been carried out.
func (x *exchange) mayBeDone() bool {
	return x.outcome == OutcomeUnknown || x.outcome == OutcomeAccepted
}

// tooLate reports whether the deadline would probably cut off a paid attempt,
// which would leave its outcome unknown.
func (x *exchange) tooLate(now time.Time) bool {
	deadline, ok := x.ctx.Deadline()
	return ok && x.op.Billable && deadline.Sub(now) < shortestPaidAttempt
}

// Both end a call before its next attempt.
var (
	// errOtherToken: the API knows a key together with its token (decided), so
	// the attempt could send again.
	errOtherToken = errors.New(
		"the token has changed, and the API may not know the key under the new one")
	errTooLate = errors.New(
		"less than 1s is left before the deadline, too little for a paid request")
)

// RoundTrip is one whole attempt. The response that it returns has neither body
// nor Location, so http.Client follows no redirect.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := x.attemptContext()
	defer cancel()
	resp := x.send(ctx, cancel, req)
	if resp == nil {
		x.judge()
		return nil, x.cause
	}
	x.read(ctx, resp)
	x.judge()
	resp.Body = http.NoBody
	if resp.StatusCode/100 == 3 {
		resp.Header = nil // the exchange has it
	}
	return resp, nil
}

// judge ends the attempt. It alone draws conclusions: the outcome, the error,
// what the limiter learns, and whether another attempt follows.
func (x *exchange) judge() {
	x.judged = true
	before := x.outcome
	r := &x.response
	retry, why := decide(x.class, before, r.StatusCode, x.errs.Error, r.Header, x.fault)
	x.outcome = settle(before, x.attemptOutcome(), r.Replayed)
	x.why = why
	if !x.ok && why != whyGone {
		x.err = x.redact(x.failure())
	} else if r.Attempts == 1 {
		x.core.budget.refund()
	}
	x.observe()
	x.again = retry && x.mayRetry(before)
	x.report()
}

// checkRetry returns judge's decision. It never returns an error, because
// go-retryablehttp would return that in place of the response.
func (x *exchange) checkRetry(_ context.Context, _ *http.Response, err error) (bool, error) {
	if !x.judged { // http.Client refused the request before RoundTrip
		x.fault = faultConfig
		x.cause = err
		x.judge()
	}
	if x.again { // the wait ends with the request's context
		x.request.Request = x.request.Request.WithContext(x.ctx)
	}
	return x.again, nil
}

func (x *exchange) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
	return x.wait
}

// attemptOutcome is what the latest attempt alone shows.
func (x *exchange) attemptOutcome() Outcome {
	status := x.response.StatusCode
	switch {
	case status == 0 && !x.sent:
		return OutcomeNotSent
	case status >= 200 && status < 300:
		if x.fault != faultNone && !x.isAPIAnswer() {
			return OutcomeUnknown
		}
		return OutcomeAccepted
	case status < 300, status >= 500, status == http.StatusRequestTimeout:
		return OutcomeUnknown
	case isKeyConflict(x.class, status, x.errs.Error):
		return OutcomeUnknown
	case x.class == classKeyed && !x.response.Replayed &&
		(status < 400 || status == http.StatusConflict):
		return OutcomeUnknown // 303 means done; another 409 may mean in flight
	default:
		return OutcomeRejected
	}
}

// mayRetry checks counts, Retry-After, deadline and budget for another attempt,
// and sets the wait before it.
func (x *exchange) mayRetry(before Outcome) bool {
	if !x.countAllows() {
		return x.stop("", nil)
	}
	x.wait = delay(x.core.policy, x.why, x.retries.next(x.why), x.response.Header, x.core.random())
	if asked, ok := askedWait(x.response.Header); ok && asked > x.core.policy.MaxRetryAfter &&
		(x.why == whyThrottled || x.why == whyUnavailable) {
		why := "the API asks to wait " + asked.String() + ", longer than the retry policy allows"
		return x.stop(why, nil)
	}
	if x.why == whyConflict && x.retries.conflictWait+x.wait > conflictTotal {
		return x.stop("the earlier attempt with this key is still in flight", nil)
	}
	if deadline, ok := x.ctx.Deadline(); ok && time.Until(deadline) < x.wait+x.shortest() {
		wait := x.wait.Round(time.Millisecond)
		return x.stop("the deadline is too near for a retry after "+wait.String(), nil)
	}
	first := before != OutcomeUnknown || x.response.Attempts == 1
	resolves := x.class == classKeyed && x.outcome == OutcomeUnknown && first
	if !x.core.budget.take(x.why, resolves) {
		return x.stop(ErrRetryBudget.Error(), ErrRetryBudget)
	}
	x.retries.count(x.why, x.wait)
	return true
}

// stop notes in the error why no attempt follows.
func (x *exchange) stop(why string, sentinel error) bool {
	if info := infoOf(x.err); info != nil {
		info.stop = why
		info.err = sentinel
	}
	return false
}

func (x *exchange) countAllows() bool {
	switch {
	case x.why == whyMalformed && x.retries.malformed > 0:
		return false
	case x.opts.retries != nil:
		return x.response.Attempts <= *x.opts.retries
	case x.core.policy.MaxRetries < 0:
		return false
	case x.why == whyConflict: // bounded by time
		return true
	default:
		return x.retries.others < x.core.policy.retries(x.class)
	}
}

// mayRepeat reports whether the call may make more than one request at all.
func (x *exchange) mayRepeat() bool {
	if x.opts.retries != nil {
		return *x.opts.retries > 0
	}
	return x.core.policy.MaxRetries >= 0
}

func (x *exchange) shortest() time.Duration {
	if x.op.Billable {
		return plannedPaidAttempt
	}
	return shortestAttempt
}
