package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire is a proxy between page and program that can be cut.
type wire struct {
	*httptest.Server
	mu     sync.Mutex
	broken bool
	places []string // the Last-Event-ID of each stream
}

func startWire(t *testing.T, p *program) *wire {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.addr})
	w := &wire{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.pass(r)
		r.Host = p.addr // the program refuses another Host or Origin
		r.Header.Del("Origin")
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.Close)
	t.Cleanup(w.CloseClientConnections)
	return w
}

// pass aborts the call if the wire is cut.
func (w *wire) pass(r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path == "/_fake/events" {
		w.places = append(w.places, r.Header.Get("Last-Event-ID"))
	}
}

func (w *wire) cut(broken bool) {
	w.mu.Lock()
	w.broken = broken
	w.mu.Unlock()
	if broken {
		w.CloseClientConnections()
	}
}

func TestLostStreamResumesAfterTheLastMessage(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	w := startWire(t, p)
	through := *p
	through.addr = strings.TrimPrefix(w.URL, "http://")
	tb := open(t, &through, "/")
	tb.live()
	p.send("before", someone)
	tb.shows(".row", "before")
	tb.allow("ERR_")
	w.cut(true)
	tb.until(`document.querySelector("#live").dataset.state !== "live"`)
	p.send("meanwhile", someone)
	w.cut(false)
	tb.shows(".row", "meanwhile")
	tb.live()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(t, w.places[0], "the first stream has no Last-Event-ID")
	require.NotEmpty(t, w.places[len(w.places)-1], "the last stream resumes after the last event")
}

func TestPageReconnectsToARestartedProgram(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	p.send("before", someone)
	tb.shows(".row", "before")
	tb.allow("ERR_")
	p.stop()
	tb.until(`document.querySelector("#live").dataset.state !== "live"`)
	again := startProgram(t, "-addr", p.addr)
	again.send("after", someone)
	tb.shows(".row", "after")
	tb.live()
	tb.lacks(".row", "before") // the restart dropped its world
}
