package helliobulk

import (
	"iter"
	"time"
)

// Review lists the chunks that people have to look at: those that need review,
// those reused, and those of unknown outcome for longer than the margin by this
// machine's clock (0: 12 h).
func (b *Batch) Review(margin time.Duration) iter.Seq2[ChunkStatus, error] {
	return func(yield func(ChunkStatus, error) bool) {
		for c, err := range b.Chunks() {
			resolved := c.State == StateReused && c.NotSent
			if err == nil && (resolved || !c.isOld(margin) &&
				c.State != StateNeedsReview && c.State != StateReused) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// Resolution is what people found out about a chunk.
type Resolution string

// The resolutions.
const (
	WasSent    Resolution = "was sent"     // it is done; its cost is not known here
	WasNotSent Resolution = "was not sent" // the next run sends it, with the same key
)

// Resolve settles a chunk that is unknown, needs review or was reused; an open
// one can be found to have been sent, when the store is an old copy. Others are
// a *hellio.ParamError. A reused chunk that was not sent stays as it is,
// because its key belongs to another message: plan its recipients under another
// id, with Params.Except.
func (b *Batch) Resolve(index int, found Resolution) error {
	if err := b.checkIndex(index); err != nil {
		return err
	}
	e, err := b.store.entry(index)
	if err != nil {
		return err
	}
	to, err := e.resolved(found)
	if err != nil {
		return err
	}
	return b.commit([]change{{index, e, to}})
}

// resolved returns the entry after people have found out about its chunk.
func (e entry) resolved(found Resolution) (entry, error) {
	unsettled := e.State == StateUnknown || e.State == StateNeedsReview || e.State == StateReused
	switch {
	case found != WasSent && found != WasNotSent:
		return e, bad("resolution", string(found), "was sent, or was not sent")
	case !unsettled && (e.State != StateOpen || found == WasNotSent):
		return e, bad("chunk", "one that is "+string(e.State),
			"one that is unknown, needs review or was reused")
	}
	to := entry{
		State:      StateOpen,
		Recipients: e.Recipients,
		Tries:      e.Tries,
		Resent:     e.Resent,
		Outcome:    "resolved by hand: " + string(found),
	}
	switch {
	case found == WasSent:
		to.State = StateDone
		to.Accepted = e.Recipients
		to.ByHand = true
	case e.State == StateReused:
		to.State = StateReused
		to.NotSent = true
	}
	return to, nil
}
