package helliotest

import (
	"context"
	"slices"

	"github.com/hellio-go/hellio"
)

// Client returns a client that talks to this fake in process, with a token that
// has every scope. Options come after the fake's own, so
// WithBaseURL(fake.URL()) with WithHTTPClient makes it use a real socket. A bad
// option fails the test.
//
// Outside a bubble, where waits are real, a call that would wait longer than 3
// s for the fake's own limits returns a *hellio.RateLimitError immediately, and
// the test's log says so. Shorter waits and waits after a fault are unchanged,
// and so is a client with a limiter of its own (hellio.WithLimiter).
func (f *Fake) Client(opts ...hellio.Option) *hellio.Client {
	f.tb.Helper()
	token := f.clientToken()
	own := []hellio.Option{
		hellio.WithBaseURL("https://fake.hellio.invalid/v1"),
		hellio.WithHTTPClient(f.HTTPClient()),
		hellio.WithTokenSource(&clientTokens{f.engine, f.view, token}),
	}
	if !f.inBubble() {
		own = append(own, hellio.WithLimiter(newClientLimiter(f, token)))
	}
	client, err := hellio.NewClient(token, slices.Concat(own, opts)...)
	if err != nil {
		f.tb.Fatalf("helliotest: Client: %v", err)
	}
	return client
}

// clientTokens is the TokenSource of a Client. The client asks it before each
// attempt, so a call after the fake's end ends there, before anything is sent.
type clientTokens struct {
	e     *engine
	view  *view
	token string
}

// Token implements hellio.TokenSource.
func (c *clientTokens) Token(context.Context) (string, error) {
	c.e.mu.Lock()
	closed := c.e.closed
	c.e.mu.Unlock()
	if closed {
		c.e.complainLate(c.view)
		return "", c.e.endedErr()
	}
	return c.token, nil
}
