package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"slices"

	"github.com/hellio-go/hellio/internal/contract"
)

// Page is one page of a list, newest first.
type Page[T any] struct {
	Data       []T
	NextCursor string // for the next page's params; "" on the last page
	PerPage    int    // as the API applied it; 0: not reported
}

// Format prints the page without its data, for every verb.
func (p Page[T]) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p Page[T]) LogValue() slog.Value { return describe(p).logValue() }

// decodeBody reads both forms of the API: next_cursor next to data (reports),
// and in meta (USSD).
func (p *Page[T]) decodeBody(body []byte) error {
	var envelope struct {
		Data       *[]T    `json:"data"`
		NextCursor *string `json:"next_cursor"`
		PerPage    int     `json:"per_page"`
		Meta       struct {
			NextCursor *string `json:"next_cursor"`
			PerPage    int     `json:"per_page"`
		} `json:"meta"`
	}
	if err := decodeWhole(body, &envelope); err != nil {
		return err
	}
	if envelope.Data == nil {
		return errNoData
	}
	p.Data = *envelope.Data
	p.PerPage = max(envelope.PerPage, envelope.Meta.PerPage)
	switch {
	case envelope.NextCursor != nil:
		p.NextCursor = *envelope.NextCursor
	case envelope.Meta.NextCursor != nil:
		p.NextCursor = *envelope.Meta.NextCursor
	}
	return nil
}

// flexibleObject is a result that is read where the API might put it (inferred:
// the vendor's SDKs disagree). It is an object in data, the first element of a
// list there, or the bare body.
type flexibleObject[T any] struct{ value *T }

func (o *flexibleObject[T]) decodeBody(body []byte) error {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := decodeWhole(body, &envelope); err != nil {
		return err
	}
	object := envelope.Data
	if len(object) == 0 {
		if !isBareObject(body) {
			return errNoData
		}
		object = body
	}
	var elements []json.RawMessage
	if object[0] == '[' && json.Unmarshal(object, &elements) == nil {
		if len(elements) == 0 {
			return errNoData
		}
		object = elements[0]
	}
	if err := json.Unmarshal(object, &o.value); err != nil {
		return describeJSON(err)
	}
	if o.value == nil {
		return errNoData
	}
	return nil
}

// isBareObject reports whether a body is an object itself: then it has a name.
func isBareObject(body []byte) bool {
	var named struct {
		ID        ID     `json:"id"`
		Reference string `json:"reference"`
	}
	return json.Unmarshal(body, &named) == nil && (named.ID != "" || named.Reference != "")
}

// getOne fetches one object by its id.
func getOne[T any](
	ctx context.Context, c *core, op *contract.Operation, id ID, opts []CallOption,
) (*T, error) {
	found, err := call[flexibleObject[T]](ctx, c, request{op: op, id: id}, opts)
	if err != nil {
		return nil, err
	}
	return found.value, nil
}

// decodeWhole is json.Unmarshal with errors that quote nothing.
func decodeWhole(body []byte, into any) error {
	if len(body) == 0 {
		return errNoBody
	}
	if err := json.Unmarshal(body, into); err != nil {
		return describeJSON(err)
	}
	return nil
}

var errNilPointer = errors.New("hellio: JSON is read into a nil pointer")

// keepRaw decodes an object whose shape is not documented into its plain form
// and keeps its JSON. A member of an unexpected type stays zero and does not
// affect the others. Its JSON is in raw. raw is a function because a nil plain
// has no such field.
func keepRaw[T any](data []byte, plain *T, raw func() *json.RawMessage) error {
	if plain == nil {
		return errNilPointer
	}
	if err := json.Unmarshal(data, plain); err != nil {
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return err
		}
		*plain = *new(T) // a pointer set by a value that did not fit would claim a zero
		for name, value := range members {
			member, _ := json.Marshal(map[string]json.RawMessage{name: value})
			if next := *plain; json.Unmarshal(member, &next) == nil {
				*plain = next
			}
		}
	}
	*raw() = append(json.RawMessage(nil), data...)
	return nil
}

// listQuery checks per_page and returns the query of a list. per_page is 1 to
// 200; 0 means the API's default of 50.
func listQuery(cursor string, perPage int, status string) (url.Values, error) {
	if perPage < 0 || perPage > contract.MaxPerPage {
		return nil, &ParamError{
			Field:   "per_page",
			Given:   itoa(perPage),
			Allowed: "1 to 200, or 0 for the API's default",
		}
	}
	q := url.Values{}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if perPage != 0 {
		q.Set("per_page", itoa(perPage))
	}
	if status != "" {
		q.Set("status", status)
	}
	return q, nil
}

var errCursorRepeats = errors.New("its next cursor was used before, so the list has no end")

// iterate ranges over the pages that fetch returns, each fetched when the
// previous one is used up. It does not change the caller's params. It ends with
// the last page or with an error of fetch.
//
// It ends with a *DecodeError if the API repeats a cursor. The items so far are
// then not a complete list, and further pages would repeat them.
func iterate[P, T any](
	ctx context.Context,
	op *contract.Operation,
	fetch func(context.Context, *P, ...CallOption) (*Page[T], error),
	p *P,
	cursor func(*P) *string,
	opts []CallOption,
) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if p == nil {
			yield(nil, nilParams())
			return
		}
		var response *Response
		all := append(slices.Clip(opts), keepResponse(&response))
		next, seen := *p, map[string]bool{}
		for {
			page, err := fetch(ctx, &next, all...)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Data {
				if !yield(&page.Data[i], nil) {
					return
				}
			}
			seen[*cursor(&next)] = true
			if page.NextCursor == "" {
				return
			}
			if seen[page.NextCursor] {
				yield(nil, cursorError(op, response))
				return
			}
			*cursor(&next) = page.NextCursor
		}
	}
}

// keepResponse points kept to the Response of the call: the one that the caller
// asked for with WithResponse, or a new one.
func keepResponse(kept **Response) CallOption {
	return func(o *callOptions) error {
		if o.response == nil {
			o.response = new(Response)
		}
		*kept = o.response
		return nil
	}
}

// cursorError returns the error for the response whose next cursor repeats.
func cursorError(op *contract.Operation, r *Response) error {
	return &DecodeError{
		Err:      errCursorRepeats,
		Sample:   r.Body[:min(len(r.Body), sampleSize)],
		Outcome:  OutcomeAccepted,
		Response: *r,
		call:     callInfo{op: op.Name},
	}
}

// listPage fetches a page.
func listPage[T any](
	ctx context.Context,
	c *core,
	op *contract.Operation,
	cursor string,
	perPage int,
	status string,
	opts []CallOption,
) (*Page[T], error) {
	query, err := listQuery(cursor, perPage, status)
	if err != nil {
		return nil, err
	}
	return call[Page[T]](ctx, c, request{op: op, query: query}, opts)
}
