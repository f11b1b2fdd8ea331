package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Recorder is an http.RoundTripper that checks each request before it is sent
// and each response before the caller reads it. It passes the request on with
// its context, so that traces and deadlines work unchanged. It is safe for
// concurrent use.
type Recorder struct {
	doc  *Document
	next http.RoundTripper

	mu          sync.Mutex
	differences []Difference
	seen        []Case
}

// NewRecorder returns a Recorder in front of next.
func NewRecorder(doc *Document, next http.RoundTripper) *Recorder {
	return &Recorder{doc: doc, next: next}
}

type deliberate struct{}

// Deliberate returns a context whose requests are wrong on purpose. A Recorder
// checks only their responses.
func Deliberate(ctx context.Context) context.Context {
	return context.WithValue(ctx, deliberate{}, true)
}

// RoundTrip implements http.RoundTripper. If a body ends in an error, the
// caller reads the part before it and then the error.
func (rec *Recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, body, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	if r.Context().Value(deliberate{}) == nil {
		rec.add(nil, rec.doc.CheckRequest(sent, body))
	}
	resp, err := rec.next.RoundTrip(sent)
	if err != nil {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = replay(text, err)
	found := rec.doc.CheckResponse(sent, resp, text)
	if err != nil {
		found = append(found, Difference{
			Operation: sent.URL.Path,
			Status:    resp.StatusCode,
			What:      "the body ends early: " + err.Error(),
		})
	}
	rec.add(rec.doc.caseOf(sent, resp.StatusCode, text), found)
	return resp, nil
}

// Differences returns the differences found so far.
func (rec *Recorder) Differences() []Difference {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.differences)
}

// Seen returns the case of each response so far, in order.
func (rec *Recorder) Seen() []Case {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.seen)
}

func (rec *Recorder) add(seen *Case, found []Difference) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.differences = append(rec.differences, found...)
	if seen != nil {
		rec.seen = append(rec.seen, *seen)
	}
}

// readRequest returns a copy of r that can still be sent, and its body. It
// closes the body and does not change r, as a RoundTripper must.
func readRequest(r *http.Request) (*http.Request, []byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil, nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	sent := *r
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return &sent, body, nil
}

// replay returns a body that reads text and then returns err, or io.EOF if nil.
func replay(text []byte, err error) io.ReadCloser {
	if err == nil {
		return io.NopCloser(bytes.NewReader(text))
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(text), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// caseOf returns the case of the document that a response belongs to, or nil.
func (d *Document) caseOf(r *http.Request, status int, body []byte) *Case {
	defer d.reading()()
	op, _ := d.locate(r)
	if op == nil {
		return nil
	}
	var text struct{ Error string }
	_ = json.Unmarshal(body, &text) // an unreadable body is already reported and has no code
	key, _ := response(op, status)
	c := Case{Operation: op.OperationId, Status: key, Code: text.Error}
	if !slices.Contains(cases(op), c) {
		c.Code = "" // the document lists no codes here
	}
	return &c
}
