package helliobulk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Job is a chunk that Batch.HandOut gave away to be sent by another process, with what that process has to know. It marshals to JSON whole,
// numbers and text included, so that a queue can carry it.
type Job struct {
	Chunk         Chunk         `json:"chunk"`
	Margin        time.Duration `json:"margin"`         // see Courier.Expired
	InDoubt       bool          `json:"in_doubt"`       // it may have been sent before it was handed out this time
	AcceptReplays bool          `json:"accept_replays"` // as in Options
	Record        Record        `json:"record"`         // what is known before its first call
}

// Format prints the job without text and numbers, for every verb.
func (j Job) Format(f fmt.State, verb rune) { j.Chunk.Format(f, verb) }

// Record is what is known of a job: a worker carries it from call to call, and in the end to Batch.Settle. It marshals to JSON and holds no
// number and no text.
type Record struct {
	index int
	entry entry
}

// Index is the chunk's.
func (r Record) Index() int { return r.index }

// Handout names the hand-out that the record belongs to: each has a name of its own.
func (r Record) Handout() string { return r.entry.Handout }

// State is where the chunk stands, as far as the record's maker knows.
func (r Record) State() State { return r.entry.State }

// Status is the record in full.
func (r Record) Status(batchID string) ChunkStatus { return r.entry.status(batchID, r.index) }

// GivenBack is the record of a job that was never sent and is too old to be: Settle opens its chunk again. Only who knows that no call was
// ever begun may say so.
func (r Record) GivenBack() Record {
	r.entry.State, r.entry.Intent, r.entry.Local, r.entry.Told = StateOpen, 0, 0, false
	return r
}

// NeedsReview is the record of a job that may have been sent and is too old to be sent again.
func (r Record) NeedsReview() Record {
	r.entry.State = StateNeedsReview
	return r
}

// Format prints the record's place and state, for every verb.
func (r Record) Format(f fmt.State, _ rune) {
	printInstead(f, "Record{chunk "+strconv.Itoa(r.index)+", "+string(r.entry.State)+"}")
}

type recordJSON struct {
	Index int   `json:"index"`
	Entry entry `json:"entry"`
}

// MarshalJSON implements json.Marshaler.
func (r Record) MarshalJSON() ([]byte, error) {
	return json.Marshal(recordJSON{r.index, r.entry})
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Record) UnmarshalJSON(text []byte) error {
	var read recordJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*r = Record{read.Index, read.Entry}
	return nil
}
