package hellioshadow

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync"
)

// ShadowTransport is a RoundTripper that shows its answers to a [Shadow]. Make
// one with [Shadow.Wrap].
type ShadowTransport struct {
	shadow *Shadow
	next   http.RoundTripper
}

// RoundTrip returns what the next RoundTripper returns. The body of a JSON
// answer is copied while the caller reads it.
func (t *ShadowTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		t.shadow.watch(req, resp)
	}
	return resp, err
}

// CloseIdleConnections closes those of the next RoundTripper, if it has the
// method.
func (t *ShadowTransport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// seen is what is compared of an answer besides its body.
type seen struct {
	key     answerKey
	headers []string // the documented ones that it has
}

// watch compares an answer without a comparable body, or puts a copying body
// into it.
func (s *Shadow) watch(req *http.Request, resp *http.Response) {
	defer s.recovered()
	if req.URL == nil {
		return
	}
	name, base, ok := s.match(req.Method, req.URL.EscapedPath())
	if !ok || !s.gate.admit(s.perSecond, req.URL.Scheme+"://"+req.URL.Host+base) {
		return
	}
	a := seen{key: answerKey{name, resp.StatusCode}}
	if described := s.table.Answer(name, strconv.Itoa(resp.StatusCode)); described != nil {
		for header := range described.Headers {
			if resp.Header.Get(header) != "" {
				a.headers = append(a.headers, header)
			}
		}
	}
	if !s.comparable(resp) {
		s.compare(a, nil)
		return
	}
	resp.Body = &body{
		ReadCloser: resp.Body,
		shadow:     s,
		answer:     a,
		length:     resp.ContentLength,
	}
}

// comparable reports whether the body may be plain JSON of an allowed length.
func (s *Shadow) comparable(resp *http.Response) bool {
	if resp.Body == nil || resp.Body == http.NoBody || resp.ContentLength == 0 ||
		resp.ContentLength > int64(s.maxBody) || resp.Header.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// body copies what its caller reads. Read and Close may be concurrent.
type body struct {
	io.ReadCloser
	shadow *Shadow
	answer seen
	length int64 // -1 if unknown

	mu   sync.Mutex
	copy []byte
	done bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n >= 0 && n <= len(p) {
		b.read(p[:n], err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	if text, first := b.take(); first {
		if int64(len(text)) != b.length {
			text = nil // closed early
		}
		b.shadow.compare(b.answer, text)
	}
	return err
}

// read keeps a copy of p, and compares at the end of the body.
func (b *body) read(p []byte, err error) {
	defer b.shadow.recovered()
	fits := b.keep(p)
	if fits && err == nil {
		return
	}
	text, first := b.take()
	if !fits || err != io.EOF {
		text = nil
	}
	if first {
		b.shadow.compare(b.answer, text)
	}
}

// keep reports whether the body is still short enough.
func (b *body) keep(p []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return true
	}
	if len(b.copy)+len(p) > b.shadow.maxBody {
		b.copy = nil
		return false
	}
	if b.copy == nil && b.length > 0 {
		b.copy = make([]byte, 0, b.length)
	}
	b.copy = append(b.copy, p...)
	return true
}

// take returns the copy the first time.
func (b *body) take() (text []byte, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first = !b.done
	b.done = true
	text, b.copy = b.copy, nil
	return text, first
}

// recovered ends a panic of this package or of the caller's function: it must
// never reach the call.
func (s *Shadow) recovered() {
	if recover() != nil {
		s.gate.drop()
	}
}
