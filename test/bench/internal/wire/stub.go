package wire

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
)

// Stub is an http.RoundTripper that reads the request's body and answers from
// memory. It makes three allocations per call: the response with its body, and
// two for the header map.
type Stub struct {
	reply  Reply
	header http.Header
	calls  atomic.Int64
	sent   atomic.Int64
}

// NewStub returns a Stub that always answers with reply.
func NewStub(reply Reply) *Stub {
	return &Stub{reply: reply, header: reply.header()}
}

// Calls returns the number of requests answered.
func (s *Stub) Calls() int64 { return s.calls.Load() }

// Sent returns the size of the last request's body.
func (s *Stub) Sent() int64 { return s.sent.Load() }

// answer is a response and its body in one allocation.
type answer struct {
	http.Response
	strings.Reader
}

// Close implements io.Closer.
func (a *answer) Close() error { return nil }

// RoundTrip implements http.RoundTripper.
func (s *Stub) RoundTrip(req *http.Request) (*http.Response, error) {
	var size int64
	if req.Body != nil {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
		size = n
	}
	s.calls.Add(1)
	s.sent.Store(size)

	a := new(answer)
	a.Reset(s.reply.Body)
	a.Response = http.Response{
		StatusCode:    s.reply.Status,
		Status:        http.StatusText(s.reply.Status),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        maps.Clone(s.header),
		ContentLength: int64(len(s.reply.Body)),
		Body:          a,
		Request:       req,
	}
	return &a.Response, nil
}
