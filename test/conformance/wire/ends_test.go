package wire

import (
	"net"
	"net/http"
	"strconv"

	"golang.org/x/net/http2"

	"github.com/hellio-go/hellio"
)

// class is what repeating a call does.
type class int

const (
	reads class = iota
	deletes
	keyed
	billable // no key, costs money
	other    // no key, costs nothing
)

func (c class) repeatable() bool { return c == reads || c == deletes || c == keyed }

// end is a way in which a request ends: at the connection, by HTTP/2 frames, by
// a cut connection, or by a response.
type end struct {
	name      string
	accepts   bool // connections, and their TLS handshakes
	cut       func(below net.Conn)
	frames    func(f *http2.Framer, stream uint32) bool // HTTP/2 only
	answer    func(path string) answer
	succeeds  bool
	waits     bool           // retries take seconds
	malformed bool           // whole, but unreadable: retried once
	outcome   hellio.Outcome // of one attempt
	keyed     hellio.Outcome // of one attempt with a key, if it differs
	once      bool           // a retry uses a new connection and ends without proof
	repeated  bool           // net/http repeats the request endlessly if it has no body
	replayed  bool           // a stored response, which resolves a resumed call
	retried   func(class) bool
}

func always(class) bool { return true }
func never(class) bool  { return false }

func connects(e end) end {
	e.accepts = true
	if e.keyed == hellio.OutcomeUnknown {
		e.keyed = e.outcome
	}
	return e
}

// lost is an end without a response that proves nothing.
func lost(name string, cut func(net.Conn), frames func(*http2.Framer, uint32) bool) end {
	return connects(end{
		name:    name,
		cut:     cut,
		frames:  frames,
		outcome: hellio.OutcomeUnknown,
		retried: class.repeatable,
	})
}

// proven is an end of HTTP/2 that proves that the request was not processed.
func proven(name string, frames func(*http2.Framer, uint32) bool) end {
	return connects(end{
		name:     name,
		frames:   frames,
		repeated: true,
		outcome:  hellio.OutcomeNotSent,
		retried:  always,
	})
}

// replies is an end by a status and a body of an error.
func replies(status int, outcome hellio.Outcome, headers ...string) end {
	return connects(end{
		name: strconv.Itoa(status),
		answer: func(string) answer {
			return answer{
				status:  status,
				kind:    "application/json",
				body:    `{"message":"No.","error":"refused"}`,
				headers: headers,
			}
		},
		outcome: outcome,
		retried: never,
	})
}

func resets(code http2.ErrCode) func(*http2.Framer, uint32) bool {
	return func(f *http2.Framer, stream uint32) bool {
		return f.WriteRSTStream(stream, code) == nil
	}
}

// goesAway sends a GOAWAY whose last stream is this many before the request's.
// With 0 the server closes the connection. Otherwise the client closes it, so
// that it reads the frame before the connection ends.
func goesAway(before uint32, code http2.ErrCode) func(*http2.Framer, uint32) bool {
	return func(f *http2.Framer, stream uint32) bool {
		return f.WriteGoAway(stream-before, code, nil) == nil && before > 0
	}
}

func fin(net.Conn) {} // the server closes it

func rst(below net.Conn) { _ = below.(*net.TCPConn).SetLinger(0) }

// ends returns every end of a request. overHTTP2 adds those of HTTP/2. later
// means that the request is not the first on its connection.
func ends(overHTTP2, later bool) []end {
	const (
		rejected = hellio.OutcomeRejected
		unknown  = hellio.OutcomeUnknown
	)
	list := []end{
		lost("FIN after the request", fin, nil),
		lost("RST after the request", rst, nil),
		connects(end{
			name:     "2xx",
			answer:   success,
			succeeds: true,
			retried:  never,
		}),
		broken("2xx cut off", "application/json", 10, hellio.OutcomeAccepted, class.repeatable),
		broken("page cut off", "text/html", 10, unknown, class.repeatable),
		broken("2xx malformed", "application/json", 0, hellio.OutcomeAccepted, rereads),
		broken("2xx with a page", "text/html", 0, unknown, rereads),
		conflict(hellio.CodeIdempotencyConflict),
		conflict("name_taken"),
		replay(replies(http.StatusInternalServerError, unknown, "Idempotent-Replayed", "true")),
	}
	for _, status := range []int{408, 500, 502, 503, 504} {
		e := replies(status, unknown)
		e.retried = class.repeatable
		list = append(list, e)
	}
	for _, status := range []int{301, 303, 307, 400, 401, 402, 403, 404, 405, 413, 422} {
		e := replies(status, rejected)
		if status < 400 {
			e.keyed = unknown
		}
		list = append(list, e, replay(replies(status, rejected, "Idempotent-Replayed", "true")))
	}
	list = append(list, replies(429, rejected, "Retry-After", "3600"))
	if !overHTTP2 {
		return list
	}
	for code := range http2.ErrCode(0x10) { // two unknown ones included
		if code != http2.ErrCodeRefusedStream {
			e := lost("RST_STREAM "+code.String(), nil, resets(code))
			e.repeated = code == http2.ErrCodeProtocol
			list = append(list, e)
		}
	}
	withCode := lost("GOAWAY with a code below the stream", nil, goesAway(1, http2.ErrCodeInternal))
	if later {
		withCode = proven(withCode.name, withCode.frames)
		withCode.once = true
	}
	return append(list,
		withCode,
		lost("GOAWAY that names the stream", nil, goesAway(0, http2.ErrCodeNo)),
		lost("GOAWAY with a code that names the stream", nil, goesAway(0, http2.ErrCodeInternal)),
		proven("REFUSED_STREAM", resets(http2.ErrCodeRefusedStream)),
		proven("GOAWAY below the stream", goesAway(1, http2.ErrCodeNo)),
	)
}

func rereads(c class) bool { return c == reads || c == keyed }

// broken is a 2xx whose body cannot be read.
func broken(name, kind string, missing int, outcome hellio.Outcome, retried func(class) bool) end {
	return connects(end{
		name: name,
		answer: func(string) answer {
			return answer{
				status:  http.StatusOK,
				kind:    kind,
				body:    `{"da`,
				missing: missing,
			}
		},
		outcome:   outcome,
		malformed: missing == 0,
		retried:   retried,
	})
}

// conflict is a 409. With a key it may mean that the first call is in flight.
func conflict(code string) end {
	e := replies(http.StatusConflict, hellio.OutcomeRejected)
	e.name += " " + code
	if code == hellio.CodeIdempotencyConflict {
		e.outcome = hellio.OutcomeUnknown
		e.waits = true
	}
	e.answer = func(string) answer {
		return answer{
			status: http.StatusConflict,
			kind:   "application/json",
			body:   `{"error":"` + code + `"}`,
		}
	}
	e.keyed = hellio.OutcomeUnknown
	return e
}

func replay(e end) end {
	e.name += " replayed"
	e.replayed = true
	return e
}
