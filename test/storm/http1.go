package storm

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// hold is how long the server keeps a silent connection: longer than any
// attempt lasts.
const hold = 3 * time.Second

// serveHTTP1 serves the requests of a connection. below is the TCP connection
// under c, which may be a TLS connection.
func (s *Server) serveHTTP1(c, below net.Conn) {
	reader := bufio.NewReaderSize(c, 8<<10)
	for proto := Fresh; ; proto = Reused {
		req, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		a := s.arrive(req.Method, req.URL.EscapedPath(), req.Header, proto)
		if !s.readBody(a, req.Body, below) || !s.process(a, &http1{s, c, below}) {
			return
		}
		if s.dropsIdle(a) {
			s.pause(rand.N(time.Millisecond))
			return
		}
	}
}

// readBody reads the body as far as the fault lets it.
func (s *Server) readBody(a *arrival, body io.Reader, below net.Conn) bool {
	switch a.kind.shape {
	case resetInHeader:
		breakTCP(below)
		return false
	case resetInBody:
		_, _ = io.CopyN(io.Discard, body, 1000)
		breakTCP(below)
		return false
	case slowRead:
		body = &slowReader{body, s}
	}
	var err error
	a.req.body, err = io.ReadAll(body)
	return err == nil
}

// slowReader reads a large body in eight parts, with a pause before each.
type slowReader struct {
	from   io.Reader
	server *Server
}

func (r *slowReader) Read(p []byte) (int, error) {
	r.server.pause(25 * time.Millisecond)
	return io.ReadFull(r.from, p[:min(len(p), bigBody/8)])
}

// http1 writes answers over HTTP/1, byte by byte if the shape requires it.
type http1 struct {
	server   *Server
	c, below net.Conn
}

func (w *http1) send(a answer, s shape) bool {
	a = shaped(a, s)
	switch s {
	case closed:
		return false
	case reset:
		breakTCP(w.below)
		return false
	case silent:
		drain(w.c, hold)
		return false
	case lateAnswer:
		w.server.pause(attemptLimit + 100*time.Millisecond)
	case partialStatus:
		return w.write("HTTP/1.1 20") && false
	case headersThenStall:
		_ = w.write(head(a, "Content-Length: 4000\r\n") + `{"da`)
		drain(w.c, hold)
		return false
	case hugeHeaders:
		filler := "X-Filler: " + strings.Repeat("y", 1000) + "\r\n"
		return w.write("HTTP/1.1 200 OK\r\n"+strings.Repeat(filler, 1000)) && false
	case flood:
		for w.write(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 100)) {
		}
		return false
	case huge:
		return w.endless(a)
	}
	return w.body(a, s)
}

// body writes an answer with its body, cut or whole.
func (w *http1) body(a answer, s shape) bool {
	half := string(a.body[:len(a.body)/2])
	switch s {
	case cutLength:
		return w.write(head(a, fmt.Sprintf("Content-Length: %d\r\n", len(a.body)))+half) && false
	case cutChunked:
		chunk := fmt.Sprintf("%x\r\n%s\r\n", len(half), half)
		return w.write(head(a, "Transfer-Encoding: chunked\r\n")+chunk) && false
	case cutClose:
		return w.write(head(a, "Connection: close\r\n")+half) && false
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(a.body))
	if a.status == http.StatusNoContent {
		length = ""
	}
	return w.write(head(a, length) + string(a.body))
}

func (w *http1) write(text string) bool {
	_ = w.c.SetWriteDeadline(time.Now().Add(hold))
	_, err := io.WriteString(w.c, text)
	return err == nil
}

// endless announces 5 GiB, and writes until the client closes the connection.
func (w *http1) endless(a answer) bool {
	const chunk = 16 << 10
	open := w.write(head(a, "Content-Length: 5368709120\r\n") + `{"data":{"filler":"`)
	sent := 0
	for ; open; sent += chunk {
		open = w.write(strings.Repeat("y", chunk))
	}
	w.server.update(func() { w.server.poured = max(w.server.poured, sent) })
	return false
}

func head(a answer, more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	if a.header.Get("Date") == "" {
		fmt.Fprintf(&b, "Date: %s\r\n", time.Now().UTC().Format(http.TimeFormat))
	}
	_ = a.header.Write(&b)
	return b.String() + more + "\r\n"
}

// shaped applies a shape that is the same on every protocol. If the shape
// changes bodies, an answer without a body gets one.
func shaped(a answer, s shape) answer {
	if s < headersThenStall || s > huge {
		return a
	}
	if a.status == http.StatusNoContent {
		a = success(http.StatusOK, `{"deleted":true}`)
	}
	switch s {
	case badJSON:
		a.body = bytes.Replace(a.body, []byte(`"`), []byte(`'`), 1)
	case htmlPage:
		a = answer{
			status: http.StatusOK,
			header: http.Header{"Content-Type": {"text/html"}},
			body:   []byte("<html>Please log in to the network</html>"),
		}
	case empty:
		a.body = nil
	case cutGzip:
		a.header = a.header.Clone()
		a.header.Set("Content-Encoding", "gzip")
		a.body = zipped(a.body)
	}
	return a
}

// zipped returns a gzip stream without its end.
func zipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()[:b.Len()-10]
}
