package hellio

import (
	"errors"
	"net/http"
	"time"
)

// Outcome is what is known about a call that returned an error: whether the
// message was sent and money was taken.
type Outcome int

const (
	// OutcomeUnknown, the zero value, means that the API may or may not have
	// acted. [WithResumeKey] is safe; a new call may send twice.
	OutcomeUnknown Outcome = iota
	// OutcomeNotSent means that no complete request left this process. Nothing
	// was sent or charged.
	OutcomeNotSent
	// OutcomeRejected means that the API refused the call. Nothing was sent or
	// charged.
	OutcomeRejected
	// OutcomeAccepted means that the API accepted the call, and charged it if
	// it costs money, although its response could not be read.
	OutcomeAccepted
)

var outcomeNames = [...]string{"unknown", "not sent", "rejected", "accepted"}

// String returns "unknown", "not sent", "rejected" or "accepted".
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return outcomeNames[OutcomeUnknown]
	}
	return outcomeNames[o]
}

// MarshalText returns what String returns.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText writes, so that a job's record can store
// an outcome. Any other text is a *ParamError and leaves o unchanged.
func (o *Outcome) UnmarshalText(text []byte) error {
	for known, name := range outcomeNames {
		if name == string(text) {
			*o = Outcome(known)
			return nil
		}
	}
	return &ParamError{
		Field:   "outcome",
		Given:   characters(string(text)),
		Allowed: `"unknown", "not sent", "rejected" or "accepted"`,
	}
}

// ErrOutcomeUnknown matches an error whose call may have been carried out.
// Check errors.Is(err, ErrOutcomeUnknown) before you make a second call.
var ErrOutcomeUnknown = errors.New("hellio: the outcome of the call is unknown")

// OutcomeOf returns the outcome of a call from the error that it returned. It
// returns OutcomeAccepted for nil. It returns OutcomeUnknown for an error that
// is not of this package, and for joined errors if one is unknown.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeAccepted
	}
	var known interface{ outcome() Outcome }
	if errors.Is(err, ErrOutcomeUnknown) || !errors.As(err, &known) {
		return OutcomeUnknown
	}
	return known.outcome()
}

// Advice is what a caller may do after a call that returned an error. It fits
// the retry rules of job queues.
type Advice int

const (
	// AdviceInspect, the zero value, means that the call may have been carried
	// out and no key protects it. Check first with Reports, Lookup.List or the
	// balance.
	AdviceInspect Advice = iota
	// AdviceStop means that the call is done, or fails again in the same way.
	// Correct the cause first.
	AdviceStop
	// AdviceRetry means that nothing was sent, or that the call was a read or a
	// delete. Call again. A 404 to a repeated delete means that the resource is
	// gone.
	AdviceRetry
	// AdviceResume means that the message may have been sent. Call again with
	// the same params and [WithResumeKey].
	AdviceResume
)

var adviceNames = [...]string{"inspect", "stop", "retry", "resume"}

// String returns "inspect", "stop", "retry" or "resume".
func (a Advice) String() string {
	if a < 0 || int(a) >= len(adviceNames) {
		return adviceNames[AdviceInspect]
	}
	return adviceNames[a]
}

// RetryAdvice returns what to do after a call that returned err, and how long
// to wait before it. The wait is the Retry-After that the API or the limiter
// reported. It is 0 if there is none; a queue then uses its own backoff.
//
// It returns AdviceStop for nil, and AdviceInspect for an error that is not of
// this package or that joins several calls.
func RetryAdvice(err error) (Advice, time.Duration) {
	if err == nil {
		return AdviceStop, 0
	}
	var param *ParamError
	var failed callError
	switch {
	case errors.As(err, &failed) && failed.info() != nil:
		if joined(err) {
			return AdviceInspect, 0
		}
		return advise(failed)
	case errors.As(err, &param) && !joined(err):
		return AdviceStop, 0
	default:
		return AdviceInspect, 0
	}
}

// joined reports whether err joins several errors, which may be of several
// calls, before its chain reaches an error of this package.
func joined(err error) bool {
	for err != nil {
		if _, ok := err.(interface{ outcome() Outcome }); ok {
			return false
		}
		if _, ok := err.(interface{ Unwrap() []error }); ok {
			return true
		}
		err = errors.Unwrap(err)
	}
	return false
}

// callError is any error of a call that was made.
type callError interface {
	error
	outcome() Outcome
	info() *callInfo
	answer() *Response
}

// ResponseOf returns the Response of the call that returned err, for every
// error of this package except a *ParamError, for which no call was made.
func ResponseOf(err error) (*Response, bool) {
	var failed callError
	if !errors.As(err, &failed) || failed.info() == nil {
		return nil, false
	}
	return failed.answer(), true
}

func advise(e callError) (Advice, time.Duration) {
	info := e.info()
	response := e.answer()
	after := response.RateLimit.RetryAfter
	if limited, ok := e.(*RateLimitError); ok {
		after = limited.RetryAfter
	}
	failed := response.StatusCode >= http.StatusInternalServerError
	replayedFailure := response.Replayed && failed
	switch outcome := e.outcome(); {
	case info.config && (outcome == OutcomeNotSent || outcome == OutcomeRejected):
		return AdviceStop, 0
	case outcome == OutcomeNotSent:
		return AdviceRetry, after
	case outcome == OutcomeRejected && !isRateLimit(e):
		return AdviceStop, 0
	case outcome == OutcomeRejected:
		return AdviceRetry, after
	case info.op == "": // made by the caller: nothing is known about its operation
		return AdviceInspect, 0
	case info.class == classGet, info.class == classDelete:
		return AdviceRetry, after
	case info.class != classKeyed, info.otherToken, replayedFailure:
		return AdviceInspect, 0
	default:
		return AdviceResume, after
	}
}

// isRateLimit reports whether e is a 429. A rejected *ConnectionError comes
// from an attempt that was not sent after one that met a 429. The client makes
// no attempt after another refusal.
func isRateLimit(e callError) bool {
	switch e.(type) {
	case *RateLimitError, *ConnectionError:
		return true
	default:
		return e.answer().StatusCode == http.StatusTooManyRequests
	}
}

// settle joins what the attempts so far have shown with what the latest one
// shows. Only a 2xx, or the replay of a refusal, resolves an Unknown. Layers
// before the idempotency layer may return 401, 402, 403, 409, 422 and 429.
func settle(sofar, now Outcome, replay bool) Outcome {
	switch {
	case now == OutcomeAccepted:
		return now
	case sofar == OutcomeAccepted:
		return OutcomeAccepted
	case sofar == OutcomeUnknown && !(replay && now == OutcomeRejected):
		return OutcomeUnknown
	case now == OutcomeNotSent: // says nothing about the attempts before
		return sofar
	default:
		return now
	}
}
