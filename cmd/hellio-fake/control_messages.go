package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/hellio-go/hellio/helliotest"
)

// messageFilters are the parameters that narrow messages down.
var messageFilters = []string{"to", "contains", "channel", "after"}

func messageRoutes() []route {
	return []route{{method: http.MethodGet, path: "/_fake/messages", query: messageFilters, handle: getMessages}}
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

// messageFilter is the filters of a query. An empty parameter is none, as in /v1.
type messageFilter struct {
	filters []helliotest.Filter
	after   int64 // a message's id, exclusive
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
		f.after = id
	}
	return f, nil
}

// newestFirst is never nil.
func (f messageFilter) newestFirst(fake *helliotest.Fake) []helliotest.Message {
	found := append([]helliotest.Message{}, fake.Messages(f.filters...)...)
	found = slices.DeleteFunc(found, func(m helliotest.Message) bool { return m.ID <= f.after })
	slices.Reverse(found)
	return found
}
