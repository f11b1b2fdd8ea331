package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
	"github.com/hellio-go/hellio/internal/near"
)

// maxNewer is the highest number of newer calls that the page shows.
const maxNewer = 1000

// maxMade is how many messages of a call the page lists.
const maxMade = 50

// callPage is a part of the list of calls.
type callPage struct {
	Life  string `json:"life"`
	Total *int   `json:"total"` // null = not counted, because the list is narrowed
	Newer int    `json:"newer"` // calls after "seen" that pass, at most maxNewer
	// newest first, without bodies
	Rows []helliotest.Request `json:"rows"`
}

func (ws *worldSet) getInboxRequests(rw http.ResponseWriter, r *http.Request, w *world) error {
	filter, err := newCallFilter(r.URL.Query(), slices.Sorted(maps.Keys(w.engine.Scopes())))
	if err != nil {
		return err
	}
	part, err := newPagePart(r.URL.Query())
	if err != nil {
		return err
	}
	page := callPage{Life: ws.lifeOf(w)}
	if filter == (callFilter{}) {
		total := w.engine.CountCalls(part.cleared)
		page.Total = &total
	}
	if part.seen > 0 {
		page.Newer = len(w.engine.CallsBefore(0, max(part.seen, part.cleared), maxNewer,
			filter.passes))
	}
	page.Rows = append([]helliotest.Request{}, w.engine.CallsBefore(part.before,
		max(part.after, part.cleared), part.limit, filter.passes)...)
	respond(rw, http.StatusOK, page)
	return nil
}

// callFilter narrows calls; the zero value passes all.
type callFilter struct {
	op        string
	status    string // 422 or 4xx
	violation bool
	fault     bool
	contains  string
}

// statusText is a status or a class of them.
var statusText = regexp.MustCompile(`^(0|[1-5]xx|[1-5][0-9][0-9])$`)

func newCallFilter(query url.Values, ops []string) (callFilter, error) {
	f := callFilter{
		op:       query.Get("op"),
		status:   query.Get("status"),
		contains: query.Get("contains"),
	}
	if f.op != "" && !slices.Contains(ops, f.op) {
		return f, near.Unknown("op", f.op, ops)
	}
	if f.status != "" && !statusText.MatchString(f.status) {
		return f, fmt.Errorf("status %q is not a status such as 422 or 4xx", near.Short(f.status))
	}
	for name, is := range map[string]*bool{"violation": &f.violation, "fault": &f.fault} {
		switch text := query.Get(name); text {
		case "":
		case "1":
			*is = true
		default:
			return f, fmt.Errorf("%s %q is not 1", name, near.Short(text))
		}
	}
	return f, nil
}

// passes reports whether a call with its bodies passes.
func (f callFilter) passes(c helliotest.Request) bool {
	return (f.op == "" || f.op == string(c.Op)) &&
		(f.status == "" || f.passesStatus(c.Status)) &&
		(!f.violation || len(c.Violations) > 0) &&
		(!f.fault || c.Fault != "") &&
		(f.contains == "" || f.found(c))
}

func (f callFilter) passesStatus(status int) bool {
	text := strconv.Itoa(status)
	if class, isClass := strings.CutSuffix(f.status, "xx"); isClass {
		return len(text) == 3 && text[:1] == class
	}
	return text == f.status
}

// found reports whether the text is in what a person sees of a call.
func (f callFilter) found(c helliotest.Request) bool {
	for _, text := range append([]string{
		string(c.Op), c.Method, c.Path, c.Query.Encode(), c.Code, c.IdempotencyKey, c.Fault,
	}, c.Violations...) {
		if strings.Contains(text, f.contains) {
			return true
		}
	}
	return bytes.Contains(c.Body, []byte(f.contains)) ||
		bytes.Contains(c.ResponseBody, []byte(f.contains))
}

// callView is all about one call.
type callView struct {
	Call control.Exchange     `json:"call"`
	Made []helliotest.Message `json:"made"` // its first messages
	All  int                  `json:"all"`  // how many it made
}

// getInboxRequest answers null for a call that was evicted: see
// getInboxMessage.
func getInboxRequest(rw http.ResponseWriter, r *http.Request, w *world) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound("call")
	}
	call, found := w.engine.Call(id)
	if !found {
		respond(rw, http.StatusOK, nil)
		return nil
	}
	view := callView{Call: w.engine.Exchange(call)}
	made, all := w.engine.MessagesOf(id, maxMade)
	view.Made, view.All = append([]helliotest.Message{}, made...), all
	respond(rw, http.StatusOK, view)
	return nil
}
