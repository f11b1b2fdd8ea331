package hellio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// Version is the version of this package, sent as part of the User-Agent.
const Version = "0.1.0"

// defaultBaseURL is the API's address (documented).
const defaultBaseURL = "https://api.helliomessaging.com/v1"

const defaultMaxResponse = 4 << 20

// Client calls the Hellio Messaging API. It is safe for concurrent use; make
// one with NewClient and share it. Two clients share nothing, unless both have
// the same Limiter or http.Client. Calls of a zero Client return a *ParamError,
// except that those of USSD.Apps, USSD.Extensions and USSD.Sessions panic.
type Client struct {
	SMS      *SMSService
	OTP      *OTPService
	Voice    *VoiceService
	Lookup   *LookupService
	Email    *EmailService
	Reports  *ReportsService
	Balance  *BalanceService
	Webhooks *WebhooksService
	USSD     *USSDService

	core *core
}

// core is what the services share.
type core struct {
	base        url.URL
	tokens      TokenSource
	sender      string
	http        *http.Client // the caller's Timeout and Jar; its Transport is in wire
	wire        *transports
	own         *http.Transport // set when the transport is the client's own
	policy      RetryPolicy
	limiter     Limiter
	logger      *slog.Logger
	hook        func(context.Context, Attempt)
	tracer      Tracer
	userAgent   []string
	maxResponse int64
	random      func() float64

	budget      budget
	seen        lastRateLimit
	credentials atomic.Pointer[credentials]
	exchanges   sync.Pool
}

// lastRateLimit keeps what the API last reported about the limit.
type lastRateLimit struct {
	mu sync.Mutex
	rl RateLimit
}

func (l *lastRateLimit) store(rl RateLimit) {
	l.mu.Lock()
	l.rl = rl
	l.mu.Unlock()
}

func (l *lastRateLimit) load() RateLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rl
}

// NewClient returns a client for an API token, which the dashboard shows once.
// The token may be "" only with [WithTokenSource], which takes precedence.
//
// Without options the client calls the production API over its own connection
// pool and uses the environment's proxy. It retries according to the zero
// [RetryPolicy] and paces its calls with its own [WindowLimiter]. A bad token
// or option is a *ParamError. NewClient sends nothing.
func NewClient(token string, opts ...Option) (*Client, error) {
	c, err := newCore(token, false, opts)
	if err != nil {
		return nil, err
	}
	return &Client{
		SMS:      &SMSService{c},
		OTP:      &OTPService{c},
		Voice:    &VoiceService{c},
		Lookup:   &LookupService{c},
		Email:    &EmailService{c},
		Reports:  &ReportsService{c},
		Balance:  &BalanceService{c},
		Webhooks: &WebhooksService{c},
		USSD:     newUSSDService(c),
		core:     c,
	}, nil
}

// newCore applies the options and checks the result. An anonymous core sends no
// token.
func newCore(token string, anonymous bool, opts []Option) (*core, error) {
	cfg := config{
		baseURL:     defaultBaseURL,
		http:        &http.Client{},
		limiter:     new(WindowLimiter),
		maxResponse: defaultMaxResponse,
	}
	for _, o := range opts {
		if o == nil {
			return nil, &ParamError{Field: "option", Given: "nil", Allowed: "an Option"}
		}
		if err := o(&cfg); err != nil {
			return nil, err
		}
	}
	switch {
	case anonymous:
		cfg.tokens = nil
	case cfg.tokens == nil:
		if err := checkToken(token); err != nil {
			return nil, err
		}
		cfg.tokens = staticToken(func() string { return token })
	}
	base, err := parseBaseURL(cfg.baseURL, cfg.plainHTTP)
	if err != nil {
		return nil, err
	}
	policy, err := cfg.policy.check()
	if err != nil {
		return nil, err
	}
	c := &core{
		base:        *base,
		tokens:      cfg.tokens,
		sender:      cfg.sender,
		http:        cfg.http,
		policy:      policy,
		limiter:     cfg.limiter,
		logger:      cfg.logger,
		hook:        cfg.hook,
		tracer:      cfg.tracer,
		userAgent:   []string{userAgent(cfg.app)},
		maxResponse: cfg.maxResponse,
		random:      rand.Float64,
	}
	if err := c.connect(cfg.callersHTTP, cfg.middleware); err != nil {
		return nil, err
	}
	return c, nil
}

// idlePerHost is how many idle connections the client's own pool keeps, which
// is all that it may keep: with net/http's 2, 64 goroutines would dial for most
// of their calls, and with 64 for those that begin while another dials.
const idlePerHost = 100

// connect chooses the transport: the caller's, or a copy of net/http's default
// one. Where something else replaces that default, as mocks do, it is used
// unchanged.
func (c *core) connect(callers bool, mws []middleware) (err error) {
	rt := c.http.Transport
	if rt == nil {
		rt = http.DefaultTransport
		if t, ok := rt.(*http.Transport); ok && !callers {
			c.own = clone(t)
			c.own.MaxIdleConnsPerHost = idlePerHost
			rt = c.own
		}
	}
	c.wire, err = newTransports(rt, c.base.Scheme == "https", mws)
	return err
}

// NewClientFromEnv returns a client for HELLIO_API_TOKEN (required without
// [WithTokenSource]), HELLIO_BASE_URL and HELLIO_DEFAULT_SENDER. opts take
// precedence over the environment. Its errors are those of [NewClient].
func NewClientFromEnv(opts ...Option) (*Client, error) {
	var env []Option
	if base := os.Getenv("HELLIO_BASE_URL"); base != "" {
		env = append(env, WithBaseURL(base))
	}
	if sender := os.Getenv("HELLIO_DEFAULT_SENDER"); sender != "" {
		env = append(env, WithDefaultSender(sender))
	}
	c, err := NewClient(os.Getenv("HELLIO_API_TOKEN"), append(env, opts...)...)
	var bad *ParamError
	if errors.As(err, &bad) && bad.Field == "token" && os.Getenv("HELLIO_API_TOKEN") == "" {
		return nil, errNoTokenInEnv()
	}
	return c, err
}

func errNoTokenInEnv() error {
	given := "an empty string (HELLIO_API_TOKEN is not set)"
	if os.Getenv("HELLIO_API_KEY") != "" {
		given = "an empty string (HELLIO_API_TOKEN is not set, " +
			"but HELLIO_API_KEY is, the name in the vendor's samples)"
	}
	return &ParamError{
		Field:   "token",
		Given:   given,
		Allowed: "an API token in HELLIO_API_TOKEN",
	}
}

// BaseURL returns the API's address, with /v1 and without a trailing slash, or
// "" for the zero Client.
func (c *Client) BaseURL() string {
	if c == nil || c.core == nil {
		return ""
	}
	return c.core.base.String()
}

// RateLimit returns what the API last reported about the token's limit. The
// zero value means that it has reported nothing yet.
func (c *Client) RateLimit() RateLimit {
	if c == nil || c.core == nil {
		return RateLimit{}
	}
	return c.core.seen.load()
}

// CloseIdleConnections closes the idle connections that belong to the client:
// its own pool, and new connections that ended up unused. It does not affect
// the pool of the caller's http.Client.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.core != nil {
		c.core.closeIdle()
	}
}

func (c *core) closeIdle() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
	if c.wire.single != nil {
		c.wire.single.CloseIdleConnections()
	}
}

// Format prints the client by its address alone, for every verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.text()) }

// LogValue implements slog.LogValuer with what Format prints.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.text()) }

func (c Client) text() string {
	if c.core == nil {
		return "hellio.Client{}"
	}
	return "hellio.Client{" + c.core.base.String() + "}"
}

// userAgent is hellio-go/<version> (go1.x), followed by the application's name
// and version.
func userAgent(app string) string {
	goVersion := strings.ReplaceAll(runtime.Version(), " ", "_")
	return strings.TrimSpace("hellio-go/" + Version + " (" + goVersion + ") " + app)
}
