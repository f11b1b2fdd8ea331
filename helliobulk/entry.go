package helliobulk

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/hellio-go/hellio"
)

// State is the state of a chunk.
type State string

// The states of a chunk.
const (
	// StateOpen: never tried, or every try is known to have had no effect.
	StateOpen State = "open"
	// StateUnknown: tried, and it may or may not have been sent. Resume finds
	// out with the same key.
	StateUnknown State = "unknown"
	// StateDone: the API accepted it.
	StateDone State = "done"
	// StateRejected: the API refused it; nothing was sent or charged.
	StateRejected State = "rejected"
	// StateNeedsReview: unknown, and its key cannot resolve it: it may be
	// forgotten by now, or its answer is a stored failure.
	StateNeedsReview State = "needs review"
	// StateReused: never tried, and yet the API knew its key: it sent nothing.
	StateReused State = "reused"
	// StatePassedOn: not sent, and its recipients are in another batch, which
	// was planned with Params.Except. It is never sent by this one.
	StatePassedOn State = "passed on"
)

// entry is what the journal holds of a chunk; a chunk without one is open. An
// entry in StateUnknown is the intent, committed before the first byte leaves.
type entry struct {
	State      State  `json:"s"`
	Recipients int    `json:"n"`
	Intent     int64  `json:"i,omitempty"` // Unix ms, by the API's clock if ByAPI
	Local      int64  `json:"l,omitempty"` // the same by this machine's clock
	ByAPI      bool   `json:"d,omitempty"` // Intent is by the API's clock
	Tries      int    `json:"t,omitempty"` // calls that ended; a crash hides one
	Status     int    `json:"h,omitempty"` // of the last call
	Code       string `json:"c,omitempty"`
	Outcome    string `json:"o,omitempty"`
	Replayed   bool   `json:"r,omitempty"`
	Resent     bool   `json:"x,omitempty"` // by ResendUnknown
	ByHand     bool   `json:"b,omitempty"` // done by Resolve: the cost is not known
	NotSent    bool   `json:"z,omitempty"` // reused, and found not to have been sent
	Dispatch   string `json:"q,omitempty"` // names the last dispatch to a fleet
	PassedTo   string `json:"p,omitempty"` // the batch that has its recipients now

	Reference string        `json:"ref,omitempty"`
	Campaign  hellio.ID     `json:"cam,omitempty"`
	Accepted  int           `json:"acc,omitempty"`
	Invalid   int           `json:"inv,omitempty"`
	Segments  int           `json:"seg,omitempty"`
	Cost      hellio.Amount `json:"cost,omitzero"`
	Currency  string        `json:"cur,omitempty"`
}

func (e *entry) encode(index int) []byte {
	payload, _ := json.Marshal(e) // plain fields always marshal
	return append(binary.AppendUvarint(nil, uint64(index)), payload...)
}

func decodeEntry(payload []byte) (index int, e entry, err error) {
	r := reader{payload}
	index = int(r.uvarint())
	if err := json.Unmarshal(r.rest, &e); err != nil {
		return index, e, torn("an entry of the journal cannot be read")
	}
	return index, e, nil
}

// begun returns the intent of the next call for a chunk.
func (e entry) begun(now moment) entry {
	return entry{
		State:      StateUnknown,
		Recipients: e.Recipients,
		Tries:      e.Tries,
		Resent:     e.Resent,
		Intent:     now.best.UnixMilli(),
		Local:      now.local.UnixMilli(),
		ByAPI:      now.byAPI,
	}
}

// takeIntent makes e the intent that another entry holds.
func (e *entry) takeIntent(from *entry) {
	e.State = StateUnknown
	e.Intent = from.Intent
	e.Local = from.Local
	e.ByAPI = from.ByAPI
	e.Resent = e.Resent || from.Resent
}

// accepted returns the entry of a chunk that the API has accepted.
func (e entry) accepted(s *hellio.SMSSendResult) entry {
	e.State = StateDone
	e.Reference = s.Reference
	e.Campaign = s.CampaignID
	e.Accepted = s.AcceptedRecipients
	e.Invalid = s.InvalidRecipients
	e.Segments = s.Segments
	e.Cost = s.EstimatedCost
	e.Currency = s.Currency
	return e
}

// reopened returns the entry of a chunk of which nothing was sent.
func (e entry) reopened() entry {
	e.State = StateOpen
	e.Intent = 0
	e.Local = 0
	e.ByAPI = false
	return e
}

// expired reports whether the intent is older than the margin, or of an unknown
// age because a clock went backwards.
func (e *entry) expired(now moment, margin time.Duration) bool {
	age, slack := now.local.Sub(time.UnixMilli(e.Local)), time.Minute
	if e.ByAPI && now.byAPI {
		age, slack = now.best.Sub(time.UnixMilli(e.Intent)), 5*time.Minute
	}
	return age > margin || age < -slack // a clock that was put back shows nothing
}
