package hellio

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Tracer observes calls and their attempts, for spans and metrics. Its methods
// run on the goroutine of the call and must be safe for concurrent use.
//
// StartCall runs after the params are checked; a *ParamError starts no call.
// StartAttempt runs before each request, after token and limiter. Each Start
// returns the context that is passed on, to the transport and to its End; it
// must be derived from ctx. Nil means ctx. No method receives a token, code,
// text or number.
//
// A Tracer that panics ends the call with that panic.
type Tracer interface {
	StartCall(ctx context.Context, c CallStart) context.Context
	EndCall(ctx context.Context, c CallEnd)
	StartAttempt(ctx context.Context, a AttemptStart) context.Context
	EndAttempt(ctx context.Context, a Attempt)
}

// CallStart describes a call that begins.
type CallStart struct {
	Operation      string // such as "sms_send"
	Method         string
	Route          string // with {id} in place of an id
	Address        string // host and port of the base URL, such as "api.example.com:443"
	IdempotencyKey string // "" on operations that take none
}

// CallEnd describes a call that has ended.
type CallEnd struct {
	Operation string
	Response  Response
	Err       error // as the call returns it; nil on success
	Duration  time.Duration
}

// AttemptStart describes a request that begins.
type AttemptStart struct {
	Operation      string
	Number         int // 1 for the first
	Method         string
	Route          string        // with {id} in place of an id
	Wait           time.Duration // before this attempt, for a retry or for the limiter
	IdempotencyKey string

	// Header is empty. The request has the headers that StartAttempt adds to
	// it, for propagation. A header that the client sets itself wins.
	Header http.Header
}

// WithTracer sets the Tracer of the client. Package helliootel, a module of its
// own, has one for OpenTelemetry. A nil t is a *ParamError.
func WithTracer(t Tracer) Option {
	return func(c *config) error {
		if t == nil {
			return &ParamError{Field: "tracer", Given: "nil", Allowed: "a Tracer"}
		}
		c.tracer = t
		return nil
	}
}

// WithMiddleware sets functions that wrap the client's transports: the pooled
// one, and the one for requests that need a new connection. With WithHTTPClient
// they wrap its RoundTripper. The first middleware is the outermost. A nil
// middleware, or one that returns nil, is a *ParamError.
//
// A request body can be read once. A middleware that sends a request again
// therefore fails. Never let one copy the body to send it again: the client
// can't see such a request, and it may send and charge twice.
func WithMiddleware(mw ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(c *config) error {
		for _, m := range mw {
			if m == nil {
				return &ParamError{Field: "middleware", Given: "nil", Allowed: "a function"}
			}
		}
		c.middleware = append(c.middleware[:len(c.middleware):len(c.middleware)], mw...)
		return nil
	}
}

// traced is run between StartCall and EndCall.
func (x *exchange) traced() error {
	t := x.core.tracer
	if t == nil {
		return x.run()
	}
	start := time.Now()
	x.ctx = orContext(x.ctx, t.StartCall(x.ctx, CallStart{
		Operation:      x.op.Name,
		Method:         x.op.Method,
		Route:          x.op.Route,
		Address:        addressOf(&x.url),
		IdempotencyKey: x.response.IdempotencyKey,
	}))
	err := x.run()
	t.EndCall(x.ctx, CallEnd{
		Operation: x.op.Name,
		Response:  x.response,
		Err:       err,
		Duration:  time.Since(start),
	})
	return err
}

// addressOf returns the host and port of u, which may leave the port to its
// scheme.
func addressOf(u *url.URL) string {
	preset := "443"
	if u.Scheme == "http" {
		preset = "80"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), preset))
}

// startAttempt returns the context of the attempt that begins.
func (x *exchange) startAttempt() context.Context {
	if x.core.tracer == nil {
		return x.ctx
	}
	x.latest.header = http.Header{}
	return orContext(x.ctx, x.core.tracer.StartAttempt(x.ctx, AttemptStart{
		Operation:      x.op.Name,
		Number:         x.response.Attempts,
		Method:         x.op.Method,
		Route:          x.op.Route,
		Wait:           x.waited,
		IdempotencyKey: x.response.IdempotencyKey,
		Header:         x.latest.header,
	}))
}

func orContext(ctx, traced context.Context) context.Context {
	if traced == nil {
		return ctx
	}
	return traced
}
