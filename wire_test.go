package hellio

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// What net/http may repeat, and what counts as never sent, depends on the protocol that a connection has agreed on.
func TestProtocolOfAConnectionIsToldByItsHandshake(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run("HTTP/2: "+strconv.FormatBool(http2), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.EnableHTTP2 = http2
			s.StartTLS()
			defer s.Close()
			var w wire
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), w.trace()), http.MethodGet, s.URL, nil)
			require.NoError(t, err)
			resp, err := s.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http2, w.http2.Load())
			require.True(t, w.gotConn.Load())
			require.True(t, w.wroteHeaders.Load())
			require.Equal(t, http2, w.mayResend(), "on HTTP/1 nothing goes out twice")
			require.False(t, w.notSent(false))
			require.False(t, w.notSent(true))
		})
	}
}

func TestNotSentIsToldByTheHeadersAndOnHTTP2ByTheConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		http2, gotConn, wroteHeaders, ended bool
		notSent, mayResend                  bool
	}{
		"no connection":                              {notSent: true, mayResend: true},
		"a connection, no headers":                   {gotConn: true, notSent: true, mayResend: true},
		"headers":                                    {gotConn: true, wroteHeaders: true},
		"no headers, the context ended":              {gotConn: true, ended: true, notSent: true, mayResend: true},
		"HTTP/2: no connection":                      {http2: true, notSent: true, mayResend: true},
		"HTTP/2: no connection, ended":               {http2: true, ended: true, notSent: true, mayResend: true},
		"HTTP/2: a connection, no headers":           {http2: true, gotConn: true, notSent: true, mayResend: true},
		"HTTP/2: perhaps amid the headers, ended":    {http2: true, gotConn: true, ended: true, mayResend: true},
		"HTTP/2: headers":                            {http2: true, gotConn: true, wroteHeaders: true, mayResend: true},
		"HTTP/2: headers, and the context has ended": {http2: true, gotConn: true, wroteHeaders: true, ended: true, mayResend: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w wire
			w.http2.Store(c.http2)
			w.gotConn.Store(c.gotConn)
			w.wroteHeaders.Store(c.wroteHeaders)
			require.Equal(t, c.notSent, w.notSent(c.ended))
			require.Equal(t, c.mayResend, w.mayResend())
		})
	}
}

func TestLostConnectionTellsTheErrorOfItsWriteWhereThereWasOne(t *testing.T) {
	t.Parallel()
	var w wire
	trace := w.trace()
	trace.WroteRequest(httptrace.WroteRequestInfo{})
	require.ErrorIs(t, lostError{w.writeErr.Load()}, io.EOF)
	reset := errors.New("connection reset")
	trace.WroteRequest(httptrace.WroteRequestInfo{Err: reset})
	require.ErrorIs(t, lostError{w.writeErr.Load()}, reset)
	require.NotErrorIs(t, lostError{w.writeErr.Load()}, io.EOF)
}

// Only what may be repeated may meet a connection that the server is just closing.
func TestRequestsThatMustNotBeRepeatedOpenAConnectionEach(t *testing.T) {
	t.Parallel()
	for c, send := range classCalls {
		t.Run(classNames[c], func(t *testing.T) {
			t.Parallel()
			s, conns := counted(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, anyResult) })
			client := overSockets(t, s.URL)
			for range 3 {
				require.NoError(t, send(t.Context(), client))
			}
			require.EqualValues(t, map[bool]int{true: 1, false: 3}[class(c).repeatable()], conns.Load())
		})
	}
}

func TestKeyedSendOverTLSIsNeverRepeatedBehindTheClientsBack(t *testing.T) {
	t.Parallel()
	d := &dropper{}
	s := httptest.NewUnstartedServer(d)
	s.Config.ErrorLog = silent
	s.StartTLS()
	defer s.Close()
	hc := pooling()
	hc.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	c := overSockets(t, s.URL, WithHTTPClient(hc), WithLimiter(nil))
	d.warm(t, 16, func() error { return getBalance(t.Context(), c) })
	_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
	requireOutcome(t, OutcomeUnknown, err)
	require.EqualValues(t, 1, d.hits.Load())
}
