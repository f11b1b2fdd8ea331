package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// Receiver is an http.Handler that checks the requests that the API sends, and
// the replies of the handler behind it. It is safe for concurrent use.
type Receiver struct {
	doc     *Document
	name    string
	handler http.Handler

	mu          sync.Mutex
	differences []Difference
	received    int
}

// NewReceiver returns a Receiver in front of handler. The name is that of the
// webhook in the document: webhook_delivery or ussd_callback.
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
	copied := r.Clone(r.Context())
	copied.URL.Path = "/" + rec.name
	copied.URL.RawPath = ""
	copied.URL.RawQuery = ""
	found := rec.doc.CheckRequest(copied, body)

	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	rec.handler.ServeHTTP(answer, r)
	if rec.doc.reads(copied, answer.Code) {
		result := rec.doc.CheckResponse(copied, answer.Result(), answer.Body.Bytes())
		found = append(found, result...)
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

// reads reports whether the document describes a body for this reply. The API
// ignores other replies.
func (d *Document) reads(r *http.Request, status int) bool {
	defer d.reading()()
	op, _ := d.locate(r)
	if op == nil {
		return false
	}
	_, described := response(op, status)
	return described != nil && hasBody(described)
}

// Differences returns the differences found so far.
func (rec *Receiver) Differences() []Difference {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.differences)
}

// Received returns the number of requests received so far.
func (rec *Receiver) Received() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.received
}
