package hellio_test

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// forbiddenBody fails the test of a handler that reads it.
type forbiddenBody struct{ t testing.TB }

func (b forbiddenBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

// handlers returns one handler of each kind, which log nothing.
func handlers(t testing.TB) map[string]http.Handler {
	t.Helper()
	return map[string]http.Handler{
		"webhook": webhookHandler(t, ignore),
		"USSD":    ussdHandler(t, hangUp),
	}
}

func TestNoBodyIsReadWithoutTheSignatureHeaders(t *testing.T) {
	t.Parallel()
	const v1, v2, stamp = "X-Hellio-Signature", "X-Hellio-Signature-V2", "X-Hellio-Timestamp"
	hex := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		handler string
		header  http.Header
		want    int
	}{
		"webhook without headers":     {"webhook", http.Header{}, 401},
		"webhook with nil headers":    {"webhook", nil, 401},
		"webhook without V2":          {"webhook", http.Header{v1: {hex}, stamp: {"1"}}, 401},
		"webhook without a time":      {"webhook", http.Header{v2: {hex}}, 401},
		"webhook with V2 twice":       {"webhook", http.Header{v2: {hex, hex}, stamp: {"1"}}, 401},
		"webhook with an empty V2":    {"webhook", http.Header{v2: {""}, stamp: {"1"}}, 401},
		"webhook with a bad time":     {"webhook", http.Header{v2: {hex}, stamp: {"now"}}, 400},
		"USSD without headers":        {"USSD", http.Header{}, 401},
		"USSD with V2 alone":          {"USSD", http.Header{v2: {hex}, stamp: {"1"}}, 401},
		"USSD with two signatures":    {"USSD", http.Header{v1: {hex, hex}}, 401},
		"USSD with a short signature": {"USSD", http.Header{v1: {hex[1:]}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", forbiddenBody{t})
			r.Header = c.header
			w := httptest.NewRecorder()
			handlers(t)[c.handler].ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code)
			require.Equal(t, "close", w.Header().Get("Connection"))
		})
	}
}

func TestNoBodyIsReadOfAnotherMethod(t *testing.T) {
	t.Parallel()
	for name, h := range handlers(t) {
		r := httptest.NewRequest(http.MethodPut, "/", forbiddenBody{t})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, name)
		require.Equal(t, http.MethodPost, w.Header().Get("Allow"), name)
	}
}

func TestOnlyARefusalOnHTTP1ClosesTheConnection(t *testing.T) {
	t.Parallel()
	h := webhookHandler(t, ignore)
	for name, c := range map[string]struct {
		header http.Header
		body   string
		major  int
		want   string
	}{
		"refused on HTTP/1":    {http.Header{}, deliveredBody, 1, "close"},
		"refused without body": {http.Header{}, "", 1, ""},
		"refused on HTTP/2":    {http.Header{}, deliveredBody, 2, ""},
		"accepted on HTTP/1":   {signedNow(webhookSecret, deliveredBody), deliveredBody, 1, ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header = c.header
		r.ProtoMajor = c.major
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.want, w.Header().Get("Connection"), name)
	}
}

func TestARequestWithoutABodyIsRefused(t *testing.T) {
	t.Parallel()
	for name, h := range handlers(t) {
		for header, want := range map[string]http.Header{
			"unsigned": nil,
			"signed": {
				"X-Hellio-Signature":    {hexMAC(ussdSecret, "")},
				"X-Hellio-Signature-V2": {hexMAC(webhookSecret, unix(0)+".")},
				"X-Hellio-Timestamp":    {unix(0)},
			},
		} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, &http.Request{Method: http.MethodPost, Header: want})
			require.Contains(t, []int{400, 401}, w.Code, "%s %s", name, header)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{})
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, name)
	}
}

// pipeListener accepts connections in memory, for a bubble of virtual time.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (l *pipeListener) dial() net.Conn {
	here, there := net.Pipe()
	l.conns <- there
	return here
}

// serve runs a server in memory until the test ends, and returns a connection.
func serve(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	conn := l.dial()
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return conn
}

func TestAnUnsignedBodyWithoutAnEndIsAnswered(t *testing.T) {
	t.Parallel()
	for name := range handlers(t) {
		for framing, first := range map[string]string{
			"Content-Length: 1000":       "{",
			"Transfer-Encoding: chunked": "1\r\n{\r\n",
		} {
			synctest.Test(t, func(t *testing.T) {
				conn := serve(t, handlers(t)[name])
				var group sync.WaitGroup
				defer group.Wait()
				defer conn.Close()
				group.Go(func() {
					drip(conn, "POST / HTTP/1.1\r\nHost: example.com\r\n"+framing+"\r\n\r\n"+first)
				})
				start := time.Now()
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				require.Less(t, time.Since(start), time.Second, "virtual time")
			})
		}
	}
}

// drip writes the head of a request, and then a byte per second until the
// connection ends.
func drip(conn net.Conn, head string) {
	_, err := io.WriteString(conn, head)
	for err == nil {
		time.Sleep(time.Second)
		_, err = io.WriteString(conn, "x")
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		panic(err)
	}
}
