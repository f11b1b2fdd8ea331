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

// Recorder is a RoundTripper that judges what passes through it: each request before it is sent, each response before the caller
// reads it. It hands the request on with its context, so that traces and deadlines work as without it. It is safe for concurrent use.
type Recorder struct {
	doc  *Document
	next http.RoundTripper

	mu          sync.Mutex
	differences []Difference
	seen        []Case
}

// NewRecorder makes a Recorder in front of next.
func NewRecorder(doc *Document, next http.RoundTripper) *Recorder {
	return &Recorder{doc: doc, next: next}
}

type deliberate struct{}

// Deliberate marks the requests of a context as wrong on purpose: they are not judged, their responses are.
func Deliberate(ctx context.Context) context.Context {
	return context.WithValue(ctx, deliberate{}, true)
}

// RoundTrip implements http.RoundTripper. A body that ends in an error reaches the caller with that error, as far as it came.
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
		found = append(found, Difference{Operation: sent.URL.Path, Status: resp.StatusCode, What: "the body ends early: " + err.Error()})
	}
	rec.add(rec.doc.caseOf(sent, resp.StatusCode, text), found)
	return resp, nil
}

// Differences is what has been found so far.
func (rec *Recorder) Differences() []Difference {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.differences)
}

// Seen is which of the document's cases have passed, each once for every time.
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

// readRequest gives a copy of r that can still be sent, and its body. A RoundTripper must close the body and leave r as it is.
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

// replay is a body that reads text and then ends in err, or as bodies do.
func replay(text []byte, err error) io.ReadCloser {
	if err == nil {
		return io.NopCloser(bytes.NewReader(text))
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(text), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// caseOf names the case of the document that a response is.
func (d *Document) caseOf(r *http.Request, status int, body []byte) *Case {
	defer d.reading()()
	op, _ := d.locate(r)
	if op == nil {
		return nil
	}
	var text struct{ Error string }
	_ = json.Unmarshal(body, &text) // a body that can't be read has been reported, and has no code
	key, _ := response(op, status)
	c := Case{Operation: op.OperationId, Status: key, Code: text.Error}
	if !slices.Contains(cases(op), c) {
		c.Code = "" // codes are open here
	}
	return &c
}
