package hellio

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// again reports for each class whether another attempt follows.
type again [5]bool

// tableRow is one row of the decision table: how an attempt ends, and what
// follows.
type tableRow struct {
	name    string
	status  int      // of the response; 0: none
	body    string   // of the response
	headers []string // of the response: names and values; Content-Type is JSON unless set
	step    step     // on the wire, if it is more than that response
	left    time.Duration
	fault   fault
	sent    bool // without a response: the request may have arrived

	again        again
	why          reason
	stops        bool // the client does not wait as long as the response asks
	outcome      Outcome
	keyedUnknown bool          // the outcome of a keyed call is unknown
	paidLeft     time.Duration // time left for a paid call; 0: left
	kind         error
	fine         class // DELETE, which needs no body
}

// decisionTable returns the ends of an attempt in the order in which a request
// can meet them.
func decisionTable() []tableRow {
	var (
		none     *ConnectionError
		unread   *DecodeError
		plain    *APIError
		conflict *ConflictError
		limited  *RateLimitError
		failed   *ServerError
		redirect *RedirectError
	)
	page := []string{"Content-Type", "text/html"}
	replay := []string{"Idempotent-Replayed", "true"}
	rows := []tableRow{
		{name: "dial or TLS handshake failed", step: refused, fault: faultNotSent, again: every,
			why: whyNotSent, outcome: OutcomeNotSent, kind: none},
		{name: "bad certificate", step: badCertificate, fault: faultConfig, again: never,
			outcome: OutcomeNotSent, kind: none},
		{name: "connection without headers written", step: connected, fault: faultNotSent,
			again: every, why: whyNotSent, outcome: OutcomeNotSent, kind: none},
		{name: "write error within the body", step: brokenWrite, fault: faultLost, sent: true,
			again: repeatable, why: whyLost, outcome: OutcomeUnknown, kind: none},
		{name: "reset after the request", step: lost, fault: faultLost, sent: true,
			again: repeatable, why: whyLost, outcome: OutcomeUnknown, kind: none},
		{name: "time limit of an attempt", step: hangs, fault: faultLost, sent: true,
			again: repeatable, why: whyLost, outcome: OutcomeUnknown, kind: none},

		{name: "2xx cut off", status: 200, body: `{"da`, fault: faultTruncated, again: repeatable,
			why: whyLost, outcome: OutcomeAccepted, kind: unread},
		{name: "page with 2xx cut off", status: 200, body: `<ht`, headers: page,
			fault: faultTruncated, again: repeatable, why: whyLost, outcome: OutcomeUnknown,
			kind: unread},
		{name: "2xx with malformed JSON", status: 200, body: `{"da`, fault: faultMalformed,
			again: readAgain, why: whyMalformed, outcome: OutcomeAccepted, kind: unread},
		{name: "2xx with a page", status: 200, body: `<html>`, headers: page, fault: faultMalformed,
			again: readAgain, why: whyMalformed, outcome: OutcomeUnknown, kind: unread},
		{name: "2xx too large", status: 200, body: strings.Repeat(" ", 2<<10),
			fault: faultMalformed, again: readAgain, why: whyMalformed, outcome: OutcomeAccepted,
			kind: unread},
		{name: "2xx without a body", status: 200, fault: faultMalformed, again: readAgain,
			why: whyMalformed, outcome: OutcomeAccepted, kind: unread, fine: classDelete},
		{name: "2xx without data", status: 200, body: `{"ok":true}`, fault: faultMalformed,
			again: readAgain, why: whyMalformed, outcome: OutcomeAccepted, kind: unread,
			fine: classDelete},

		{name: "408", status: 408, again: repeatable, why: whyTimeout, outcome: OutcomeUnknown,
			kind: plain},
		{name: "409 idempotency_conflict", status: 409, body: conflictBody, again: keyedOnly,
			why: whyConflict, outcome: OutcomeUnknown, kind: conflict},
		{name: "another 409", status: 409, body: `{"error":"extension_unavailable"}`, again: never,
			outcome: OutcomeRejected, keyedUnknown: true, kind: conflict},
		{name: "429 with Retry-After", status: 429, headers: []string{"Retry-After", "60"},
			again: every, why: whyThrottled, outcome: OutcomeRejected, kind: limited},
		{name: "429 with Retry-After beyond the cap", status: 429,
			headers: []string{"Retry-After", "66"}, again: every, why: whyThrottled, stops: true,
			outcome: OutcomeRejected, kind: limited},
		{name: "429 with Retry-After beyond a day", status: 429,
			headers: []string{"Retry-After", "86401"}, again: every, why: whyThrottled, stops: true,
			outcome: OutcomeRejected, kind: limited},
		{name: "429 with Retry-After beyond the deadline", status: 429,
			headers: []string{"Retry-After", "60"}, left: 30 * time.Second, again: every,
			why: whyThrottled, stops: true, outcome: OutcomeRejected, kind: limited},
		{name: "429 without Retry-After", status: 429, again: every, why: whyThrottled,
			outcome: OutcomeRejected, kind: limited},
		{name: "500", status: 500, again: repeatable, why: whyServer, outcome: OutcomeUnknown,
			kind: failed},
		{name: "500 stored under the key", status: 500, headers: replay, again: never,
			outcome: OutcomeUnknown, kind: failed},
		{name: "500 with an unexpected Retry-After", status: 500,
			headers: []string{"Retry-After", "3600"}, again: repeatable, why: whyServer,
			outcome: OutcomeUnknown, kind: failed},
		{name: "502", status: 502, again: repeatable, why: whyServer, outcome: OutcomeUnknown,
			kind: failed},
		{name: "503", status: 503, again: repeatable, why: whyUnavailable, outcome: OutcomeUnknown,
			kind: failed},
		{name: "503 with Retry-After", status: 503, headers: []string{"Retry-After", "30"},
			again: repeatable, why: whyUnavailable, outcome: OutcomeUnknown, kind: failed},
		{name: "503 with Retry-After beyond the cap", status: 503,
			headers: []string{"Retry-After", "66"}, again: repeatable, why: whyUnavailable,
			stops: true, outcome: OutcomeUnknown, kind: failed},
		{name: "503 stored under the key", status: 503, headers: replay, again: never,
			outcome: OutcomeUnknown, kind: failed},
		{name: "504", status: 504, again: repeatable, why: whyServer, outcome: OutcomeUnknown,
			kind: failed},
		{name: "a status that HTTP does not define", status: 799, again: repeatable, why: whyServer,
			outcome: OutcomeUnknown, kind: failed},

		{name: "context ended while dialling", step: neverConnects, left: time.Second,
			fault: faultCaller, again: never, outcome: OutcomeNotSent, kind: none},
		{name: "context ended after the request", step: hangs, left: time.Second,
			fault: faultCaller, sent: true, again: never, outcome: OutcomeUnknown, kind: none},
		{name: "wait past the deadline", step: lost, left: 200 * time.Millisecond,
			paidLeft: 1040 * time.Millisecond, fault: faultLost, sent: true, again: repeatable,
			why: whyLost, stops: true, outcome: OutcomeUnknown, kind: none},
	}
	for status, kind := range map[int]error{
		401: (*AuthenticationError)(nil),
		402: (*InsufficientBalanceError)(nil),
		403: (*PermissionError)(nil),
		404: (*NotFoundError)(nil),
		300: redirect,
		399: redirect,
		400: plain,
		405: plain,
		499: plain,
		422: (*ValidationError)(nil),
		301: redirect,
		302: redirect,
		303: redirect,
		307: redirect,
		308: redirect,
	} {
		rows = append(rows, tableRow{
			name:         itoa(status),
			status:       status,
			body:         refusalBody,
			again:        never,
			outcome:      OutcomeRejected,
			keyedUnknown: status < 400,
			kind:         kind,
		})
	}
	return rows
}

// badCertificate is a step that fails like a handshake with an unknown server.
func badCertificate(req *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(req.Context()).GetConn("")
	return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
}

// connected is a step that fails before the headers are written.
func connected(req *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(req.Context()).GotConn(httptrace.GotConnInfo{})
	return nil, io.ErrClosedPipe
}

// brokenWrite is a step that fails while the body is being written.
func brokenWrite(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	trace.GotConn(httptrace.GotConnInfo{})
	trace.WroteHeaders()
	if req.Body != nil {
		_, _ = req.Body.Read(make([]byte, 1))
	}
	return nil, io.ErrClosedPipe
}

// neverConnects is a step that waits for a connection until the request's
// context ends.
func neverConnects(req *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(req.Context()).GetConn("")
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// onWire returns the step of the row's attempt.
func (r tableRow) onWire() step {
	switch {
	case r.step != nil:
		return r.step
	case r.fault == faultTruncated:
		return cutOff(r.status, r.body, r.headers...)
	default:
		return reply(r.status, r.body, r.headers...)
	}
}

// exchange returns the state of a call whose first attempt has ended like the
// row.
func (r tableRow) exchange(c class) *exchange {
	x := &exchange{callState: callState{
		op:      &contract.BalanceGet,
		class:   c,
		outcome: OutcomeNotSent,
		latest: latest{
			fault: r.fault,
			sent:  r.sent,
			cause: errors.New("cause"),
		},
	}}
	if r.status != 0 {
		x.response = Response{
			StatusCode: r.status,
			Header: limitHeaders(append([]string{"Content-Type", "application/json"},
				r.headers...)...),
			Body: []byte(r.body),
		}
		x.response.Replayed = isReplay(x.response.Header)
		x.errs.parse(x.response.Body)
	}
	return x
}

// outcomeFor returns the outcome of a call of class c.
func (r tableRow) outcomeFor(c class) Outcome {
	if c == classKeyed && r.keyedUnknown {
		return OutcomeUnknown
	}
	return r.outcome
}

// leftFor returns the time that a call of class c has.
func (r tableRow) leftFor(c class) time.Duration {
	if r.paidLeft > 0 && (c == classKeyed || c == classBillable) {
		return r.paidLeft
	}
	return r.left
}

// requests returns how many requests a call makes if each of its attempts ends
// like the row.
func (r tableRow) requests(c class) int {
	switch {
	case !r.again[c] || r.stops:
		return 1
	case r.why == whyMalformed:
		return 2
	case r.why == whyConflict:
		return 5
	case c == classKeyed:
		return 4
	default:
		return 3
	}
}

var (
	every      = again{true, true, true, true, true}
	never      = again{}
	repeatable = again{true, true, true, false, false}
	readAgain  = again{classGet: true, classKeyed: true}
	keyedOnly  = again{classKeyed: true}

	classNames = [5]string{"GET", "DELETE", "keyed", "billable", "other"}
)

const (
	refusalBody = `{"message":"No.","error":"refused"}`
	anyResult   = `{"data":{}}`
)
