package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// Receiver is a Handler that judges what the API sends by itself, and what a handler of ours answers. It is safe for concurrent use.
type Receiver struct {
	doc     *Document
	name    string
	handler http.Handler

	mu          sync.Mutex
	differences []Difference
	received    int
}

// NewReceiver makes a Receiver in front of handler, for the webhook of this name: webhook_delivery or ussd_callback.
func NewReceiver(doc *Document, name string, handler http.Handler) *Receiver {
	return &Receiver{doc: doc.Webhooks(), name: name, handler: handler}
}

// ServeHTTP implements http.Handler.
func (rec *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	judged := r.Clone(r.Context())
	judged.URL.Path, judged.URL.RawPath, judged.URL.RawQuery = "/"+rec.name, "", ""
	found := rec.doc.CheckRequest(judged, body)

	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	rec.handler.ServeHTTP(answer, r)
	if rec.doc.reads(judged, answer.Code) {
		found = append(found, rec.doc.CheckResponse(judged, answer.Result(), answer.Body.Bytes())...)
	}

	rec.mu.Lock()
	rec.differences = append(rec.differences, found...)
	rec.received++
	rec.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// reads tells whether the document describes a body for this answer: of what a receiver answers, the API reads nothing else.
func (d *Document) reads(r *http.Request, status int) bool {
	defer d.reading()()
	op, _ := d.locate(r)
	if op == nil {
		return false
	}
	_, described := response(op, status)
	return described != nil && hasBody(described)
}

// Differences is what has been found so far.
func (rec *Receiver) Differences() []Difference {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.differences)
}

// Received is how many requests have come.
func (rec *Receiver) Received() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.received
}
