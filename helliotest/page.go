package helliotest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/hellio-go/hellio/internal/contract"
)

// listPage is a part of a table, newest first.
type listPage[T record] struct {
	rows    []T
	perPage int
	next    *string // cursor of the page after it; nil = the end
}

// paginate reads cursor and per_page, and takes that page of the rows that keep
// wants. Its cost does not grow with the table.
func paginate[T record](c *apiCall, t *rowTable[T], keep func(T) bool) (listPage[T], *reply) {
	p := listPage[T]{perPage: contract.DefaultPerPage}
	if text := c.param("per_page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			form := &bodyForm{c: c}
			form.fail("per_page", "The :field field must be an integer of at least 1.")
			return p, form.reject()
		}
		if n > contract.MaxPerPage && c.e.cfg.follow.refusePages {
			form := &bodyForm{c: c}
			form.fail("per_page", "The :field field must not be greater than 200.")
			return p, form.reject()
		}
		p.perPage = min(n, contract.MaxPerPage)
	}
	end := len(t.rows)
	if before, ok := decodeCursor(c.param("cursor")); ok {
		end, _ = t.seek(before)
	}
	for i := end - 1; i >= 0; i-- {
		row := t.rows[i]
		if !keep(row) {
			continue
		}
		if len(p.rows) == p.perPage {
			last, _ := p.rows[len(p.rows)-1].key()
			p.next = encodeCursor(last)
			break
		}
		p.rows = append(p.rows, row)
	}
	return p, nil
}

// flat answers the page in the form of messages, campaigns and lookups:
// next_cursor and per_page along with data.
func (p listPage[T]) flat(show func(T) any) *reply {
	return bare(http.StatusOK, struct {
		Data       []any   `json:"data"`
		NextCursor *string `json:"next_cursor"`
		PerPage    int     `json:"per_page"`
	}{p.data(show), p.next, p.perPage})
}

// data shows each row; it is never null.
func (p listPage[T]) data(show func(T) any) []any {
	data := make([]any, len(p.rows))
	for i, row := range p.rows {
		data[i] = show(row)
	}
	return data
}

// cursor holds the id of the last row seen. New rows do not move it.
type cursor struct {
	ID   int64 `json:"id"`
	Next bool  `json:"_pointsToNextItems"`
}

func encodeCursor(id int64) *string {
	text, _ := json.Marshal(cursor{id, true}) // an int and a bool
	encoded := base64.RawURLEncoding.EncodeToString(text)
	return &encoded
}

func decodeCursor(text string) (id int64, ok bool) {
	var c cursor
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(plain, &c) != nil || c.ID < 1 {
		return 0, false
	}
	return c.ID, true
}

func notFound(kind string) *reply {
	return refuse(http.StatusNotFound, contract.CodeNotFound, "The "+kind+" could not be found.")
}
