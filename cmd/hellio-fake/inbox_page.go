package main

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/hellio-go/hellio/internal/near"
)

// maxListed is how many rows of a list the page gets at once (decided).
const maxListed = 500

// pageParameters choose a part of a list. IDs are exclusive.
var pageParameters = []string{"after", "before", "cleared", "seen", "limit"}

// pagePart is a part of a list.
type pagePart struct {
	after, before int64 // 0 = no limit
	cleared       int64 // the person has hidden what is not after it
	seen          int64 // the page has the rows up to it, and asks how many are newer
	limit         int
}

func newPagePart(query url.Values) (pagePart, error) {
	part := pagePart{limit: maxListed}
	for name, id := range map[string]*int64{
		"after":   &part.after,
		"before":  &part.before,
		"cleared": &part.cleared,
		"seen":    &part.seen,
	} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *id, err = strconv.ParseInt(text, 10, 64); err != nil || *id < 0 || *id > maxID {
			return part, fmt.Errorf("%s %q is not a numeric id", name, near.Short(text))
		}
	}
	limit, err := listLimit(query)
	if limit > 0 {
		part.limit = min(limit, maxListed)
	}
	return part, err
}

// maxID is the largest ID that JavaScript holds.
const maxID = 1<<53 - 1
