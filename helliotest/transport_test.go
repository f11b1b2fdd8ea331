package helliotest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// traced notes which hooks fire, in order.
type traced struct {
	mu    sync.Mutex
	hooks []string
}

func (tr *traced) note(hook string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.hooks = append(tr.hooks, hook)
}

func (tr *traced) names() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.hooks)
}

func (tr *traced) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(hostPort string) { tr.note("GetConn " + hostPort) },
		GotConn:      func(info httptrace.GotConnInfo) { tr.note("GotConn " + info.Conn.RemoteAddr().Network()) },
		WroteHeaders: func() { tr.note("WroteHeaders") },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				tr.note("WroteRequest failed")
				return
			}
			tr.note("WroteRequest")
		},
		GotFirstResponseByte: func() { tr.note("GotFirstResponseByte") },
	})
}

func TestTheTraceHooksFireAsThoseOfARealConnection(t *testing.T) {
	t.Parallel()
	arrived := []string{"GetConn fake.hellio.invalid:443", "GotConn tcp", "WroteHeaders", "WroteRequest"}
	for name, c := range map[string]struct {
		rules []helliotest.Rule
		want  []string
	}{
		"an answer":      {nil, append(slices.Clone(arrived), "GotFirstResponseByte")},
		"a lost request": {[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseRequest()}, arrived},
		"a lost reply":   {[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseReply()}, arrived},
		"a reset":        {[]helliotest.Rule{helliotest.Nth(1), helliotest.ResetConnection()}, arrived},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			if c.rules != nil {
				f.Fault(helliotest.SMSSend, c.rules...)
			}
			a := newAPI(t, f)
			var trace traced
			resp, err := a.client.Do(a.request("POST", "/sms/send", oneSMS).WithContext(trace.context(t.Context())))
			require.Equal(t, c.rules != nil, err != nil)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			}
			require.Equal(t, c.want, trace.names())
		})
	}
}

func TestNoHookFiresForARequestThatCannotLeave(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	ended, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("given up")
	cancel(cause)
	header := a.request("GET", "/balance", "")
	header.Header["Idempotency-Key"] = []string{"a\r\nb"}
	for name, c := range map[string]struct {
		req  *http.Request
		says string
	}{
		"ended context": {a.request("GET", "/balance", "").WithContext(ended), "given up"},
		"bad header":    {header, "invalid header field value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var trace traced
			body := &closing{Reader: strings.NewReader("x")}
			c.req.Body = body
			_, err := a.client.Transport.RoundTrip(c.req.WithContext(trace.context(c.req.Context()))) //nolint:bodyclose // there is no response
			require.ErrorContains(t, err, c.says)
			require.Empty(t, trace.names())
			require.True(t, body.closed)
		})
	}
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestAResponseIsWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	req := a.request("POST", "/sms/send", "")
	body := &closing{Reader: strings.NewReader(oneSMS)}
	req.Body, req.ContentLength = body, int64(len(oneSMS))
	resp, err := a.client.Transport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "202 Accepted", resp.Status)
	require.Equal(t, "HTTP/1.1", resp.Proto)
	require.True(t, resp.ProtoAtLeast(1, 1))
	require.Same(t, req, resp.Request)
	require.EqualValues(t, len(text), resp.ContentLength)
	require.True(t, body.closed)
}

func TestTheTransportIsNotAnHTTPTransport(t *testing.T) {
	t.Parallel()
	_, real := helliotest.New(t).HTTPClient().Transport.(*http.Transport)
	require.False(t, real)
}

func TestABodyThatCannotBeReadFailsTheRequest(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	broken := a.request("POST", "/sms/send", "")
	broken.Body, broken.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("{"), failing{})), -1
	short := a.request("POST", "/sms/send", "")
	short.Body, short.ContentLength = io.NopCloser(strings.NewReader(oneSMS)), 5000
	for req, says := range map[*http.Request]string{broken: "disk on fire", short: "ContentLength=5000"} {
		var trace traced
		_, err := a.client.Do(req.WithContext(trace.context(t.Context()))) //nolint:bodyclose // there is no response
		require.ErrorContains(t, err, says)
		require.Contains(t, trace.names(), "WroteRequest failed")
	}
	require.Empty(t, f.Requests())
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestABodyThatNeverComesEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t))
		r, w := io.Pipe()
		defer w.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := a.request("POST", "/sms/send", "").WithContext(ctx)
		req.Body, req.ContentLength = r, -1
		_, err := a.client.Do(req) //nolint:bodyclose // there is no response
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAnyHostIsAnswered(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	for _, a.base = range []string{"https://api.helliomessaging.com/v1", "http://127.0.0.1:9/v1"} {
		require.Equal(t, 200, a.get("/balance").status)
	}
}

func TestAFakeThatHasEndedAnswersNothing(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	url, client := f.URL(), newHTTPClient(t)
	require.Equal(t, 200, api{t, client, url, helliotest.DefaultToken}.get("/balance").status)
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	_, err = newAPI(t, f).try("GET", "/balance", "")
	require.ErrorContains(t, err, "the Fake is closed")
	_, err = api{t, client, url, helliotest.DefaultToken}.try("GET", "/balance", "")
	require.ErrorContains(t, err, "refused")
	require.Panics(t, func() { f.URL() })
}
