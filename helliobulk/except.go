package helliobulk

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// exceptions are the recipients whom other batches have reached, or may have.
// Their stores stay locked until the plan that leaves them out is whole.
type exceptions struct {
	batches []*Batch
	planned string               // id of the batch that is planned
	reached *roaring64.Bitmap    // numbers of chunks that may have been sent
	unsent  *roaring64.Bitmap    // numbers of chunks that were not
	texts   map[textKey]struct{} // sent to numbers in both
}

// openExceptions opens the stores that a plan names and reads whom they have
// reached.
func openExceptions(p Params, baseURL, account string) (*exceptions, error) {
	x := &exceptions{
		planned: p.BatchID,
		reached: roaring64.New(),
		unsent:  roaring64.New(),
		texts:   map[textKey]struct{}{},
	}
	if err := x.open(p, baseURL, account); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

func (x *exceptions) open(p Params, baseURL, account string) error {
	var ids []string
	for _, path := range p.Except {
		if filepath.Clean(path) == filepath.Clean(p.Store) {
			return bad("except", "the batch's own store", "stores of other batches")
		}
		b, err := Open(path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrExcept, err)
		}
		x.batches = append(x.batches, b)
		m := b.manifest
		if m.BaseURL != baseURL || m.Account != account {
			return fmt.Errorf("%w: %s belongs to another token or base URL", ErrExcept, path)
		}
		ids = append(ids, m.BatchID)
	}
	for _, b := range x.batches {
		if err := x.read(b, ids); err != nil {
			return err
		}
	}
	both := roaring64.And(x.reached, x.unsent)
	if both.IsEmpty() {
		return nil
	}
	for _, b := range x.batches {
		if err := x.readTexts(b, both); err != nil {
			return err
		}
	}
	return nil
}

// read takes a batch's numbers. A batch that left out, or passed on, the
// recipients of another one says nothing of those: that one must be named too.
func (x *exceptions) read(b *Batch, ids []string) error {
	var others []string
	for _, e := range b.manifest.Except {
		others = append(others, e.BatchID)
	}
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return err
		}
		numbers := x.reached
		switch {
		case x.unsentBy(&e):
			numbers = x.unsent
		case e.State == StatePassedOn:
			others = append(others, e.PassedTo)
			continue
		}
		err = b.store.eachOf(index, func(string, int) {}, func(a addressee) {
			numbers.Add(uint64(a.to))
		})
		if err != nil {
			return err
		}
	}
	for _, id := range others {
		if !slices.Contains(ids, id) {
			return bad("except", "batch "+b.manifest.BatchID+" without batch "+id,
				"the stores of both, because the first leaves the recipients of the second to it")
		}
	}
	return nil
}

// unsentBy reports whether nothing of a chunk was sent, so that its recipients
// belong to the batch that is planned.
func (x *exceptions) unsentBy(e *entry) bool {
	switch e.State {
	case StateOpen, StateRejected:
		return true
	case StateReused:
		return e.NotSent
	case StatePassedOn:
		return e.PassedTo == x.planned // a plan that did not come to its end
	}
	return false
}

// readTexts takes the texts that were sent to numbers to whom others were not.
func (x *exceptions) readTexts(b *Batch, both *roaring64.Bitmap) error {
	for index := range b.manifest.Chunks {
		e, err := b.store.entry(index)
		if err != nil {
			return err
		}
		if x.unsentBy(&e) || e.State == StatePassedOn {
			continue
		}
		text := b.manifest.Message
		err = b.store.eachOf(index, func(own string, _ int) {
			text = orElse(own, text)
		}, func(a addressee) {
			if both.Contains(uint64(a.to)) {
				x.texts[newTextKey(a.to, text)] = struct{}{}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// has reports whether a text to a number is to be left out. A number that was
// reached gets no other text either, unless the other batch had one for it that
// was not sent.
func (x *exceptions) has(to destination, text string) bool {
	switch {
	case x == nil || !x.reached.Contains(uint64(to)):
		return false
	case !x.unsent.Contains(uint64(to)):
		return true
	}
	_, sent := x.texts[newTextKey(to, text)]
	return sent
}

// passOn ends the other batches: what they have not sent is the planned batch's
// from now on.
func (x *exceptions) passOn() error {
	for _, b := range x.batches {
		var changes []change
		for index := range b.manifest.Chunks {
			e, err := b.store.entry(index)
			if err != nil {
				return err
			}
			if !x.unsentBy(&e) || e.State == StatePassedOn {
				continue
			}
			to := e
			to.State = StatePassedOn
			to.PassedTo = x.planned
			changes = append(changes, change{index, e, to})
		}
		if err := b.commit(changes); err != nil {
			return err
		}
	}
	return nil
}

// list returns the batches for the manifest.
func (x *exceptions) list() (list []Excepted) {
	for _, b := range x.batches {
		list = append(list, Excepted{BatchID: b.manifest.BatchID, Store: b.store.path})
	}
	return list
}

func (x *exceptions) close() error {
	var errs []error
	for _, b := range x.batches {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}
