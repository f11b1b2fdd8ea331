package storm

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault names the fault of one attempt.
type Fault string

// layer is the place where a fault occurs.
type layer uint8

const (
	atServer layer = iota
	atDial         // before a connection exists
	atIdle         // on an idle connection
	atCaller       // the caller cancels or its deadline passes; some need an answer too
)

// shape is how an answer travels.
type shape uint8

const (
	whole shape = iota
	closed
	reset
	resetInHeader // the server acts as if the header never ended
	resetInBody
	slowRead
	silent
	lateAnswer
	partialStatus
	headersThenStall
	cutLength
	cutChunked
	cutClose
	cutGzip
	badJSON
	htmlPage
	empty
	huge
	hugeHeaders
	flood
	goAwayAbove // HTTP/2: the stream was not processed
	goAwayBelow
	refusedStream
	resetStream
	protocolError // HTTP/2: proves nothing, but net/http repeats what has GetBody or no body
	dead          // HTTP/2: no frame anymore, not even an answer to a ping
)

// act is what the ledger does with the request.
type act uint8

const (
	workNever  act = iota // nothing
	workBefore            // the work, before the answer
	workAfter             // the work, after the client lost the connection
	workFails             // stores a 500 under the key
)

// faultKind describes a fault.
type faultKind struct {
	layer  layer
	act    act
	shape  shape
	status int // of the answer; 0: the ledger's
	code   string
	work   time.Duration // pause of the server before it acts, and again before it answers
	header func() http.Header

	// Where the fault can occur.
	tls, http1, http2, body, keyed bool

	rotates bool   // the caller's token changes after the first attempt
	op      string // the only operation that meets it
	alone   bool   // no other fault follows
	slow    bool   // too slow to repeat
	always  bool   // affects each attempt of the call

	deadline                time.Duration
	noDeadline, atOnce      bool
	cancelLeast, cancelMost time.Duration
}

// opFor returns the operation of a call.
func (f faultKind) opFor(r *rand.Rand, c Class) string {
	switch {
	case f.op != "":
		return f.op
	case f.body:
		return map[Class]string{Keyed: "sms", Unkeyed: "lookup", Nonpaying: "webhook"}[c]
	default:
		return ops[c][r.IntN(len(ops[c]))]
	}
}

func faultNames() []Fault { return slices.Sorted(maps.Keys(catalogue)) }

func oneHeader(name, value string) func() http.Header {
	return func() http.Header { return http.Header{name: {value}} }
}

// retryAfterDate returns a Retry-After as a date, with the Date that it refers
// to.
func retryAfterDate(d time.Duration) func() http.Header {
	return func() http.Header {
		now := time.Now().UTC()
		return http.Header{
			"Retry-After": {now.Add(d).Format(http.TimeFormat)},
			"Date":        {now.Format(http.TimeFormat)},
		}
	}
}

var (
	// fronts are refusals that come before the API looks at the key. They occur
	// on any protocol.
	fronts = []Fault{
		"401 in front",
		"402 in front",
		"403 in front",
		"422 in front",
		"429 no Retry-After",
		"429 wait 3600",
		"302 same host",
	}
	// further are other faults that occur on any protocol.
	further = []Fault{
		"dial refused",
		"closed before processing",
		"closed after processing",
		"reset after processing",
		"500 before processing",
		"500 after processing",
		"503 after processing",
		"body cut by length",
		"408 after processing",
		"html page",
	}
)

// retakeFault returns the fault of each attempt of a call that is resumed in
// vain. None of these faults says anything about the earlier call.
func retakeFault(call int) Fault {
	faults := slices.Concat(fronts, []Fault{"dial refused"})
	return faults[call%len(faults)]
}

// catalogue holds every fault.
var catalogue = buildCatalogue()

func buildCatalogue() map[Fault]faultKind {
	c := map[Fault]faultKind{
		"dial refused":    {layer: atDial},
		"dns failure":     {layer: atDial},
		"dial blackhole":  {layer: atDial, slow: true},
		"reset at accept": {layer: atDial},
		"reset in tls":    {layer: atDial, tls: true},
		"stall in tls":    {layer: atDial, tls: true, slow: true},
		"bad certificate": {layer: atDial, tls: true},
		"idle dropped":    {layer: atIdle},

		"reset in header":          {shape: resetInHeader},
		"reset in body":            {shape: resetInBody, body: true},
		"slow upload":              {act: workBefore, shape: slowRead, body: true, slow: true},
		"closed before processing": {shape: closed},
		"closed after processing":  {act: workBefore, shape: closed},
		"reset after processing":   {act: workBefore, shape: reset},
		"silent before processing": {shape: silent, slow: true},
		"silent after processing":  {act: workBefore, shape: silent, slow: true},
		"late answer":              {act: workBefore, shape: lateAnswer, slow: true},
		"closed while working":     {act: workAfter, shape: closed, alone: true},

		"status line cut":         {act: workBefore, shape: partialStatus, http1: true},
		"headers then stall":      {act: workBefore, shape: headersThenStall, slow: true},
		"body cut by length":      {act: workBefore, shape: cutLength},
		"body cut in chunks":      {act: workBefore, shape: cutChunked, http1: true},
		"body cut by close":       {act: workBefore, shape: cutClose, http1: true},
		"body cut in gzip":        {act: workBefore, shape: cutGzip},
		"malformed json":          {act: workBefore, shape: badJSON},
		"empty body":              {act: workBefore, shape: empty},
		"html page":               {shape: htmlPage},
		"huge body":               {act: workBefore, shape: huge},
		"huge headers":            {act: workBefore, shape: hugeHeaders},
		"1xx flood":               {act: workBefore, shape: flood},
		"500 stored":              {act: workFails, keyed: true, alone: true},
		"goaway above the stream": {shape: goAwayAbove, http2: true, alone: true},
		"goaway below the stream": {act: workBefore, shape: goAwayBelow, http2: true},
		"refused stream":          {shape: refusedStream, http2: true, alone: true},
		"reset stream":            {act: workBefore, shape: resetStream, http2: true},
		"protocol error":          {act: workBefore, shape: protocolError, http2: true},
		"dead connection":         {act: workBefore, shape: dead, http2: true, slow: true},
	}
	addCallers(c)
	addRefusals(c)
	addRedirects(c)
	return c
}

// addCallers adds what callers do: they cancel, set deadlines, rotate tokens.
func addCallers(c map[Fault]faultKind) {
	c["cancelled before"] = faultKind{layer: atCaller, atOnce: true, alone: true}
	c["cancelled mid-request"] = faultKind{
		layer:      atCaller,
		act:        workBefore,
		work:       10 * time.Millisecond,
		cancelMost: 15 * time.Millisecond,
	}
	c["cancelled in silence"] = faultKind{
		layer:       atCaller,
		act:         workBefore,
		shape:       silent,
		cancelLeast: 20 * time.Millisecond,
		cancelMost:  120 * time.Millisecond,
	}
	c["cancelled while waiting"] = faultKind{
		layer:       atCaller,
		status:      429,
		code:        "throttled",
		header:      oneHeader("Retry-After", "1"),
		cancelLeast: 100 * time.Millisecond,
		cancelMost:  600 * time.Millisecond,
	}
	c["deadline in flight"] = faultKind{
		layer:    atCaller,
		act:      workBefore,
		shape:    silent,
		deadline: 150 * time.Millisecond,
	}
	c["deadline before the wait"] = faultKind{
		layer:    atCaller,
		status:   429,
		code:     "throttled",
		header:   oneHeader("Retry-After", "30"),
		deadline: 2500 * time.Millisecond,
	}
	c["token rotated"] = faultKind{
		layer:   atCaller,
		act:     workBefore,
		status:  503,
		alone:   true,
		rotates: true,
	}
}

// addRefusals adds the statuses from 400 up.
func addRefusals(c map[Fault]faultKind) {
	for status, code := range map[int]string{
		401: "unauthenticated",
		402: "insufficient_balance",
		403: "spend_limit_exceeded",
		422: "invalid_request",
	} {
		c[Fault(strconv.Itoa(status)+" in front")] = faultKind{status: status, code: code}
	}
	for _, status := range []int{408, 500, 502, 503, 504} {
		name := strconv.Itoa(status)
		c[Fault(name+" before processing")] = faultKind{status: status}
		c[Fault(name+" after processing")] = faultKind{act: workBefore, status: status}
	}
	c["409 forever"] = faultKind{
		status:   409,
		code:     "idempotency_conflict",
		keyed:    true,
		always:   true,
		deadline: 3 * time.Second,
	}
	addThrottles(c)
}

// addThrottles adds the answers with a Retry-After, and a 429 without one.
func addThrottles(c map[Fault]faultKind) {
	for name, header := range map[Fault]func() http.Header{
		"429 wait 0":         oneHeader("Retry-After", "0"),
		"429 wait 1":         oneHeader("Retry-After", "1"),
		"429 negative wait":  oneHeader("Retry-After", "-7"),
		"429 wait by date":   retryAfterDate(time.Second),
		"429 past date":      retryAfterDate(-time.Hour),
		"429 no Retry-After": nil,
		"503 wait 1":         oneHeader("Retry-After", "1"),
	} {
		status, _ := strconv.Atoi(string(name[:3]))
		c[name] = faultKind{
			status: status,
			code:   "throttled",
			header: header,
			slow:   true,
		}
	}
	c["429 wait 59"] = faultKind{
		status: 429,
		code:   "throttled",
		header: oneHeader("Retry-After", "59"),
	}
	c["429 wait 3600"] = faultKind{
		status:     429,
		code:       "throttled",
		header:     oneHeader("Retry-After", "3600"),
		noDeadline: true,
	}
	c["429 wait overflows"] = faultKind{
		status:     429,
		code:       "throttled",
		header:     oneHeader("Retry-After", "9223372037"),
		noDeadline: true,
	}
	c["429 of the address"] = faultKind{
		status: 429,
		code:   "throttled",
		keyed:  true,
		op:     "otp",
		slow:   true,
		header: func() http.Header {
			return http.Header{
				"Retry-After":           {"1"},
				"X-Ratelimit-Limit":     {"10"},
				"X-Ratelimit-Remaining": {"0"},
			}
		},
	}
}

// addRedirects adds each redirect. The placeholder elsewhere stands for a host
// that no client may reach.
func addRedirects(c map[Fault]faultKind) {
	targets := map[string]string{
		"same host":  "/v1/elsewhere",
		"other host": elsewhere,
		"plain http": plainHost,
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for to, target := range targets {
			c[Fault(strconv.Itoa(status)+" "+to)] = faultKind{
				status: status,
				header: oneHeader("Location", target),
			}
		}
	}
}

const (
	elsewhere = "{elsewhere}"
	plainHost = "{plain}"
)
