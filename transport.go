package hellio

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// errHiddenResend is what net/http gets when it asks for the body once more after the request had gone out: sending again is this
// client's decision, with its waits and its counting.
var errHiddenResend = errors.New("the connection broke before the answer came")

var errNoResponse = errors.New("the http.RoundTripper returned neither an error nor a response with a status")

// timeoutError is an attempt that ran into its own time limit. It is no context error: only the caller's own context makes one.
type timeoutError struct{}

func (timeoutError) Error() string { return "no answer within the time limit of one attempt" }
func (timeoutError) Timeout() bool { return true }

// transports are the ways to the wire that a client has: one over its connection pool, and one that opens a connection for each
// request. The second is for requests that must not be repeated: on a pooled connection that the server is just closing, they would
// fail with nobody knowing whether they arrived.
type transports struct {
	pooled, fresh http.RoundTripper
	plainHTTP2    bool        // without TLS the transport speaks HTTP/2, which a connection does not tell
	proven        atomic.Bool // the RoundTripper reports to httptrace, so its silence proves that nothing was sent
}

// newTransports takes a *http.Transport, for which a copy without keep-alive is made, or any other RoundTripper, which is used as it is.
func newTransports(rt http.RoundTripper) *transports {
	ts := &transports{pooled: rt, fresh: rt}
	t, ok := rt.(*http.Transport)
	if !ok {
		return ts
	}
	fresh := t.Clone()
	fresh.DisableKeepAlives = true
	if ts.plainHTTP2 = t.Protocols != nil && t.Protocols.UnencryptedHTTP2() && !t.Protocols.HTTP1(); !ts.plainHTTP2 {
		// On HTTP/2 net/http itself repeats a request after some errors of the peer that prove nothing.
		fresh.ForceAttemptHTTP2 = false
		fresh.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		fresh.Protocols = new(http.Protocols)
		fresh.Protocols.SetHTTP1(true)
		if fresh.TLSClientConfig != nil {
			fresh.TLSClientConfig.NextProtos = nil
		}
	}
	ts.fresh = fresh
	ts.proven.Store(true)
	return ts
}

func (ts *transports) forClass(c class) http.RoundTripper {
	if c == classBillable || c == classOther {
		return ts.fresh
	}
	return ts.pooled
}

// wire is one attempt as the transport sees it: its body, and what httptrace tells, hidden repeats by net/http included. Each attempt
// has its own: a hook may still fire when the next attempt has begun.
type wire struct {
	body                         bytes.Reader
	hooks                        httptrace.ClientTrace
	gotConn, http2, wroteHeaders atomic.Bool
	writeErr                     atomic.Pointer[error]
}

func (w *wire) trace() *httptrace.ClientTrace {
	w.hooks.GotConn = w.onConn
	w.hooks.WroteHeaders = func() { w.wroteHeaders.Store(true) }
	w.hooks.WroteRequest = w.onWritten
	return &w.hooks
}

func (w *wire) onConn(info httptrace.GotConnInfo) {
	if c, ok := info.Conn.(*tls.Conn); ok && c.ConnectionState().NegotiatedProtocol == "h2" {
		w.http2.Store(true)
	}
	w.gotConn.Store(true)
}

func (w *wire) onWritten(info httptrace.WroteRequestInfo) {
	if info.Err != nil {
		err := info.Err
		w.writeErr.Store(&err)
	}
}

// mayResend tells net/http whether it may send the body once more. On HTTP/2 it asks only after the peer has said that it did not
// process the request.
func (w *wire) mayResend() bool { return w.http2.Load() || !w.wroteHeaders.Load() }

// notSent reports whether no complete header block can have left. On HTTP/2 a request that its context ended may still be in the
// middle of writing when the error is returned.
func (w *wire) notSent(endedByContext bool) bool {
	if endedByContext && w.http2.Load() {
		return !w.gotConn.Load()
	}
	return !w.wroteHeaders.Load()
}

// RoundTrip makes one attempt: it sends the call's bytes with net/http's own retries vetoed, reads the whole answer, and leaves what it
// saw in the exchange. The response that it returns has no body, and no Location, so that http.Client follows no redirect.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := attemptContext(req.Context(), x.core.http.Timeout)
	defer cancel()
	w := &x.first
	if x.response.Attempts > 1 {
		w = new(wire)
	}
	w.http2.Store(x.core.wire.plainHTTP2)
	resp, err := x.core.wire.forClass(x.class).RoundTrip(x.outgoing(httptrace.WithClientTrace(ctx, w.trace()), req, w))
	if w.gotConn.Load() && w.wroteHeaders.Load() {
		x.core.wire.proven.Store(true)
	}
	if err == nil && (resp == nil || resp.StatusCode < 100) {
		err = errNoResponse
	}
	if resp != nil { // a response, of whatever kind, is an answer to what went out
		w.gotConn.Store(true)
		w.wroteHeaders.Store(true)
	}
	if err != nil {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		x.cause = x.failedAttempt(ctx, w, err)
		return nil, x.cause
	}
	x.readResponse(ctx, resp)
	resp.Body = http.NoBody
	if resp.StatusCode/100 == 3 {
		resp.Header = nil // the exchange has it
	}
	return resp, nil
}

// attemptContext bounds one attempt, by the Timeout of the caller's http.Client where it has one: net/http's own way to do that tells a
// RoundTripper like this one nothing but that it was cancelled. A caller's deadline that is nearer bounds the attempt already.
func attemptContext(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		timeout = attemptTimeout
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= timeout {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// outgoing is the request as it goes out. Headers and body are attached here and not before: http.Client would copy the ones, and ask
// for the other on a redirect.
func (x *exchange) outgoing(ctx context.Context, req *http.Request, w *wire) *http.Request {
	out := req.WithContext(ctx)
	out.Header = x.headers(req.Header["Cookie"])
	if x.body == nil {
		return out
	}
	w.body.Reset(x.body)
	out.Body, out.ContentLength = io.NopCloser(&w.body), int64(len(x.body))
	out.GetBody = func() (io.ReadCloser, error) {
		if !w.mayResend() {
			return nil, errHiddenResend
		}
		return io.NopCloser(bytes.NewReader(x.body)), nil
	}
	return out
}

var jsonType = []string{"application/json"}

// headers makes the header map of one attempt. Each attempt has its own: net/http may still read the last one's.
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
	return h
}

// failedAttempt files a transport error under its fault and returns it with a better cause where net/http's is misleading.
func (x *exchange) failedAttempt(ctx context.Context, w *wire, err error) error {
	endedByContext := ctx.Err() != nil
	switch {
	case errors.Is(err, errNoResponse):
		x.fault = faultConfig
	case x.core.wire.proven.Load() && w.notSent(endedByContext):
		x.fault = faultNotSent
		if isConfigError(err) {
			x.fault = faultConfig
		}
	default:
		x.fault = faultLost
	}
	x.sent = !x.core.wire.proven.Load() || !w.notSent(endedByContext)
	switch {
	case x.ctx.Err() != nil:
		x.fault = faultCaller
		return x.ctx.Err()
	case endedByContext || errors.Is(err, context.DeadlineExceeded):
		return timeoutError{}
	case errors.Is(err, errHiddenResend):
		return lostError{w.writeErr.Load()}
	default:
		return err
	}
}

// lostError is a connection that broke after the request had gone out, where net/http wanted to send again and so hid the real cause:
// it was an end of file, or an error in writing.
type lostError struct{ writeErr *error }

func (e lostError) Error() string { return errHiddenResend.Error() }

func (e lostError) Unwrap() error {
	if e.writeErr != nil {
		return *e.writeErr
	}
	return io.EOF
}

// isConfigError reports an error that no further attempt can mend.
func isConfigError(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}
