package helliobulk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Job is a chunk that Batch.Dispatch gave away to be sent by another process,
// with what that process has to know. It marshals to JSON whole, numbers and
// text included, so that a queue can carry it.
type Job struct {
	Chunk         Chunk         `json:"chunk"`
	Margin        time.Duration `json:"margin"`         // see JobSender.Expired
	Window        Window        `json:"window"`         // as in Options
	Resumed       bool          `json:"resumed"`        // it may have been sent before this dispatch
	AcceptReplays bool          `json:"accept_replays"` // as in Options
	Record        Record        `json:"record"`         // what is known before its first call
}

// Format prints the job without text and numbers, for every verb.
func (j Job) Format(f fmt.State, verb rune) { j.Chunk.Format(f, verb) }

// Record is what is known of a job: a worker carries it from call to call, and
// in the end to Batch.Settle. It marshals to JSON and holds no number and no
// text.
type Record struct {
	index int
	entry entry
}

// Index returns the chunk's index.
func (r Record) Index() int { return r.index }

// Dispatch returns the name of the dispatch that the record belongs to. Each
// dispatch has its own.
func (r Record) Dispatch() string { return r.entry.Dispatch }

// State returns the chunk's state, as far as the record's maker knows.
func (r Record) State() State { return r.entry.State }

// Refusal names the last refusal, by status and code.
func (r Record) Refusal() string { return r.entry.refusal() }

// Status returns the record in full.
func (r Record) Status(batchID string) ChunkStatus { return r.entry.status(batchID, r.index) }

// Returned returns the record of a job that was never sent and is too old to
// be: Settle opens its chunk again. Call it only if no request was ever started
// for the job.
func (r Record) Returned() Record {
	r.entry = r.entry.reopened()
	return r
}

// NeedsReview returns the record of a job that may have been sent and is too
// old to be sent again.
func (r Record) NeedsReview() Record {
	r.entry.State = StateNeedsReview
	return r
}

// Format prints the record's index and state, for every verb.
func (r Record) Format(f fmt.State, _ rune) {
	text := "Record{chunk " + strconv.Itoa(r.index) + ", " + string(r.entry.State) + "}"
	printInstead(f, text)
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
	*r = Record{index: read.Index, entry: read.Entry}
	return nil
}
