package hellio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandshakeShowsTheProtocol(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run("HTTP/2: "+strconv.FormatBool(http2), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.EnableHTTP2 = http2
			s.StartTLS()
			defer s.Close()
			var w wire
			ctx := httptrace.WithClientTrace(t.Context(), w.trace())
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
			require.NoError(t, err)
			resp, err := s.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http2, w.http2.Load())
			require.True(t, w.reported.Load())
			require.True(t, w.gotConn.Load())
			require.EqualValues(t, 1, w.headers.Load())
			require.False(t, w.notSent(io.EOF, false))
		})
	}
}

// Every combination of what a transport may report, with and without a body.
func TestNotSentNeedsProof(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	byPeer := errors.New("http2: Transport: cannot retry err [" +
		"stream error: stream ID 1; REFUSED_STREAM; received from peer" +
		"] after Request.Body was written; define Request.GetBody to avoid this error")
	bits := func(n, i int) bool { return n>>i&1 == 1 }
	for n := range 1 << 9 {
		gated := bits(n, 0)
		read := bits(n, 1)
		early := bits(n, 2)
		reported := bits(n, 3)
		gotConn := bits(n, 4)
		http2 := bits(n, 5)
		direct := bits(n, 6)
		ended := bits(n, 7)
		for headers := range int32(3) {
			for _, err := range []error{io.EOF, dial, byPeer} {
				var w wire
				if gated {
					w.body.wire = &w
				}
				if read {
					w.gate.Store(gateRead)
				}
				w.early.Store(early)
				w.reported.Store(reported)
				w.gotConn.Store(gotConn)
				w.http2.Store(http2)
				w.headers.Store(headers)
				w.direct = direct
				want := false
				switch {
				case gated && !read && headers == 0:
					want = true
				case gated:
					want = err == byPeer && headers == 1 && !early
				case reported && headers == 0 && (direct || err == dial):
					want = !ended || !http2 || !gotConn
				}
				require.Equal(t, want, w.notSent(err, ended), "%b, headers %d, %v", n, headers, err)
			}
		}
	}
}

func TestShutGateLetsNothingThrough(t *testing.T) {
	t.Parallel()
	var w wire
	w.body.wire = &w
	w.body.data.Reset([]byte("message"))
	require.True(t, w.notSent(io.EOF, false))
	n, err := w.body.Read(make([]byte, 9))
	require.Zero(t, n)
	require.ErrorIs(t, err, errGateShut)
}

func TestClosedBodyCannotBeSentAgain(t *testing.T) {
	t.Parallel()
	var w wire
	w.body.wire = &w
	w.body.data.Reset([]byte("message"))
	text, err := io.ReadAll(&w.body)
	require.NoError(t, err)
	require.Equal(t, "message", string(text))
	require.NoError(t, w.body.Close())
	_, err = w.body.Read(make([]byte, 9))
	require.ErrorIs(t, err, errBodySent)
}

func TestOnlyTwoTextsProveThatThePeerRefused(t *testing.T) {
	t.Parallel()
	const (
		before   = "http2: Transport: cannot retry err ["
		after    = "] after Request.Body was written; define Request.GetBody to avoid this error"
		goAway   = "http2: Transport received Server's graceful shutdown GOAWAY"
		stream   = "stream error: stream ID 1; "
		byPeer   = "; received from peer"
		declined = stream + "REFUSED_STREAM" + byPeer
		last     = "stream error: stream ID 2147483647; REFUSED_STREAM" + byPeer
	)
	for text, want := range map[string]bool{
		before + declined + after:                           true,
		before + last + after:                               true,
		before + goAway + after:                             true,
		before + stream + "PROTOCOL_ERROR" + byPeer + after: false,
		before + stream + "REFUSED_STREAM" + after:          false,
		declined: false,
		goAway:   false,
		"first: " + before + goAway + after + "; EOF": false,
		"EOF": false,
	} {
		require.Equal(t, want, refusedByPeer(errors.New(text)), text)
		require.Equal(t, want, refusedByPeer(fmt.Errorf("middleware: %w", errors.New(text))), text)
		require.False(t, refusedByPeer(errors.Join(errors.New(text), io.EOF)),
			"several errors: %s", text)
	}
	require.False(t, refusedByPeer(nil))
}

func TestHTTP1BodyIsWrittenWithItsHeaders(t *testing.T) {
	t.Parallel()
	writes := make(chan int, 1)
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				n, _ := far.Read(make([]byte, 64<<10)) // a pipe's read returns one write
				writes <- n
				_ = far.Close()
			}()
			return near, nil
		}}
	c := overSockets(t, "http://localhost", WithHTTPClient(&http.Client{Transport: transport}))
	require.True(t, c.core.wire.plainBody)
	_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
	requireOutcome(t, OutcomeUnknown, err)
	require.Greater(t, <-writes, len(testText)+len(testNumber)+len("Idempotency-Key"))
}

func TestPlainBodyNeedsAnHTTP1Transport(t *testing.T) {
	t.Parallel()
	protocols := func(set func(*http.Protocols)) *http.Transport {
		rt := &http.Transport{Protocols: new(http.Protocols)}
		set(rt.Protocols)
		return rt
	}
	http1 := func(p *http.Protocols) { p.SetHTTP1(true) }
	disabled := &http.Transport{
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	pass := func(rt http.RoundTripper) http.RoundTripper { return rt }
	for name, c := range map[string]struct {
		base  string
		rt    http.RoundTripper
		opts  []Option
		plain bool
		h2c   bool
	}{
		"http": {"http://localhost", &http.Transport{}, nil, true, false},
		"http, h2c": {"http://localhost", protocols(func(p *http.Protocols) {
			p.SetUnencryptedHTTP2(true)
		}), nil, false, true},
		"https, negotiates": {"https://localhost", &http.Transport{}, nil, false, false},
		"https, forced": {"https://localhost", &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{},
		}, nil, false, false},
		"https, own TLS config": {"https://localhost",
			&http.Transport{TLSClientConfig: &tls.Config{}}, nil, true, false},
		"https, HTTP/1.1 protocols": {"https://localhost", protocols(http1), nil, true, false},
		"https, HTTP/2 disabled":    {"https://localhost", disabled, nil, true, false},
		"http, middleware": {"http://localhost", &http.Transport{},
			[]Option{WithMiddleware(pass)}, false, false},
		"http, foreign": {"http://localhost", newStub(lost), nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := overSockets(t, c.base,
				append(c.opts, WithHTTPClient(&http.Client{Transport: c.rt}))...)
			require.Equal(t, c.plain, client.core.wire.plainBody)
			require.Equal(t, c.h2c, client.core.wire.plainHTTP2)
		})
	}
}
