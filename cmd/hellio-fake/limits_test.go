package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// timed is a connection that remembers its deadlines.
type timed struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (c *timed) SetReadDeadline(t time.Time) error  { c.read = t; return nil }
func (c *timed) SetWriteDeadline(t time.Time) error { c.write = t; return nil }

func TestReadsAndWritesHaveDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := &timed{ResponseRecorder: httptest.NewRecorder()}
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("body"))
		original := req.Body
		withLimits(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			require.Equal(t, time.Now().Add(bodyTimeout), conn.read)
			_, err := r.Body.Read(make([]byte, 1))
			require.NoError(t, err)
			require.Equal(t, time.Now().Add(bodyTimeout), conn.read, "the rest may be slow to come")
			_, err = io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Zero(t, conn.read, "the answer may be long in coming")
			for range 2 {
				time.Sleep(time.Hour)
				_, _ = rw.Write([]byte("x"))
				require.Equal(t, time.Now().Add(writeTimeout), conn.write)
			}
			require.NoError(t, http.NewResponseController(rw).Flush(),
				"what is below can be reached")
		})).ServeHTTP(conn, req)
		require.Equal(t, original, req.Body, "net/http looks at its own request afterwards")
	})
}

func TestACallWithoutABodyMayWait(t *testing.T) {
	t.Parallel()
	conn := &timed{ResponseRecorder: httptest.NewRecorder()}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Body = http.NoBody
	withLimits(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		require.Zero(t, conn.read)
	})).ServeHTTP(conn, req)
}

func TestTheServerHasItsTimeouts(t *testing.T) {
	t.Parallel()
	server := newServer(t.Context(), nil)
	require.Equal(t, headerTimeout, server.ReadHeaderTimeout)
	require.Equal(t, idleTimeout, server.IdleTimeout)
	require.Equal(t, maxHeaderBytes, server.MaxHeaderBytes)
	require.Zero(t, server.ReadTimeout+server.WriteTimeout)
	require.Equal(t, io.Discard, server.ErrorLog.Writer(), "net/http quotes what clients sent")
	require.Less(t, graceTimeout+closeTimeout, 3*time.Second)
}

func TestTooManyHeaderBytesAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t)
	req := p.request(http.MethodGet, "/v1/balance", "")
	req.Header.Set("X-Filler", strings.Repeat("x", 2*maxHeaderBytes))
	got, err := p.try(req)
	if err == nil { // else the connection was closed while the rest was on its way
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, got.status)
	}
	require.Equal(t, http.StatusOK, p.get("/v1/balance").status)
}

func TestAnEnormousBodyIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, path := range []string{"/v1/sms/send", "/_fake/clock/advance"} {
		req := p.request(http.MethodPost, path, strings.Repeat(" ", 24<<20))
		got, err := p.try(req)
		if err == nil { // else the connection was closed while the rest was on its way
			require.Equal(t, http.StatusRequestEntityTooLarge, got.status)
		}
		require.Equal(t, http.StatusOK, p.get("/v1/balance").status)
	}
}

func TestAPanicIsReportedWithoutWhatItSays(t *testing.T) {
	t.Parallel()
	for cause, reported := range map[error]bool{
		http.ErrAbortHandler:     false,
		errors.New("the secret"): true,
	} {
		var out bytes.Buffer
		handler := recovered(log.New(&out, "hellio-fake: ", 0),
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(cause) }))
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		})
		require.Equal(t, reported, strings.Contains(out.String(), "limits_test.go"), out.String())
		require.NotContains(t, out.String(), "the secret")
	}
}
