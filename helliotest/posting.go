package helliotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// postTimeout is how long a receiver may take to answer: documented for
	// webhooks, decided for USSD callbacks.
	postTimeout = 10 * time.Second
	// maxAnswer is how many bytes of a receiver's answer are read; a longer one
	// is an error (decided).
	maxAnswer = 64 << 10
)

var (
	errNoSocket = errors.New("its URL has no handler (WithWebhookHandler, WithUSSDHandler), " +
		"and a synctest bubble allows no real socket")
	errLostHandler = errors.New("its handler was not saved with the snapshot; pass " +
		"WithWebhookHandler with the same URL next to FromSnapshot")
	errLongAnswer   = errors.New("its answer is longer than 64 KiB")
	errSlowReceiver = errors.New("it did not answer within 10 s")
)

// posting is a request that the API sends.
type posting struct {
	url     string
	handler http.Handler // receives it in process; nil: a server at url
	lost    bool         // there was a handler, before a snapshot
	header  http.Header  // besides Content-Type, Accept and User-Agent
	body    []byte
}

// post sends it and reads the answer, for at most postTimeout of package time.
// A redirect is not followed. The engine must not be locked.
func (e *engine) post(ctx context.Context, p posting) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return 0, nil, err
	}
	for name, values := range p.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hellio-fake")
	client, err := e.sender(p)
	if err != nil {
		return 0, nil, err
	}
	status, answer, err = exchangeWith(client, req)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errSlowReceiver
	}
	return status, answer, err
}

func exchangeWith(client *http.Client, req *http.Request) (int, []byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		err = errLongAnswer
	}
	return resp.StatusCode, answer, err
}

// sender is the client that a posting goes out by.
func (e *engine) sender(p posting) (*http.Client, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	switch {
	case p.handler != nil:
		client.Transport = inProcess{e, p.handler}
	case p.lost:
		return nil, errLostHandler
	case e.inBubble():
		return nil, errNoSocket
	default:
		client.Transport = e.transport()
	}
	return client, nil
}

// transport is the one by which all postings go over HTTP: it keeps
// connections.
func (e *engine) transport() *http.Transport {
	e.postOnce.Do(func() {
		e.posts = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: maxInFlight,
			MaxConnsPerHost:     maxInFlight,
			IdleConnTimeout:     30 * time.Second,
		}
	})
	return e.posts
}

// inProcess passes a request to a handler, as a server would: with a context
// that ends when the caller hangs up, in a goroutine that the fake joins at its
// end.
type inProcess struct {
	e       *engine
	handler http.Handler
}

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	done := make(chan error, 1)
	rec := &recording{header: make(http.Header)}
	t.e.wg.Go(func() { serveInto(rec, t.handler, asReceived(req), done) })
	select {
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return rec.response(req), nil
	}
}

// asReceived is a request as a server's handler sees it.
func asReceived(req *http.Request) *http.Request {
	received := req.Clone(req.Context())
	received.Host = req.URL.Host
	received.RequestURI = req.URL.RequestURI()
	received.RemoteAddr = "192.0.2.1:1234"
	received.URL = &url.URL{
		Path:     req.URL.Path,
		RawPath:  req.URL.RawPath,
		RawQuery: req.URL.RawQuery,
	}
	return received
}

// serveInto runs a handler and sends to done how it ended. A handler that
// panics, or ends its goroutine, breaks the connection.
func serveInto(rec *recording, h http.Handler, req *http.Request, done chan<- error) {
	err := errors.New("its handler ended its goroutine")
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its handler panicked: %v", r)
		}
		done <- err
	}()
	h.ServeHTTP(rec, req)
	err = nil
}

// recording is a ResponseWriter that keeps what was written, up to one byte
// more than the fake reads.
type recording struct {
	header http.Header
	status int
	sent   http.Header // the headers when the status was written
	body   bytes.Buffer
}

func (r *recording) Header() http.Header { return r.header }

// WriteHeader panics for a status that net/http's server refuses, such as 0.
func (r *recording) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %d", status))
	}
	if r.status == 0 && status >= 200 {
		r.status, r.sent = status, r.header.Clone()
	}
}

func (r *recording) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body.Write(p[:min(len(p), maxAnswer+1-r.body.Len())])
	return len(p), nil
}

func (r *recording) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.sent,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       req,
	}
}

// warn keeps a warning for the log of the fake's test. The engine must be
// locked.
func (e *engine) warn(text string) { e.owner.warn(text) }
