package hellio

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"

	"github.com/hellio-go/hellio/internal/contract"
)

// Page is one page of a list, newest first.
type Page[T any] struct {
	Data       []T
	NextCursor string // for the next page's params; "" on the last page
	PerPage    int    // as the API says it applied; 0 when not told
}

// decodeBody reads both forms that the API has: next_cursor beside data (reports), and in meta (USSD).
func (p *Page[T]) decodeBody(body []byte) error {
	var list struct {
		Data       *[]T    `json:"data"`
		NextCursor *string `json:"next_cursor"`
		PerPage    int     `json:"per_page"`
		Meta       struct {
			NextCursor *string `json:"next_cursor"`
			PerPage    int     `json:"per_page"`
		} `json:"meta"`
	}
	if err := decodeWhole(body, &list); err != nil {
		return err
	}
	if list.Data == nil {
		return errNoData
	}
	p.Data, p.PerPage = *list.Data, max(list.PerPage, list.Meta.PerPage)
	switch {
	case list.NextCursor != nil:
		p.NextCursor = *list.NextCursor
	case list.Meta.NextCursor != nil:
		p.NextCursor = *list.Meta.NextCursor
	}
	return nil
}

// one is a result that is read where the API might put it: an object in data, the only element of a list there, or the bare body
// (inferred: the vendor's SDKs disagree).
type one[T any] struct{ value *T }

func (o *one[T]) decodeBody(body []byte) error {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := decodeWhole(body, &envelope); err != nil {
		return err
	}
	object := envelope.Data
	if len(object) == 0 { // perhaps bare: then it names itself
		var named struct {
			ID        ID     `json:"id"`
			Reference string `json:"reference"`
		}
		if json.Unmarshal(body, &named) != nil || named.ID == "" && named.Reference == "" {
			return errNoData
		}
		object = body
	}
	var list []json.RawMessage
	if object[0] == '[' && json.Unmarshal(object, &list) == nil {
		if len(list) == 0 {
			return errNoData
		}
		object = list[0]
	}
	if err := json.Unmarshal(object, &o.value); err != nil {
		return describeJSON(err)
	}
	if o.value == nil {
		return errNoData
	}
	return nil
}

// getOne fetches one thing by its id.
func getOne[T any](ctx context.Context, c *core, op *contract.Operation, id ID, opts []CallOption) (*T, error) {
	found, err := call[one[T]](ctx, c, request{op: op, id: id}, opts)
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

// keepRaw decodes an object whose shape is not documented into its plain form and keeps its JSON. A member of an unexpected type is
// left zero, and takes no other with it: the JSON is there to look at.
func keepRaw[T any](data []byte, plain *T, raw *json.RawMessage) error {
	if err := json.Unmarshal(data, plain); err != nil {
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return err
		}
		*plain = *new(T) // a pointer whose value did not fit would point to a zero that nobody sent
		for name, value := range members {
			member, _ := json.Marshal(map[string]json.RawMessage{name: value})
			if next := *plain; json.Unmarshal(member, &next) == nil {
				*plain = next
			}
		}
	}
	*raw = append(json.RawMessage(nil), data...)
	return nil
}

// listQuery makes the query of a list, and checks what is given: per_page 1 to 200, 0 for the API's default of 50.
func listQuery(cursor string, perPage int, status string) (url.Values, error) {
	if perPage < 0 || perPage > contract.MaxPerPage {
		return nil, &ParamError{Field: "per_page", Given: itoa(perPage), Allowed: "1 to 200, or 0 for the API's default"}
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

// iterate ranges over the pages that list fetches, each when the one before is used up. It ends with the last page, with an error, or when
// the API gives a cursor that it gave before. The caller's params are not changed.
func iterate[P, T any](p *P, cursor func(*P) *string, list func(*P) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if p == nil {
			yield(nil, nilParams())
			return
		}
		next, seen := *p, map[string]bool{}
		for {
			page, err := list(&next)
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
			if page.NextCursor == "" || seen[page.NextCursor] {
				return
			}
			*cursor(&next) = page.NextCursor
		}
	}
}

// list fetches a page.
func list[T any](ctx context.Context, c *core, op *contract.Operation, cursor string, perPage int, status string, opts []CallOption) (*Page[T], error) {
	query, err := listQuery(cursor, perPage, status)
	if err != nil {
		return nil, err
	}
	return call[Page[T]](ctx, c, request{op: op, query: query}, opts)
}

// listed gives a list that comes without pages.
func listed[T any](found *[]T, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	return *found, nil
}
