package storm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	attemptLimit = 600 * time.Millisecond // of the caller's http.Client
	dialLimit    = 250 * time.Millisecond
	maxAnswer    = 32 << 10
	bigBody      = 200 << 10
)

// lane makes call after call, one at a time, so that dials, cookies and tokens can be told apart by call and attempt without standing
// between client and transport: the client is given a *http.Transport, as in production.
type lane struct {
	name      string
	proto     Proto
	secure    bool
	addresses Addresses
	transport *http.Transport
	http      *http.Client
	options   []hellio.Option

	client     *hellio.Client
	generation int
	made       int
	lifetime   int // calls of one client; 0: all
	warmer     *hellio.Client

	mu       sync.Mutex // a dial may outlive its call
	id       attemptID
	plan     Plan
	rotated  bool
	attempts []Attempt
	began    time.Time
	dialed   map[attemptID]bool
	fired    []Cell
}

func newLane(name string, kind laneKind, j Job, lifetime int) (*lane, error) {
	l := &lane{name: name, proto: kind.proto, secure: kind.secure, addresses: j.Addresses, lifetime: lifetime, dialed: map[attemptID]bool{}}
	var err error
	if l.transport, err = newTransport(j.Addresses, kind.proto); err != nil {
		return nil, err
	}
	l.transport.DialContext = l.dial
	l.http = &http.Client{Transport: kind.wrap.around(l.transport), Jar: l, Timeout: attemptLimit}
	l.options = append(j.clientOptions(kind, l.http), hellio.WithTokenSource(l), hellio.WithAttemptHook(l.hook))
	l.warmer, err = hellio.NewClient("", l.options...)
	return l, err
}

func newTransport(a Addresses, proto Proto) (*http.Transport, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(a.Authority)) {
		return nil, errors.New("storm: the server's authority can't be read")
	}
	return &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:    dialLimit,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        2 * time.Second, // of a dial that outlives its call on a busy machine
		ForceAttemptHTTP2:      proto == HTTP2,
		WriteBufferSize:        4 << 10,
	}, nil
}

// wrapper is a RoundTripper around another one, which it hides.
type wrapper struct{ next http.RoundTripper }

func (w wrapper) RoundTrip(req *http.Request) (*http.Response, error) {
	return w.next.RoundTrip(req.Clone(req.Context()))
}

// secondRoute is a RoundTripper that sends a request again by a route of its
// own when the dial of the first route fails, and returns the first error. It
// copies the body, so the client can't prove that nothing was sent.
type secondRoute struct{ next http.RoundTripper }

func (s secondRoute) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return s.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	resp, err := s.next.RoundTrip(withBody(req, req.Context(), body))
	var failed *net.OpError
	if errors.As(err, &failed) && failed.Op == "dial" {
		if second, e := s.next.RoundTrip(withBody(req, untraced{req.Context()}, body)); e == nil {
			_, _ = io.Copy(io.Discard, second.Body)
			_ = second.Body.Close()
		}
	}
	return resp, err
}

func withBody(req *http.Request, ctx context.Context, body []byte) *http.Request {
	out := req.Clone(ctx)
	out.Body = io.NopCloser(bytes.NewReader(body))
	return out
}

// untraced hides the values of a context, and with them the client's trace.
type untraced struct{ context.Context }

func (untraced) Value(any) any { return nil }

// around returns the transport that the client is given.
func (w Wrap) around(t *http.Transport) http.RoundTripper {
	switch w {
	case RoundTripper:
		return wrapper{t}
	case SecondRoute:
		return secondRoute{t}
	default:
		return t
	}
}

// clientOptions are the client's options but for those that tell its calls apart. The waits are short.
func (j Job) clientOptions(kind laneKind, hc *http.Client) []hellio.Option {
	options := []hellio.Option{
		hellio.WithBaseURL(j.Addresses.base(kind.secure)), hellio.WithHTTPClient(hc), hellio.WithMaxResponseBytes(maxAnswer), hellio.WithDefaultSender("STORM"),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 20 * time.Millisecond, MaxWait: 60 * time.Millisecond}),
	}
	if kind.wrap == Middleware {
		options = append(options, hellio.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return wrapper{next}
		}))
	}
	if !j.Paced {
		options = append(options, hellio.WithLimiter(nil))
	}
	return options
}

// base is the URL that clients are given.
func (a Addresses) base(secure bool) string {
	if secure {
		return "https://" + a.Secure + "/v1"
	}
	return "http://" + a.Plain + "/v1"
}

// Token makes the lane a hellio.TokenSource: the token names the call, and changes where the plan says so.
func (l *lane) Token(context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began = time.Now()
	token := l.plan.token()
	if l.id.phase == Storming && catalogue[l.plan.fault(1)].rotates && len(l.attempts) > 0 {
		token += "|rotated"
		if !l.rotated {
			l.fired = append(l.fired, Cell{"token rotated", l.plan.Cell.Class, l.plan.Cell.Proto})
		}
		l.rotated = true
	}
	return token, nil
}

// Cookies makes the lane a http.CookieJar: its cookie names the attempt on the wire.
func (l *lane) Cookies(*url.URL) []*http.Cookie {
	l.mu.Lock()
	defer l.mu.Unlock()
	return []*http.Cookie{{Name: cookieName, Value: l.current().String()}}
}

// SetCookies takes none.
func (l *lane) SetCookies(*url.URL, []*http.Cookie) {}

func (l *lane) current() attemptID {
	id := l.id
	id.attempt = len(l.attempts) + 1
	return id
}

func (l *lane) hook(_ context.Context, a hellio.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, seen(a, l.began))
}

// seen is an attempt as the hook tells it.
func seen(a hellio.Attempt, began time.Time) Attempt {
	outcome := done
	if a.Err != nil {
		outcome = hellio.OutcomeOf(a.Err).String()
	}
	var limited *hellio.RateLimitError
	var wait time.Duration
	if errors.As(a.Err, &limited) {
		wait = limited.RetryAfter
	}
	return Attempt{Status: a.StatusCode, Outcome: outcome, Begin: began, End: time.Now(), Retry: wait}
}

// dial goes to the server, or to the broken door that the plan holds ready for the first dial of this attempt.
func (l *lane) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	switch l.dialFault() {
	case "dial refused":
		address = l.addresses.Refused
	case "dns failure":
		address = "storm.invalid:443"
		d.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the name server is down")
		}}
	case "dial blackhole": // stands for a SYN that nobody answers
		time.Sleep(dialLimit)
		return nil, &net.OpError{Op: "dial", Net: network, Err: context.DeadlineExceeded}
	case "reset at accept":
		address = l.addresses.Reset
	case "reset in tls":
		address = l.addresses.ResetTLS
	case "stall in tls":
		address = l.addresses.StallTLS
	case "bad certificate":
		address = l.addresses.WrongTLS
	}
	c, err := d.DialContext(ctx, network, address)
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(4 << 10)
	}
	return c, err
}

func (l *lane) dialFault() Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := l.current()
	f := l.plan.fault(id.attempt)
	if id.phase == Retaking && catalogue[retakeFault(id.call)].layer == atDial {
		return retakeFault(id.call)
	}
	if id.phase != Storming || catalogue[f].layer != atDial || f == "" || l.dialed[id] || catalogue[f].tls && !l.secure {
		return ""
	}
	l.dialed[id] = true
	proto := Fresh
	if l.proto == HTTP2 {
		proto = HTTP2
	}
	l.fired = append(l.fired, Cell{f, l.plan.Cell.Class, proto})
	return f
}

// begin readies the lane for a call.
func (l *lane) begin(plan Plan, phase Phase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plan, l.id, l.attempts, l.fired, l.rotated = plan, attemptID{phase: phase, call: plan.Call}, nil, nil, false
	clear(l.dialed)
}

// clientFor gives the lane's client. One is not kept for long, except in a few lanes: in this weather its retry budget would soon be
// used up, and then nothing is tried again.
func (l *lane) clientFor() (*hellio.Client, error) {
	l.made++
	if l.client != nil && (l.lifetime == 0 || l.made%l.lifetime != 0) {
		return l.client, nil
	}
	var err error
	l.generation++
	l.client, err = hellio.NewClient("", l.options...)
	return l.client, err
}
