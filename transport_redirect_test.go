package hellio

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// redirectEach checks that a call of each class ends with the redirect itself,
// after one request.
func redirectEach(t *testing.T, c *Client, status int, location string, hits *atomic.Int64) {
	t.Helper()
	for kind, send := range classCalls {
		hits.Store(0)
		err := send(t.Context(), c)
		var redirect *RedirectError
		require.ErrorAs(t, err, &redirect, "%s: %d to %q", classNames[kind], status, location)
		require.Equal(t, status, redirect.Status)
		require.Equal(t, location, redirect.Location)
		want := OutcomeRejected
		if kind == int(classKeyed) {
			want = OutcomeUnknown // a 303 means that the call is done
		}
		requireOutcome(t, want, err)
		require.EqualValues(t, 1, hits.Load(), "%s: %d to %q", classNames[kind], status, location)
		if location != "" {
			require.NotContains(t, err.Error(), location, "it may hold the token")
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	other := server(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, location := range []string{other.URL + "/v1/sms/send", "", "/v1/elsewhere", "://"} {
			var hits atomic.Int64
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				hits.Add(1)
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
			})
			redirectEach(t, overSockets(t, s.URL), status, location, &hits)
			follows := &http.Client{
				Transport:     &http.Transport{},
				CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
			}
			redirectEach(t, overSockets(t, s.URL, WithHTTPClient(follows)), status, location, &hits)
			follows.CloseIdleConnections()
		}
	}
	require.Zero(t, reached.Load(), "neither token nor message reach another host")
}

// net/http keeps the token on a redirect within one host, even from https to
// http.
func TestRedirectFromHTTPSToHTTPIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		var hits, plain atomic.Int64
		open := server(t, func(http.ResponseWriter, *http.Request) { plain.Add(1) })
		s := httptest.NewUnstartedServer(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				http.Redirect(w, r, open.URL+r.URL.Path, http.StatusTemporaryRedirect)
			}))
		s.EnableHTTP2 = http2
		s.StartTLS()
		trust := &tls.Config{
			RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
		hc := &http.Client{Transport: &http.Transport{TLSClientConfig: trust,
			ForceAttemptHTTP2: http2}}
		c := overSockets(t, s.URL, WithHTTPClient(hc))
		require.True(t, strings.HasPrefix(s.URL, "https://127.0.0.1:"))
		for _, send := range classCalls {
			var redirect *RedirectError
			require.ErrorAs(t, send(t.Context(), c), &redirect)
			require.True(t, strings.HasPrefix(redirect.Location, open.URL))
		}
		require.EqualValues(t, len(classCalls), hits.Load())
		require.Zero(t, plain.Load())
		hc.CloseIdleConnections()
		s.Close()
	}
}
