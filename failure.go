package hellio

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"
)

const sampleSize = 512

// failure makes the error of the latest attempt.
func (x *exchange) failure() error {
	info := callInfo{op: x.op.Name}
	switch x.fault {
	case faultNone:
		e := &APIError{
			Status: x.response.StatusCode, Code: x.errs.Error, Message: x.errs.sentence(x.response.StatusCode), Fields: x.errs.Errors,
			Outcome: x.outcome, Response: x.response, call: info,
		}
		return x.errs.kind(e)
	case faultTruncated, faultMalformed:
		sample := x.response.Body[:min(len(x.response.Body), sampleSize)]
		return &DecodeError{Err: x.cause, Sample: sample, Outcome: x.outcome, Response: x.response, call: info}
	default:
		return &ConnectionError{Err: x.cause, Outcome: x.outcome, Response: x.response, call: info}
	}
}

// notBegun makes the error of a call that ended before or between attempts. Nothing more was sent, so the outcome is that of the
// attempts so far.
func (x *exchange) notBegun(err error) error {
	if err == errOtherToken {
		x.stop(err.Error(), nil)
		return x.err
	}
	x.response = Response{IdempotencyKey: x.response.IdempotencyKey, Attempts: x.response.Attempts}
	info := callInfo{op: x.op.Name}
	var limited *RateLimitError
	if x.ctx.Err() == nil && isLimiter(err) && errors.As(err, &limited) && limited.APIError != nil {
		api := *limited.APIError
		api.Outcome, api.Response, api.call.op = x.outcome, x.response, x.op.Name
		return x.redact(&RateLimitError{APIError: &api, RetryAfter: limited.RetryAfter})
	}
	return x.redact(&ConnectionError{Err: err, Outcome: x.outcome, Response: x.response, call: info})
}

func isLimiter(err error) bool {
	foreign, ok := err.(foreignError)
	return ok && foreign.whose == "limiter"
}

// infoOf gives what an error of this package tells about its call, and nil for other errors.
func infoOf(err error) *callInfo {
	if e, ok := err.(interface{ info() *callInfo }); ok {
		return e.info()
	}
	return nil
}

func (e *APIError) info() *callInfo        { return &e.call }
func (e *ConnectionError) info() *callInfo { return &e.call }
func (e *DecodeError) info() *callInfo     { return &e.call }

// isAPIAnswer tells the API's own answer, JSON or empty, from what a portal or proxy puts in its place. A body that broke off before its
// first byte says nothing, but its type does.
func (x *exchange) isAPIAnswer() bool {
	contentType := header(x.response.Header, "Content-Type")
	whole := x.fault == faultMalformed
	if len(x.response.Body) == 0 && whole {
		return true
	}
	if contentType == "" {
		return !whole
	}
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// describeJSON says what is wrong with a body without quoting it.
func describeJSON(err error) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("the answer is not JSON: at byte %d", syntax.Offset)
	case errors.As(err, &mismatch):
		return fmt.Errorf("the answer's %s is a JSON %s where %s is due", mismatch.Field, kindOf(mismatch.Value), mismatch.Type)
	default:
		return err
	}
}

// kindOf keeps the kind of UnmarshalTypeError.Value, which for a number holds the number too.
func kindOf(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return kind
}
