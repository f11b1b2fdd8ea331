package helliotest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// wireAnswer is what leaves the engine: a response, and how its connection
// ends.
type wireAnswer struct {
	status int
	header http.Header
	values []string // of the headers that set has set
	body   []byte
	length int64 // of the body as declared, -1 if it is not; a HEAD has one and no body
	ending connEnd
	sent   int // bytes of the body that are sent, for a truncated one
}

// connEnd is how the connection of an answer ends.
type connEnd int

const (
	endWhole  connEnd = iota
	endClosed         // no response: the connection is closed
	endBroken         // no response: the connection is reset
	// the whole length is declared, and the connection is closed after a part
	// of it
	endTruncated
)

// stages answer a call or let it pass, in the order of the API's middleware
// (inferred; the place of the IP list and of the scope is decided). The first
// answer ends it.
var stages = [...]func(*apiCall) *reply{
	(*apiCall).checkSize,
	(*apiCall).findRoute,
	(*apiCall).authenticate,
	(*apiCall).checkIP,
	(*apiCall).throttle,
	(*apiCall).checkScope,
	(*apiCall).injectFault,
	(*apiCall).claim,
}

// serve takes one call through the engine. It leads to exactly one answer and
// one entry in the journal.
func (e *engine) serve(ctx context.Context, c *apiCall) wireAnswer {
	a := e.process(c)
	if e.cfg.latency > 0 && !e.sleep(ctx, e.cfg.latency) {
		return wireAnswer{ending: endClosed}
	}
	return a
}

func (e *engine) process(c *apiCall) wireAnswer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.processLocked(c)
}

// processLocked is process with the engine locked. It unlocks the engine while
// the call waits.
func (e *engine) processLocked(c *apiCall) wireAnswer {
	if e.closed {
		return wireAnswer{ending: endClosed}
	}
	e.runDue()
	c.e, c.w = e, e.world
	c.log = c.w.logCall(c)
	r := c.admit()
	if !c.delay() {
		c.release()
		return wireAnswer{ending: endClosed}
	}
	injected := r != nil && c.fault != nil
	if r == nil {
		r = c.route.handle(c.w, c)
		c.checkRest()
	}
	if !injected {
		r = c.followed(r)
	}
	c.settleKey(r)
	a := c.write(r)
	c.log.finish(c, r, a)
	return a
}

func (c *apiCall) admit() *reply {
	for _, stage := range stages {
		if r := stage(c); r != nil {
			return r
		}
	}
	return nil
}

// checkSize comes first, as the framework's own check does.
func (c *apiCall) checkSize() *reply {
	if len(c.body) <= maxBody {
		return nil
	}
	return refuse(http.StatusRequestEntityTooLarge, contract.CodeInvalidRequest,
		"The request body is too large.")
}

// write makes the response of a reply, and applies a fault that acts after the
// state has changed.
func (c *apiCall) write(r *reply) wireAnswer {
	now := c.w.clock.Now()
	header := make(http.Header, 8)
	for name, values := range r.header {
		header[name] = values
	}
	c.limitHeaders(header, now)
	a := wireAnswer{
		status: r.status,
		header: header,
		body:   r.body,
		values: make([]string, 0, 3),
	}
	a.set("Date", now.Format(http.TimeFormat))
	if len(r.body) > 0 {
		a.set("Content-Type", "application/json")
	}
	if c.log.Replayed {
		a.set(contract.HeaderIdempotentReplayed, "true")
	}
	a = c.applyFault(a)
	if a.header != nil {
		a.frame(c.method)
	}
	return a
}

// frame declares the length of the body, and drops the body where HTTP allows
// none, as net/http's server does.
func (a *wireAnswer) frame(method string) {
	switch {
	case a.status == http.StatusNoContent:
		a.dropBody()
	case a.status == http.StatusNotModified:
		delete(a.header, "Content-Type")
		a.dropBody()
	default:
		a.length = int64(len(a.body))
		a.set("Content-Length", strconv.FormatInt(a.length, 10))
		if method == http.MethodHead {
			a.dropBody()
		}
	}
}

// set sets a header. The values of an answer share one array.
func (a *wireAnswer) set(name, value string) {
	a.values = append(a.values, value)
	last := len(a.values)
	a.header[name] = a.values[last-1 : last : last]
}

func (a *wireAnswer) dropBody() {
	a.body = nil
	a.ending = endWhole
}

// timestamp writes a time as the API does: ISO 8601, whole seconds, numeric
// offset.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// timestampOrNull is null for the zero time.
func timestampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := timestamp(t)
	return &text
}
