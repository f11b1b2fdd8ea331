package helliobulk

import (
	"fmt"
	"iter"
	"slices"

	"github.com/hellio-go/hellio"
)

// StateInvalid is the state of an entry of the list that is not sent to. No
// chunk has it.
const StateInvalid State = "invalid"

// RecipientStatus is the state of one recipient.
type RecipientStatus struct {
	Number   string // E.164, with +; of an invalid entry as it was written
	Line     int    // of the list
	State    State  // of the recipient's chunk
	Reason   string // why it is not done
	Chunk    int    // -1 for an invalid entry
	Campaign hellio.ID
}

// Format prints line and state, for every verb.
func (r RecipientStatus) Format(f fmt.State, _ rune) {
	printInstead(f, fmt.Sprintf("line %d: %s", r.Line, r.State))
}

// Recipients lists recipients by their states, chunk by chunk, and then the
// invalid entries; without states all. It ends with the first error.
func (b *Batch) Recipients(states ...State) iter.Seq2[RecipientStatus, error] {
	return func(yield func(RecipientStatus, error) bool) {
		more := true
		for index := 0; index < b.manifest.Chunks && more; index++ {
			more = b.recipientsOf(index, states, yield)
		}
		if !more || len(states) > 0 && !slices.Contains(states, StateInvalid) {
			return
		}
		for r, err := range b.Invalid() {
			one := RecipientStatus{
				Number: r.Number,
				Line:   r.Line,
				State:  StateInvalid,
				Reason: r.Reason,
				Chunk:  -1,
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

// recipientsOf lists a chunk's recipients, if they have one of the states.
func (b *Batch) recipientsOf(
	index int, states []State, yield func(RecipientStatus, error) bool,
) (more bool) {
	e, err := b.store.entry(index)
	if err != nil {
		yield(RecipientStatus{}, err)
		return false
	}
	if len(states) > 0 && !slices.Contains(states, e.State) {
		return true
	}
	more = true
	err = b.store.eachOf(index, func(string, int) {}, func(a addressee) {
		one := RecipientStatus{
			Number:   a.to.String(),
			Line:     a.line,
			State:    e.State,
			Reason:   e.reason(),
			Chunk:    index,
			Campaign: e.Campaign,
		}
		more = more && yield(one, nil)
	})
	if err != nil && more {
		yield(RecipientStatus{}, err)
		return false
	}
	return more
}

// reason says why a chunk is not done.
func (e *entry) reason() string {
	switch {
	case e.State == StateDone, e.State == StateOpen && e.Tries == 0:
		return ""
	case e.State == StatePassedOn:
		return "passed on to batch " + e.PassedTo
	case e.State == StateReused:
		return "the API knew its key"
	case e.Status == 0:
		return "no answer"
	}
	return e.refusal()
}
