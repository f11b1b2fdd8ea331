package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// request is one call of a service method, checked and ready.
type request struct {
	op    *contract.Operation
	id    ID // fills the {id} of the route
	query url.Values
	body  any // marshalled as JSON; nil for none
	also  int // a status besides 2xx whose body may be a result
}

// CallOption changes one call. Client options are of another type, so that one can't be given for the other.
type CallOption func(*callOptions) error

type callOptions struct {
	key      string
	retries  *int
	response *Response
}

// WithMaxRetries bounds the attempts that follow the first of one call, whatever their reason. 0 means exactly one request. A negative
// number, or more than 100, is a *ParamError.
func WithMaxRetries(n int) CallOption {
	return func(o *callOptions) error {
		if n < 0 || n > 100 {
			return &ParamError{Field: "max retries", Given: itoa(n), Allowed: "0 to 100"}
		}
		o.retries = &n
		return nil
	}
}

// bodyDecoder is a result that reads the whole body, not just its data.
type bodyDecoder interface{ decodeBody(body []byte) error }

// nothing is the result of a call whose answer has no body.
type nothing struct{}

// decodeBody accepts any JSON; anything else is not the API's answer.
func (*nothing) decodeBody(body []byte) error {
	if len(body) > 0 && !json.Valid(body) {
		return errNotJSON
	}
	return nil
}

var errNotJSON = errors.New("the answer is not JSON")

// call takes a request to the wire and its answer back; every service method ends here.
//
// Exactly one of result and error is set. The errors are *ParamError (bad input, nothing was sent), *APIError and its kinds (any status
// but 2xx), *DecodeError (2xx, but the answer can't be read) and *ConnectionError (no answer, or the caller's context ended). Each
// carries the outcome of all attempts together. Bodies are read whole, closed and decoded within the attempt, so that an unreadable
// answer can be asked for again. The Response is handed to WithResponse in each of these cases.
func call[T any](ctx context.Context, c *core, r request, opts []CallOption) (*T, error) {
	var a answer[T]
	if err := a.open(ctx, c, &r, opts); err != nil {
		if a.opts.response != nil {
			*a.opts.response = Response{}
		}
		return nil, err
	}
	a.decoder = &a
	err := a.run()
	if a.opts.response != nil {
		*a.opts.response = a.response
	}
	if err != nil {
		return nil, err
	}
	if s, ok := any(a.body.Data).(interface{ stamp(*Response) }); ok {
		s.stamp(&a.response)
	}
	return a.body.Data, nil
}

// answer is an exchange together with what it decodes, so that a call is one allocation.
type answer[T any] struct {
	exchange
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

// KeyedResult is part of the results of sends, which carry an idempotency key.
type KeyedResult struct {
	IdempotencyKey string `json:"-"` // the key that the call was made with
	Replayed       bool   `json:"-"` // this is the stored answer to an earlier attempt: count its cost once
}

func (k *KeyedResult) stamp(r *Response) { k.IdempotencyKey, k.Replayed = r.IdempotencyKey, r.Replayed }

// open checks what all calls have in common, encodes the body once and makes the key.
func (x *exchange) open(ctx context.Context, c *core, r *request, opts []CallOption) (err error) {
	if ctx == nil {
		return nilContext()
	}
	if c == nil {
		return nilClient()
	}
	x.core, x.ctx, x.op, x.class, x.also, x.outcome = c, ctx, r.op, classOf(r.op), r.also, OutcomeNotSent
	for _, o := range opts {
		if o == nil {
			return &ParamError{Field: "option", Given: "nil", Allowed: "a CallOption"}
		}
		if err := o(&x.opts); err != nil {
			return err
		}
	}
	if x.response.IdempotencyKey, err = keyFor(r.op, x.opts.key); err != nil {
		return err
	}
	x.key[0] = x.response.IdempotencyKey
	if err := x.address(r); err != nil {
		return err
	}
	if r.body != nil {
		if x.body, err = json.Marshal(r.body); err != nil {
			return &ParamError{Field: "params", Given: "a value that JSON can't hold", Allowed: "values that encoding/json can marshal"}
		}
	}
	return nil
}

// address joins base, route and query. The id becomes one escaped segment; one that would change the path is refused.
func (x *exchange) address(r *request) error {
	route, escaped := r.op.Route, r.op.Route
	if prefix, suffix, ok := strings.Cut(route, "{id}"); ok {
		if err := checkID("id", r.id); err != nil {
			return err
		}
		route, escaped = prefix+string(r.id)+suffix, prefix+url.PathEscape(string(r.id))+suffix
	}
	x.url = x.core.base
	x.url.Path += route
	if x.url.RawPath != "" || escaped != route {
		x.url.RawPath = x.core.base.EscapedPath() + escaped
	}
	x.url.RawQuery = r.query.Encode()
	return nil
}

func checkID(field string, id ID) error {
	text := string(id)
	if text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/\\?#") || hasControl(text) {
		return &ParamError{Field: field, Given: characters(text), Allowed: "an id as the API gave it"}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0
}
