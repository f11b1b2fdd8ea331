package hellio

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
)

// wireStage is how far a request gets, as httptrace and its body report it.
type wireStage int

const (
	stageNone      wireStage = iota // the limiter, the caller or the deadline prevents it
	stageDial                       // the dial fails
	stageConnected                  // no headers are written
	stageWhole                      // headers and body are written
	stageUntraced                   // the same over a route that does not report to httptrace
)

// attemptSign is all that a client can see of an attempt. Two ends with the
// same sign are indistinguishable.
type attemptSign struct {
	stage       wireStage
	err         error // of the limiter, the transport, or the body
	silent      bool  // no response until the attempt's context ends
	cancels     bool  // the caller cancels
	late        bool  // the permit comes in the last second before the deadline
	status      int
	replayed    bool
	contentType string
	retryAfter  string
	body        string
}

var errCertificate = &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}

// lasting reports whether the same call fails again in the same way.
func (s attemptSign) lasting() bool {
	return s.err == errCertificate || s.status/100 == 4 && s.status != http.StatusTooManyRequests
}

// attemptEnd is one way in which an attempt ends: the true state, and how much
// of it the client sees.
type attemptEnd struct {
	name     string
	stage    wireStage
	handling apiHandling
	cell     endCell
	sign     func(apiAnswer) attemptSign
}

// endCell selects the calls that can meet an end.
type endCell int

const (
	everyCall  endCell = iota
	keyedCall          // no other route stores answers; a 3xx or 409 elsewhere is a refusal
	paidCall           // another call may begin in the last second
	bodyCall           // net/http repeats a request without a body and hides the reason
	deleteCall         // nothing else is gone once another process has removed it
)

// oneEnd returns an end at which the handler runs, or would run.
func oneEnd(name string, h apiHandling, sign func(apiAnswer) attemptSign) []attemptEnd {
	return []attemptEnd{{
		name:     name,
		stage:    stageWhole,
		handling: h,
		sign:     sign,
	}}
}

// twinEnds returns two ends with the same sign: carried out, and not.
func twinEnds(name string, s attemptSign) []attemptEnd {
	return append(
		oneEnd(name+", done", carriedOut, fixedSign(s)),
		oneEnd(name+", not done", notHandled, fixedSign(s))...)
}

// unsentEnd returns an end at which the API receives no whole request.
func unsentEnd(name string, last wireStage, s attemptSign) []attemptEnd {
	ends := oneEnd(name, notReceived, fixedSign(s))
	ends[0].stage = last
	return ends
}

// untracedEnds returns the ends of a RoundTripper that does not report to
// httptrace.
func untracedEnds(ends []attemptEnd) []attemptEnd {
	for i := range ends {
		ends[i].stage = stageUntraced
	}
	return ends
}

// onlyFor limits ends to some calls.
func onlyFor(cell endCell, ends []attemptEnd) []attemptEnd {
	for i := range ends {
		ends[i].cell = cell
	}
	return ends
}

// fixedSign returns a sign that does not depend on the response of the API.
func fixedSign(s attemptSign) func(apiAnswer) attemptSign {
	return func(apiAnswer) attemptSign { return s }
}

// intactSign returns the unchanged response of the API.
func intactSign(a apiAnswer) attemptSign {
	return attemptSign{
		status:      a.status,
		replayed:    a.replayed,
		contentType: "application/json",
		body:        a.body,
	}
}

// damagedSign returns the response of the API with another body, and what
// follows it.
func damagedSign(change func(*attemptSign)) func(apiAnswer) attemptSign {
	return func(a apiAnswer) attemptSign {
		s := intactSign(a)
		change(&s)
		return s
	}
}

// refusalSign returns a response from a layer before the handler.
func refusalSign(status int, code string) attemptSign {
	return attemptSign{
		status:      status,
		contentType: "application/json",
		body:        `{"message":"No.","error":"` + code + `"}`,
	}
}

// refusalEnd returns an end at which a layer before the handler responds.
func refusalEnd(name string, s attemptSign) []attemptEnd {
	return oneEnd(name, notHandled, fixedSign(s))
}

func normalEnd() []attemptEnd { return oneEnd("2xx", carriedOut, intactSign) }

// cannotRetry returns net/http's error for a stream whose body was read and has
// no GetBody.
func cannotRetry(cause string) error {
	return errors.New("http2: Transport: cannot retry err [" + cause +
		"] after Request.Body was written; define Request.GetBody to avoid this error")
}

func streamReset(code string) error {
	return cannotRetry("stream error: stream ID 1; " + code + "; received from peer")
}

// coreEnds returns the ends of an attempt that differ most in their
// consequences.
func coreEnds() []attemptEnd {
	eof := attemptSign{err: io.EOF}
	cutBody := damagedSign(func(s *attemptSign) {
		s.body = s.body[:len(s.body)/2]
		s.err = io.ErrUnexpectedEOF
	})
	refusedStream := attemptSign{err: streamReset("REFUSED_STREAM")}
	inFlight := refusalSign(409, "idempotency_conflict")
	return slices.Concat(
		unsentEnd("cancelled before the permit", stageNone, attemptSign{cancels: true}),
		unsentEnd("refused dial", stageDial, attemptSign{err: errors.New("connection refused")}),
		onlyFor(bodyCall, unsentEnd("REFUSED_STREAM", stageWhole, refusedStream)),
		twinEnds("EOF", eof),
		onlyFor(keyedCall, oneEnd("EOF, refusal stored", refusedStored, fixedSign(eof))),
		twinEnds("cancelled after the request", attemptSign{cancels: true}),
		normalEnd(),
		oneEnd("2xx cut off", carriedOut, cutBody),
		refusalEnd("402", refusalSign(402, "insufficient_balance")),
		refusalEnd("422", refusalSign(422, "sender_not_approved")),
		onlyFor(keyedCall, oneEnd("422, stored", refusedStored, intactSign)),
		refusalEnd("429", refusalSign(429, "throttled")),
		onlyFor(keyedCall, twinEnds("409 idempotency_conflict", inFlight)),
		onlyFor(keyedCall, twinEnds("409 of another code", refusalSign(409, "in_progress"))),
		twinEnds("500", refusalSign(500, "server_error")),
	)
}

// furtherEnds are the other rows of reliability.md, section 9. The other rows
// follow the rules of a row that is here. DNS errors and TLS resets follow a
// refused dial. A graceful GOAWAY follows REFUSED_STREAM. A reset within the
// body, RST and the other HTTP/2 codes follow EOF. 401, 403 and 404 follow 402;
// 502, 503 and 504 follow 500. An empty 2xx follows a malformed one.
func furtherEnds() []attemptEnd {
	var (
		full          = &RateLimitError{APIError: &APIError{}, RetryAfter: time.Second}
		protocolError = attemptSign{err: streamReset("PROTOCOL_ERROR")}
		goAway        = errors.New(
			"http2: Transport received GOAWAY from server ErrCode:INTERNAL_ERROR")
		patient   = refusalSign(429, "throttled")
		malformed = damagedSign(func(s *attemptSign) { s.body = `{"da` })
		portal    = attemptSign{
			status:      200,
			contentType: "text/html",
			body:        "<html>",
		}
	)
	patient.retryAfter = "120"
	return slices.Concat(
		unsentEnd("limiter's refusal", stageNone, attemptSign{err: full}),
		onlyFor(paidCall, unsentEnd("late permit", stageNone, attemptSign{late: true})),
		unsentEnd("bad certificate", stageDial, attemptSign{err: errCertificate}),
		unsentEnd("cancelled while dialling", stageDial, attemptSign{cancels: true}),
		unsentEnd("reset before the headers", stageConnected, attemptSign{err: io.ErrClosedPipe}),
		// This is the known exception to the twin rule. After this GOAWAY
		// nothing is done, because it excludes the stream, but the error does
		// not contain its number.
		onlyFor(bodyCall, twinEnds("GOAWAY with a code", attemptSign{err: goAway})),
		onlyFor(bodyCall, twinEnds("PROTOCOL_ERROR", protocolError)),
		untracedEnds(twinEnds("EOF of an untraced route", attemptSign{err: io.EOF})),
		twinEnds("silence", attemptSign{silent: true}),
		oneEnd("cancelled while reading", carriedOut, damagedSign(func(s *attemptSign) {
			s.body = ""
			s.cancels = true
		})),
		oneEnd("2xx malformed", carriedOut, malformed),
		twinEnds("page of a portal", portal),
		onlyFor(deleteCall, oneEnd("404, removed by others", removedByOthers, intactSign)),
		onlyFor(keyedCall, oneEnd("500, stored", failedStored, intactSign)),
		onlyFor(keyedCall, oneEnd("500 after the charge, stored", doneFailedStored, intactSign)),
		refusalEnd("429 with Retry-After", patient),
		onlyFor(keyedCall, twinEnds("303", refusalSign(303, ""))),
		twinEnds("408", refusalSign(408, "")),
	)
}
