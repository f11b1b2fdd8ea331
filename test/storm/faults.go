package storm

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault names what goes wrong in one attempt.
type Fault string

// layer is where a fault strikes.
type layer uint8

const (
	atServer layer = iota
	atDial         // before a connection stands
	atIdle         // on an idle connection
	atCaller       // the caller gives up; the server may have a part in it
)

// shape is how an answer travels.
type shape uint8

const (
	whole shape = iota
	closed
	reset
	resetInHeader // the server acts as if the header had never ended
	resetInBody
	slowRead
	silent
	late
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
	dead          // HTTP/2: not a frame more, not even to a ping
)

// act is what the ledger does about the request.
type act uint8

const (
	never  act = iota // not at all
	before            // before the answer
	after             // while the client has been cut off already
	failed            // it stores a 500 under the key
)

// faultKind describes a fault.
type faultKind struct {
	layer  layer
	act    act
	shape  shape
	status int // of the answer; 0: the ledger's
	code   string
	work   time.Duration // that the server takes before it acts, and once more before it answers
	header func() http.Header

	tls, http1, http2, body, keyed bool   // where it can exist
	rotates                        bool   // the caller's token changes after the first attempt
	op                             string // the only operation that meets it
	alone, slow, always            bool   // no other fault follows; too slow to repeat; hits each attempt of the call

	deadline                time.Duration
	noDeadline, atOnce      bool
	cancelLeast, cancelMost time.Duration
}

// opFor chooses the operation of a call.
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

func told(name, value string) func() http.Header {
	return func() http.Header { return http.Header{name: {value}} }
}

func in(d time.Duration) func() http.Header {
	return func() http.Header {
		now := time.Now().UTC()
		return http.Header{"Retry-After": {now.Add(d).Format(http.TimeFormat)}, "Date": {now.Format(http.TimeFormat)}}
	}
}

// fronts answer in the place of the API, before it looks at the key; further ones need no protocol of their own either.
var (
	fronts  = []Fault{"401 in front", "402 in front", "403 in front", "422 in front", "429 no wait told", "429 wait 3600", "302 same host"}
	further = []Fault{"dial refused", "closed before processing", "closed after processing", "reset after processing", "500 before processing",
		"500 after processing", "503 after processing", "body cut by length", "408 after processing", "html page"}
)

// retakeFault is the fault of each attempt of a call that is resumed in vain.
// None of them says anything about the earlier call.
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
		"slow upload":              {act: before, shape: slowRead, body: true, slow: true},
		"closed before processing": {shape: closed},
		"closed after processing":  {act: before, shape: closed},
		"reset after processing":   {act: before, shape: reset},
		"silent before processing": {shape: silent, slow: true},
		"silent after processing":  {act: before, shape: silent, slow: true},
		"late answer":              {act: before, shape: late, slow: true},
		"closed while working":     {act: after, shape: closed, alone: true},

		"status line cut":         {act: before, shape: partialStatus, http1: true},
		"headers then stall":      {act: before, shape: headersThenStall, slow: true},
		"body cut by length":      {act: before, shape: cutLength},
		"body cut in chunks":      {act: before, shape: cutChunked, http1: true},
		"body cut by close":       {act: before, shape: cutClose, http1: true},
		"body cut in gzip":        {act: before, shape: cutGzip},
		"malformed json":          {act: before, shape: badJSON},
		"empty body":              {act: before, shape: empty},
		"html page":               {shape: htmlPage},
		"huge body":               {act: before, shape: huge},
		"huge headers":            {act: before, shape: hugeHeaders},
		"1xx flood":               {act: before, shape: flood},
		"409 for ever":            {status: 409, code: "idempotency_conflict", keyed: true, always: true, deadline: 3 * time.Second},
		"500 stored":              {act: failed, keyed: true, alone: true},
		"goaway above the stream": {shape: goAwayAbove, http2: true, alone: true},
		"goaway below the stream": {act: before, shape: goAwayBelow, http2: true},
		"refused stream":          {shape: refusedStream, http2: true, alone: true},
		"reset stream":            {act: before, shape: resetStream, http2: true},
		"protocol error":          {act: before, shape: protocolError, http2: true},
		"dead connection":         {act: before, shape: dead, http2: true, slow: true},

		"cancelled before":         {layer: atCaller, atOnce: true, alone: true},
		"cancelled under way":      {layer: atCaller, act: before, work: 10 * time.Millisecond, cancelMost: 15 * time.Millisecond},
		"cancelled in silence":     {layer: atCaller, act: before, shape: silent, cancelLeast: 20 * time.Millisecond, cancelMost: 120 * time.Millisecond},
		"cancelled while waiting":  {layer: atCaller, status: 429, code: "throttled", header: told("Retry-After", "1"), cancelLeast: 100 * time.Millisecond, cancelMost: 600 * time.Millisecond},
		"deadline under way":       {layer: atCaller, act: before, shape: silent, deadline: 150 * time.Millisecond},
		"deadline before the wait": {layer: atCaller, status: 429, code: "throttled", header: told("Retry-After", "30"), deadline: 2500 * time.Millisecond},
		"token rotated":            {layer: atCaller, act: before, status: 503, alone: true, rotates: true},
	}
	addRefusals(c)
	addRedirects(c)
	return c
}

// addRefusals adds the statuses from 400 up.
func addRefusals(c map[Fault]faultKind) {
	for status, code := range map[int]string{401: "unauthenticated", 402: "insufficient_balance", 403: "spend_limit_exceeded", 422: "invalid_request"} {
		c[Fault(strconv.Itoa(status)+" in front")] = faultKind{status: status, code: code}
	}
	for _, status := range []int{408, 500, 502, 503, 504} {
		c[Fault(strconv.Itoa(status)+" before processing")] = faultKind{status: status}
		c[Fault(strconv.Itoa(status)+" after processing")] = faultKind{act: before, status: status}
	}
	for name, header := range map[Fault]func() http.Header{
		"429 wait 0":        told("Retry-After", "0"),
		"429 wait 1":        told("Retry-After", "1"),
		"429 negative wait": told("Retry-After", "-7"),
		"429 wait by date":  in(time.Second),
		"429 past date":     in(-time.Hour),
		"429 no wait told":  nil,
		"503 wait 1":        told("Retry-After", "1"),
	} {
		status, _ := strconv.Atoi(string(name[:3]))
		c[name] = faultKind{status: status, code: "throttled", header: header, slow: true}
	}
	c["429 wait 59"] = faultKind{status: 429, code: "throttled", header: told("Retry-After", "59")}
	c["429 wait 3600"] = faultKind{status: 429, code: "throttled", header: told("Retry-After", "3600"), noDeadline: true}
	c["429 wait overflows"] = faultKind{
		status:     429,
		code:       "throttled",
		header:     told("Retry-After", "9223372037"),
		noDeadline: true,
	}
	c["429 of the address"] = faultKind{status: 429, code: "throttled", keyed: true, op: "otp", slow: true,
		header: func() http.Header {
			return http.Header{"Retry-After": {"1"}, "X-Ratelimit-Limit": {"10"}, "X-Ratelimit-Remaining": {"0"}}
		}}
}

// addRedirects adds each redirect; elsewhere stands for a host that must never be reached.
func addRedirects(c map[Fault]faultKind) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for to, target := range map[string]string{"same host": "/v1/elsewhere", "other host": elsewhere, "plain http": plainHost} {
			c[Fault(strconv.Itoa(status)+" "+to)] = faultKind{status: status, header: told("Location", target)}
		}
	}
}

const (
	elsewhere = "{elsewhere}"
	plainHost = "{plain}"
)
