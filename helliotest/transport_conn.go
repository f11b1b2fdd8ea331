package helliotest

import (
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// connect fires the hooks of finding a connection and writing the headers, in
// the order of net/http. A hook may close the connection: then nothing is
// written.
func connect(req *http.Request) (trace *httptrace.ClientTrace, connected bool) {
	trace = httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return &httptrace.ClientTrace{}, true
	}
	if trace.GetConn != nil {
		trace.GetConn(hostPort(req))
	}
	if trace.GotConn != nil {
		conn := new(wire)
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
		if conn.closed.Load() {
			return trace, false
		}
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	return trace, true
}

func hostPort(req *http.Request) string {
	port := req.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[req.URL.Scheme]
	}
	return net.JoinHostPort(req.URL.Hostname(), port)
}

// wire is the connection that the hooks see. It has addresses and can be
// closed, and nothing else.
type wire struct {
	net.Conn
	closed atomic.Bool
}

func (w *wire) Close() error {
	w.closed.Store(true)
	return nil
}

func (*wire) LocalAddr() net.Addr  { return fakeAddr{} }
func (*wire) RemoteAddr() net.Addr { return fakeAddr{} }

type fakeAddr struct{}

func (fakeAddr) Network() string { return "tcp" }
func (fakeAddr) String() string  { return "helliotest" }

// wireError is an error of the connection.
func wireError(op string, err error) error {
	return &net.OpError{
		Op:     op,
		Net:    "tcp",
		Source: fakeAddr{},
		Addr:   fakeAddr{},
		Err:    err,
	}
}
