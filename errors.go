package hellio

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// APIError is a response of the API with a status other than 2xx. Every typed
// kind below embeds one and unwraps to it, so errors.As(err, &apiErr) finds all
// of them. A 400, a 408 or another status without a kind is a plain *APIError.
type APIError struct {
	Status   int                 // HTTP status; 0 if the client's own limiter refused the call
	Code     string              // stable code, such as CodeSenderNotApproved; "": none
	Message  string              // the API's sentence, or a general one; without what was sent
	Fields   map[string][]string // complaints by field, without what the call sent; nil: none
	Outcome  Outcome             // of the call, over all its attempts
	Response Response            // status, headers, body, key and attempts of the call

	call callInfo
}

// ConnectionError is a call without a response: refused, lost, timed out, or
// ended by the caller's context. It wraps the cause, such as the error of that
// context. Outcome says whether the request may have reached the API.
type ConnectionError struct {
	Err      error
	Outcome  Outcome
	Response Response // StatusCode is 0 unless the connection broke while the body was read

	call callInfo
}

// DecodeError is a 2xx response that cannot be read: cut off, too large, not
// JSON, or without the expected data.
type DecodeError struct {
	Err      error
	Sample   []byte // the first 512 bytes of the body
	Outcome  Outcome
	Response Response

	call callInfo
}

// ParamError reports bad input, found before anything was sent. Its outcome is
// OutcomeNotSent, and a retry cannot help.
type ParamError struct {
	Field   string // as the API spells it; "recipients[2]" for an element
	Given   string // what was given: its size or kind, never a secret value
	Allowed string // what is allowed
}

// The kinds of APIError, by status.
type (
	// AuthenticationError is a 401. The token is missing, unknown or revoked;
	// from Login, the credentials are wrong. The client does not retry it.
	AuthenticationError struct{ *APIError }
	// InsufficientBalanceError is a 402. The wallet cannot pay for the call.
	// With CodeInsufficientUSSDBalance the USSD balance cannot pay for it.
	InsufficientBalanceError struct{ *APIError }
	// PermissionError is a 403. Code names the reason, such as
	// CodeInsufficientScope, CodeIPNotAllowed or CodeSpendLimitExceeded. For
	// Login it is CodeEmailUnverified or CodeAccountLocked.
	PermissionError struct {
		*APIError
		Period string // with CodeSpendLimitExceeded: "daily" or "monthly" (inferred)
	}
	// NotFoundError is a 404. The resource does not exist, or belongs to
	// another account.
	NotFoundError struct{ *APIError }
	// ConflictError is a 409. With CodeIdempotencyConflict an earlier attempt
	// with the same key was still in flight when the client stopped waiting.
	ConflictError struct{ *APIError }
	// ValidationError is a 422. The API refused a value that Fields or Code
	// names.
	ValidationError struct{ *APIError }
	// RateLimitError is a 429. With Status 0 it comes from the client's own
	// limiter, because the wait would pass the deadline.
	RateLimitError struct {
		*APIError
		RetryAfter time.Duration // before the next call; 0 if not known
	}
	// ServerError is a 5xx, or a status above 599, which HTTP does not define.
	ServerError struct{ *APIError }
	// RedirectError is a 3xx. The client follows no redirect, because a
	// redirect could send the token and the message to another host.
	RedirectError struct {
		*APIError
		Location string
	}
)

// ErrRetryBudget matches, with errors.Is, an error that the client did not
// retry because its retry budget is used up. Too large a share of recent calls
// failed, and more attempts would add to the load.
var ErrRetryBudget = errors.New("hellio: the retry budget is used up")

// callInfo is what an error knows about its call besides the outcome.
type callInfo struct {
	op         string // operation name; "" if the error was made by the caller
	class      class
	config     bool   // every attempt fails in the same way
	otherToken bool   // the key belongs to another token
	stop       string // why no attempt followed; "" if there is nothing to add
	err        error  // a sentinel to match: ErrRetryBudget
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

// unwrapAPI keeps a kind without an APIError from unwrapping to a typed nil.
func unwrapAPI(e *APIError) error {
	if e == nil {
		return nil
	}
	return e
}

// Error returns operation, status, code, the API's sentence and the outcome. It
// hides what was sent where the sentence quotes it.
func (e *APIError) Error() string {
	if e == nil {
		return "hellio: an API error without details"
	}
	status := "no response"
	if e.Status != 0 {
		status = strings.TrimSpace(itoa(e.Status) + " " + http.StatusText(e.Status))
	}
	return e.call.text(status, shownCode(e.Code), maskNumbers(e.Message), e.Outcome)
}

// Error returns the text of APIError.Error. For the limiter's own refusal it
// says when the next call may start.
func (e *RateLimitError) Error() string {
	if e.APIError == nil || e.Status != 0 {
		return e.APIError.Error()
	}
	allows := maskNumbers(e.Message)
	if allows == "" {
		allows = "the rate limit allows the next call in " + e.RetryAfter.String()
	}
	return e.call.text("not sent", "", allows, e.Outcome)
}

// Format prints what Error returns, for every verb.
func (e *RateLimitError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// LogValue implements slog.LogValuer with kind, outcome, attempts, key and
// retry_after.
func (e *RateLimitError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// MarshalJSON writes what LogValue returns, as an object.
func (e *RateLimitError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

func (e *RateLimitError) attrs() []slog.Attr {
	attrs := e.APIError.attrs()
	attrs[0] = slog.String("kind", "rate_limited")
	return append(attrs, slog.Duration("retry_after", e.RetryAfter))
}

// Error returns the operation, the cause and the outcome.
func (e *ConnectionError) Error() string {
	if e == nil {
		return "hellio: a connection error without details"
	}
	cause, status := "connection failed", "no response"
	if e.Err != nil {
		cause = shownCause(e.Err)
	}
	if e.Response.StatusCode != 0 {
		status = itoa(e.Response.StatusCode) + " with a response that was not read to its end"
	}
	return e.call.text(status, "", cause, e.Outcome)
}

// Error returns the operation, the status, what is wrong with the response, and
// the outcome. It quotes nothing of the body.
func (e *DecodeError) Error() string {
	if e == nil {
		return "hellio: an unreadable response without details"
	}
	cause := "can't be read"
	if e.Err != nil {
		cause = shownCause(e.Err)
	}
	status := itoa(e.Response.StatusCode) + " with an unreadable response"
	return e.call.text(status, "", cause, e.Outcome)
}

// Error returns the field, what was given and what is allowed.
func (e *ParamError) Error() string {
	if e == nil {
		return "hellio: an invalid parameter without details"
	}
	return "hellio: invalid " + e.Field + ": got " + e.Given + ", want " + e.Allowed
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

// Format prints what Error returns, for every verb, without body and headers.
func (e *APIError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Format prints what Error returns, for every verb.
func (e *ConnectionError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Format prints what Error returns, for every verb, without body and sample.
func (e *DecodeError) Format(f fmt.State, _ rune) { redacted(e.Error()).format(f) }

// Unwrap returns the cause, which may be the error of the caller's context.
func (e *ConnectionError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Timeout reports whether the attempt timed out or the caller's deadline
// passed.
func (e *ConnectionError) Timeout() bool {
	var t interface{ Timeout() bool }
	return e != nil && errors.As(e.Err, &t) && t.Timeout()
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Is reports whether target is ErrOutcomeUnknown or ErrRetryBudget and applies
// to the call.
func (e *APIError) Is(target error) bool { return e != nil && e.call.is(target, e.Outcome) }

// Is reports whether target is ErrOutcomeUnknown or ErrRetryBudget and applies
// to the call.
func (e *ConnectionError) Is(target error) bool { return e != nil && e.call.is(target, e.Outcome) }

// Is reports whether target is ErrOutcomeUnknown or ErrRetryBudget and applies
// to the call.
func (e *DecodeError) Is(target error) bool { return e != nil && e.call.is(target, e.Outcome) }

func (c callInfo) is(target error, o Outcome) bool {
	return target == ErrOutcomeUnknown && o == OutcomeUnknown || target != nil && target == c.err
}

func (e *APIError) outcome() Outcome {
	if e == nil {
		return OutcomeUnknown
	}
	return e.Outcome
}

func (e *ConnectionError) outcome() Outcome {
	if e == nil {
		return OutcomeUnknown
	}
	return e.Outcome
}

func (e *DecodeError) outcome() Outcome {
	if e == nil {
		return OutcomeUnknown
	}
	return e.Outcome
}

func (e *ParamError) outcome() Outcome { return OutcomeNotSent }

func (e *APIError) info() *callInfo {
	if e == nil {
		return nil
	}
	return &e.call
}

func (e *ConnectionError) info() *callInfo {
	if e == nil {
		return nil
	}
	return &e.call
}

func (e *DecodeError) info() *callInfo {
	if e == nil {
		return nil
	}
	return &e.call
}

func (e *APIError) answer() *Response        { return &e.Response }
func (e *ConnectionError) answer() *Response { return &e.Response }
func (e *DecodeError) answer() *Response     { return &e.Response }

// LogValue implements slog.LogValuer with kind, status, code, outcome, attempts
// and key, without the API's sentence, which may quote what was sent.
func (e *APIError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// LogValue implements slog.LogValuer with kind, cause, outcome, attempts and
// key.
func (e *ConnectionError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// LogValue implements slog.LogValuer with kind, status, outcome, attempts and
// key.
func (e *DecodeError) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

// MarshalJSON writes what LogValue returns, as an object.
func (e *APIError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes what LogValue returns, as an object.
func (e *ConnectionError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes what LogValue returns, as an object.
func (e *DecodeError) MarshalJSON() ([]byte, error) { return attrsJSON(e.attrs()) }

// MarshalJSON writes the three fields.
func (e *ParamError) MarshalJSON() ([]byte, error) {
	if e == nil {
		return []byte("null"), nil
	}
	return json.Marshal(map[string]string{
		"kind":    "param",
		"field":   e.Field,
		"given":   e.Given,
		"allowed": e.Allowed,
		"outcome": OutcomeNotSent.String(),
	})
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
	if e == nil {
		return []slog.Attr{slog.String("kind", "connection")}
	}
	attrs := e.call.attrs("connection", e.Outcome, e.Response)
	return append(attrs, slog.String("cause", causeClass(e.Err)), slog.Bool("timeout", e.Timeout()))
}

func (e *DecodeError) attrs() []slog.Attr {
	if e == nil {
		return []slog.Attr{slog.String("kind", "decode")}
	}
	return e.call.attrs("decode", e.Outcome, e.Response)
}

func (c callInfo) attrs(kind string, o Outcome, r Response) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("kind", kind),
		slog.String("operation", c.op),
		slog.String("outcome", o.String()),
	}
	return append(attrs, r.attrs()...)
}
