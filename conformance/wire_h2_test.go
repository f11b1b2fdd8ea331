package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hellio-go/hellio"
)

// h2Step is what a raw HTTP/2 server does with one whole request; false closes the connection.
type h2Step func(f *http2.Framer, stream uint32) bool

// h2Server speaks HTTP/2 by frames, so that it can end a stream in ways that net/http's server has no words for.
type h2Server struct {
	url   string
	roots *x509.CertPool

	mu       sync.Mutex
	steps    []h2Step // one a request, the last for all further ones
	requests int
}

func newH2Server(t *testing.T, steps ...h2Step) *h2Server {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	defer lender.Close()
	s := &h2Server{steps: steps, roots: x509.NewCertPool()}
	s.roots.AddCert(lender.Certificate())
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: lender.TLS.Certificates, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s.url = "https://" + l.Addr().String() + "/v1"
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

// serve takes a connection's frames until the client or a step ends it.
func (s *h2Server) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(conn, conn)
	if f.WriteSettings() != nil {
		return
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		whole := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() && f.WriteSettingsAck() != nil {
				return
			}
		case *http2.HeadersFrame:
			whole = frame.StreamEnded()
		case *http2.DataFrame:
			whole = frame.StreamEnded()
		}
		if whole && !s.next()(f, frame.Header().StreamID) {
			return
		}
	}
}

func (s *h2Server) next() h2Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	return s.steps[min(s.requests, len(s.steps))-1]
}

func (s *h2Server) seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// client makes a client with a transport of its own.
func (s *h2Server) client(t *testing.T) *hellio.Client {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: s.roots}}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := hellio.NewClient(h2Token, hellio.WithBaseURL(s.url), hellio.WithHTTPClient(&http.Client{Transport: transport}),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	require.NoError(t, err)
	return c
}

const h2Token = "7|token"

// h2Answers is a step that answers with what any of the calls below can read.
func h2Answers(f *http2.Framer, stream uint32) bool {
	var head bytes.Buffer
	e := hpack.NewEncoder(&head)
	_ = e.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = e.WriteField(hpack.HeaderField{Name: "content-type", Value: "application/json"})
	return f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Bytes(), EndHeaders: true}) == nil &&
		f.WriteData(stream, true, []byte(`{"data":{}}`)) == nil
}

func h2Resets(code http2.ErrCode) h2Step {
	return func(f *http2.Framer, stream uint32) bool { return f.WriteRSTStream(stream, code) == nil }
}

// h2GoesAway names the last stream that it has processed, this many before the present one, and closes the connection.
func h2GoesAway(before uint32) h2Step {
	return func(f *http2.Framer, stream uint32) bool {
		_ = f.WriteGoAway(stream-before, http2.ErrCodeNo, []byte("quoted +233209990001"))
		return false
	}
}

func h2Cuts(*http2.Framer, uint32) bool { return false }

// h2Calls are calls that go over HTTP/2: those that may be repeated.
var h2Calls = map[string]func(context.Context, *hellio.Client, ...hellio.CallOption) error{
	"keyed": func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
		return failed(c.SMS.Send(ctx, &hellio.SMSSendParams{Recipients: []string{"+233209990001"}, Sender: "HELLIO", Message: "Hi"}, opts...))
	},
	"GET": func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
		return failed(c.Balance.Get(ctx, opts...))
	},
	"DELETE": func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
		return c.Webhooks.Delete(ctx, "5", opts...)
	},
}

// The peer says that it has not processed the request, so net/http may send it again: no veto, and no false doubt.
func TestHTTP2RequestThatWasNotProcessedIsSentAgainWithinItsAttempt(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]h2Step{"REFUSED_STREAM": h2Resets(http2.ErrCodeRefusedStream), "GOAWAY below the stream": h2GoesAway(1)} {
		for class, call := range h2Calls {
			t.Run(name+"/"+class, func(t *testing.T) {
				t.Parallel()
				s := newH2Server(t, first, h2Answers)
				var r hellio.Response
				require.NoError(t, call(t.Context(), s.client(t), hellio.WithMaxRetries(0), hellio.WithResponse(&r)))
				require.Equal(t, 1, r.Attempts)
				require.Equal(t, 2, s.seen(), "one refused, one processed")
			})
		}
	}
}

func TestHTTP2RequestThatMayHaveBeenProcessedIsSentAgainByTheClientAlone(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]h2Step{
		"GOAWAY naming the stream": h2GoesAway(0), "RST_STREAM INTERNAL_ERROR": h2Resets(http2.ErrCodeInternal),
		"RST_STREAM CANCEL": h2Resets(http2.ErrCodeCancel), "cut off": h2Cuts,
	} {
		for class, call := range h2Calls {
			t.Run(name+"/"+class, func(t *testing.T) {
				t.Parallel()
				s := newH2Server(t, first)
				var r hellio.Response
				err := call(t.Context(), s.client(t), hellio.WithMaxRetries(0), hellio.WithResponse(&r))
				require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
				require.NotContains(t, err.Error(), "quoted", "what the server says is not repeated")
				require.Equal(t, 1, r.Attempts)
				require.Equal(t, 1, s.seen(), "nothing is sent behind the caller's back")

				s = newH2Server(t, first, first, h2Answers)
				require.NoError(t, call(t.Context(), s.client(t), hellio.WithResponse(&r)))
				require.Equal(t, 3, r.Attempts)
				require.Equal(t, 3, s.seen(), "each request is an attempt")
			})
		}
	}
}

// A peer that is gone without a word answers nothing: the call ends with its context, in doubt.
func TestHTTP2ConnectionThatIsDeadEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	for class, call := range h2Calls {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			s := newH2Server(t, func(*http2.Framer, uint32) bool { return true })
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			err := call(ctx, s.client(t))
			require.Less(t, time.Since(start), 800*time.Millisecond)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
			require.Equal(t, 1, s.seen())
		})
	}
}
