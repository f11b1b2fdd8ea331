package hellio_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// logTo returns a logger that writes JSON without the time, whose digits could
// pass for a number's.
func logTo(w io.Writer) *slog.Logger {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
}

// captureDefaultLog returns the output of the default logger during the test.
func captureDefaultLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	logger := slog.Default()
	out := stdlog.Writer() // slog.SetDefault replaces it, and does not restore it
	flags := stdlog.Flags()
	t.Cleanup(func() {
		slog.SetDefault(logger)
		stdlog.SetOutput(out)
		stdlog.SetFlags(flags)
	})
	log := new(bytes.Buffer)
	slog.SetDefault(logTo(log))
	return log
}

// forbiddenBody fails the test of a handler that reads it.
type forbiddenBody struct{ t testing.TB }

func (b forbiddenBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

// silentHandlers returns one handler of each kind, which log nothing.
func silentHandlers(t testing.TB) map[string]http.Handler {
	t.Helper()
	return map[string]http.Handler{
		"webhook": webhookHandler(t, ignore),
		"USSD":    ussdHandler(t, hangUp),
	}
}

func TestNoBodyIsReadWithoutTheSignatureHeaders(t *testing.T) {
	t.Parallel()
	noV2 := http.Header{headerV1: {zeroHex}, headerStamp: {"1"}}
	twoV2 := http.Header{headerV2: {zeroHex, zeroHex}, headerStamp: {"1"}}
	emptyV2 := http.Header{headerV2: {""}, headerStamp: {"1"}}
	oddTime := http.Header{headerV2: {zeroHex}, headerStamp: {"now"}}
	for name, c := range map[string]struct {
		handler string
		headers http.Header
		want    int
	}{
		"webhook without headers":     {"webhook", http.Header{}, 401},
		"webhook with nil headers":    {"webhook", nil, 401},
		"webhook without V2":          {"webhook", noV2, 401},
		"webhook without a time":      {"webhook", http.Header{headerV2: {zeroHex}}, 401},
		"webhook with V2 twice":       {"webhook", twoV2, 401},
		"webhook with an empty V2":    {"webhook", emptyV2, 401},
		"webhook with a bad time":     {"webhook", oddTime, 400},
		"USSD without headers":        {"USSD", http.Header{}, 401},
		"USSD with V2 alone":          {"USSD", http.Header{headerV2: {zeroHex}}, 401},
		"USSD with two signatures":    {"USSD", http.Header{headerV1: {zeroHex, zeroHex}}, 401},
		"USSD with a short signature": {"USSD", http.Header{headerV1: {zeroHex[1:]}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", forbiddenBody{t})
			r.Header = c.headers
			w := httptest.NewRecorder()
			silentHandlers(t)[c.handler].ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code)
			require.Equal(t, "close", w.Header().Get("Connection"))
		})
	}
}

func TestNoBodyIsReadOfAnotherMethod(t *testing.T) {
	t.Parallel()
	for name, h := range silentHandlers(t) {
		r := httptest.NewRequest(http.MethodPut, "/", forbiddenBody{t})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, name)
		require.Equal(t, http.MethodPost, w.Header().Get("Allow"), name)
		require.Equal(t, "close", w.Header().Get("Connection"), name)
	}
}

func TestOnlyARefusalOnHTTP1ClosesTheConnection(t *testing.T) {
	t.Parallel()
	h := webhookHandler(t, ignore)
	connection := func(headers http.Header, body string, major int) string {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header = headers
		r.ProtoMajor = major
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Header().Get("Connection")
	}
	require.Equal(t, "close", connection(nil, deliveredBody, 1))
	require.Empty(t, connection(nil, "", 1), "there is no body to wait for")
	require.Empty(t, connection(nil, deliveredBody, 2), "it would end other streams")
	require.Empty(t, connection(signedNow(webhookSecret, deliveredBody), deliveredBody, 1))
}

func TestARequestWithoutABodyIsRefused(t *testing.T) {
	t.Parallel()
	status := func(h http.Handler, r *http.Request) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	signed := signedNow(webhookSecret, "")
	signed.Set(headerV1, hexMAC(ussdSecret, ""))
	for name, h := range silentHandlers(t) {
		r := &http.Request{Method: http.MethodPost}
		require.Equal(t, http.StatusUnauthorized, status(h, r), name)
		r.Header = signed
		require.Equal(t, http.StatusBadRequest, status(h, r), name)
		require.Equal(t, http.StatusMethodNotAllowed, status(h, new(http.Request)), name)
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

// serveInMemory runs a server in memory until the test ends, and returns a
// connection to it.
func serveInMemory(t *testing.T, h http.Handler) net.Conn {
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
	for name := range silentHandlers(t) {
		for framing, begin := range map[string]string{
			"Content-Length: 1000":       "{",
			"Transfer-Encoding: chunked": "1\r\n{\r\n",
		} {
			synctest.Test(t, func(t *testing.T) {
				conn := serveInMemory(t, silentHandlers(t)[name])
				var group sync.WaitGroup
				defer group.Wait()
				defer conn.Close()
				group.Go(func() {
					drip(conn, "POST / HTTP/1.1\r\nHost: a\r\n"+framing+"\r\n\r\n"+begin)
				})
				sent := time.Now()
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				require.Less(t, time.Since(sent), time.Second, "in virtual time")
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

func TestResponsesContainNothingButTheirStatus(t *testing.T) {
	t.Parallel()
	failing := func(context.Context, *hellio.WebhookEvent) error {
		return errors.New("password of the database")
	}
	request := func(method string, headers http.Header, body io.Reader) *http.Request {
		r := httptest.NewRequest(method, "/", body)
		r.Header = headers
		return r
	}
	postOf := func(headers http.Header, body string) *http.Request {
		return request(http.MethodPost, headers, strings.NewReader(body))
	}
	signed := func(body string) *http.Request {
		return postOf(signedNow(webhookSecret, body), body)
	}
	valid := signedNow(webhookSecret, deliveredBody)
	cut := iotest.ErrReader(io.ErrUnexpectedEOF)
	old := signedAt(webhookSecret, "5", deliveredBody)
	undated := signedAt(webhookSecret, "now", deliveredBody)
	for name, c := range map[string]struct {
		request *http.Request
		want    int
	}{
		"GET":                {request(http.MethodGet, valid, nil), 405},
		"HEAD":               {request(http.MethodHead, nil, nil), 405},
		"PUT":                {request(http.MethodPut, valid, iotest.ErrReader(io.EOF)), 405},
		"no signature":       {postOf(nil, deliveredBody), 401},
		"a wrong signature":  {postOf(signedNow(nextSecret, deliveredBody), deliveredBody), 401},
		"an old signature":   {postOf(old, deliveredBody), 401},
		"an odd timestamp":   {postOf(undated, deliveredBody), 400},
		"not an event":       {signed("[]"), 400},
		"an empty body":      {signed(""), 400},
		"a body that breaks": {request(http.MethodPost, valid, cut), 400},
		"too large":          {signed(strings.Repeat(" ", 1<<20+1)), 413},
		"a failing handler":  {signed(deliveredBody), 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := webhookHandler(t, failing, hellio.WithWebhookLogger(logTo(&log)))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, c.request)
			require.Equal(t, c.want, w.Code)
			require.Equal(t, http.StatusText(c.want)+"\n", w.Body.String())
			require.Equal(t, c.want == 405, w.Header().Get("Allow") == http.MethodPost)
			require.NotEmpty(t, log.String(), "the reason is logged")
		})
	}
}

func TestTheLogHasNoSecretOrFullNumber(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]webhookFunc{
		"an error": func(_ context.Context, e *hellio.WebhookEvent) error {
			return fmt.Errorf("row of %s: locked", e.MobileNumber)
		},
		"a panic": func(_ context.Context, e *hellio.WebhookEvent) error {
			panic("row of " + e.MobileNumber + ": locked")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			deliver(webhookHandler(t, handle, hellio.WithWebhookLogger(logTo(&log))), deliveredBody)
			require.Contains(t, log.String(), `"level":"ERROR"`)
			require.Contains(t, log.String(), "locked")
			require.Contains(t, log.String(), "prv-77", "users need to find the event")
			stack := strings.Contains(log.String(), "receive_http_test.go")
			require.Equal(t, name == "a panic", stack)
			for _, hidden := range []string{
				"233209990001",
				"20999",
				webhookSecret,
				hexMAC(webhookSecret, deliveredBody),
			} {
				require.NotContains(t, log.String(), hidden)
			}
		})
	}
}

// Not parallel: the default logger belongs to the process.
func TestARefusalGoesToTheDefaultLogger(t *testing.T) {
	log := captureDefaultLog(t)
	webhooks, err := hellio.NewWebhookHandler([]string{webhookSecret}, ignore)
	require.NoError(t, err)
	steps, err := hellio.NewUSSDHandler([]string{ussdSecret}, hangUp, hellio.WithUSSDLogger(nil))
	require.NoError(t, err)
	for _, h := range []http.Handler{webhooks, steps} {
		log.Reset()
		require.Equal(t, http.StatusUnauthorized, post(h, http.Header{}, deliveredBody).Code)
		require.Contains(t, log.String(), "refused")
	}
}

// Not parallel: the default logger belongs to the process.
func TestHandlersWithoutTheirConstructorRefuseEverything(t *testing.T) {
	log := captureDefaultLog(t)
	for name, h := range map[string]http.Handler{
		"a zero webhook handler": new(hellio.WebhookHandler),
		"a nil webhook handler":  (*hellio.WebhookHandler)(nil),
		"a zero USSD handler":    new(hellio.USSDHandler),
		"a nil USSD handler":     (*hellio.USSDHandler)(nil),
	} {
		log.Reset()
		r := httptest.NewRequest(http.MethodPost, "/", forbiddenBody{t})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusInternalServerError, w.Code, name)
		require.Contains(t, log.String(), "not made by New", name)
	}
}
