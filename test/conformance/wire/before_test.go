package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/hellio-go/hellio"
)

// A request that never reached the API is NotSent. The proof is a body that no
// transport read, or without a body the trace of a transport that the client
// knows.
func TestRequestThatNeverBeganOnEveryTransport(t *testing.T) {
	t.Parallel()
	refused := func(o []hellio.Option) []hellio.Option {
		return append(o, hellio.WithBaseURL("https://127.0.0.1:1/v1"))
	}
	for name, c := range map[string]struct {
		change  func([]hellio.Option) []hellio.Option
		accepts bool
		trusted bool
		secure  bool
		dials   bool // also proof for requests without a body
		retried bool
	}{
		"refused dial":    {change: refused, dials: true, retried: true},
		"TLS reset":       {secure: true, trusted: true, retried: true},
		"bad certificate": {secure: true, accepts: true},
	} {
		for _, r := range routes() {
			if c.secure && !r.secure {
				continue
			}
			for _, op := range calls() {
				t.Run(name+"/"+r.name+"/"+op.name, func(t *testing.T) {
					t.Parallel()
					s := newServer(t, r.secure, end{accepts: c.accepts, answer: success})
					if !c.trusted && c.secure {
						s.roots = nil
					}
					opts := r.make(s)
					opts = append(opts, hellio.WithBaseURL(s.url), hellio.WithLimiter(nil))
					if c.change != nil {
						opts = c.change(opts)
					}
					client, err := hellio.NewClient("7|token", opts...)
					require.NoError(t, err)
					var got hellio.Response
					err = op.make(t.Context(), client, hellio.WithMaxRetries(0),
						hellio.WithResponse(&got))
					require.Equal(t, neverBegan(r, op, c.dials), hellio.OutcomeOf(err), "%v", err)
					require.Equal(t, 1, got.Attempts)
					s.close()
					whole, _ := s.seen()
					require.Zero(t, whole)
					advice, _ := hellio.RetryAdvice(err)
					require.Equal(t, c.retried || hellio.OutcomeOf(err) == hellio.OutcomeUnknown,
						advice != hellio.AdviceStop, "%v: %s", err, advice)
				})
			}
		}
	}
}

// neverBegan returns the outcome of a call whose request never reached the API.
func neverBegan(r route, c call, dials bool) hellio.Outcome {
	bodyless := c.class == reads || c.class == deletes
	switch {
	case c.resumed:
		return hellio.OutcomeUnknown
	case r.copies && !bodyless: // the body was read before the dial
		return hellio.OutcomeUnknown
	case r.mute && bodyless, r.foreign && bodyless && !dials:
		return hellio.OutcomeUnknown
	default:
		return hellio.OutcomeNotSent
	}
}

// A wrapper may return while the transport below it still dials. The request
// must not be sent after the call has returned.
func TestWrapperThatReturnsEarlySendsNothingLater(t *testing.T) {
	t.Parallel()
	for _, op := range calls() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false, end{accepts: true, answer: success})
			dialling, release := make(chan struct{}, 1), make(chan struct{})
			var inner atomic.Int32
			ended := make(chan struct{}, 1)
			below := &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) {
					dialling <- struct{}{}
					<-release
					return net.Dial("tcp", s.listen.Addr().String())
				},
			}
			impatient := roundTripper(func(r *http.Request) (*http.Response, error) {
				go func() {
					resp, err := below.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
					if err == nil {
						_ = resp.Body.Close()
						inner.Add(1)
					}
					ended <- struct{}{}
				}()
				<-dialling
				return nil, errors.New("the wrapper's time limit")
			})
			client, err := hellio.NewClient("7|token",
				hellio.WithBaseURL(s.url),
				hellio.WithHTTPClient(&http.Client{Transport: impatient}))
			require.NoError(t, err)
			err = op.make(t.Context(), client, hellio.WithMaxRetries(0))
			want := hellio.OutcomeNotSent
			if op.resumed || op.class == reads || op.class == deletes {
				want = hellio.OutcomeUnknown
			}
			require.Equal(t, want, hellio.OutcomeOf(err), "%v", err)
			close(release)
			<-ended
			below.CloseIdleConnections()
			s.close()
			whole, _ := s.seen()
			if want == hellio.OutcomeNotSent || op.resumed {
				require.Zero(t, whole, "the client sends no body after the call returned")
				require.Zero(t, inner.Load())
			}
		})
	}
}

// A middleware that retries cannot send a body twice.
func TestMiddlewareThatRetriesSendsABodyOnce(t *testing.T) {
	t.Parallel()
	again := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (resp *http.Response, err error) {
			for range 4 {
				if resp, err = next.RoundTrip(r); err == nil {
					break
				}
			}
			return resp, err
		})
	}
	for _, r := range routes()[:4] {
		for _, op := range calls() {
			t.Run(r.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				s := newServer(t, r.secure, lost("FIN", fin, nil))
				client := newClient(t, r, s, hellio.WithMiddleware(again))
				err := op.make(t.Context(), client, hellio.WithMaxRetries(0))
				require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
				s.close()
				whole, _ := s.seen()
				require.Equal(t, 1, whole)
			})
		}
	}
}

// In a pool with both protocols, a request that must not be repeated never uses
// an idle HTTP/1.1 connection.
func TestUnkeyedWriteNeverReusesAnHTTP1Connection(t *testing.T) {
	t.Parallel()
	first := newServer(t, true, end{accepts: true, answer: success})
	var http1Only atomic.Bool
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			config := first.trusted()
			config.NextProtos = []string{"h2", "http/1.1"}
			if http1Only.Load() {
				config.NextProtos = []string{"http/1.1"}
			}
			return (&tls.Dialer{Config: config}).DialContext(ctx, network, addr)
		},
	}
	client, err := hellio.NewClient("7|token",
		hellio.WithBaseURL(first.url),
		hellio.WithLimiter(nil),
		hellio.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	require.NoError(t, send(t.Context(), client), "learns that the API speaks HTTP/2")
	transport.CloseIdleConnections()
	http1Only.Store(true)
	require.NoError(t, rawGet(t, transport, first.url+"/pricing"),
		"leaves an HTTP/1.1 connection in the pool")
	_, before := first.seen()
	var r hellio.Response
	_, err = client.Email.Verify(t.Context(),
		&hellio.EmailVerifyParams{Emails: []string{"a@example.com"}}, hellio.WithMaxRetries(0),
		hellio.WithResponse(&r))
	require.NoError(t, err)
	require.Equal(t, 1, r.Attempts)
	first.close()
	whole, opened := first.seen()
	require.Equal(t, 2, whole)
	require.Equal(t, before+1, opened, "a connection of its own")
}

func rawGet(t *testing.T, rt http.RoundTripper, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err == nil {
		err = readAll(resp)
	}
	return err
}

// The end of the stream is a frame of its own: a client that stops at the
// announced length resets the stream of a successful call.
func TestHTTP2ResponseIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t, true, connects(end{frames: func(f *http2.Framer, stream uint32) bool {
		a := success("/v1/balance")
		a.missing = -1 // announces the length, and leaves the stream open
		a.writeHTTP2(f, stream)
		return f.WriteData(stream, true, nil) == nil
	}}))
	client := newClient(t, routes()[2], s)
	for range 50 {
		_, err := client.Balance.Get(t.Context())
		require.NoError(t, err)
	}
	s.close()
	require.Zero(t, s.resets)
}
