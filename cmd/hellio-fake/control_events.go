package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio/helliotest"
)

// heartbeat is how long a stream is silent at most: a reader that has gone is
// found out by it.
const heartbeat = 15 * time.Second

func eventRoutes() []route {
	return []route{{method: http.MethodGet, path: "/_fake/events", handle: getEvents}}
}

// getEvents streams each new message as a server-sent event: those after
// Last-Event-ID, or those after the call.
func getEvents(rw http.ResponseWriter, r *http.Request, w *world) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stream := w.fake.Subscribe(ctx, r.Header.Get("Last-Event-ID"))
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return nil
	}
	events := make(chan helliotest.Event)
	go func() {
		defer close(events)
		for e := range stream {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		}
	}()
	writeEvents(rw, events)
	return nil
}

// writeEvents writes until there are no more events or the reader has gone.
func writeEvents(rw http.ResponseWriter, events <-chan helliotest.Event) {
	control, beat := http.NewResponseController(rw), time.NewTicker(heartbeat)
	defer beat.Stop()
	for line, open := ": listening\n\n", true; open; {
		if _, err := fmt.Fprint(rw, line); err != nil || control.Flush() != nil {
			return
		}
		var e helliotest.Event
		select {
		case e, open = <-events:
			line = eventText(e)
		case <-beat.C:
			line = ": still here\n\n"
		}
	}
}

// eventText is a message as an event: an id, and its JSON on one line.
func eventText(e helliotest.Event) string {
	text, err := json.Marshal(e.Message)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return "id: " + e.ID + "\ndata: " + string(text) + "\n\n"
}
