package hellio

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
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

// noted reports when it is closed.
type noted struct {
	net.Conn
	closed atomic.Bool
}

func (c *noted) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func TestCloseIdleConnectionsClosesAnUnusedConnection(t *testing.T) {
	t.Parallel()
	s, _ := countedTLS(t, true, http.NotFound)
	var conn noted
	dialing, resume := make(chan struct{}), make(chan struct{})
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(_ context.Context, network, addr string) (_ net.Conn, err error) {
		close(dialing)
		<-resume
		conn.Conn, err = net.Dial(network, addr)
		return &conn, err
	}
	c := overSockets(t, s.URL, WithHTTPClient(&http.Client{Transport: transport}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- verifyEmail(ctx, c) }()
	<-dialing
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	close(resume) // net/http dials on, and keeps the connection
	require.Eventually(t, func() bool {
		c.CloseIdleConnections()
		return conn.closed.Load()
	}, time.Minute, time.Millisecond)
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

// dropper answers GET requests. It breaks the connection of any other request
// once it has read it, as a server does that dies after the work.
type dropper struct {
	hits     atomic.Int64
	together sync.WaitGroup // GETs that must be in flight at the same time
}

func (d *dropper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if r.Method == http.MethodGet {
		d.together.Done()
		d.together.Wait()
		_, _ = io.WriteString(w, balanceBody)
		return
	}
	d.hits.Add(1)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// warm opens n connections and leaves them idle.
func (d *dropper) warm(t *testing.T, n int, get func() error) {
	t.Helper()
	d.together.Add(n)
	errs := make(chan error, n)
	for range n {
		go func() { errs <- get() }()
	}
	for range n {
		require.NoError(t, <-errs)
	}
}

func pooling() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
}

func TestNetHTTPNeverRepeatsAKeyedSend(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		t.Run(strconv.Itoa(n)+" retries", func(t *testing.T) {
			t.Parallel()
			d := &dropper{}
			s := server(t, d.ServeHTTP)
			c := overSockets(t, s.URL, WithHTTPClient(pooling()), quick(), WithLimiter(nil))
			d.warm(t, 16, func() error { return getBalance(t.Context(), c) })
			_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(n))
			requireOutcome(t, OutcomeUnknown, err)
			require.Equal(t, n+1, responseOf(t, err).Attempts)
			require.EqualValues(t, n+1, d.hits.Load(),
				"the caller's count equals the server's")
			require.ErrorIs(t, err, io.EOF)
		})
	}
	t.Run("control: net/http alone repeats the request on each idle connection",
		func(t *testing.T) {
			t.Parallel()
			d := &dropper{}
			s := server(t, d.ServeHTTP)
			hc := pooling()
			defer hc.CloseIdleConnections()
			d.warm(t, 16, func() error {
				resp, err := hc.Get(s.URL)
				if err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				return err
			})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL,
				strings.NewReader("{}"))
			require.NoError(t, err)
			req.Header.Set("Idempotency-Key", "k")
			resp, err := hc.Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			require.Error(t, err)
			require.Greater(t, d.hits.Load(), int64(1))
		})
}

// net/http itself repeats a GET on each idle connection that breaks.
func TestNetHTTPRepeatsAReadOnceAtMost(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int64{0: 1, 1: 4} { // two requests for each attempt
		var hits atomic.Int64
		d := &dropper{}
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			if hits.Add(1) > 16 {
				panic(http.ErrAbortHandler)
			}
			d.ServeHTTP(w, r)
		})
		c := overSockets(t, s.URL, WithHTTPClient(pooling()), quick(), WithLimiter(nil))
		d.warm(t, 16, func() error { return getBalance(t.Context(), c) })
		_, err := c.Balance.Get(t.Context(), WithMaxRetries(n))
		requireOutcome(t, OutcomeUnknown, err)
		require.Equal(t, n+1, responseOf(t, err).Attempts)
		require.Equal(t, want, hits.Load()-16)
	}
}

func TestReadHealsAConnectionThatClosedWhileIdle(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, balanceBody)
	})
	c := overSockets(t, s.URL)
	require.NoError(t, getBalance(t.Context(), c))
	var r Response
	_, err := c.Balance.Get(t.Context(), WithResponse(&r))
	require.NoError(t, err)
	require.Equal(t, 1, r.Attempts)
}

func TestUnkeyedWriteSharesAnHTTP2Connection(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{true, false} {
		t.Run("HTTP/2: "+strconv.FormatBool(http2), func(t *testing.T) {
			t.Parallel()
			s, conns := countedTLS(t, http2, func(w http.ResponseWriter, r *http.Request) {
				body := anyResult
				if r.URL.Path == "/v1/sms/send" {
					body = sentBody
				}
				_, _ = io.WriteString(w, body)
			})
			roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			hc := &http.Client{Transport: &http.Transport{
				ForceAttemptHTTP2: true,
				TLSClientConfig:   &tls.Config{RootCAs: roots},
			}}
			defer hc.CloseIdleConnections()
			c := overSockets(t, s.URL, WithHTTPClient(hc))
			for range 3 {
				require.NoError(t, sendSMS(t.Context(), c))
				require.NoError(t, verifyEmail(t.Context(), c))
			}
			want := int64(1)
			if !http2 {
				want = 4
			}
			require.Equal(t, want, conns.Load())
		})
	}
}

// countedTLS is counted with TLS.
func countedTLS(t *testing.T, http2 bool, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	s, conns := newCounted(h)
	s.Config.ErrorLog = silent
	s.EnableHTTP2 = http2
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, conns
}

// A transport that speaks HTTP/2 without TLS has no fallback protocol.
func TestPlainHTTP2IsKeptForAllRequests(t *testing.T) {
	t.Parallel()
	var protocols sync.Map
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols.Store(r.URL.Path, r.Proto)
		_, _ = io.WriteString(w, map[bool]string{
			true:  sentBody,
			false: anyResult,
		}[r.URL.Path == "/v1/sms/send"])
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.Protocols.SetHTTP1(true)
	s.Start()
	defer s.Close()
	for name, http1 := range map[string]bool{"HTTP/2.0": false, "HTTP/1.1": true} {
		rt := &http.Transport{Protocols: new(http.Protocols)}
		rt.Protocols.SetUnencryptedHTTP2(true)
		rt.Protocols.SetHTTP1(http1) // which then takes precedence, without TLS
		c := overSockets(t, s.URL, WithHTTPClient(&http.Client{Transport: rt}))
		require.Equal(t, !http1, c.core.wire.plainHTTP2)
		require.NoError(t, sendSMS(t.Context(), c))
		require.NoError(t, verifyEmail(t.Context(), c))
		for _, path := range []string{"/v1/sms/send", "/v1/email/verify"} {
			got, _ := protocols.Load(path)
			require.Equal(t, name, got, path)
		}
		rt.CloseIdleConnections()
	}
}
