package helliobulk

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/hellio-go/hellio"
)

// seal puts a checksum of bucket, key and payload before a payload: a record that is damaged, or stands in another's place, is found out.
func seal(bucket string, key, payload []byte) []byte {
	out := make([]byte, 4, 4+len(payload))
	binary.BigEndian.PutUint32(out, checksum(bucket, key, payload))
	return append(out, payload...)
}

func unseal(bucket string, key, sealed []byte) ([]byte, error) {
	if len(sealed) < 4 || binary.BigEndian.Uint32(sealed) != checksum(bucket, key, sealed[4:]) {
		return nil, fmt.Errorf("%w: a record of %q does not match its checksum", ErrTorn, bucket)
	}
	return sealed[4:], nil
}

func checksum(bucket string, key, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(crc32.Checksum([]byte(bucket), table), table, key), table, payload)
}

func indexKey(index int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(index)) }

// encodeChunk writes text and numbers: uvarint length and text, "" for the manifest's own, then uvarint count and numbers.
func encodeChunk(text string, numbers []destination) []byte {
	out := make([]byte, 0, len(text)+8*len(numbers)+8)
	out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	out = binary.AppendUvarint(out, uint64(len(numbers)))
	for _, n := range numbers {
		out = binary.AppendUvarint(out, uint64(n))
	}
	return out
}

// decodeChunk reads what encodeChunk wrote. The text is a copy; each number is handed to take, unless that is nil.
func decodeChunk(payload []byte, begin func(text string, count int), take func(destination)) error {
	r := reader{payload}
	length := r.uvarint()
	if length > uint64(len(r.rest)) {
		return fmt.Errorf("%w: a chunk's text is cut", ErrTorn)
	}
	text := string(r.rest[:length])
	r.rest = r.rest[length:]
	count := r.uvarint()
	if count < 1 || count > maxChunkSize {
		return fmt.Errorf("%w: a chunk of %d recipients", ErrTorn, count)
	}
	begin(text, int(count))
	if take == nil {
		return nil
	}
	for range count {
		take(destination(r.uvarint()))
	}
	if r.rest == nil || len(r.rest) > 0 {
		return fmt.Errorf("%w: a chunk's numbers do not end where it does", ErrTorn)
	}
	return nil
}

// reader reads uvarints; rest is nil once one could not be read.
type reader struct{ rest []byte }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// State is where a chunk stands.
type State string

// The states of a chunk.
const (
	StateOpen        State = "open"         // not sent: never tried, or every try is known to have had no effect
	StateUnknown     State = "unknown"      // tried, and not known whether it was sent; Resume finds out with the same key
	StateDone        State = "done"         // the API accepted it
	StateRejected    State = "rejected"     // the API refused it; nothing was sent or charged
	StateNeedsReview State = "needs review" // unknown for so long that its key may be forgotten: only people can find out
	StateReused      State = "reused"       // never tried, and yet the API knew its key: it sent nothing
)

// entry is what the journal holds of a chunk; a chunk without one is open. An entry in StateUnknown is the intent, and is committed before
// the first byte leaves.
type entry struct {
	State      State  `json:"s"`
	Recipients int    `json:"n"`
	Intent     int64  `json:"i,omitempty"` // first intent, Unix ms by the API's clock where known, else by this machine's
	Local      int64  `json:"l,omitempty"` // the same by this machine's clock
	Told       bool   `json:"d,omitempty"` // Intent is by the API's clock
	Tries      int    `json:"t,omitempty"` // calls that ended; a crash hides one
	Status     int    `json:"h,omitempty"` // of the last call
	Code       string `json:"c,omitempty"`
	Outcome    string `json:"o,omitempty"`
	Replayed   bool   `json:"r,omitempty"`
	Resent     bool   `json:"x,omitempty"` // by ResendUnknown
	Dispatch   string `json:"q,omitempty"` // names the last dispatch to a fleet

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
	return seal(bucketJournal, indexKey(index), payload)
}

func decodeEntry(key, sealed []byte) (e entry, err error) {
	payload, err := unseal(bucketJournal, key, sealed)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, fmt.Errorf("%w: a journal entry can't be read", ErrTorn)
	}
	return e, nil
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
		Told:       now.told,
	}
}

// takeIntent makes e the intent that another entry holds.
func (e *entry) takeIntent(from *entry) {
	e.State = StateUnknown
	e.Intent = from.Intent
	e.Local = from.Local
	e.Told = from.Told
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
	e.Told = false
	return e
}

// expired reports whether the intent is older than the margin, or of an unknown
// age because a clock went backwards.
func (e *entry) expired(now moment, margin time.Duration) bool {
	age, slack := now.local.Sub(time.UnixMilli(e.Local)), time.Minute
	if e.Told && now.told {
		age, slack = now.best.Sub(time.UnixMilli(e.Intent)), 5*time.Minute
	}
	return age > margin || age < -slack // a clock that was put back tells nothing
}
