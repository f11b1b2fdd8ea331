package hellio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

// hostile accepts connections, reads the start of a request, and then
// misbehaves until the client closes the connection.
func hostile(l net.Listener, worst func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			// a response before the request would be another fault
			if _, err := conn.Read(make([]byte, 64<<10)); err == nil {
				worst(conn)
				_, _ = io.Copy(io.Discard, conn)
			}
		}()
	}
}

// overPipes returns a client over hc that is connected to a hostile server in
// its bubble.
func overPipes(t *testing.T, worst func(net.Conn), hc *http.Client, opts ...Option) *Client {
	t.Helper()
	pipes := newPipeNet()
	transport, ok := hc.Transport.(*http.Transport)
	if !ok {
		transport = new(http.Transport)
		hc.Transport = transport
	}
	transport.DialContext = pipes.dial
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = pipes.Close()
		time.Sleep(time.Second) // the server finds out when it writes
	})
	go hostile(pipes, worst)
	return overSockets(t, "http://127.0.0.1", append(opts, WithHTTPClient(hc))...)
}

// says writes once. floods repeats a text without end, at 1.6 MB per second.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

func floods(first, then string) func(net.Conn) {
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, first)
		many := strings.Repeat(then, 1+(32<<10)/len(then))
		for err == nil {
			_, err = io.WriteString(conn, many)
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// drips writes a text every few milliseconds, too often for any timeout on
// silence.
func drips(first, then string) func(net.Conn) {
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, first)
		for err == nil {
			time.Sleep(5 * time.Millisecond)
			_, err = io.WriteString(conn, then)
		}
	}
}

// The bubble fails the test if a goroutine is left.
func TestHostileServerHoldsNoCallPastItsDeadline(t *testing.T) {
	const (
		ok       = "HTTP/1.1 200 OK\r\n"
		jsonHead = ok + "Content-Type: application/json\r\n"
		pageHead = ok + "Content-Type: text/html\r\n"
		upgrade  = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
		hints    = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
		length   = jsonHead + "Content-Length: "
		coding   = jsonHead + "Transfer-Encoding: "
		chunks   = coding + "chunked\r\n\r\n"
		gzip     = jsonHead + "Content-Encoding: gzip\r\n\r\n"
		refusal  = "HTTP/1.1 422 No\r\nContent-Type: application/json\r\n\r\n"
		field    = "X-Filler: y\r\n"
		deadline = 400 * time.Millisecond
	)
	for name, c := range map[string]struct {
		worst   func(net.Conn)
		outcome Outcome
	}{
		"silence":                         {says(""), OutcomeUnknown},
		"half a status line":              {says("HTTP/1.1 2"), OutcomeUnknown},
		"headers that stall":              {says(jsonHead + "X-A: "), OutcomeUnknown},
		"endless headers, slow":           {drips(jsonHead, field), OutcomeUnknown},
		"endless headers, fast":           {floods(jsonHead, field), OutcomeUnknown},
		"one header without end":          {floods(jsonHead+"X-A: ", "y"), OutcomeUnknown},
		"endless 1xx, slow":               {drips("", hints), OutcomeUnknown},
		"endless 1xx, fast":               {floods("", hints), OutcomeUnknown},
		"endless 100, fast":               {floods("", "HTTP/1.1 100 Continue\r\n\r\n"), OutcomeUnknown},
		"another protocol":                {says(upgrade + "websocket\r\n\r\n"), OutcomeUnknown},
		"another protocol, endless":       {drips(upgrade+"h2c\r\n\r\n", "x"), OutcomeUnknown},
		"not HTTP":                        {floods("", "220 smtp.example ESMTP\r\n"), OutcomeUnknown},
		"HTTP/9.9":                        {says("HTTP/9.9 200 OK\r\n\r\n"), OutcomeAccepted},
		"a negative length":               {says(length + "-1\r\n\r\n"), OutcomeUnknown},
		"two lengths":                     {says(length + "1\r\nContent-Length: 2\r\n\r\n{}"), OutcomeUnknown},
		"an unknown transfer coding":      {says(coding + "\"secret\"\r\n\r\n"), OutcomeUnknown},
		"a body that stalls":              {says(length + "100\r\n\r\n{"), OutcomeAccepted},
		"a body that never begins":        {says(length + "100\r\n\r\n"), OutcomeAccepted},
		"an endless body, slow":           {drips(jsonHead+"\r\n", " "), OutcomeAccepted},
		"an endless body, fast":           {floods(jsonHead+"\r\n", " "), OutcomeAccepted},
		"an endless page, slow":           {drips(pageHead+"\r\n<html>", "<p>"), OutcomeUnknown},
		"an endless page, fast":           {floods(pageHead+"\r\n<html>", "<p>"), OutcomeUnknown},
		"a body of five GiB":              {floods(length+"5368709120\r\n\r\n", " "), OutcomeAccepted},
		"a chunk longer than any integer": {says(chunks + "fffffffffffffffff\r\n"), OutcomeAccepted},
		"a chunk extension without end":   {floods(chunks+"1;", "x"), OutcomeAccepted},
		"trailers without end":            {floods(chunks+"0\r\n", "X-A: y\r\n"), OutcomeAccepted},
		"a gzip bomb's first byte":        {says(gzip + "\x1f"), OutcomeAccepted},
		"a body that is not gzip":         {floods(gzip, "x"), OutcomeAccepted},
		"an endless error page":           {drips("HTTP/1.1 502 Bad Gateway\r\n\r\n", "<p>"), OutcomeUnknown},
		"an endless refusal":              {floods(refusal, " "), OutcomeRejected},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				client := overPipes(t, c.worst, new(http.Client), quick(), WithLimiter(nil))
				start := time.Now()
				var calls sync.WaitGroup
				for _, send := range unpaidCalls {
					calls.Go(func() {
						err := send(ctx, client)
						assert.LessOrEqual(t, time.Since(start), deadline)
						assert.Equal(t, c.outcome, OutcomeOf(err), "%v", err)
						assert.Less(t, len(err.Error()), 300, "the text is printable")
						assert.NotContains(t, err.Error(), "secret")
					})
				}
				calls.Wait()
			})
		})
	}
}

// unpaidCalls makes a call of each class, with deadlines that are too near for
// a paid one.
var unpaidCalls = []func(context.Context, *Client) error{
	classCalls[classGet],
	classCalls[classDelete],
	classCalls[classOther],
	func(ctx context.Context, c *Client) error {
		op := contract.SMSSend
		op.Billable = false
		_, err := call[SMSSendResult](ctx, c.core, request{op: &op, body: oneSMS()}, nil)
		return err
	},
}

func TestLongHeadersAreReadUpToALimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{1 << 20: true, 11 << 20: false} {
		filler := "X-Filler: " + strings.Repeat("y", 1<<10) + "\r\n"
		head := "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n" +
			strings.Repeat(filler, size/len(filler))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go hostile(l, says(head+"Content-Length: "+itoa(len(sentBody))+"\r\n\r\n"+sentBody))
		c := overSockets(t, "http://"+l.Addr().String())
		_, err = c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
		if ok {
			require.NoError(t, err)
			continue
		}
		var failed *ConnectionError
		require.ErrorAs(t, err, &failed)
		requireOutcome(t, OutcomeUnknown, err)
		require.NotContains(t, err.Error(), "yyyy")
	}
}

// both is a step that returns a response and an error.
func both(req *http.Request) (*http.Response, error) {
	resp, _ := reply(202, sentBody)(req)
	return resp, errors.New("an error as well")
}

func TestBrokenRoundTripperReturnsAnUnknownOutcome(t *testing.T) {
	// reply without a report to httptrace
	quiet := func(status int, body io.ReadCloser) step {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		}
	}
	for name, c := range map[string]struct {
		step     step
		requests int
	}{
		"neither response nor error": {func(*http.Request) (*http.Response, error) {
			return nil, nil
		}, 1},
		"both response and error": {both, 4},
		"no body": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 500}, nil
		}, 4},
		"no status":                  {quiet(0, http.NoBody), 1},
		"a negative status":          {quiet(-1, http.NoBody), 1},
		"status 99":                  {quiet(99, http.NoBody), 1},
		"status 1000":                {quiet(1000, http.NoBody), 4},
		"a body that fails to close": {quiet(500, failingCloser{}), 4},
		"a wrong Content-Length": {func(r *http.Request) (*http.Response, error) {
			resp, _ := reply(500, `{}`)(r)
			resp.ContentLength = 99
			return resp, nil
		}, 4},
		"a response to another request": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503, Request: &http.Request{}}, nil
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(c.step)
				err := sendSMS(t.Context(), stubbed(t, s))
				if name == "neither response nor error" { // the transport did not read the body
					requireOutcome(t, OutcomeNotSent, err)
				} else {
					requireOutcome(t, OutcomeUnknown, err)
				}
				require.Len(t, s.requests(), c.requests)
			})
		})
	}
}

type failingCloser struct{}

func (failingCloser) Close() error { return errors.New("closing failed") }

func (failingCloser) Read([]byte) (int, error) { return 0, io.EOF }

func TestResponseWithAnErrorIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		body := &closeCounter{}
		s := newStub(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: body}, io.ErrUnexpectedEOF
		})
		requireOutcome(t, OutcomeUnknown, verifyEmail(t.Context(), stubbed(t, s)))
		require.Equal(t, 1, body.closed)
	})
}

type closeCounter struct{ closed int }

func (c *closeCounter) Read([]byte) (int, error) { return 0, io.EOF }
func (c *closeCounter) Close() error             { c.closed++; return nil }

// A panic is a bug of the caller: it reaches the caller, and the client keeps
// working.
func TestPanicReachesTheCallerAndSparesTheClient(t *testing.T) {
	boom := func() { panic("boom") }
	var armed bool
	fuse := func() {
		if armed {
			boom()
		}
	}
	for name, opts := range map[string][]Option{
		"RoundTripper": {
			WithHTTPClient(
				&http.Client{Transport: newStub(func(r *http.Request) (*http.Response, error) {
					fuse()
					return reply(202, sentBody)(r)
				})})},
		"TokenSource": {WithTokenSource(&tokens{fetch: func(int64) (string, error) {
			fuse()
			return testToken, nil
		}})},
		"Limiter": {WithLimiter(&limiter{wait: func(int) error { fuse(); return nil }})},
		"hook":    {WithAttemptHook(func(context.Context, Attempt) { fuse() })},
	} {
		c := stubbed(t, newStub(reply(202, sentBody)), opts...)
		armed = true
		require.PanicsWithValue(t, "boom", func() { _ = sendSMS(t.Context(), c) }, name)
		armed = false
		require.NoError(t, sendSMS(t.Context(), c), name)
	}
}

// blocking is a TokenSource and a Limiter. It lets the first few attempts pass,
// and then blocks until its context ends.
type blocking struct{ pass int }

func (b *blocking) wait(ctx context.Context) error {
	if b.pass--; b.pass >= 0 {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (b *blocking) Token(ctx context.Context) (string, error)      { return testToken, b.wait(ctx) }
func (b *blocking) Wait(ctx context.Context, _ LimitRequest) error { return b.wait(ctx) }
func (b *blocking) Observe(LimitRequest, LimitResult)              {}

func TestContextEndsABlockedTokenSourceOrLimiter(t *testing.T) {
	for name, c := range map[string]struct {
		pass    int
		first   step
		outcome Outcome
	}{
		"before any attempt":     {0, nil, OutcomeNotSent},
		"after a lost response":  {1, lost, OutcomeUnknown},
		"after a 429":            {1, reply(429, ``), OutcomeRejected},
		"after a truncated body": {1, cutOff(202, `{`), OutcomeAccepted},
	} {
		for whose, option := range map[string]func(*blocking) Option{
			"token source": func(b *blocking) Option { return WithTokenSource(b) },
			"limiter":      func(b *blocking) Option { return WithLimiter(b) },
		} {
			for how, end := range map[string]error{
				"deadline":  context.DeadlineExceeded,
				"cancelled": context.Canceled,
			} {
				t.Run(name+"/"+whose+"/"+how, func(t *testing.T) {
					inBubble(t, func(t *testing.T) {
						ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
						if how == "cancelled" {
							ctx, cancel = context.WithCancel(t.Context())
							time.AfterFunc(20*time.Second, cancel)
						}
						defer cancel()
						s, start := newStub(c.first), time.Now()
						err := sendSMS(ctx, stubbed(t, s, option(&blocking{pass: c.pass})))
						require.Equal(t, 20*time.Second, time.Since(start))
						require.ErrorIs(t, err, end)
						require.ErrorContains(t, err, whose, "it names what the call waited for")
						requireOutcome(t, c.outcome, err)
						require.Len(t, s.requests(), c.pass)
					})
				})
			}
		}
	}
}

func TestEmptyTokenOfASourceNamesTheSource(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody))
	err := sendSMS(t.Context(),
		stubbed(t, s, WithTokenSource(&tokens{fetch: func(int64) (string, error) {
			return "", nil
		}})))
	var bad *ParamError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "token", bad.Field)
	require.ErrorContains(t, err, "token source")
	requireOutcome(t, OutcomeNotSent, err)
	require.Empty(t, s.requests())
}
