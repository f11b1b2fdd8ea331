package hellio

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// request is one call of a service method, checked and ready.
type request struct {
	op        *contract.Operation
	id        ID // fills the {id} of the route
	query     url.Values
	body      any // marshalled as JSON; nil: none
	altStatus int // non-2xx status whose body may still be a result
}

// open checks what all calls have in common, encodes the body once and makes
// the key. After an error the exchange has an empty Response.
func (x *exchange) open(r *request, opts []CallOption) (err error) {
	x.op = r.op
	x.class = classOf(r.op)
	x.altStatus = r.altStatus
	x.outcome = OutcomeNotSent
	for _, o := range opts {
		if o == nil {
			return &ParamError{Field: "option", Given: "nil", Allowed: "a CallOption"}
		}
		if err := o(&x.opts); err != nil {
			return err
		}
	}
	if x.opts.resume {
		x.outcome = OutcomeUnknown
	}
	if err := x.address(r); err != nil {
		return err
	}
	if r.body != nil {
		if x.body, err = json.Marshal(r.body); err != nil {
			return &ParamError{
				Field:   "params",
				Given:   "a value that JSON can't represent",
				Allowed: "values that encoding/json can marshal",
			}
		}
	}
	x.key[0], err = keyFor(r.op, x.opts.key)
	x.response.IdempotencyKey = x.key[0]
	return err
}

// address joins base, route and query. The id becomes one escaped segment; an
// id that would change the path is refused.
func (x *exchange) address(r *request) error {
	route := r.op.Route
	escaped := route
	if prefix, suffix, ok := strings.Cut(route, "{id}"); ok {
		if err := checkID("id", r.id); err != nil {
			return err
		}
		route = prefix + string(r.id) + suffix
		escaped = prefix + url.PathEscape(string(r.id)) + suffix
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
	given := ""
	switch {
	case text == "":
		given = "an empty string"
	case text == "." || text == "..":
		given = "a dot segment"
	case strings.ContainsAny(text, "/\\?#") || hasControl(text):
		given = "a character that would change the path"
	default:
		return nil
	}
	return &ParamError{Field: field, Given: given, Allowed: "an id as the API returned it"}
}

func hasControl(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0
}
