package main

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// The longest useful body of the API is below half of largeBody. A few longer
// ones are in memory together, and the others wait (decided).
const (
	largeBody  = 1 << 20 // bytes
	largeCalls = 4
)

// withRoom waits until a call with a large body may be read, which then has as
// much time as any. The caller calls leave when the call has ended.
func (ws *worldSet) withRoom(
	rw http.ResponseWriter, r *http.Request,
) (roomy *http.Request, leave func()) {
	if r.ContentLength >= 0 && r.ContentLength <= largeBody {
		return r, func() {}
	}
	if r.ContentLength < 0 {
		// what can't be read is the API's to refuse
		head, _ := io.ReadAll(io.LimitReader(r.Body, largeBody+1))
		whole := *r
		whole.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
		r = &whole
		if len(head) <= largeBody {
			return r, func() {}
		}
	}
	select {
	case ws.large <- struct{}{}:
		// a connection that can't be timed has gone
		_ = http.NewResponseController(rw).SetReadDeadline(time.Now().Add(bodyTimeout))
		return r, func() { <-ws.large }
	case <-r.Context().Done():
		panic(http.ErrAbortHandler) // the program ends
	}
}
