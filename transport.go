package hellio

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/hellio-go/hellio/internal/bridge"
	"github.com/hellio-go/hellio/internal/contract"
)

// errLost is the cause of a request without a body whose connection broke and
// that net/http tried to repeat: the client decides about retries.
var errLost = errors.New("the connection broke before the response")

var errNoResponse = errors.New(
	"the http.RoundTripper returned neither an error nor a response with a status")

// timeoutError is an attempt that ran into its own time limit. It is no context
// error: only the caller's context makes one.
type timeoutError struct{}

func (timeoutError) Error() string { return "no response within the time limit of one attempt" }
func (timeoutError) Timeout() bool { return true }

// transports are a client's ways to the wire: one over its connection pool, and
// one that opens a connection for each request. On a pooled HTTP/1.1 connection
// that the server is just closing, a request fails with an unknown outcome. A
// retry resolves that for requests that may be repeated; others avoid it.
type transports struct {
	pooled http.RoundTripper
	fresh  http.RoundTripper

	single     *http.Transport // below fresh; nil if fresh is pooled
	direct     bool            // both are net/http's, without middleware
	plainHTTP2 bool            // HTTP/2 without TLS, which a connection does not show
	plainBody  bool            // an *http.Transport that can only speak HTTP/1.1
	http2      atomic.Bool     // the latest connection spoke HTTP/2
}

type middleware = func(http.RoundTripper) http.RoundTripper

// newTransports wraps rt by the middleware, the first outermost. Of an
// *http.Transport it makes a copy without keep-alive, for fresh connections;
// any other RoundTripper is used for all requests.
func newTransports(rt http.RoundTripper, secure bool, mws []middleware) (*transports, error) {
	ts := &transports{
		pooled: rt,
		fresh:  rt,
	}
	if t, ok := rt.(*http.Transport); ok {
		fresh := clone(t)
		fresh.DisableKeepAlives = true
		ts.fresh = fresh
		ts.single = fresh
		ts.plainHTTP2 = !secure && t.Protocols != nil &&
			t.Protocols.UnencryptedHTTP2() && !t.Protocols.HTTP1()
		ts.direct = len(mws) == 0
		ts.plainBody = ts.direct && !ts.plainHTTP2 && (!secure || !speaksHTTP2(t))
	}
	for _, mw := range slices.Backward(mws) {
		ts.pooled = mw(ts.pooled)
		if ts.single != nil {
			ts.fresh = mw(ts.fresh)
		} else {
			ts.fresh = ts.pooled
		}
		if ts.pooled == nil || ts.fresh == nil {
			return nil, &ParamError{
				Field:   "middleware",
				Given:   "a middleware that returns nil",
				Allowed: "an http.RoundTripper",
			}
		}
	}
	return ts, nil
}

// clone returns a copy of t that speaks the same protocols and resumes TLS
// sessions.
func clone(t *http.Transport) *http.Transport {
	c := t.Clone()
	c.ForceAttemptHTTP2 = speaksHTTP2(t)
	if c.TLSClientConfig == nil {
		c.TLSClientConfig = new(tls.Config)
	}
	if c.TLSClientConfig.ClientSessionCache == nil {
		c.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return c
}

// speaksHTTP2 reports whether t may negotiate HTTP/2 over TLS. t has been
// cloned, which has set up the protocols that it offers.
func speaksHTTP2(t *http.Transport) bool {
	if t.Protocols != nil {
		return t.Protocols.HTTP2()
	}
	return t.TLSNextProto["h2"] != nil
}

// choose returns the transport for a request of class c. own is true if the
// request must refuse a reused HTTP/1.1 connection.
func (ts *transports) choose(c class) (rt http.RoundTripper, own bool) {
	switch {
	case c.repeatable(), ts.plainHTTP2, ts.single == nil:
		return ts.pooled, false
	case ts.http2.Load():
		return ts.pooled, true
	default:
		return ts.fresh, false
	}
}

// observe remembers the protocol of the connection that w had.
func (ts *transports) observe(w *wire) {
	if spoken := w.http2.Load(); w.gotConn.Load() && spoken != ts.http2.Load() {
		ts.http2.Store(spoken)
	}
}

// attemptContext bounds one attempt by the Timeout of the caller's http.Client
// where it has one. A nearer deadline of the caller bounds the attempt already.
func (x *exchange) attemptContext() (context.Context, context.CancelFunc) {
	timeout := x.core.http.Timeout
	if timeout <= 0 {
		timeout = attemptTimeout
	}
	limit := x.began.Add(timeout)
	if deadline, ok := x.latest.ctx.Deadline(); ok && !deadline.After(limit) {
		return context.WithCancel(x.latest.ctx)
	}
	return context.WithDeadline(x.latest.ctx, limit)
}

// send passes one request to the transport and returns its response, or records
// the fault in the exchange. If the pool has only a reused HTTP/1.1 connection
// for a request that must not use one, nothing is written. The request then
// uses a new connection.
func (x *exchange) send(
	ctx context.Context, cancel context.CancelFunc, req *http.Request,
) *http.Response {
	ts := x.core.wire
	rt, own := ts.choose(x.class)
	w := x.newWire(cancel, own)
	resp, err := rt.RoundTrip(x.outgoing(ctx, req, w))
	if w.refused.Load() && err != nil {
		ts.http2.Store(false)
		w = x.newWire(cancel, false)
		resp, err = ts.fresh.RoundTrip(x.outgoing(ctx, req, w))
	}
	ts.observe(w)
	if err == nil && resp != nil && resp.StatusCode >= 100 {
		return resp
	}
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	x.fail(ctx, w, resp, err)
	return nil
}

// newWire returns the wire of the next request. The call's first is part of the
// exchange, which saves an allocation.
func (x *exchange) newWire(cancel context.CancelFunc, own bool) *wire {
	w := &x.first
	if w.cancel != nil {
		w = new(wire)
	}
	w.cancel = cancel
	w.own = own
	w.direct = x.core.wire.direct
	w.http2.Store(x.core.wire.plainHTTP2)
	if x.body != nil {
		w.ungated = x.core.wire.plainBody
		w.body.wire = w
		w.body.data.Reset(x.body)
		return w
	}
	w.maxHeaders = 1
	if x.class == classGet && x.mayRepeat() {
		w.maxHeaders = 2 // heals an idle connection that has just closed
	}
	return w
}

// outgoing returns the request that the transport receives. It has headers and
// body only now, because http.Client would copy the headers and, on a redirect,
// ask for the body. Without GetBody net/http never repeats a body that it has
// read, and its error names the reason.
func (x *exchange) outgoing(ctx context.Context, req *http.Request, w *wire) *http.Request {
	out := req.WithContext(httptrace.WithClientTrace(ctx, w.trace()))
	out.Host = x.url.Host
	out.Header = x.headers(req.Header["Cookie"])
	if x.body == nil {
		return out
	}
	out.ContentLength = int64(len(x.body))
	out.Body = &w.body
	if w.ungated { // net/http writes headers and a body that it knows at once
		out.Body = io.NopCloser(&w.body.data)
	}
	return out
}

var jsonType = []string{"application/json"}

// headers makes the header map of one request. Each request has its own,
// because net/http may still read the one before.
func (x *exchange) headers(cookies []string) http.Header {
	h := http.Header{
		"Accept":     jsonType,
		"User-Agent": x.core.userAgent,
	}
	if x.auth.header != nil {
		h["Authorization"] = x.auth.header
	}
	if x.body != nil {
		h["Content-Type"] = jsonType
	}
	if x.response.IdempotencyKey != "" {
		h[contract.HeaderIdempotencyKey] = x.key[:]
	}
	if cookies != nil { // from the Jar of the caller's http.Client
		h["Cookie"] = cookies
	}
	for name, values := range x.latest.header {
		if name = http.CanonicalHeaderKey(name); h[name] == nil {
			h[name] = values
		}
	}
	return h
}

// fail records why the request has no response, and whether it may have been
// sent.
func (x *exchange) fail(ctx context.Context, w *wire, resp *http.Response, err error) {
	ended := ctx.Err() != nil && !w.capped.Load()
	x.sent = !w.notSent(err, ended) || resp != nil // a response of any kind answers a request
	var permanent bridge.Permanent
	switch {
	case err == nil:
		x.fault = faultConfig
		err = errNoResponse
	case errors.As(err, &permanent):
		x.fault = faultConfig
		x.sent = resp != nil
	case isConfigError(err):
		x.fault = faultConfig
	case x.sent:
		x.fault = faultLost
	default:
		x.fault = faultNotSent
	}
	switch {
	case x.ctx.Err() != nil:
		x.fault = faultCaller
		x.cause = contextError(x.ctx)
	case w.capped.Load():
		x.cause = errLost
	case ended || errors.Is(err, context.DeadlineExceeded):
		x.cause = timeoutError{}
	default:
		x.cause = err
	}
}

// isConfigError reports an error that no further attempt can avoid.
func isConfigError(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &record) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// causeClass names the kind of a connection's failure, for logs.
func causeClass(err error) string {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &dns):
		return "dns"
	case isConfigError(err):
		return "tls"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, errLost):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	default:
		return "other"
	}
}
