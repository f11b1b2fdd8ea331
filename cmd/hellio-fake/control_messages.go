package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/helliotest"
)

// messageFilters are the parameters that narrow messages down.
var messageFilters = []string{"to", "contains", "channel", "after"}

// How long messages/wait waits, in real time (decided).
const (
	defaultWait = 10 * time.Second
	maxWait     = 5 * time.Minute
)

func messageRoutes() []route {
	return []route{
		{
			method: http.MethodGet,
			path:   "/_fake/messages",
			query:  messageFilters,
			handle: getMessages,
		},
		{
			method: http.MethodGet,
			path:   "/_fake/messages/wait",
			query:  append([]string{"timeout"}, messageFilters...),
			handle: waitMessage,
		},
	}
}

// getMessages lists messages, newest first.
func getMessages(rw http.ResponseWriter, r *http.Request, w *world) error {
	filter, err := newMessageFilter(r.URL.Query())
	if err != nil {
		return err
	}
	respond(rw, http.StatusOK, filter.newestFirst(w.fake))
	return nil
}

// waitMessage answers as soon as there is a message, or with 204 when the time
// is over. A caller that goes away and the end of the program end the wait too.
func waitMessage(rw http.ResponseWriter, r *http.Request, w *world) error {
	// else net/http would not notice that the caller has gone
	if err := readNothing(rw, r); err != nil {
		return err
	}
	query := r.URL.Query()
	filter, err := newMessageFilter(query)
	if err != nil {
		return err
	}
	timeout, err := waitTimeout(query.Get("timeout"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	if m := filter.wait(ctx, w.fake); m != nil {
		respond(rw, http.StatusOK, m)
		return nil
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}

func waitTimeout(text string) (time.Duration, error) {
	if text == "" {
		return defaultWait, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWait {
		return 0,
			fmt.Errorf("timeout %q is not a duration from 0s to %v, such as 10s", text, maxWait)
	}
	return d, nil
}

// messageFilter is the filters of a query. An empty parameter is none, as in
// /v1.
type messageFilter struct {
	filters []helliotest.Filter
	after   int64 // a message's id, exclusive
	goesOn  bool  // after was given
}

func newMessageFilter(query url.Values) (messageFilter, error) {
	var f messageFilter
	if to := query.Get("to"); to != "" {
		f.filters = append(f.filters, helliotest.To(to))
	}
	if text := query.Get("contains"); text != "" {
		f.filters = append(f.filters, helliotest.Contains(text))
	}
	if channel := query.Get("channel"); channel != "" {
		if !slices.Contains([]string{"sms", "voice", "whatsapp", "email"}, channel) {
			return f, fmt.Errorf("unknown channel %q", channel)
		}
		f.filters = append(f.filters, helliotest.Channel(channel))
	}
	if after := query.Get("after"); after != "" {
		id, err := strconv.ParseInt(after, 10, 64)
		if err != nil || id < 0 {
			return f, fmt.Errorf("after %q is not a message's numeric id", after)
		}
		f.after, f.goesOn = id, true
	}
	return f, nil
}

// narrowed are the filters, the id included.
func (f messageFilter) narrowed() []helliotest.Filter {
	return append(slices.Clip(f.filters), helliotest.After(f.after))
}

// newestFirst is never nil.
func (f messageFilter) newestFirst(fake *helliotest.Fake) []helliotest.Message {
	found := append([]helliotest.Message{}, fake.Messages(f.narrowed()...)...)
	slices.Reverse(found)
	return found
}

// wait returns the newest present message, or the next one; nil if none came
// until ctx ended. With an after it is the oldest after that one, so that
// waiting for one after the other misses none.
func (f messageFilter) wait(ctx context.Context, fake *helliotest.Fake) *helliotest.Message {
	newest, err := fake.WaitMessage(ctx, f.narrowed()...)
	if err != nil {
		return nil
	}
	if f.goesOn {
		if all := fake.Messages(f.narrowed()...); len(all) > 0 { // else a reset came between
			return &all[0]
		}
	}
	return newest
}
