package wire

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// server implements HTTP/1.1 and HTTP/2 itself, with or without TLS, because
// net/http's server cannot end a request in these ways.
type server struct {
	url    string
	roots  *x509.CertPool
	end    end
	listen net.Listener
	done   sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	whole  int // whole requests, without warm-up requests
	opened int // connections
	resets int // streams that the client reset
}

// warmPath is the path of the warm-up request, which every server answers.
const warmPath = "/v1/pricing"

// certificate returns the certificate of all servers. ECDSA is faster than
// httptest's RSA.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{
		Certificate: [][]byte{der},
		PrivateKey:  key,
		Leaf:        leaf,
	}
})

func newServer(t *testing.T, secure bool, e end) *server {
	t.Helper()
	s := &server{
		end:   e,
		roots: x509.NewCertPool(),
		conns: map[net.Conn]bool{},
	}
	s.roots.AddCert(certificate().Leaf)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.listen = l
	s.url = "http://" + l.Addr().String() + "/v1"
	if secure {
		s.url = strings.Replace(s.url, "http:", "https:", 1)
	}
	s.done.Go(func() { s.accept(secure) })
	t.Cleanup(s.close)
	return s
}

// trusted returns the configuration of a client that trusts s. P-256 is the
// fastest key exchange under the race detector, because it is assembly.
func (s *server) trusted() *tls.Config {
	return &tls.Config{
		RootCAs:          s.roots,
		CurvePreferences: []tls.CurveID{tls.CurveP256},
	}
}

func (s *server) accept(secure bool) {
	for {
		conn, err := s.listen.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.done.Go(func() {
			defer conn.Close()
			if !s.end.accepts || !secure {
				s.connected()
			}
			if !s.end.accepts {
				return
			}
			if !secure {
				s.serve(conn, conn)
				return
			}
			inner := tls.Server(conn, &tls.Config{
				Certificates: []tls.Certificate{certificate()},
				NextProtos:   []string{"h2", "http/1.1"},
			})
			defer inner.Close()
			if inner.Handshake() == nil {
				s.connected()
				s.serve(inner, conn)
			}
		})
	}
}

// connected counts a connection. Another program that dials a port which it no
// longer owns has no handshake.
func (s *server) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
}

// close closes all connections and waits for their goroutines.
func (s *server) close() {
	_ = s.listen.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

// seen returns the number of whole requests and of connections so far.
func (s *server) seen() (whole, opened int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole, s.opened
}

func (s *server) count(path string) (warm bool) {
	if path == warmPath {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole++
	return false
}

func (s *server) serve(conn, below net.Conn) {
	br := bufio.NewReader(conn)
	start, err := br.Peek(3)
	if err != nil {
		return
	}
	if string(start) == "PRI" {
		s.serveHTTP2(conn, below, br)
		return
	}
	for {
		req, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil || n < req.ContentLength {
			return
		}
		reply := success(req.URL.Path)
		if !s.count(req.URL.Path) {
			if s.end.cut != nil {
				s.end.cut(below)
				return
			}
			reply = s.end.answer(req.URL.Path)
		}
		if !reply.writeHTTP1(conn) {
			return
		}
	}
}

func (s *server) serveHTTP2(conn, below net.Conn, br *bufio.Reader) {
	if _, err := br.Discard(len(http2.ClientPreface)); err != nil {
		return
	}
	f := http2.NewFramer(conn, br)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if f.WriteSettings() != nil {
		return
	}
	paths, missing := map[uint32]string{}, map[uint32]int{}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			if errors.As(err, new(http2.StreamError)) {
				continue
			}
			return
		}
		ended := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() && f.WriteSettingsAck() != nil {
				return
			}
		case *http2.RSTStreamFrame:
			s.mu.Lock()
			s.resets++
			s.mu.Unlock()
		case *http2.MetaHeadersFrame:
			path, _, _ := strings.Cut(frame.PseudoValue("path"), "?")
			paths[frame.StreamID] = path
			for _, field := range frame.RegularFields() {
				if field.Name == "content-length" {
					missing[frame.StreamID], _ = strconv.Atoi(field.Value)
				}
			}
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			missing[frame.StreamID] -= len(frame.Data())
			ended = frame.StreamEnded() && missing[frame.StreamID] == 0
		}
		if ended && !s.answerHTTP2(f, below, frame.Header().StreamID,
			paths[frame.Header().StreamID]) {
			return
		}
	}
}

func (s *server) answerHTTP2(f *http2.Framer, below net.Conn, stream uint32, path string) bool {
	switch {
	case s.count(path):
		return success(path).writeHTTP2(f, stream)
	case s.end.frames != nil:
		return s.end.frames(f, stream)
	case s.end.cut != nil:
		s.end.cut(below)
		return false
	default:
		return s.end.answer(path).writeHTTP2(f, stream)
	}
}

// answer is a response.
type answer struct {
	status  int
	kind    string // Content-Type
	body    string
	headers []string // pairs of name and value

	// missing is the number of bytes that are announced and never sent. Below 0
	// only the end of the stream is missing.
	missing int
}

// success returns a response that the call to path can decode.
func success(path string) answer {
	body := `{"data":{}}`
	switch {
	case path == warmPath, strings.HasSuffix(path, "/email/verify"):
		body = `{"data":[]}`
	case strings.HasSuffix(path, "/otp/verify"):
		body = `{"data":{"verified":true}}`
	}
	return answer{
		status: http.StatusOK,
		kind:   "application/json",
		body:   body,
	}
}

func (a answer) writeHTTP1(w io.Writer) bool {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(a.status) + " X\r\nContent-Type: " + a.kind + "\r\n")
	for i := 0; i < len(a.headers); i += 2 {
		b.WriteString(a.headers[i] + ": " + a.headers[i+1] + "\r\n")
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(a.body)+a.missing) + "\r\n\r\n" + a.body)
	_, err := w.Write(b.Bytes())
	return err == nil && a.missing == 0
}

func (a answer) writeHTTP2(f *http2.Framer, stream uint32) bool {
	var head bytes.Buffer
	e := hpack.NewEncoder(&head)
	field := func(name, value string) {
		_ = e.WriteField(hpack.HeaderField{Name: strings.ToLower(name), Value: value})
	}
	field(":status", strconv.Itoa(a.status))
	field("content-type", a.kind)
	field("content-length", strconv.Itoa(len(a.body)+max(0, a.missing)))
	for i := 0; i < len(a.headers); i += 2 {
		field(a.headers[i], a.headers[i+1])
	}
	err := f.WriteHeaders(http2.HeadersFrameParam{
		StreamID:      stream,
		BlockFragment: head.Bytes(),
		EndHeaders:    true,
	})
	if err != nil || f.WriteData(stream, a.missing == 0, []byte(a.body)) != nil {
		return false
	}
	return a.missing == 0
}
