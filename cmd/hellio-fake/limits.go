package main

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// withLimits sets deadlines for slow clients: one for the whole of a body, and
// one for each write.
func withLimits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(rw)
		if r.Body != http.NoBody {
			// a connection that can't be timed has gone
			_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
			// net/http goes by the type of its own request's body
			timed := *r
			timed.Body = &timedBody{r.Body, control}
			r = &timed
		}
		next.ServeHTTP(&timedWriter{rw, control}, r)
	})
}

// timedBody lifts the deadline once the body was read: the connection is
// watched on, and the answer may be long in coming.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// timedWriter is the http.ResponseWriter below it, with a deadline for each
// write. It can be unwrapped, so that faults reach the connection.
type timedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Unwrap is for http.ResponseController.
func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements io.Writer.
func (w *timedWriter) Write(p []byte) (int, error) {
	// a connection that can't be timed has gone
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	return w.ResponseWriter.Write(p)
}
