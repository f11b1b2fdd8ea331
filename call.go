package hellio

import (
	"context"
	"encoding/json"
	"errors"
)

// CallOption changes one call. A client's options have another type, Option, so
// the compiler rejects them here.
type CallOption func(*callOptions) error

type callOptions struct {
	key      string
	resume   bool // key is that of an earlier call
	retries  *int
	response *Response
}

// WithMaxRetries sets the maximum number of retries of one call, for any
// reason. 0 means exactly one request. A negative number, or more than 100, is
// a *ParamError.
func WithMaxRetries(n int) CallOption {
	return func(o *callOptions) error {
		if n < 0 || n > 100 {
			return &ParamError{Field: "max retries", Given: itoa(n), Allowed: "0 to 100"}
		}
		o.retries = &n
		return nil
	}
}

// bodyDecoder is a result that reads the whole body, not only its data.
type bodyDecoder interface{ decodeBody(body []byte) error }

// noContent is the result of a call whose response has no body.
type noContent struct{}

// decodeBody accepts any JSON; anything else is not the API's response.
func (*noContent) decodeBody(body []byte) error {
	if len(body) > 0 && !json.Valid(body) {
		return errNotJSON
	}
	return nil
}

var errNotJSON = errors.New("the response is not JSON")

// call takes a request to the wire and its response back. Every service method
// ends here.
//
// Exactly one of result and error is set. A call ends with one of these:
//
//   - a result: the API answered 2xx, or altStatus with data, or 404 to the
//     retry of a DELETE
//   - *ParamError: bad input; nothing was sent
//   - *APIError or one of its kinds: any other status; a *RateLimitError of
//     status 0 is the limiter's refusal
//   - *DecodeError: a 2xx whose body can't be read
//   - *ConnectionError: no response; the caller's context ended; the token
//     source or the limiter failed; the deadline was too near
//
// Each error but a *ParamError has the outcome of all attempts together. Each
// attempt reads, closes and decodes its body before it ends, so an unreadable
// response can be retried. WithResponse receives the Response in every case.
func call[T any](ctx context.Context, c *core, r request, opts []CallOption) (*T, error) {
	if ctx == nil {
		return nil, nilContext()
	}
	if c == nil {
		return nil, nilClient()
	}
	var a answer[T]
	x := c.newExchange(ctx, &a.outbound, &a)
	err := x.open(&r, opts)
	if err == nil {
		err = x.traced()
	}
	if x.opts.response != nil {
		*x.opts.response = x.response
	}
	if s, ok := any(a.body.Data).(interface{ stamp(*Response) }); ok && err == nil {
		s.stamp(&x.response)
	}
	c.recycle(x)
	if err != nil {
		return nil, err
	}
	return a.body.Data, nil
}

// answer is what a call sends together with what it decodes, so both are one
// allocation.
type answer[T any] struct {
	outbound
	body struct {
		Data *T `json:"data"`
	}
}

// decode reads {"data": …} in one pass.
func (a *answer[T]) decode(body []byte) error {
	a.body.Data = nil
	if _, whole := any(a.body.Data).(bodyDecoder); whole {
		a.body.Data = new(T)
		return any(a.body.Data).(bodyDecoder).decodeBody(body)
	}
	if err := decodeWhole(body, &a.body); err != nil {
		return err
	}
	if a.body.Data == nil {
		return errNoData
	}
	return nil
}

// KeyedResult is embedded in the results of calls that carry an idempotency
// key.
type KeyedResult struct {
	IdempotencyKey string `json:"-"` // the key of the call
	Replayed       bool   `json:"-"` // stored response to an earlier attempt: count its cost once
}

func (k *KeyedResult) stamp(r *Response) {
	k.IdempotencyKey = r.IdempotencyKey
	k.Replayed = r.Replayed
}
