package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/near"
)

// messageFilters are the parameters that narrow messages down.
var messageFilters = []string{"to", "contains", "channel", "after"}

// channels are those of messages.
var channels = []string{"sms", "voice", "whatsapp", "email"}

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
			query:  append([]string{"limit"}, messageFilters...),
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
	query := r.URL.Query()
	filter, err := newMessageFilter(query)
	if err != nil {
		return err
	}
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	before := int64(0)
	respondList(rw, limit, func(most int) []helliotest.Message {
		found, _ := w.engine.MessagesBefore(before, most, filter.narrowed()...)
		if len(found) > 0 {
			before = found[len(found)-1].ID
		}
		return found
	})
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
	if m := filter.wait(ctx, w); m != nil {
		respond(rw, http.StatusOK, m)
		return nil
	}
	if w.gone.Load() {
		return unauthenticated()
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
			fmt.Errorf("timeout %q is not a duration from 0s to %v, such as 10s", near.Short(text),
				maxWait)
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
		if !slices.Contains(channels, channel) {
			return f, near.Unknown("channel", channel, channels)
		}
		f.filters = append(f.filters, helliotest.Channel(channel))
	}
	var err error
	f.after, f.goesOn, err = afterID(query, "message")
	return f, err
}

// narrowed are the filters, the id included.
func (f messageFilter) narrowed() []helliotest.Filter {
	return append(slices.Clip(f.filters), helliotest.After(f.after))
}

// wait returns the newest present message, or the next one; nil if none came
// until ctx ended. With an after it is the oldest after that one, so that
// waiting for one after the other misses none.
func (f messageFilter) wait(ctx context.Context, w *world) *helliotest.Message {
	newest, err := w.fake.WaitMessage(ctx, f.narrowed()...)
	if err != nil {
		return nil
	}
	if f.goesOn {
		// else a reset came between
		if oldest, found := w.engine.OldestMessage(f.narrowed()...); found {
			return &oldest
		}
	}
	return newest
}
