package helliobulk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/hellio-go/hellio"
)

// Batch is an open store. It holds the store's lock until Close: no other process, and no Run or Resume, can open it meanwhile. It is safe
// for concurrent use.
type Batch struct {
	store    *store
	manifest Manifest
	mu       sync.Mutex
	tally    *tally
	hooks    hooks
}

// Open opens a batch that was planned. It returns an error that matches ErrNoBatch, ErrLocked or ErrTorn; the whole file is checked.
func Open(path string) (*Batch, error) {
	s, err := openStore(path)
	if err != nil {
		return nil, err
	}
	b, err := newBatch(s)
	if err != nil {
		_ = s.close()
	}
	return b, err
}

// newBatch reads manifest and journal.
func newBatch(s *store) (*Batch, error) {
	m, err := s.manifest()
	if err != nil {
		return nil, err
	}
	b := &Batch{store: s, manifest: m, tally: newTally(&m)}
	return b, s.view(func(tx *bbolt.Tx) error {
		journal, err := bucket(tx, bucketJournal)
		if err != nil {
			return err
		}
		return journal.ForEach(func(key, sealed []byte) error {
			e, err := decodeEntry(key, sealed)
			if err == nil {
				b.tally.move(&entry{State: StateOpen, Recipients: e.Recipients}, &e)
			}
			return err
		})
	})
}

// openOrPlan opens a batch if it is the one that the params describe, and plans it where there is none.
func openOrPlan(ctx context.Context, client *hellio.Client, recipients iter.Seq2[Recipient, error], p Params) (*Batch, error) {
	if client == nil {
		return nil, nilClient()
	}
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	if recipients == nil {
		return nil, bad("recipients", "nil", "a sequence of Recipient")
	}
	if _, err := os.Stat(p.Store); errors.Is(err, fs.ErrNotExist) {
		account, err := client.Fingerprint(ctx)
		if err != nil {
			return nil, err
		}
		s, err := plan(ctx, recipients, p, client.BaseURL(), account)
		if err != nil {
			return nil, err
		}
		return newBatch(s)
	}
	b, err := Open(p.Store)
	if err != nil {
		return nil, err
	}
	if err := b.same(ctx, recipients, p); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// same compares a stored batch with what is asked for now.
func (b *Batch) same(ctx context.Context, recipients iter.Seq2[Recipient, error], p Params) error {
	if p.BatchID != "" && p.BatchID != b.manifest.BatchID {
		return fmt.Errorf("%w: %s holds the batch %q, not %q",
			ErrBatchChanged, p.Store, b.manifest.BatchID, p.BatchID)
	}
	if p.hash() != b.manifest.ParamsHash {
		return fmt.Errorf("%w: its text, sender, gateway or region is another", ErrBatchChanged)
	}
	text, err := parseTemplate(p.Message)
	if err != nil {
		return err
	}
	list, err := hashList(ctx, recipients, text)
	if err != nil {
		return err
	}
	if list != b.manifest.ListHash {
		return fmt.Errorf("%w: its list is another", ErrBatchChanged)
	}
	return nil
}

// Close lets go of the store.
func (b *Batch) Close() error { return b.store.close() }

// CheckAccount returns an error that matches ErrOtherAccount if the client has another token or base URL than the batch. It makes no call.
func (b *Batch) CheckAccount(ctx context.Context, client *hellio.Client) error {
	if client == nil {
		return nilClient()
	}
	return checkAccount(ctx, client, b.manifest.BaseURL, b.manifest.Account)
}

// Manifest tells what the batch is.
func (b *Batch) Manifest() Manifest { return b.manifest }

// Report tells where the batch stands.
func (b *Batch) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tally.snapshot()
}

// Chunk gives a chunk as it is to be sent; the index counts from 0.
func (b *Batch) Chunk(index int) (*Chunk, error) {
	if index < 0 || index >= b.manifest.Chunks {
		return nil, bad("chunk", fmt.Sprint(index), fmt.Sprintf("0 to %d", b.manifest.Chunks-1))
	}
	return b.store.chunk(&b.manifest, index)
}

// Chunks tells where each chunk stands, in order. It ends with the first error.
func (b *Batch) Chunks() iter.Seq2[ChunkStatus, error] {
	return func(yield func(ChunkStatus, error) bool) {
		for index := range b.manifest.Chunks {
			e, err := b.store.entry(index)
			if !yield(e.status(b.manifest.BatchID, index), err) || err != nil {
				return
			}
		}
	}
}

// Review lists the chunks that people have to look at: those marked so, those reused, and those in doubt for longer than the margin by this
// machine's clock (0: 12 h).
func (b *Batch) Review(margin time.Duration) iter.Seq2[ChunkStatus, error] {
	return func(yield func(ChunkStatus, error) bool) {
		for c, err := range b.Chunks() {
			old := c.State == StateUnknown && time.Since(c.Since) > orElse(margin, defaultMargin)
			if err == nil && !old && c.State != StateNeedsReview && c.State != StateReused {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// InvalidRecipient is an entry of the list that is not sent to.
type InvalidRecipient struct {
	Position int    // in the list, from 1
	Reason   string // without the number
}

// Invalid lists the entries that are not sent to, in order. It ends with the first error.
func (b *Batch) Invalid() iter.Seq2[InvalidRecipient, error] {
	return func(yield func(InvalidRecipient, error) bool) {
		for from := []byte{0}; from != nil; {
			page, next, err := b.invalidPage(from)
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(InvalidRecipient{}, err)
				return
			}
			from = next
		}
	}
}

// invalidPage reads some of the invalid entries; next is nil after the last. No transaction stays open while the caller looks at them.
func (b *Batch) invalidPage(from []byte) (page []InvalidRecipient, next []byte, err error) {
	err = b.store.view(func(tx *bbolt.Tx) error {
		entries, err := bucket(tx, bucketInvalid)
		if err != nil {
			return err
		}
		c := entries.Cursor()
		for key, sealed := c.Seek(from); key != nil; key, sealed = c.Next() {
			if len(page) == 1000 {
				next = append([]byte{}, key...)
				return nil
			}
			reason, err := unseal(bucketInvalid, key, sealed)
			if err != nil {
				return err
			}
			page = append(page, InvalidRecipient{int(binary.BigEndian.Uint64(key)), string(reason)})
		}
		return nil
	})
	return page, next, err
}

// Resolution is what people found out about a chunk that needs review.
type Resolution string

// The resolutions.
const (
	WasSent    Resolution = "was sent"     // it is done; its cost is not known here
	WasNotSent Resolution = "was not sent" // the next run sends it, with the same key
)

// Resolve settles a chunk that is unknown, needs review or was reused. Others are a *hellio.ParamError.
func (b *Batch) Resolve(index int, found Resolution) error {
	if index < 0 || index >= b.manifest.Chunks {
		return bad("chunk", fmt.Sprint(index), fmt.Sprintf("0 to %d", b.manifest.Chunks-1))
	}
	e, err := b.store.entry(index)
	if err != nil {
		return err
	}
	if e.State != StateUnknown && e.State != StateNeedsReview && e.State != StateReused {
		return bad("chunk", "one that is "+string(e.State), "one that is unknown, needs review or was reused")
	}
	if e.State == StateReused && found == WasNotSent { // its key belongs to another message
		return bad("resolution", string(found)+", of a chunk that was reused", "was sent; else plan a batch with another id")
	}
	next := entry{Recipients: e.Recipients, Tries: e.Tries, Resent: e.Resent, Outcome: "settled by hand: " + string(found)}
	switch found {
	case WasSent:
		next.State, next.Accepted = StateDone, e.Recipients
	case WasNotSent:
		next.State = StateOpen
	default:
		return bad("resolution", string(found), "was sent, or was not sent")
	}
	return b.commit([]change{{index, e, next}})
}

// change is a chunk's step from one entry to the next.
type change struct {
	index    int
	from, to entry
}

// commit writes changes to disk, then counts them.
func (b *Batch) commit(changes []change) error {
	err := b.store.update(func(tx *bbolt.Tx) error {
		journal, err := bucket(tx, bucketJournal)
		if err != nil {
			return err
		}
		for i := range changes {
			if err := journal.Put(indexKey(changes[i].index), changes[i].to.encode(changes[i].index)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range changes {
		b.tally.move(&changes[i].from, &changes[i].to)
	}
	return nil
}

// Status tells where the batch at a path stands. It makes no call.
func Status(path string) (*Report, error) {
	b, err := Open(path)
	if err != nil {
		return nil, err
	}
	r := b.Report()
	return &r, b.Close()
}
