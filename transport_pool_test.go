package hellio

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a server that counts the connections it accepts.
func counted(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	s, conns := newCounted(h)
	s.Start()
	t.Cleanup(s.Close)
	return s, conns
}

func newCounted(h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	conns := new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	return s, conns
}

func chunked(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for part := range strings.SplitSeq(body, ",") {
			_, _ = io.WriteString(w, part+map[bool]string{
				true:  ",",
				false: "",
			}[!strings.HasSuffix(body, part)])
			w.(http.Flusher).Flush()
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"chunked": chunked(balanceBody),
		"with a length": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, balanceBody)
		},
		"white space at the end": chunked(balanceBody + strings.Repeat(" ", 64<<10)),
		"error, chunked": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			chunked(`{"a":1,"b":2}`)(w, r)
		},
		"a 404 without a body": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"unreadable":           chunked(`{"data":{,`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, conns := counted(t, handler)
			c := overSockets(t, s.URL, WithRetryPolicy(RetryPolicy{MaxRetries: -1}))
			for range 200 {
				_ = getBalance(t.Context(), c)
			}
			// net/http drops a connection if it is not notified of the write
			// within 50 ms, which happens on a busy machine.
			require.LessOrEqual(t, conns.Load(), int64(10))
		})
	}
}

// A server that closes a connection after its response races with the next
// request on it: the server may or may not read that request.
func TestPaidCallsAvoidClosingIdleConnections(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn,
				"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+
					itoa(len(anyResult))+"\r\n\r\n"+anyResult)
			_ = conn.Close()
		}
	})
	c := overSockets(t, s.URL)
	for range 300 {
		require.NoError(t, verifyEmail(t.Context(), c))
	}
	require.EqualValues(t, 300, hits.Load())
}

func TestFailingCallsKeepConnectionAndPool(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s, conns := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader([]int{422, 500, 429, 404}[calls.Add(1)%4])
		_, _ = io.WriteString(w, `{"message":"`+strings.Repeat("x", 20<<10)+`"}`)
	})
	hc := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	before := *hc
	c := overSockets(t, s.URL, WithHTTPClient(hc), WithRetryPolicy(RetryPolicy{MaxRetries: -1}),
		WithLimiter(nil))
	for range 20 {
		require.Error(t, getBalance(t.Context(), c))
		require.Error(t, sendSMS(t.Context(), c))
	}
	c.CloseIdleConnections()
	require.Error(t, getBalance(t.Context(), c))
	require.EqualValues(t, 1, conns.Load(),
		"CloseIdleConnections does not affect the caller's pool")
	require.Equal(t, before, *hc)
	hc.CloseIdleConnections()
}

func TestCloseIdleConnectionsClosesTheClientsOwnPool(t *testing.T) {
	t.Parallel()
	s, conns := counted(t, chunked(balanceBody))
	c := overSockets(t, s.URL)
	require.NoError(t, getBalance(t.Context(), c))
	c.CloseIdleConnections()
	require.NoError(t, getBalance(t.Context(), c))
	require.EqualValues(t, 2, conns.Load())
}

func TestUnrepeatableRequestHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	s, conns := counted(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/balance" {
			_, _ = io.WriteString(w, balanceBody)
			return
		}
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	for name, opts := range map[string][]Option{
		"its own transport":      nil,
		"the caller's transport": {WithHTTPClient(pooling())},
	} {
		t.Run(name, func(t *testing.T) {
			c := overSockets(t, s.URL, opts...)
			require.NoError(t, getBalance(t.Context(), c))
			for i := range 3 {
				before := conns.Load()
				require.NoError(t, verifyEmail(t.Context(), c))
				require.EqualValues(t, before+1, conns.Load(), "request %d", i)
			}
			before := conns.Load()
			require.NoError(t, getBalance(t.Context(), c))
			require.Equal(t, before, conns.Load(), "other calls share a connection")
			if len(opts) > 0 {
				c.core.http.CloseIdleConnections()
			}
		})
	}
}
