package hellio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

// The first constants must never be printed. The others are the bodies of most
// responses.
const (
	testToken  = "7|QxTokenThatNobodyMaySee"
	testNumber = "+233209990001"
	testText   = "the gate opens at nine"

	sentBody = `{"data":{"reference":"0b8f6c9e-7f0e-4d52-9f0c-5d8f1f6f2a11","campaign_id":7731,` +
		`"status":"queued","accepted_recipients":1,` +
		`"invalid_recipients":0,"segments":1,"estimated_cost":"0.0310","currency":"GHS"}}`
	balanceBody = `{"data":{"balance":"120.0000","available":"119.38","reserved":"0.6200",` +
		`"currency":"GHS"}}`
	conflictBody = `{"message":"A request with this key is under way.",` +
		`"error":"idempotency_conflict"}`
)

// oneSMS returns valid params.
func oneSMS() *SMSSendParams {
	return &SMSSendParams{Recipients: []string{testNumber}, Sender: "HELLIO", Message: testText}
}

// step is the reaction of the stub to one request.
type step func(*http.Request) (*http.Response, error)

// seenRequest is a request as the stub received it.
type seenRequest struct {
	method, url, body string
	header            http.Header
	at                time.Time
}

// stub is a RoundTripper that follows a script of one step per request. The
// last step answers all further requests.
type stub struct {
	mu    sync.Mutex
	steps []step
	seen  []seenRequest
}

func newStub(steps ...step) *stub { return &stub{steps: steps} }

func (s *stub) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	// bypass the gate: the step decides whether the body is read
	if gated, ok := req.Body.(*gatedBody); ok {
		data := gated.data
		body, _ = io.ReadAll(&data)
	}
	s.mu.Lock()
	s.seen = append(s.seen, seenRequest{
		method: req.Method,
		url:    req.URL.String(),
		body:   string(body),
		header: req.Header.Clone(),
		at:     time.Now(),
	})
	next := s.steps[min(len(s.seen), len(s.steps))-1]
	s.mu.Unlock()
	return next(req)
}

func (s *stub) requests() []seenRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seenRequest(nil), s.seen...)
}

// gaps returns the times between the requests.
func (s *stub) gaps() []time.Duration {
	seen := s.requests()
	var gaps []time.Duration
	for i := 1; i < len(seen); i++ {
		gaps = append(gaps, seen[i].at.Sub(seen[i-1].at))
	}
	return gaps
}

// reachWire fires the trace hooks and reads the body as net/http does for a
// request that is sent.
func reachWire(req *http.Request) {
	trace := httptrace.ContextClientTrace(req.Context())
	trace.GetConn("")
	trace.GotConn(httptrace.GotConnInfo{})
	trace.WroteHeaders()
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// reply is a step that responds. The headers are pairs of name and value.
// Content-Type is JSON unless set.
func reply(status int, body string, headers ...string) step {
	return replyBody(status, func(context.Context) io.ReadCloser {
		return io.NopCloser(strings.NewReader(body))
	}, headers...)
}

// replyBody is reply with a body that depends on the context of the request.
func replyBody(status int, body func(context.Context) io.ReadCloser, headers ...string) step {
	return func(req *http.Request) (*http.Response, error) {
		reachWire(req)
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{
			StatusCode:    status,
			Header:        h,
			Body:          body(req.Context()),
			ContentLength: -1,
			Request:       req,
		}, nil
	}
}

// cutOff is a step whose body ends early, after the given text.
func cutOff(status int, body string, headers ...string) step {
	return replyBody(status, func(context.Context) io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader(body),
			failingReader{io.ErrUnexpectedEOF}))
	}, headers...)
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// lost is a step that reads the request and breaks the connection.
func lost(req *http.Request) (*http.Response, error) {
	reachWire(req)
	return nil, io.EOF
}

// refused is a step that fails before there is a connection.
func refused(req *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(req.Context()).GetConn("")
	return nil, &net.OpError{
		Op:  "dial",
		Net: "tcp",
		Err: errors.New("connection refused"),
	}
}

// hangs is a step that reads the request and does not respond until the context
// of the request ends.
func hangs(req *http.Request) (*http.Response, error) {
	reachWire(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// stubbed returns a client over a stub that counts as net/http's own transport.
func stubbed(t testing.TB, s http.RoundTripper, opts ...Option) *Client {
	t.Helper()
	c, err := NewClient(testToken,
		append([]Option{WithHTTPClient(&http.Client{Transport: s})}, opts...)...)
	require.NoError(t, err)
	c.core.wire.direct = true
	return c
}

// inBubble runs f in a bubble of virtual time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// server is a server on a loopback socket.
func server(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// overSockets returns a client with a transport of its own for the server.
func overSockets(t testing.TB, url string, opts ...Option) *Client {
	t.Helper()
	c, err := NewClient(testToken, append([]Option{WithBaseURL(url + "/v1")}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// quick is a retry policy with short waits, for tests on real sockets.
func quick() Option {
	return WithRetryPolicy(RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})
}

// verifyEmail makes a call of the class that costs money and has no key.
func verifyEmail(ctx context.Context, c *Client, opts ...CallOption) error {
	_, err := call[map[string]any](ctx, c.core, request{
		op:   &contract.EmailVerify,
		body: map[string]any{"emails": []string{"a@example.com"}},
	}, opts)
	return err
}

// deleteWebhook makes a call of the class DELETE.
func deleteWebhook(ctx context.Context, c *Client, opts ...CallOption) error {
	_, err := call[noContent](ctx, c.core, request{op: &contract.WebhookDelete, id: "12"}, opts)
	return err
}

// requireOutcome checks both forms in which a caller may read an outcome.
func requireOutcome(t testing.TB, want Outcome, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want.String(), OutcomeOf(err).String(), "outcome of: %v", err)
	if want == OutcomeUnknown {
		require.ErrorIs(t, err, ErrOutcomeUnknown)
	} else {
		require.NotErrorIs(t, err, ErrOutcomeUnknown)
	}
}

// requireParamError checks the field of a *ParamError and the parts of its
// text.
func requireParamError(t testing.TB, err error, field string, names ...string) {
	t.Helper()
	var p *ParamError
	require.ErrorAs(t, err, &p)
	require.Equal(t, field, p.Field)
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	for _, name := range names {
		require.Contains(t, err.Error(), name)
	}
}

// responseOf returns the Response of an error.
func responseOf(t testing.TB, err error) Response {
	t.Helper()
	r, ok := ResponseOf(err)
	require.True(t, ok, "an error without a Response: %T: %v", err, err)
	return *r
}

// syncBuffer is a buffer that a logger may write to from any goroutine.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// endlessBody blocks until its context ends.
type endlessBody struct{ ctx context.Context }

func (b *endlessBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b *endlessBody) Close() error { return nil }

func hangingBody(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} }

// silent discards what a server logs about its broken clients.
var silent = log.New(io.Discard, "", 0)

func newJar(t testing.TB) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return jar
}
