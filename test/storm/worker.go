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
	healedLimit  = 10 * time.Second // of both, when no fault has to be waited for
	maxAnswer    = 32 << 10
	bigBody      = 200 << 10
)

// worker makes one call at a time. Dials, cookies and tokens therefore belong
// to the current call and attempt, without a proxy between client and
// transport. The client gets a *http.Transport, as in production.
type worker struct {
	pool      *workerPool
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

func (p *workerPool) newWorker(name string, kind transportKind, lifetime int) (*worker, error) {
	j := p.job
	w := &worker{
		pool:      p,
		name:      name,
		proto:     kind.proto,
		secure:    kind.secure,
		addresses: j.Addresses,
		lifetime:  lifetime,
		dialed:    map[attemptID]bool{},
	}
	var err error
	if w.transport, err = newTransport(j, kind.proto); err != nil {
		return nil, err
	}
	w.transport.DialContext = w.dial
	w.http = &http.Client{
		Transport: kind.wrap.around(w.transport),
		Jar:       w,
		Timeout:   j.Phase.limit(attemptLimit),
	}
	w.options = append(j.clientOptions(kind, w.http),
		hellio.WithTokenSource(w), hellio.WithAttemptHook(w.hook))
	p.own(w.transport)
	w.warmer, err = hellio.NewClient("", w.options...)
	return w, err
}

// limit returns the limit of an attempt or dial. It is short where a fault has
// to be waited for, and long where a slow machine must not look like a fault.
func (p Phase) limit(short time.Duration) time.Duration {
	if p == Resuming {
		return healedLimit
	}
	return short
}

func newTransport(j Job, proto Proto) (*http.Transport, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(j.Addresses.Authority)) {
		return nil, errors.New("storm: invalid certificate of the server's authority")
	}
	return &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:    j.Phase.limit(dialLimit),
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        2 * time.Second, // for a dial that outlives its call
		ForceAttemptHTTP2:      proto == HTTP2,
		WriteBufferSize:        4 << 10,
	}, nil
}

// wrapper is a RoundTripper that hides another one.
type wrapper struct{ next http.RoundTripper }

func (w wrapper) RoundTrip(req *http.Request) (*http.Response, error) {
	return w.next.RoundTrip(req.Clone(req.Context()))
}

// secondRoute is a RoundTripper that sends a request again by a route of its
// own when the dial of the first route fails, and returns the first error. It
// copies the body, so the client cannot prove that nothing was sent.
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
	var opErr *net.OpError
	if errors.As(err, &opErr) && opErr.Op == "dial" {
		second, err := s.next.RoundTrip(withBody(req, untraced{req.Context()}, body))
		if err == nil {
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

// around returns the RoundTripper for the client's http.Client.
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

// clientOptions returns the options that all clients of a kind share. The
// waits between attempts are short.
func (j Job) clientOptions(kind transportKind, hc *http.Client) []hellio.Option {
	options := []hellio.Option{
		hellio.WithBaseURL(j.Addresses.base(kind.secure)),
		hellio.WithHTTPClient(hc),
		hellio.WithMaxResponseBytes(maxAnswer),
		hellio.WithDefaultSender("STORM"),
		hellio.WithRetryPolicy(hellio.RetryPolicy{
			MinWait: 20 * time.Millisecond,
			MaxWait: 60 * time.Millisecond,
		}),
	}
	if kind.wrap == Middleware {
		wrap := func(next http.RoundTripper) http.RoundTripper { return wrapper{next} }
		options = append(options, hellio.WithMiddleware(wrap))
	}
	if !j.Paced {
		options = append(options, hellio.WithLimiter(nil))
	}
	return options
}

// base returns the clients' base URL.
func (a Addresses) base(secure bool) string {
	if secure {
		return "https://" + a.Secure + "/v1"
	}
	return "http://" + a.Plain + "/v1"
}

// Token implements hellio.TokenSource. The token names the call, and changes
// when the plan requires it.
func (w *worker) Token(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = time.Now()
	token := w.plan.token()
	rotates := catalogue[w.plan.fault(1)].rotates
	if w.id.phase == Storming && rotates && len(w.attempts) > 0 {
		token += "|rotated"
		if !w.rotated {
			cell := Cell{"token rotated", w.plan.Cell.Class, w.plan.Cell.Proto}
			w.fired = append(w.fired, cell)
		}
		w.rotated = true
	}
	return token, nil
}

// Cookies implements http.CookieJar. The cookie names the attempt on the wire.
func (w *worker) Cookies(*url.URL) []*http.Cookie {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []*http.Cookie{{Name: cookieName, Value: w.current().String()}}
}

// SetCookies ignores the cookies of a response.
func (w *worker) SetCookies(*url.URL, []*http.Cookie) {}

func (w *worker) current() attemptID {
	id := w.id
	id.attempt = len(w.attempts) + 1
	return id
}

func (w *worker) hook(_ context.Context, a hellio.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, attemptOf(a, w.began))
}

// attemptOf returns the record of an attempt that the hook reported.
func attemptOf(a hellio.Attempt, began time.Time) Attempt {
	outcome := done
	if a.Err != nil {
		outcome = hellio.OutcomeOf(a.Err).String()
	}
	var limited *hellio.RateLimitError
	var wait time.Duration
	if errors.As(a.Err, &limited) {
		wait = limited.RetryAfter
	}
	return Attempt{
		Status:  a.StatusCode,
		Outcome: outcome,
		Begin:   began,
		End:     time.Now(),
		Retry:   wait,
	}
}

// dial connects to the server. If the plan has a dial fault for this attempt,
// its first dial connects to the endpoint of that fault instead.
func (w *worker) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	switch w.dialFault() {
	case "dial refused":
		address = w.addresses.Refused
	case "dns failure":
		address = "storm.invalid:443"
		d.Resolver = &net.Resolver{PreferGo: true, Dial: noNameServer}
	case "dial blackhole": // simulates a SYN without an answer
		time.Sleep(dialLimit)
		return nil, &net.OpError{Op: "dial", Net: network, Err: context.DeadlineExceeded}
	case "reset at accept":
		address = w.addresses.Reset
	case "reset in tls":
		address = w.addresses.ResetTLS
	case "stall in tls":
		address = w.addresses.StallTLS
	case "bad certificate":
		address = w.addresses.WrongTLS
	}
	c, err := d.DialContext(ctx, network, address)
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(4 << 10)
	}
	return c, err
}

func noNameServer(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("the name server is down")
}

func (w *worker) dialFault() Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.current()
	f := w.plan.fault(id.attempt)
	if id.phase == Retaking && catalogue[retakeFault(id.call)].layer == atDial {
		return retakeFault(id.call)
	}
	if id.phase != Storming || f == "" || w.dialed[id] {
		return ""
	}
	if catalogue[f].layer != atDial || catalogue[f].tls && !w.secure {
		return ""
	}
	w.dialed[id] = true
	proto := Fresh
	if w.proto == HTTP2 {
		proto = HTTP2
	}
	w.fired = append(w.fired, Cell{f, w.plan.Cell.Class, proto})
	return f
}

// begin resets the worker for a call.
func (w *worker) begin(plan Plan, phase Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plan = plan
	w.id = attemptID{phase: phase, call: plan.Call}
	w.attempts = nil
	w.fired = nil
	w.rotated = false
	clear(w.dialed)
}

// nextClient returns the client for the next call. Most workers replace their
// client after a few calls: under these faults it soon uses up its retry
// budget, and then retries nothing.
func (w *worker) nextClient() (*hellio.Client, error) {
	w.made++
	if w.client != nil && (w.lifetime == 0 || w.made%w.lifetime != 0) {
		return w.client, nil
	}
	var err error
	w.generation++
	if w.client, err = hellio.NewClient("", w.options...); err == nil {
		w.pool.own(w.client)
	}
	return w.client, err
}
