package helliotest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	Body           []byte // with WithRetention at most its first 64 KiB
	BodySize       int    // of the whole body, in bytes
	Decoded        any    // the body as JSON, numbers as json.Number; nil if it is not JSON
	IdempotencyKey string
	Token          string

	// of the API's answer, lost or not; 0 while in flight, or if a fault acted
	// before the API answered
	Status       int
	Code         string   // the error code of the answer
	Replayed     bool     // the answer of an earlier call with the same key
	Fault        string   // the effect that acted on the call, as FaultSpec spells it
	Charge       string   // what the call reserved or paid
	ResponseBody []byte   // with WithRetention at most its first 64 KiB
	ResponseSize int      // of the whole body, in bytes
	Violations   []string // the text of each: see Violation
}

// logged is a Request as the engine keeps it.
type logged struct {
	loggedState
	route *apiRoute // nil for an unknown one
	// name, value, name, value, without what lengthHeader and keyHeader say;
	// calls with equal headers share it
	header       []string
	lengthHeader bool // Content-Length was there, with BodySize
	keyHeader    bool // Idempotency-Key was there, with Key
	evicted      bool
	kept         int64  // bytes that count for the retention; 0 while in flight
	claimed      *keyed // the entry of its idempotency key, which may share the body
}

// loggedState is what a dump keeps of a call besides its header.
type loggedState struct {
	ID           int64
	At           time.Time
	Method, Path string
	Query        url.Values `json:",omitempty"` // nil for none
	Body         []byte     `json:",omitempty"` // its beginning, if there is a retention
	BodySize     int        `json:",omitempty"` // of the whole body, in bytes
	Token        string
	Key          string
	Charge       money
	Replayed     bool
	Struck       bool     // it came as far as the faults
	Violations   []string `json:",omitempty"` // what no correct client sends
	Fault        string
	Status       int
	Code         string
	Response     []byte `json:",omitempty"` // its beginning, if there is a retention
	ResponseSize int    `json:",omitempty"`
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
	l := &logged{loggedState: loggedState{
		ID:       w.nextID(),
		At:       w.clock.Now(),
		Method:   c.method,
		Path:     c.path,
		Query:    c.query,
		Body:     c.body,
		BodySize: len(c.body),
		Token:    bearer(c.header.Get("Authorization")),
		Key:      c.header.Get(contract.HeaderIdempotencyKey),
	}}
	if len(l.Query) == 0 {
		l.Query = nil
	}
	w.keepHeader(l, c.header)
	w.requests = append(w.requests, l)
	w.evictRequests()
	return l
}

// keepHeader keeps a header as pairs in the order of the names. A call whose
// header is that of the call before, but for length and key, shares its memory.
func (w *world) keepHeader(l *logged, header http.Header) {
	var digits [20]byte
	length := strconv.AppendInt(digits[:0], int64(l.BodySize), 10)
	l.lengthHeader = hasOnly(header, "Content-Length", string(length))
	l.keyHeader = hasOnly(header, contract.HeaderIdempotencyKey, l.Key)
	names, pairs := w.names[:0], w.pairs[:0]
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name == "Content-Length" && l.lengthHeader ||
			name == contract.HeaderIdempotencyKey && l.keyHeader {
			continue
		}
		for _, value := range header[name] {
			pairs = append(pairs, name, value)
		}
	}
	w.names, w.pairs = names, pairs
	if n := len(w.requests); n > 0 && slices.Equal(w.requests[n-1].header, pairs) {
		l.header = w.requests[n-1].header
		return
	}
	l.header = slices.Clone(pairs)
}

// hasOnly reports whether a header has this value alone.
func hasOnly(header http.Header, name, value string) bool {
	values := header[name]
	return len(values) == 1 && values[0] == value
}

// finish completes the entry of a call that has an answer.
func (l *logged) finish(c *apiCall, r *reply, a wireAnswer) {
	if l.evicted {
		return
	}
	l.Status = r.status
	l.Code = r.code
	l.Response = a.body
	if a.header == nil { // a fault has lost the answer
		l.Response = r.body
	}
	l.ResponseSize = len(l.Response)
	if c.token != nil {
		l.Token = c.token.token
	}
	c.w.noteRefusal(l)
	c.w.keepBodies(l)
}

// found notes the route of a call. It shares the route's own texts.
func (l *logged) found(c *apiCall) {
	l.route = c.route
	l.Method = c.route.op.Method
	if c.path == c.route.path {
		c.path = c.route.path
		l.Path = c.path
	}
}

// op returns the operation, "" for an unknown route.
func (l *logged) op() Op {
	if l.route == nil {
		return ""
	}
	return Op(l.route.op.Name)
}

func (l *logged) httpHeader() http.Header {
	header := make(http.Header, len(l.header)/2+2)
	if l.lengthHeader {
		header["Content-Length"] = []string{strconv.Itoa(l.BodySize)}
	}
	if l.keyHeader {
		header[contract.HeaderIdempotencyKey] = []string{l.Key}
	}
	for i := 0; i < len(l.header); i += 2 {
		header[l.header[i]] = append(header[l.header[i]], l.header[i+1])
	}
	return header
}

// sent returns the call as a fault looks at it.
func (l *logged) sent() *apiCall { return &apiCall{route: l.route, body: l.Body} }

func (l *logged) public() Request {
	query := make(url.Values, len(l.Query)) // never nil
	for name, values := range l.Query {
		query[name] = slices.Clone(values)
	}
	return Request{
		ID:             l.ID,
		At:             l.At,
		Op:             l.op(),
		Method:         l.Method,
		Path:           l.Path,
		Query:          query,
		Header:         l.httpHeader(),
		Body:           slices.Clone(l.Body),
		BodySize:       l.BodySize,
		Decoded:        decodeAny(l.Body),
		IdempotencyKey: l.Key,
		Token:          l.Token,
		Status:         l.Status,
		Code:           l.Code,
		Replayed:       l.Replayed,
		Fault:          l.Fault,
		Charge:         l.Charge.String(),
		ResponseBody:   slices.Clone(l.Response),
		ResponseSize:   l.ResponseSize,
		Violations:     slices.Clone(l.Violations),
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
