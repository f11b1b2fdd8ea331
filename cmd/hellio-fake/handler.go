package main

import (
	"log"
	"net/http"
	"runtime/debug"
	"strings"
)

// newHandler is all that the program serves. A path that is none of its own is
// the API's to refuse: its sentence says what the base URL lacks, and the call
// is a violation in the world of its token.
func newHandler(worlds *worldSet, guard hostGuard, errors *log.Logger) http.Handler {
	control := newControl(worlds)
	split := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if isProgramPath(r.URL.EscapedPath()) {
			control.ServeHTTP(rw, r)
			return
		}
		worlds.serveAPI(rw, r)
	})
	return recovered(errors, guard.wrap(withLimits(split)))
}

// isProgramPath reports whether a path is outside the API.
func isProgramPath(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "_fake", "inbox":
		return true
	}
	return path == "/" || path == "/livez" || path == "/readyz"
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
