package helliotest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// RoundTripper returns an http.RoundTripper that answers in process, like an
// HTTP/1.1 connection to the API: it fires httptrace hooks, obeys the request's
// context, and faults are the errors of net/http. It answers any host.
func (f *Fake) RoundTripper() http.RoundTripper {
	return f.explored.wrap(&fakeTransport{f.engine, f.view})
}

// HTTPClient returns a new http.Client that calls the fake in process, for any
// host. It has no timeout.
func (f *Fake) HTTPClient() *http.Client {
	return &http.Client{Transport: f.RoundTripper()}
}

type fakeTransport struct {
	e    *engine
	view *view
}

// RoundTrip implements http.RoundTripper.
func (t *fakeTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	trace, connected := connect(req)
	if !connected {
		t.e.wg.Done()
		closeBody(req)
		return nil, wireError("write", net.ErrClosed)
	}
	c := t.call(req)
	if t.e.answersInline(c) && inMemory(req.Body) {
		if x, ended := t.exchangeInline(req, c, trace); ended {
			return x.seen(trace)
		}
	}
	done := make(chan exchange, 1)
	go func() {
		defer t.e.wg.Done()
		done <- t.exchange(req, c, trace)
	}()
	select {
	case <-req.Context().Done():
		closeBody(req) // releases a read that waits in the body
		return nil, context.Cause(req.Context())
	case x := <-done:
		return x.seen(trace)
	}
}

func (t *fakeTransport) call(req *http.Request) *apiCall {
	c := &apiCall{
		view:   t.view,
		method: methodOf(req),
		path:   req.URL.EscapedPath(),
		header: sentHeader(req.Header),
		ip:     loopback,
		scheme: req.URL.Scheme,
		host:   cmp.Or(req.Host, req.URL.Host),
	}
	if req.URL.RawQuery != "" {
		c.query = req.URL.Query()
	}
	return c
}

// sentHeader returns a copy of a header as a server reads it: the wire has no
// space around a value.
func sentHeader(header http.Header) http.Header {
	sent := header.Clone()
	for _, values := range sent {
		for i, value := range values {
			values[i] = textproto.TrimString(value)
		}
	}
	return sent
}

// check refuses what net/http's transport refuses before it looks for a
// connection, and a fake that can't be used here.
func (t *fakeTransport) check(req *http.Request) error {
	if req.URL == nil {
		return errors.New("http: nil Request.URL")
	}
	if req.Header == nil {
		return errors.New("http: nil Request.Header")
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return fmt.Errorf("unsupported protocol scheme %q", req.URL.Scheme)
	}
	if err := checkHeader(req.Header); err != nil {
		return err
	}
	if req.Method != "" && !isToken(req.Method) {
		return fmt.Errorf("net/http: invalid method %q", req.Method)
	}
	if req.URL.Host == "" {
		return errors.New("http: no Host in request URL")
	}
	if req.Context().Err() != nil {
		return context.Cause(req.Context())
	}
	return t.e.join(t.view)
}

func checkHeader(header http.Header) error {
	for name, values := range header {
		if !isToken(name) {
			return fmt.Errorf("net/http: invalid header field name %q", name)
		}
		if slices.ContainsFunc(values, hasControl) {
			return fmt.Errorf("net/http: invalid header field value for %q", name)
		}
	}
	return nil
}

// isToken reports whether text is a token of RFC 9110, as a method and the name
// of a header must be.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		alphanumeric := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// hasControl reports whether a header's value has a control character other
// than a tab.
func hasControl(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// join adds a request's goroutine to those that Close waits for; it ends with
// wg.Done. It returns an error if the fake has ended, which fails the tests
// that still run, or belongs to another bubble, which fails the fake's test.
func (e *engine) join(caller *view) error {
	err := e.enter()
	if err == nil {
		return nil
	}
	var late *endedError
	if errors.As(err, &late) {
		e.complainLate(caller)
	}
	return fmt.Errorf("helliotest: %w", err)
}

// enter is join without its complaints: an ended fake fails no test.
func (e *engine) enter() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return e.endedErr()
	}
	if err := e.belongs(); err != nil {
		e.misuse = err
		return err
	}
	e.wg.Add(1)
	return nil
}

// exchange is one request and what came of it.
type exchange struct {
	response *http.Response
	err      error
}

// seen returns an exchange to its caller.
func (x exchange) seen(trace *httptrace.ClientTrace) (*http.Response, error) {
	if x.err == nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return x.response, x.err
}

// exchangeInline makes an exchange on the caller's goroutine. If a fault delays
// the call, it returns false and leaves the rest to exchange.
func (t *fakeTransport) exchangeInline(
	req *http.Request, c *apiCall, trace *httptrace.ClientTrace,
) (x exchange, ended bool) {
	waits := false
	defer func() {
		if !waits {
			t.e.wg.Done()
		}
	}()
	if err := c.receive(req, trace); err != nil {
		return exchange{err: err}, true
	}
	a, served := t.e.serveInline(c)
	if waits = !served; waits {
		return exchange{}, false
	}
	return outcomeOf(req, a), true
}

func (t *fakeTransport) exchange(
	req *http.Request, c *apiCall, trace *httptrace.ClientTrace,
) exchange {
	if err := c.receive(req, trace); err != nil {
		return exchange{err: err}
	}
	return outcomeOf(req, t.e.serve(req.Context(), c))
}

// receive reads the call's body, unless it has been read, and fires the hook of
// its end.
func (c *apiCall) receive(req *http.Request, trace *httptrace.ClientTrace) error {
	if c.received {
		return nil
	}
	body, err := readBody(req)
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	c.body = body
	c.received = true
	return err
}

func outcomeOf(req *http.Request, a wireAnswer) exchange {
	switch a.ending {
	case endClosed:
		return exchange{err: io.EOF}
	case endBroken:
		return exchange{err: wireError("read", os.NewSyscallError("read", syscall.ECONNRESET))}
	}
	return exchange{response: newResponse(req, a)}
}

func newResponse(req *http.Request, a wireAnswer) *http.Response {
	var body io.ReadCloser = http.NoBody
	switch {
	case a.ending == endTruncated:
		body = io.NopCloser(io.MultiReader(bytes.NewReader(a.body[:a.sent]), cut{}))
	case len(a.body) > 0:
		body = newBytesBody(a.body)
	}
	return &http.Response{
		Status:        statusLine(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          body,
		ContentLength: a.length,
		Request:       req,
	}
}

// bytesBody is a whole body.
type bytesBody struct{ bytes.Reader }

func newBytesBody(body []byte) *bytesBody {
	b := new(bytesBody)
	b.Reset(body)
	return b
}

// Close implements io.Closer.
func (*bytesBody) Close() error { return nil }

// statusLine is the status as net/http's server writes it.
func statusLine(status int) string {
	text := http.StatusText(status)
	if text == "" {
		text = "status code " + strconv.Itoa(status)
	}
	line := strconv.AppendInt(make([]byte, 0, 64), int64(status), 10)
	line = append(line, ' ')
	return string(append(line, text...))
}

// cut is where a truncated body ends.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func methodOf(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}
