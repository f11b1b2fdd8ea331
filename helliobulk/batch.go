package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
)

// Batch is an open store. It is safe for concurrent use.
type Batch struct {
	store    *store
	manifest Manifest
	readOnly bool
	mu       sync.Mutex
	tally    *tally
	hooks    hooks
}

// Format prints the batch's id, for every verb.
func (b *Batch) Format(f fmt.State, _ rune) {
	printInstead(f, fmt.Sprintf("Batch{%q}", b.manifest.BatchID))
}

// Open opens a batch that was planned. It holds the store's lock until Close:
// no other process, and no Run or Resume, can open it meanwhile. It returns an
// error that matches ErrNoBatch, ErrLocked or ErrTorn; the whole file is
// checked.
func Open(path string) (*Batch, error) { return openBatch(path, true) }

// OpenReadOnly opens a batch to look at it, also while another process sends
// it: it shows what is on disk now. It takes no lock and writes nothing.
func OpenReadOnly(path string) (*Batch, error) { return openBatch(path, false) }

func openBatch(path string, write bool) (*Batch, error) {
	s, err := openStore(path, write)
	if err != nil {
		return nil, err
	}
	b, err := newBatch(s)
	if err != nil {
		_ = s.close()
		return nil, err
	}
	b.readOnly = !write
	return b, nil
}

// newBatch reads manifest and journal.
func newBatch(s *store) (*Batch, error) {
	m, err := s.readManifest()
	if err != nil {
		return nil, err
	}
	b := &Batch{store: s, manifest: m, tally: newTally(&m)}
	for index, r := range s.entries {
		if r == 0 {
			continue
		}
		e, err := s.entry(index)
		if err != nil {
			return nil, err
		}
		b.tally.move(&entry{State: StateOpen, Recipients: e.Recipients}, &e)
	}
	return b, nil
}

// openOrPlan opens a batch if it is the one that the params describe, and plans
// it where there is none.
func openOrPlan(
	ctx context.Context, client *hellio.Client, recipients iter.Seq2[Recipient, error], p Params,
) (*Batch, error) {
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
	changed := func(field string) error {
		return &ChangedError{Field: field, Manifest: b.manifest}
	}
	if p.BatchID != "" && p.BatchID != b.manifest.BatchID {
		return changed("batch id")
	}
	if p.hash() != b.manifest.ParamsHash {
		return changed("text, sender, gateway or region")
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
		return changed("list")
	}
	return nil
}

// Close releases the store.
func (b *Batch) Close() error { return b.store.close() }

// CheckAccount returns an error that matches ErrOtherAccount if the client has
// another token or base URL than the batch. It makes no call.
func (b *Batch) CheckAccount(ctx context.Context, client *hellio.Client) error {
	if client == nil {
		return nilClient()
	}
	return checkAccount(ctx, client, b.manifest.BaseURL, b.manifest.Account)
}

// Manifest returns what the batch is.
func (b *Batch) Manifest() Manifest { return b.manifest }

// Report returns how far the batch is.
func (b *Batch) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tally.snapshot()
}

// Chunk returns a chunk as it is to be sent; the index counts from 0.
func (b *Batch) Chunk(index int) (*Chunk, error) {
	if err := b.checkIndex(index); err != nil {
		return nil, err
	}
	return b.store.chunk(&b.manifest, index)
}

func (b *Batch) checkIndex(index int) error {
	if index < 0 || index >= b.manifest.Chunks {
		want := fmt.Sprintf("0 to %d", b.manifest.Chunks-1)
		return bad("chunk", strconv.Itoa(index), want)
	}
	return nil
}

// Chunks returns the state of each chunk, in order. It ends with the first
// error.
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

// Invalid lists the entries that are not sent to, in order. It ends with the
// first error.
func (b *Batch) Invalid() iter.Seq2[InvalidRecipient, error] {
	return func(yield func(InvalidRecipient, error) bool) {
		for _, r := range b.store.invalid {
			more := false
			block, err := b.store.read(r)
			if err == nil {
				more, err = decodeInvalid(block, func(r InvalidRecipient) bool {
					return yield(r, nil)
				})
			}
			if err != nil {
				yield(InvalidRecipient{}, err)
			}
			if !more {
				return
			}
		}
	}
}

// change is a chunk's step from one entry to the next.
type change struct {
	index    int
	from, to entry
}

// commit puts changes on disk, then counts them.
func (b *Batch) commit(changes []change) error {
	if b.readOnly {
		return errors.New("helliobulk: the batch was opened to be read only")
	}
	payloads := make([][]byte, len(changes))
	for i := range changes {
		payloads[i] = changes[i].to.encode(changes[i].index)
	}
	if err := b.store.commit(kindEntry, payloads...); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range changes {
		b.tally.move(&changes[i].from, &changes[i].to)
	}
	return nil
}

// Status returns how far the batch at a path is. It makes no call, and works
// while another process sends the batch.
func Status(path string) (*Report, error) {
	b, err := OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	r := b.Report()
	return &r, b.Close()
}

// isOld reports whether a chunk's outcome is unknown for longer than the
// margin, by this machine's clock.
func (c *ChunkStatus) isOld(margin time.Duration) bool {
	return c.State == StateUnknown && time.Since(c.Since) > orElse(margin, defaultMargin)
}
