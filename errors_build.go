package hellio

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

const sampleSize = 512

// failure makes the error of the latest attempt.
func (x *exchange) failure() error {
	info := callInfo{
		op:     x.op.Name,
		class:  x.class,
		config: x.fault == faultConfig,
	}
	switch x.fault {
	case faultNone:
		return x.errs.kind(&APIError{
			Status:   x.response.StatusCode,
			Code:     x.errs.Error,
			Message:  x.errs.sentence(x.response.StatusCode),
			Fields:   x.errs.Errors,
			Outcome:  x.outcome,
			Response: x.response,
			call:     info,
		})
	case faultTruncated, faultMalformed:
		return &DecodeError{
			Err:      x.cause,
			Sample:   x.response.Body[:min(len(x.response.Body), sampleSize)],
			Outcome:  x.outcome,
			Response: x.response,
			call:     info,
		}
	default:
		return &ConnectionError{
			Err:      x.cause,
			Outcome:  x.outcome,
			Response: x.response,
			call:     info,
		}
	}
}

// notBegun makes the error of a call that ended before or between attempts. No
// further request was sent, so the outcome is that of the attempts so far.
func (x *exchange) notBegun(err error) error {
	if last := infoOf(x.err); last != nil && (err == errOtherToken || err == errTooLate) {
		last.stop = err.Error()
		last.otherToken = err == errOtherToken
		return x.err
	}
	x.response = Response{
		IdempotencyKey: x.response.IdempotencyKey,
		Attempts:       x.response.Attempts,
	}
	info := callInfo{
		op:    x.op.Name,
		class: x.class,
	}
	var limited *RateLimitError
	if x.ctx.Err() == nil && findLimit(err, &limited) {
		var api APIError // a limiter may leave its own out
		if limited.APIError != nil {
			api = *limited.APIError
		}
		api.Outcome = x.outcome
		api.Response = x.response
		api.call = info
		api.Fields = maps.Clone(api.Fields) // the limiter may share its own
		for name, complaints := range api.Fields {
			api.Fields[name] = slices.Clone(complaints)
		}
		return x.redact(&RateLimitError{APIError: &api, RetryAfter: limited.RetryAfter})
	}
	return x.redact(&ConnectionError{
		Err:      err,
		Outcome:  x.outcome,
		Response: x.response,
		call:     info,
	})
}

// findLimit finds the *RateLimitError with which a limiter refused an attempt.
func findLimit(err error, limited **RateLimitError) bool {
	foreign, ok := err.(foreignError)
	return ok && foreign.whose == limiterName && errors.As(foreign.err, limited) && *limited != nil
}

// infoOf returns what an error of this package knows about its call, and nil
// for other errors.
func infoOf(err error) *callInfo {
	if e, ok := err.(callError); ok {
		return e.info()
	}
	return nil
}

// describeJSON says what is wrong with a body without quoting it.
func describeJSON(err error) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("the response is not JSON: at byte %d", syntax.Offset)
	case errors.As(err, &mismatch):
		return fmt.Errorf("the response's %s is a JSON %s, want %s",
			mismatch.Field, kindOf(mismatch.Value), mismatch.Type)
	default:
		return err
	}
}

// kindOf returns the kind in UnmarshalTypeError.Value, without the number that
// follows it.
func kindOf(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return kind
}

// errorBody is an error body in any form that the API is known or likely to
// use. It has a message, a code or both, with or without complaints by field.
type errorBody struct {
	Message string              `json:"message"`
	Error   string              `json:"error"`
	Errors  map[string][]string `json:"errors"`
	Period  string              `json:"period"`
}

// parse skips members of another type, as encoding/json does before it reports
// them. A body that is not a JSON object leaves all members empty.
func (b *errorBody) parse(body []byte) { _ = json.Unmarshal(body, b) }

// sentence returns the message, else the code or the sentence in its place,
// else what HTTP calls the status.
func (b *errorBody) sentence(status int) string {
	switch {
	case b.Message != "":
		return b.Message
	case b.Error != "" && (shownCode(b.Error) == b.Error || strings.Contains(b.Error, " ")):
		return b.Error
	case http.StatusText(status) != "":
		return http.StatusText(status)
	default:
		return "unexpected status"
	}
}

// kind returns the error with its type. Two codes precede the status:
// extension_required has status 402 but does not concern money, and the
// vendor's pages disagree about the status of traffic_not_routable.
func (b *errorBody) kind(e *APIError) error {
	switch {
	case e.Code == contract.CodeExtensionRequired:
		return e
	case e.Code == contract.CodeTrafficNotRoutable:
		return &ValidationError{e}
	case e.Status >= 300 && e.Status < 400:
		return &RedirectError{APIError: e, Location: e.Response.Header.Get("Location")}
	case e.Status >= 500:
		return &ServerError{e}
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return &AuthenticationError{e}
	case http.StatusPaymentRequired:
		return &InsufficientBalanceError{e}
	case http.StatusForbidden:
		return &PermissionError{APIError: e, Period: b.Period}
	case http.StatusNotFound:
		return &NotFoundError{e}
	case http.StatusConflict:
		return &ConflictError{e}
	case http.StatusUnprocessableEntity:
		return &ValidationError{e}
	case http.StatusTooManyRequests:
		wait, _ := askedWait(e.Response.Header)
		return &RateLimitError{APIError: e, RetryAfter: wait}
	default:
		return e
	}
}
