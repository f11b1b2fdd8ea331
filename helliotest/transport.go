package helliotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
)

// RoundTripper answers requests in process, as a connection of HTTP/1.1 to the API would: it fires httptrace hooks, obeys the request's
// context, and faults are the errors that net/http gives. It answers any host.
func (f *Fake) RoundTripper() http.RoundTripper { return &transport{f} }

// HTTPClient returns a new http.Client that talks to the fake in process, whatever the host of the URL. It has no timeout.
func (f *Fake) HTTPClient() *http.Client {
	return &http.Client{Transport: f.RoundTripper()}
}

type transport struct{ f *Fake }

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	trace, open := connect(req)
	if !open {
		t.f.wg.Done()
		closeBody(req)
		return nil, &net.OpError{Op: "write", Net: "tcp", Source: address{}, Addr: address{}, Err: net.ErrClosed}
	}
	c := &call{
		method: method(req), path: req.URL.EscapedPath(), query: req.URL.Query(), header: req.Header.Clone(),
		ip: netip.AddrFrom4([4]byte{127, 0, 0, 1}), scheme: req.URL.Scheme, host: req.URL.Host,
	}
	done := make(chan exchange, 1)
	go func() {
		defer t.f.wg.Done()
		done <- t.exchange(req, c, trace)
	}()
	select {
	case <-req.Context().Done():
		closeBody(req) // lets go of a read that waits in the body
		return nil, context.Cause(req.Context())
	case x := <-done:
		if x.err == nil && trace.GotFirstResponseByte != nil {
			trace.GotFirstResponseByte()
		}
		return x.response, x.err
	}
}

// check refuses what net/http's transport refuses before it looks for a connection, and a fake that can't be used here.
func (t *transport) check(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("http: nil Request.URL")
	case req.Header == nil:
		return errors.New("http: nil Request.Header")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("unsupported protocol scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("http: no Host in request URL")
	}
	for name, values := range req.Header {
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	if req.Context().Err() != nil {
		return context.Cause(req.Context())
	}
	return t.f.join()
}

// join counts a request's goroutine to those that Close waits for; it must end in wg.Done. It refuses if the fake has ended, or belongs to
// another bubble; the latter fails the test as well.
func (f *Fake) join() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fmt.Errorf("helliotest: %w", errClosed)
	}
	if err := f.belongs(); err != nil {
		f.misuse = err
		return fmt.Errorf("helliotest: %w", err)
	}
	f.wg.Add(1)
	return nil
}

// connect fires the hooks of finding a connection and writing the headers, in the order of net/http. A hook may close the
// connection: then nothing is written.
func connect(req *http.Request) (trace *httptrace.ClientTrace, open bool) {
	trace = httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return &httptrace.ClientTrace{}, true
	}
	if trace.GetConn != nil {
		trace.GetConn(hostPort(req))
	}
	if trace.GotConn != nil {
		var closed atomic.Bool
		if trace.GotConn(httptrace.GotConnInfo{Conn: wire{closed: &closed}}); closed.Load() {
			return trace, false
		}
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	return trace, true
}

// exchange is one request and what came of it.
type exchange struct {
	response *http.Response
	err      error
}

func (t *transport) exchange(req *http.Request, c *call, trace *httptrace.ClientTrace) exchange {
	body, err := readBody(req)
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	if err != nil {
		return exchange{err: err}
	}
	c.body = body
	a := t.f.serve(req.Context(), c)
	switch a.ending {
	case closed:
		return exchange{err: io.EOF}
	case broken:
		return exchange{err: &net.OpError{Op: "read", Net: "tcp", Source: address{}, Addr: address{}, Err: os.NewSyscallError("read", syscall.ECONNRESET)}}
	}
	return exchange{response: response(req, a)}
}

func response(req *http.Request, a answer) *http.Response {
	var body io.Reader = bytes.NewReader(a.body)
	if a.ending == truncated {
		body = io.MultiReader(bytes.NewReader(a.body[:a.sent]), cut{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: int64(len(a.body)), Request: req,
	}
}

// cut is where a truncated body ends.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func method(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// readBody reads the body, up to what the engine will refuse, and closes it. A length that does not hold is an error, as in net/http.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer closeBody(req)
	body, err := readLimited(req.Body, req.ContentLength)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = fmt.Errorf("http: ContentLength=%d with Body length %d", req.ContentLength, len(body))
	}
	return body, err
}

// readLimited reads a body of this length, -1 if it is unknown, and at most one byte more than the engine takes.
func readLimited(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(io.LimitReader(r, maxBody+1))
	}
	body := make([]byte, min(length, maxBody+1))
	n, err := io.ReadFull(r, body)
	return body[:n], err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing hangs on it
	}
}

func hostPort(req *http.Request) string {
	port := req.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[req.URL.Scheme]
	}
	return net.JoinHostPort(req.URL.Hostname(), port)
}

// wire is the connection that the hooks see; it has addresses and can be closed, and nothing else.
type wire struct {
	net.Conn
	closed *atomic.Bool
}

func (w wire) Close() error { w.closed.Store(true); return nil }

func (wire) LocalAddr() net.Addr  { return address{} }
func (wire) RemoteAddr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "tcp" }
func (address) String() string  { return "helliotest" }
