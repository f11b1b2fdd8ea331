package helliotest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// Request is one call that reached the fake, even if it was refused or lost. It
// holds what the caller sent, secrets too.
type Request struct {
	ID             int64 // its place in the order of the fake's events
	At             time.Time
	Op             Op // "" for an unknown route
	Method, Path   string
	Query          url.Values
	Header         http.Header
	Body           []byte
	BodySize       int // its length in bytes
	Decoded        any // the body as JSON, numbers as json.Number; nil if the body is not JSON
	IdempotencyKey string
	Token          string

	// of the API's answer, lost or not; 0 while in flight, or if a fault acted
	// before the API answered
	Status       int
	Code         string // the error code of the answer
	Replayed     bool   // the answer of an earlier call with the same key
	Fault        string // the effect that acted on the call, as FaultSpec spells it
	Charge       string // what the call reserved or paid
	ResponseBody []byte
	ResponseSize int      // its length in bytes
	Violations   []string // the text of each: see Violation
}

// logged is a Request while the engine writes it.
type logged struct {
	id       int64
	at       time.Time
	call     *apiCall
	token    string
	key      string
	charge   money
	replayed bool
	struck   bool // it came as far as the faults
	// violations are what in it no correct client sends.
	violations []string
	fault      string
	status     int
	code       string
	response   []byte
}

// Requests returns the calls that match all filters, oldest first.
func (f *Fake) Requests(filters ...Filter) []Request {
	f.tb.Helper()
	defer f.lock()()
	var out []Request
	for _, l := range f.world.requests {
		r := l.public()
		if passes(filters, r.subject()) {
			out = append(out, r)
		}
	}
	return out
}

// logCall begins the journal entry of a call.
func (w *world) logCall(c *apiCall) *logged {
	l := &logged{
		id:    w.nextID(),
		at:    w.clock.Now(),
		call:  c,
		token: bearer(c.header.Get("Authorization")),
		key:   c.header.Get(contract.HeaderIdempotencyKey),
	}
	w.requests = append(w.requests, l)
	w.evictRequests()
	return l
}

func (l *logged) finish(r *reply, a wireAnswer) {
	l.status = r.status
	l.code = r.code
	l.response = a.body
	if a.header == nil { // a fault has lost the answer
		l.response = r.body
	}
}

// op returns the operation, "" for an unknown route.
func (l *logged) op() Op {
	if l.call.route == nil {
		return ""
	}
	return Op(l.call.route.op.Name)
}

func (l *logged) public() Request {
	query := make(url.Values, len(l.call.query)) // never nil
	for name, values := range l.call.query {
		query[name] = slices.Clone(values)
	}
	return Request{
		ID:             l.id,
		At:             l.at,
		Op:             l.op(),
		Method:         l.call.method,
		Path:           l.call.path,
		Query:          query,
		Header:         l.call.header.Clone(),
		Body:           slices.Clone(l.call.body),
		BodySize:       len(l.call.body),
		Decoded:        decodeAny(l.call.body),
		IdempotencyKey: l.key,
		Token:          l.token,
		Status:         l.status,
		Code:           l.code,
		Replayed:       l.replayed,
		Fault:          l.fault,
		Charge:         l.charge.String(),
		ResponseBody:   slices.Clone(l.response),
		ResponseSize:   len(l.response),
		Violations:     slices.Clone(l.violations),
	}
}

// subject returns what filters see of a call.
func (r *Request) subject() subject {
	members, _ := r.Decoded.(map[string]any)
	text := func(name string) string {
		value, _ := members[name].(string)
		return value
	}
	channel := text("channel")
	switch {
	case r.Op == SMSSend, r.Op == OTPSend && channel == "":
		channel = channelSMS
	case r.Op == VoiceSend:
		channel = channelVoice
	}
	return subject{
		id:      r.ID,
		from:    text("sender"),
		text:    text("message") + text("text"),
		channel: channel,
		isFor:   func(number string) bool { return bodyNames(r.Body, number) },
	}
}

func decodeAny(body []byte) (decoded any) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&decoded) != nil || !atEnd(dec) {
		return nil
	}
	return decoded
}
