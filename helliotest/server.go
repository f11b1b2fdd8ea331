package helliotest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"

	"github.com/hellio-go/hellio/internal/contract"
)

// URL returns the base URL of the API on a loopback port:
// http://127.0.0.1:PORT/v1. The port is opened on first use and closed with the
// fake. In a synctest bubble it fails the test, because a real socket stops the
// bubble's clock for ever.
func (f *Fake) URL() string {
	f.tb.Helper()
	if f.inBubble() {
		f.tb.Fatalf("helliotest: URL: a real socket would stop the clock of the synctest bubble " +
			"for ever; use HTTPClient or RoundTripper")
	}
	if f.ended() {
		return ""
	}
	defer f.lock()()
	if f.server == nil {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			f.tb.Fatalf("helliotest: URL: %v", err)
		}
		f.server = &server{
			http: &http.Server{Handler: f.Handler(), ErrorLog: log.New(io.Discard, "", 0)},
			addr: listener.Addr().String(),
		}
		// it always ends with an error: that the server was closed
		f.wg.Go(func() { _ = f.server.http.Serve(listener) })
	}
	return "http://" + f.server.addr + contract.Root
}

// server is the fake's own listener.
type server struct {
	http *http.Server
	addr string
}

func (s *server) close() {
	if s != nil {
		_ = s.http.Close() // the port goes with the process at the latest
	}
}

// handle answers a call over HTTP. Unless enter lets the call in, it writes
// nothing and returns the error of enter, after the body was read.
func (e *engine) handle(
	rw http.ResponseWriter, req *http.Request, enter func() error,
) error {
	body, err := readLimited(req.Body, req.ContentLength)
	if err != nil {
		panic(http.ErrAbortHandler) // half a request: no one is there to be answered
	}
	if err := enter(); err != nil {
		return err
	}
	defer e.wg.Done()
	c := &apiCall{
		view:   e.owner,
		method: req.Method,
		path:   req.URL.EscapedPath(),
		query:  req.URL.Query(),
		header: req.Header.Clone(),
		body:   body,
		ip:     remoteIP(req),
		scheme: "http",
		host:   req.Host,
	}
	if req.TLS != nil {
		c.scheme = "https"
	}
	a := e.serve(req.Context(), c)
	if a.ending == endClosed || a.ending == endBroken {
		hangUp(rw, a.ending)
	}
	for name, values := range a.header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(a.status)
	if a.ending == endTruncated {
		// less than was declared: the server closes the connection after it
		a.body = a.body[:a.sent]
	}
	_, _ = rw.Write(a.body) // a caller that has gone is no concern of the API's
	return nil
}

func remoteIP(req *http.Request) netip.Addr {
	addr, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return loopback
	}
	return addr.Addr().Unmap()
}

// hangUp ends the connection without a response, and the handler with it.
func hangUp(rw http.ResponseWriter, how connEnd) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	socket := conn
	if secure, ok := conn.(*tls.Conn); ok {
		socket = secure.NetConn()
	}
	if tcp, ok := socket.(*net.TCPConn); ok && how == endBroken {
		_ = tcp.SetLinger(0) // closing now sends RST
		_ = tcp.Close()
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}
