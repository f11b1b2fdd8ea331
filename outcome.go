package hellio

import "errors"

// Outcome says what is known about a call that returned an error: whether the message went out, whether money was taken.
type Outcome int

// The outcomes. The zero value is the one that promises nothing.
const (
	// OutcomeUnknown: the API may or may not have acted. Going on with the same idempotency key is safe, a new call may send twice.
	OutcomeUnknown Outcome = iota
	// OutcomeNotSent: no complete request left this process, so nothing was sent or charged.
	OutcomeNotSent
	// OutcomeRejected: the API refused the call; nothing was sent or charged.
	OutcomeRejected
	// OutcomeAccepted: the API took the call; it was charged if it costs money, though its answer could not be read.
	OutcomeAccepted
)

// String returns "unknown", "not sent", "rejected" or "accepted".
func (o Outcome) String() string {
	switch o {
	case OutcomeNotSent:
		return "not sent"
	case OutcomeRejected:
		return "rejected"
	case OutcomeAccepted:
		return "accepted"
	default:
		return "unknown"
	}
}

// MarshalText writes what String returns.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// ErrOutcomeUnknown is the question to ask before sending again: errors.Is(err, ErrOutcomeUnknown) is true when the call may have
// been carried out although it returned an error.
var ErrOutcomeUnknown = errors.New("hellio: the outcome of the call is unknown")

// OutcomeOf tells the outcome of a call from the error that it returned: OutcomeAccepted for nil, OutcomeUnknown for an error that is
// not of this package.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeAccepted
	}
	var told interface{ outcome() Outcome }
	if errors.Is(err, ErrOutcomeUnknown) { // of several joined errors, one in doubt is enough
		return OutcomeUnknown
	}
	if errors.As(err, &told) {
		return told.outcome()
	}
	return OutcomeUnknown
}

// settle joins what the attempts so far have shown, OutcomeNotSent before the first, with what the latest one shows. An Unknown is resolved only by a 2xx, or by a
// replay of a refusal: the layers that answer 401, 402, 403, 422, 429 or 409 may do so before the idempotency layer is asked.
func settle(sofar, latest Outcome, replayed bool) Outcome {
	switch {
	case latest == OutcomeAccepted:
		return latest
	case sofar == OutcomeAccepted:
		return OutcomeAccepted
	case sofar == OutcomeUnknown && !(replayed && latest == OutcomeRejected):
		return OutcomeUnknown
	case latest == OutcomeNotSent: // an attempt that never left teaches nothing new
		return sofar
	default:
		return latest
	}
}
