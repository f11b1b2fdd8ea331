package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"

	"github.com/hellio-go/hellio"
)

// route is a transport that a caller may use.
type route struct {
	name    string
	secure  bool
	http2   bool
	blind   bool // the client cannot see what the transport sends, or any proof
	mute    bool // the client sees no httptrace events
	copies  bool // the body is read before the request is sent
	foreign bool // the transport is not a plain net/http Transport
	make    func(*server) []hellio.Option
}

func routes() []route {
	http1 := func(s *server) *http.Transport {
		t := &http.Transport{
			TLSClientConfig: s.trusted(),
			Protocols:       new(http.Protocols),
		}
		t.Protocols.SetHTTP1(true)
		return t
	}
	both := func(s *server) *http.Transport {
		return &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   s.trusted(),
		}
	}
	plain2 := func(*server) *http.Transport {
		t := &http.Transport{Protocols: new(http.Protocols)}
		t.Protocols.SetUnencryptedHTTP2(true)
		return t
	}
	return []route{
		{name: "HTTP/1.1", make: over(http1)},
		{name: "HTTP/1.1 over TLS", secure: true, make: over(http1)},
		{name: "HTTP/2 over TLS", secure: true, http2: true, make: over(both)},
		{name: "h2c", http2: true, make: over(plain2)},
		{name: "wrapper, HTTP/1.1", foreign: true, make: wrapped(http1, observer)},
		{
			name:    "wrapper, HTTP/2",
			secure:  true,
			http2:   true,
			foreign: true,
			make:    wrapped(both, observer),
		},
		{
			name:    "wrapper that copies, HTTP/2",
			secure:  true,
			http2:   true,
			blind:   true,
			copies:  true,
			foreign: true,
			make:    wrapped(both, copier),
		},
		{
			name:    "wrapper that reports nothing",
			secure:  true,
			http2:   true,
			blind:   true,
			mute:    true,
			foreign: true,
			make:    wrapped(both, mute),
		},
		{
			name:    "second route that reports nothing",
			blind:   true,
			mute:    true,
			foreign: true,
			make:    wrapped(http1, fallback),
		},
		{name: "middleware, HTTP/1.1", foreign: true, make: through(http1, observer)},
		{
			name:    "middleware, HTTP/2",
			secure:  true,
			http2:   true,
			foreign: true,
			make:    through(both, observer),
		},
		{name: "own TLS dialer", secure: true, http2: true, make: over(pinned)},
	}
}

// pinned is a transport with a TLS dialer of its own that negotiates HTTP/2.
func pinned(s *server) *http.Transport {
	config := s.trusted()
	config.NextProtos = []string{"h2", "http/1.1"}
	dialer := tls.Dialer{Config: config}
	return &http.Transport{
		ForceAttemptHTTP2: true,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, addr)
		},
	}
}

func over(make func(*server) *http.Transport) func(*server) []hellio.Option {
	return wrapped(make, func(rt http.RoundTripper) http.RoundTripper { return rt })
}

// wrapped passes a RoundTripper around a transport to the client.
func wrapped(
	make func(*server) *http.Transport,
	wrap func(http.RoundTripper) http.RoundTripper,
) func(*server) []hellio.Option {
	return func(s *server) []hellio.Option {
		return []hellio.Option{hellio.WithHTTPClient(&http.Client{Transport: wrap(make(s))})}
	}
}

// through passes a transport and a middleware to the client.
func through(
	make func(*server) *http.Transport,
	mw func(http.RoundTripper) http.RoundTripper,
) func(*server) []hellio.Option {
	return func(s *server) []hellio.Option {
		return append(over(make)(s), hellio.WithMiddleware(mw))
	}
}

func readAll(resp *http.Response) error {
	defer resp.Body.Close()
	_, err := io.Copy(io.Discard, resp.Body)
	return err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// observer wraps request and body, as otelhttp does.
func observer(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(context.WithValue(r.Context(), observed{}, true))
		if r.Body != nil {
			r.Body = &countedBody{ReadCloser: r.Body}
		}
		return next.RoundTrip(r)
	})
}

type observed struct{}

type countedBody struct {
	io.ReadCloser
	read int
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += n
	return n, err
}

// copier sends a copy of the body, as a wrapper that retries or signs does.
func copier(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		copied := r.Clone(r.Context())
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			copied.Body = io.NopCloser(bytes.NewReader(body))
		}
		return next.RoundTrip(copied)
	})
}

// mute hides the request's trace from the transport.
func mute(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{})
		ctx, cancel := context.WithCancelCause(ctx)
		stop := context.AfterFunc(r.Context(), func() { cancel(context.Cause(r.Context())) })
		resp, err := next.RoundTrip(r.Clone(ctx))
		if err != nil {
			stop()
		}
		return resp, err
	})
}

// fallback first tries a route that is refused and reports that. Then it uses a
// route that reports nothing.
func fallback(next http.RoundTripper) http.RoundTripper {
	second := mute(next)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("first route")
		resp, err := second.RoundTrip(r)
		if err != nil {
			err = errors.Join(errors.New("first route: connection refused"), err)
		}
		return resp, err
	})
}
