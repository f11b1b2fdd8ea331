package wire

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// Loopback is a real server on 127.0.0.1 that counts the connections
// opened to it.
type Loopback struct {
	server      *httptest.Server
	connections atomic.Int64
}

// NewLoopback starts a server that always sends reply, whole, with its length.
func NewLoopback(reply Reply) *Loopback { return start(whole(reply), false) }

// NewHTTP2 is NewLoopback with TLS and HTTP/2.
func NewHTTP2(reply Reply) *Loopback { return start(whole(reply), true) }

func whole(reply Reply) http.HandlerFunc {
	header := reply.header()
	body := []byte(reply.Body)
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), header)
		w.WriteHeader(reply.Status)
		_, _ = w.Write(body)
	}
}

// NewChunked starts a server that sends reply in two chunks. The end of such a
// body follows its last byte. A client that stops at the end of the JSON does
// not read the end, and loses the connection.
func NewChunked(reply Reply) *Loopback {
	header := reply.header()
	header.Del("Content-Length")
	half := len(reply.Body) / 2
	return start(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), header)
		w.WriteHeader(reply.Status)
		flush := http.NewResponseController(w).Flush
		_, _ = io.WriteString(w, reply.Body[:half])
		_ = flush()
		_, _ = io.WriteString(w, reply.Body[half:])
		_ = flush()
	}, false)
}

func start(handler http.HandlerFunc, http2 bool) *Loopback {
	l := &Loopback{server: httptest.NewUnstartedServer(handler)}
	l.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			l.connections.Add(1)
		}
	}
	if http2 {
		l.server.EnableHTTP2 = true
		l.server.StartTLS()
	} else {
		l.server.Start()
	}
	return l
}

// Client returns a client that trusts the server's certificate.
func (l *Loopback) Client() *http.Client { return l.server.Client() }

// URL returns the server's URL without a path.
func (l *Loopback) URL() string { return l.server.URL }

// Connections returns the number of connections opened so far.
func (l *Loopback) Connections() int64 { return l.connections.Load() }

// Close shuts the server down.
func (l *Loopback) Close() { l.server.Close() }
