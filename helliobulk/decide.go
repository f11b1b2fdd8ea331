package helliobulk

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/hellio-go/hellio"
)

// Verdict says what to do with a chunk after a call.
type Verdict string

// The verdicts.
const (
	// Done: the API accepted the chunk. Never send it again.
	Done Verdict = "done"
	// Rejected: the API refused the chunk, and sent and charged nothing.
	// Continue with the others; a retry with the same key is safe.
	Rejected Verdict = "rejected"
	// Later: nothing was sent. Send the chunk again later, after a 429 not
	// before Result.RetryAfter.
	Later Verdict = "later"
	// SameKey: the outcome is unknown, or the chunk was accepted with an
	// answer that cannot be read. Send it again as long as its key lives.
	SameKey Verdict = "same key"
	// Inspect: the outcome is unknown, and the key cannot resolve it: the API
	// has stored a failure of its own. Continue with the others.
	Inspect Verdict = "inspect"
	// Stop: every chunk would meet this refusal. Stop all workers.
	// Result.Outcome says what is known of this chunk.
	Stop Verdict = "stop"
)

// decide returns what is known of a chunk after a call, and what to do next.
// e is the chunk's entry with the intent of the call. Both engines, the local
// runner and a fleet's workers, use this one table:
//
//	a result, stored although no call was made      reused     Stop
//	a result                                        done       Done
//	another account, bad params                     by outcome Stop
//	401, 402, 403, 3xx, sender_not_approved         by outcome Stop
//	a stored 5xx                                    review     Inspect
//	outcome unknown, or accepted and unreadable     unknown    SameKey
//	not sent, or 429                                open       Later
//	any other refusal                               rejected   Rejected
//
// By outcome: open if nothing was sent, else unknown. A stored refusal answers
// this key alone, so it rejects the chunk and stops nothing.
func decide(e entry, r *Result, acceptReplays bool) (entry, Verdict) {
	first := e.Tries == 0 && !r.Resumed
	e.Tries++
	e.Status = r.Status
	e.Code = r.Code
	e.Outcome = r.Outcome.String()
	e.Replayed = r.Replayed
	unknown := r.Outcome == hellio.OutcomeUnknown || r.Outcome == hellio.OutcomeAccepted
	switch {
	case r.Err == nil && r.Replayed && first && !acceptReplays:
		e.State = StateReused
		e.Campaign = r.Sent.CampaignID
		return e, Stop
	case r.Err == nil:
		return e.accepted(r.Sent), Done
	case concernsAll(r) && unknown:
		return e, Stop
	case concernsAll(r):
		return e.reopened(), Stop
	case unknown && r.Replayed && r.Status >= http.StatusInternalServerError:
		e.State = StateNeedsReview
		return e, Inspect
	case unknown:
		return e, SameKey
	case r.Outcome == hellio.OutcomeNotSent, r.Status == http.StatusTooManyRequests:
		return e.reopened(), Later
	}
	e.State = StateRejected
	return e, Rejected
}

// concernsAll reports whether every other chunk would meet the same refusal:
// it concerns the token, the account, the sender or the address.
func concernsAll(r *Result) bool {
	var param *hellio.ParamError
	switch {
	case errors.As(r.Err, &param), errors.Is(r.Err, ErrOtherAccount):
		return true
	case r.Replayed:
		return false
	case r.Code == hellio.CodeSenderNotApproved, r.Status/100 == 3:
		return true
	}
	return r.Status == http.StatusUnauthorized || r.Status == http.StatusPaymentRequired ||
		r.Status == http.StatusForbidden
}

// joinOutcomes joins what a call shows with what earlier calls left unknown, as
// the client does for a resumed call: only an acceptance or a stored answer
// resolves the chunk. It is for calls that were not made, or that proved to be
// resumed when their intent was noted.
func joinOutcomes(latest hellio.Outcome, resumed, replayed bool) hellio.Outcome {
	resolves := latest == hellio.OutcomeAccepted ||
		replayed && latest == hellio.OutcomeRejected
	if resumed && !resolves {
		return hellio.OutcomeUnknown
	}
	return latest
}

// MaxEqualRefusals is how many different chunks in a row may be refused alike
// before a batch stops: what refuses them all is not in the chunks.
const MaxEqualRefusals = 3

// ends reports whether no further call is to be made for the chunk.
func (v Verdict) ends() bool { return v == Done || v == Rejected || v == Inspect }

// refusals counts different chunks that were refused alike, without one that
// was accepted between them.
type refusals struct {
	cause string
	count int
}

// add takes the end of a chunk and reports whether the batch has to stop.
func (f *refusals) add(v Verdict, cause string) (stop bool) {
	switch v {
	case Done:
		*f = refusals{}
	case Rejected:
		if cause != f.cause {
			*f = refusals{cause: cause}
		}
		f.count++
	}
	return v == Rejected && f.count >= MaxEqualRefusals
}

// refusal names the last refusal of a chunk: two with one name are alike.
func (e *entry) refusal() string {
	if e.Code == "" {
		return strconv.Itoa(e.Status)
	}
	return strconv.Itoa(e.Status) + " " + e.Code
}
