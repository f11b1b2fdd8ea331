package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/hellio-go/hellio/internal/near"
)

// listPart is how many entries of a list are built at once.
const listPart = 500

// listLimit reads the parameter limit; 0 is none.
func listLimit(query url.Values) (int, error) {
	if !query.Has("limit") {
		return 0, nil
	}
	text := query.Get("limit")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("limit %q is not a whole number from 1", near.Short(text))
	}
	return n, nil
}

// afterID reads the parameter after, the numeric id of a thing of that kind; an
// empty one is none.
func afterID(query url.Values, kind string) (id int64, given bool, err error) {
	text := query.Get("after")
	if text == "" {
		return 0, false, nil
	}
	id, err = strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, false, fmt.Errorf("after %q is not the numeric id of a %s", near.Short(text), kind)
	}
	return id, true, nil
}

// respondList answers with a JSON array of at most limit entries, 0 is all.
// next returns at most that many further entries; fewer are the last ones. A
// long list is written in parts, so that it is never whole in memory.
func respondList[T any](rw http.ResponseWriter, limit int, next func(most int) []T) {
	setJSON(rw.Header())
	out := bufio.NewWriter(rw)
	defer out.Flush()
	_ = out.WriteByte('[') // the writer keeps its error for the next write
	for written := 0; limit == 0 || written < limit; {
		most := listPart
		if limit > 0 {
			most = min(most, limit-written)
		}
		part := next(most)
		for _, entry := range part {
			text, err := json.Marshal(entry)
			if err != nil {
				panic(err) // a type of ours that JSON can't hold
			}
			if written > 0 {
				_ = out.WriteByte(',')
			}
			if _, err := out.Write(text); err != nil {
				return // the caller has gone
			}
			written++
		}
		if len(part) < most {
			break
		}
	}
	_ = out.WriteByte(']')
}
