package hellio

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Option changes a client when it is made.
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

// WithBaseURL sets the API's address, with /v1, with or without a last slash. It must be an absolute https URL without user, query and
// fragment; http is allowed for loopback hosts.
func WithBaseURL(base string) Option {
	return func(c *config) error {
		c.baseURL = base
		return nil
	}
}

// WithUnsafePlainHTTP allows http to hosts other than loopback, where anybody on the way can read token and messages: for a fake in
// another container, never for the API.
func WithUnsafePlainHTTP() Option {
	return func(c *config) error {
		c.plainHTTP = true
		return nil
	}
}

// WithHTTPClient sends through hc, which is not changed. Its Transport is used (nil: http.DefaultTransport), as are its Jar and its
// Timeout, which bounds one attempt; its CheckRedirect is not, since no redirect is followed. A nil hc is a *ParamError.
//
// With a *http.Transport, requests that must not be repeated go through a copy of it that opens a connection each. Any other
// RoundTripper is used as it is; an error is taken as proof that nothing was sent only if the RoundTripper reports to net/http/httptrace.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return &ParamError{Field: "http client", Given: "nil", Allowed: "an *http.Client"}
		}
		c.http, c.callersHTTP = hc, true
		return nil
	}
}

// WithTokenSource asks ts for the token before each attempt. A nil ts is a *ParamError.
func WithTokenSource(ts TokenSource) Option {
	return func(c *config) error {
		if ts == nil {
			return &ParamError{Field: "token source", Given: "nil", Allowed: "a TokenSource"}
		}
		c.tokens = ts
		return nil
	}
}

// WithDefaultSender sets the sender of messages whose params name none. At most 11 characters; it must be approved for the account.
func WithDefaultSender(sender string) Option {
	return func(c *config) error {
		c.sender = sender
		return checkSender(sender)
	}
}

// WithRetryPolicy sets how often and how fast calls are tried again. A value out of range is a *ParamError.
func WithRetryPolicy(p RetryPolicy) Option {
	return func(c *config) error {
		c.policy = p
		return nil
	}
}

// WithLimiter lets l pace the client's attempts, in place of a WindowLimiter of its own. nil: no pacing. A nil *WindowLimiter is a
// *ParamError.
func WithLimiter(l Limiter) Option {
	return func(c *config) error {
		if w, ok := l.(*WindowLimiter); ok && w == nil {
			return &ParamError{Field: "limiter", Given: "a nil *WindowLimiter", Allowed: "a Limiter, or nil for no pacing"}
		}
		c.limiter = l
		return nil
	}
}

// WithLogger writes one line for each attempt to l: at debug, and at info when another attempt follows. No token, code, text or phone
// number is ever written. nil: no log.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		c.logger = l
		return nil
	}
}

// WithAttemptHook calls hook after each attempt, on the goroutine of the call and with its context. nil: no hook.
func WithAttemptHook(hook func(context.Context, Attempt)) Option {
	return func(c *config) error {
		c.hook = hook
		return nil
	}
}

// WithAppInfo adds the application's name and version to the User-Agent. Letters, digits and ._- only; the version may be "".
func WithAppInfo(name, version string) Option {
	return func(c *config) error {
		if !isProductToken(name) || version != "" && !isProductToken(version) {
			return &ParamError{Field: "app info", Given: "another character, or no name", Allowed: "letters, digits and ._-"}
		}
		c.app = strings.TrimSuffix(name+"/"+version, "/")
		return nil
	}
}

// WithMaxResponseBytes bounds the body of an answer; a larger one is a *DecodeError. At least 1; without this option 4 MiB. Of an error
// body no more than 64 KiB are read.
func WithMaxResponseBytes(n int64) Option {
	return func(c *config) error {
		if n < 1 || n > 1<<40 {
			return &ParamError{Field: "max response bytes", Given: quantity(int(n), "byte"), Allowed: "1 byte to 1 TiB"}
		}
		c.maxResponse = n
		return nil
	}
}

func isProductToken(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// parseBaseURL accepts an absolute https URL, or an http one to a loopback host, without user, query and fragment.
func parseBaseURL(text string, plainHTTP bool) (*url.URL, error) {
	const allowed = "an absolute https URL without user, query and fragment"
	refuse := func(given string) error { return &ParamError{Field: "base URL", Given: given, Allowed: allowed} }
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		return nil, refuse("one that can't be parsed")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, refuse("one that is not absolute")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, refuse("one with a user, query or fragment")
	case u.Scheme == "http" && !plainHTTP && !isLoopback(u.Hostname()):
		return nil, refuse("plain http to a host that is not loopback")
	default:
		return u, nil
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
