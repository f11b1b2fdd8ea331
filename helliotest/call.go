package helliotest

import (
	"bytes"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/hellio-go/hellio/internal/near"
)

// maxBody is the largest request body in bytes that the engine reads (decided).
// The longest useful body is a twentieth of it.
const maxBody = 8 << 20

// apiCall is one request on its way through the engine.
type apiCall struct {
	method string
	path   string // escaped, /v1 included
	scheme string // with host: how the caller reached the fake
	host   string
	query  url.Values
	header http.Header
	body   []byte
	ip     netip.Addr

	e       *engine
	w       *world // the world that the call began in
	view    *view
	route   *apiRoute
	id      string // what stands for {id} in the route
	token   *apiToken
	buckets []bucket // the rate limits that it counted to
	fault   *Fault   // the fault that acts on it; nil = none
	claimed *keyed   // the entry of its idempotency key, while it is in flight
	asked   []string // query parameters that were looked at
	log     *logged
	to      []string // what names has found in the body

	formed   bool // its body was read as a form
	received bool // its body was read from the request
}

// outside runs fn, which may wait, without the engine's lock.
func (c *apiCall) outside(fn func()) {
	c.e.mu.Unlock()
	defer c.e.mu.Lock()
	fn()
}

// param returns a query parameter, or "".
func (c *apiCall) param(name string) string {
	c.asked = append(c.asked, name)
	return trimmed(c.query.Get(name))
}

// checkRest reports the query parameters, and the body, that no handler looked
// at.
func (c *apiCall) checkRest() {
	// some HTTP libraries can't do without a body
	if body := bytes.TrimSpace(c.body); len(body) > 0 && string(body) != "{}" && !c.formed {
		c.violate("body: the API reads none here")
	}
	for _, name := range unknownNames(c.query, c.asked) {
		c.violate("query." + near.Short(name) + ": the API knows no such parameter" +
			suggest(name, c.asked))
	}
}
