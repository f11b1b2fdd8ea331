package main

import (
	"log"
	"net/http"
	"runtime/debug"
	"strings"
)

// newHandler is all that the program serves.
func newHandler(worlds *worldSet, guard hostGuard, errors *log.Logger) http.Handler {
	control := newControl(worlds)
	split := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); path == "/v1" || strings.HasPrefix(path, "/v1/") {
			worlds.serveAPI(rw, r)
			return
		}
		control.ServeHTTP(rw, r)
	})
	return recovered(errors, guard.wrap(withLimits(split)))
}

// recovered reports a panic by its stack alone, as its value may quote what a
// client sent. The connection is closed.
func recovered(errors *log.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
				return
			case http.ErrAbortHandler: // a fault, or a client that has gone
			default:
				errors.Printf("a handler panicked:\n%s", debug.Stack())
			}
			panic(http.ErrAbortHandler)
		}()
		next.ServeHTTP(rw, r)
	})
}
