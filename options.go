package hellio

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Option configures a new Client.
type Option func(*config) error

type config struct {
	baseURL     string
	plainHTTP   bool
	http        *http.Client
	callersHTTP bool
	tokens      TokenSource
	sender      string
	policy      RetryPolicy
	limiter     Limiter
	logger      *slog.Logger
	hook        func(context.Context, Attempt)
	tracer      Tracer
	middleware  []middleware
	app         string
	maxResponse int64
}

// WithBaseURL sets the API's address, with /v1, with or without a trailing
// slash. It must be an absolute https URL without user, query and fragment.
// Loopback hosts may use http.
func WithBaseURL(base string) Option {
	return func(c *config) error {
		c.baseURL = base
		return nil
	}
}

// WithUnsafePlainHTTP allows http to hosts other than loopback. Anyone on the
// network path can then read the token and the messages. Use it for a fake in
// another container, never for the API.
func WithUnsafePlainHTTP() Option {
	return func(c *config) error {
		c.plainHTTP = true
		return nil
	}
}

// WithHTTPClient sets the http.Client to send through, which stays unchanged.
// The client uses hc's Transport (nil: http.DefaultTransport), Jar and Timeout,
// which bounds one attempt. It ignores CheckRedirect, because it follows no
// redirect. A nil hc is a *ParamError.
//
// An *http.Transport keeps 2 idle connections per host unless
// MaxIdleConnsPerHost is set; the client's own pool keeps 100. Writes without
// an idempotency key never use a reused HTTP/1.1 connection: they go through a
// copy of the Transport that opens a connection for each.
//
// Any other RoundTripper is used unchanged. It can read a request body once, so
// that a RoundTripper that retries can't send a message twice. Never let one
// copy the body to send it again: the client can't see such a request, and it
// may send and charge twice. A RoundTripper should pass the request's context
// on. One that hides it from net/http/httptrace leaves more outcomes unknown,
// and net/http may then repeat requests without a body.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return &ParamError{Field: "http client", Given: "nil", Allowed: "an *http.Client"}
		}
		c.http = hc
		c.callersHTTP = true
		return nil
	}
}

// WithTokenSource sets the source of the token, which the client asks before
// each attempt. A nil ts is a *ParamError.
func WithTokenSource(ts TokenSource) Option {
	return func(c *config) error {
		if ts == nil {
			return &ParamError{Field: "token source", Given: "nil", Allowed: "a TokenSource"}
		}
		c.tokens = ts
		return nil
	}
}

// WithDefaultSender sets the sender of messages whose params name none. It has
// at most 11 characters and must be approved for the account (documented).
func WithDefaultSender(sender string) Option {
	return func(c *config) error {
		c.sender = sender
		return checkSender(sender)
	}
}

// WithRetryPolicy sets how often and how fast calls are retried. A value out of
// range is a *ParamError.
func WithRetryPolicy(p RetryPolicy) Option {
	return func(c *config) error {
		c.policy = p
		return nil
	}
}

// WithLimiter sets the Limiter that paces the client's attempts, in place of a
// WindowLimiter of its own. nil: no pacing. A nil *WindowLimiter is a
// *ParamError.
func WithLimiter(l Limiter) Option {
	return func(c *config) error {
		if w, ok := l.(*WindowLimiter); ok && w == nil {
			return &ParamError{
				Field:   "limiter",
				Given:   "a nil *WindowLimiter",
				Allowed: "a Limiter, or nil for no pacing",
			}
		}
		c.limiter = l
		return nil
	}
}

// WithLogger sets the logger of the client, which writes one line for each
// attempt: at debug, and at info when a retry follows. It never writes a token,
// code, text or phone number. nil: no log.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		c.logger = l
		return nil
	}
}

// WithAttemptHook sets a function that runs after each attempt, refused dials
// included, on the goroutine of the call and with its context. nil: no hook.
func WithAttemptHook(hook func(context.Context, Attempt)) Option {
	return func(c *config) error {
		c.hook = hook
		return nil
	}
}

// WithAppInfo sets the application's name and version, which the User-Agent
// then includes. Both consist of letters, digits and ._- only; the version may
// be "".
func WithAppInfo(name, version string) Option {
	return func(c *config) error {
		if !isProductToken(name) || version != "" && !isProductToken(version) {
			return &ParamError{
				Field:   "app info",
				Given:   "an empty name or a forbidden character",
				Allowed: "letters, digits and ._-",
			}
		}
		c.app = strings.TrimSuffix(name+"/"+version, "/")
		return nil
	}
}

// WithMaxResponseBytes sets the maximum size of a response body. A larger one
// is a *DecodeError. n is 1 byte to 1 TiB; the default is 4 MiB. The client
// reads at most 64 KiB of an error body.
func WithMaxResponseBytes(n int64) Option {
	return func(c *config) error {
		if n < 1 || n > 1<<40 {
			return &ParamError{
				Field:   "max response bytes",
				Given:   quantity(int(n), "byte"),
				Allowed: "1 byte to 1 TiB",
			}
		}
		c.maxResponse = n
		return nil
	}
}

func isProductToken(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ" +
		"0123456789._-"
	return s != "" && strings.Trim(s, allowed) == ""
}

// parseBaseURL accepts an absolute https URL, or http to a loopback host,
// without user, query and fragment.
func parseBaseURL(text string, plainHTTP bool) (*url.URL, error) {
	const allowed = "an absolute https URL with /v1, without user, query and fragment"
	bad := func(given string) error {
		return &ParamError{Field: "base URL", Given: given, Allowed: allowed}
	}
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		return nil, bad("a text that is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, bad("a URL that is not absolute")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, bad("a URL with a user, query or fragment")
	case u.Scheme == "http" && !plainHTTP && !isLoopback(u.Hostname()):
		return nil, bad("plain http to a host that is not loopback (WithUnsafePlainHTTP allows it)")
	default:
		return u, nil
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
