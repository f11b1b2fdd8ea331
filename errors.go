package hellio

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// APIError is an answer of the API other than 2xx. Every typed kind below embeds one and unwraps to it, so that
// errors.As(err, &apiErr) works for all of them; a 400, 408 or another status without a kind comes as a plain *APIError.
type APIError struct {
	Status   int                 // HTTP status; 0 when the client's own limiter refused the call
	Code     string              // stable code, such as CodeSenderNotApproved; "" when the body held none
	Message  string              // the API's sentence without what the call sent, else a general one
	Fields   map[string][]string // complaints by field, without what the call sent; nil when none came
	Outcome  Outcome             // what is known about the call, all its attempts together
	Response Response            // headers, body, key and attempts of the call

	call callInfo
}

// ConnectionError is a call without an answer: refused, lost, timed out, or given up by the caller's context, whose error it then
// wraps. Outcome says whether the request may have reached the API.
type ConnectionError struct {
	Err      error
	Outcome  Outcome
	Response Response // StatusCode is 0, unless the answer was being read

	call callInfo
}

// DecodeError is a 2xx answer that can't be read: cut off, too large, not JSON, or without the data that is due.
type DecodeError struct {
	Err      error
	Sample   []byte // the first 512 bytes of the body
	Outcome  Outcome
	Response Response

	call callInfo
}

// ParamError is bad input, found before anything was sent; its outcome is OutcomeNotSent.
type ParamError struct {
	Field   string // as the API spells it, "recipients[2]" for an element
	Given   string // what was given: its size or kind, never a secret value
	Allowed string // what is allowed
}

// The kinds of APIError, by status.
type (
	// AuthenticationError: 401, the token is missing, unknown or revoked; from Login, wrong credentials. It is not tried again.
	AuthenticationError struct{ *APIError }
	// InsufficientBalanceError: 402, the wallet (or, with CodeInsufficientUSSDBalance, the USSD purse) can't pay for the call.
	InsufficientBalanceError struct{ *APIError }
	// PermissionError: 403. Code tells why: CodeIPNotAllowed, CodeSpendLimitExceeded, else the token lacks the scope.
	PermissionError struct {
		*APIError
		Period string // with CodeSpendLimitExceeded: "daily" or "monthly" (inferred)
	}
	// NotFoundError: 404, there is no such thing, or it is somebody else's.
	NotFoundError struct{ *APIError }
	// ConflictError: 409. With CodeIdempotencyConflict an earlier attempt with the same key was still under way when the client gave up waiting.
	ConflictError struct{ *APIError }
	// ValidationError: 422, the API refused a value; Fields names it, or Code does.
	ValidationError struct{ *APIError }
	// RateLimitError: 429, or with Status 0 the client's own limiter, which saw that the wait would pass the deadline.
	RateLimitError struct {
		*APIError
		RetryAfter time.Duration // how long to wait before the next call; 0 when not told
	}
	// ServerError: 5xx, and any status that HTTP does not define.
	ServerError struct{ *APIError }
	// RedirectError: 3xx. The client follows none: a redirect could carry token and message to another host.
	RedirectError struct {
		*APIError
		Location string
	}
)

// ErrRetryBudget is matched, with errors.Is, by an error that would have been tried again had the client's retry budget not been used
// up: too large a share of recent calls failed, and more attempts would add to the trouble.
var ErrRetryBudget = errors.New("hellio: the retry budget is used up")

// callInfo is what errors tell about their call besides the outcome.
type callInfo struct {
	op   string // operation name
	stop string // why no further attempt was made, "" when there is nothing to add
	err  error  // a sentinel to match: ErrRetryBudget
}

func (e *AuthenticationError) Unwrap() error      { return unwrapAPI(e.APIError) }
func (e *InsufficientBalanceError) Unwrap() error { return unwrapAPI(e.APIError) }
func (e *PermissionError) Unwrap() error          { return unwrapAPI(e.APIError) }
func (e *NotFoundError) Unwrap() error            { return unwrapAPI(e.APIError) }
func (e *ConflictError) Unwrap() error            { return unwrapAPI(e.APIError) }
func (e *ValidationError) Unwrap() error          { return unwrapAPI(e.APIError) }
func (e *RateLimitError) Unwrap() error           { return unwrapAPI(e.APIError) }
func (e *ServerError) Unwrap() error              { return unwrapAPI(e.APIError) }
func (e *RedirectError) Unwrap() error            { return unwrapAPI(e.APIError) }

// unwrapAPI keeps a kind that somebody made without an APIError from unwrapping to a typed nil.
func unwrapAPI(e *APIError) error {
	if e == nil {
		return nil
	}
	return e
}

// Error gives operation, status, code, the API's sentence with numbers masked, and the outcome.
func (e *APIError) Error() string {
	if e == nil {
		return "hellio: an API error without details"
	}
	status := "no answer"
	if e.Status != 0 {
		status = itoa(e.Status) + " " + http.StatusText(e.Status)
	}
	return e.call.text(status, shownCode(e.Code), maskNumbers(e.Message), e.Outcome)
}

// Error gives the operation, the cause and the outcome.
func (e *ConnectionError) Error() string {
	cause, status := "connection failed", "no answer"
	if e.Err != nil {
		cause = shownCause(e.Err)
	}
	if e.Response.StatusCode != 0 {
		status = itoa(e.Response.StatusCode) + " with an answer that was not read to its end"
	}
	return e.call.text(status, "", cause, e.Outcome)
}

// Error gives the operation, the status, what is wrong with the answer, and the outcome; it quotes nothing of the body.
func (e *DecodeError) Error() string {
	cause := "can't be read"
	if e.Err != nil {
		cause = shownCause(e.Err)
	}
	return e.call.text(itoa(e.Response.StatusCode)+" with an unreadable answer", "", cause, e.Outcome)
}

// Error names the field, what was given and what is allowed.
func (e *ParamError) Error() string {
	return fmt.Sprintf("hellio: %s: %s given, allowed is %s", e.Field, e.Given, e.Allowed)
}

func (c callInfo) text(status, code, cause string, o Outcome) string {
	text := "hellio: "
	if c.op != "" {
		text += c.op + ": "
	}
	text += status
	if code != "" {
		text += " " + code
	}
	text += ": " + cause
	if c.stop != "" {
		text += "; " + c.stop
	}
	return text + " (outcome: " + o.String() + ")"
}

// Format prints what Error gives, for every verb: no verb gets at body or headers.
func (e *APIError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Format prints what Error gives, for every verb.
func (e *ConnectionError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Format prints what Error gives, for every verb: no verb gets at body or sample.
func (e *DecodeError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Unwrap gives the cause, which may be the caller's context error.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout reports whether time ran out: the attempt's, or the caller's.
func (e *ConnectionError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Unwrap gives the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// Is lets errors.Is ask for ErrOutcomeUnknown and ErrRetryBudget.
func (e *APIError) Is(target error) bool { return e != nil && e.call.is(target, e.Outcome) }

// Is lets errors.Is ask for ErrOutcomeUnknown and ErrRetryBudget.
func (e *ConnectionError) Is(target error) bool { return e.call.is(target, e.Outcome) }

// Is lets errors.Is ask for ErrOutcomeUnknown and ErrRetryBudget.
func (e *DecodeError) Is(target error) bool { return e.call.is(target, e.Outcome) }

func (c callInfo) is(target error, o Outcome) bool {
	return target == ErrOutcomeUnknown && o == OutcomeUnknown || target != nil && target == c.err
}

func (e *APIError) outcome() Outcome {
	if e == nil {
		return OutcomeUnknown
	}
	return e.Outcome
}
func (e *ConnectionError) outcome() Outcome { return e.Outcome }
func (e *DecodeError) outcome() Outcome     { return e.Outcome }
func (e *ParamError) outcome() Outcome      { return OutcomeNotSent }

// LogValue gives kind, status, code, outcome, attempts and key: never the API's sentence, which may quote what was sent.
func (e *APIError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// LogValue gives kind, outcome, attempts and key.
func (e *ConnectionError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// LogValue gives kind, status, outcome, attempts and key.
func (e *DecodeError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// MarshalJSON writes what LogValue gives, as an object.
func (e *APIError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes what LogValue gives, as an object.
func (e *ConnectionError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes what LogValue gives, as an object.
func (e *DecodeError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes the three fields.
func (e *ParamError) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"kind": "param", "field": e.Field, "given": e.Given, "allowed": e.Allowed, "outcome": OutcomeNotSent.String()})
}

func (e *APIError) attrs() []slog.Attr {
	if e == nil {
		return []slog.Attr{slog.String("kind", "api")}
	}
	attrs := e.call.attrs("api", e.Outcome, e.Response)
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", shownCode(e.Code)))
	}
	return attrs
}

func (e *ConnectionError) attrs() []slog.Attr {
	return append(e.call.attrs("connection", e.Outcome, e.Response), slog.Bool("timeout", e.Timeout()))
}

func (e *DecodeError) attrs() []slog.Attr { return e.call.attrs("decode", e.Outcome, e.Response) }

func (c callInfo) attrs(kind string, o Outcome, r Response) []slog.Attr {
	attrs := []slog.Attr{slog.String("kind", kind), slog.String("operation", c.op), slog.String("outcome", o.String())}
	return append(attrs, r.attrs()...)
}
