package helliobulk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"iter"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/hellio-go/hellio"
)

// Plan reads a list once and writes the batch's manifest and chunks; nothing is
// sent. The list is streamed: numbers are normalised, entries that cannot be
// sent to are noted (see Batch.Invalid), the same text to the same number is
// dropped the second time. An error from the list ends the plan and leaves no
// store. The client is asked for its base URL and its token's fingerprint, and
// makes no call.
//
// A store that exists already is compared instead: with the same params and
// list Plan returns its manifest, else ErrBatchChanged.
func Plan(
	ctx context.Context, client *hellio.Client, recipients iter.Seq2[Recipient, error], p Params,
) (*Manifest, error) {
	b, err := openOrPlan(ctx, client, recipients, p)
	if err != nil {
		return nil, err
	}
	m := b.Manifest()
	return &m, b.Close()
}

// planner makes a store from a list.
type planner struct {
	store   *store
	m       Manifest
	text    *template
	except  *exceptions
	dedupe  *dedupe
	groups  *grouper
	list    *listHash
	reasons map[string]int
	invalid []byte // the block of entries that is not in the store yet
	payload []byte // of a chunk, used again
}

// plan makes the store of a batch in a file of another name, which is renamed
// when all is on disk.
func plan(
	ctx context.Context, recipients iter.Seq2[Recipient, error], p Params, baseURL, account string,
) (*store, error) {
	text, err := parseTemplate(p.Message)
	if err != nil {
		return nil, err
	}
	if p.BatchID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		p.BatchID = id.String()
	}
	except, err := openExceptions(p, baseURL, account)
	if err != nil {
		return nil, err
	}
	s, err := createStore(p.Store + planSuffix)
	if err != nil {
		return nil, errors.Join(err, except.close())
	}
	pl := &planner{
		store:   s,
		m:       newManifest(p, baseURL, account),
		text:    text,
		except:  except,
		reasons: map[string]int{},
		dedupe:  newDedupe(text.personal()),
		list:    newListHash(text),
	}
	pl.m.Personal = text.personal()
	pl.m.Except = except.list()
	pl.groups = newGrouper(p.ChunkSize, pl.putChunk)
	err = pl.run(ctx, recipients, p.Store)
	if err = errors.Join(err, except.close()); err != nil {
		_ = os.Remove(s.path) // what was planned is useless; if it stays, the next plan replaces it
		_ = s.close()
		return nil, err
	}
	return s, nil
}

func newManifest(p Params, baseURL, account string) Manifest {
	return Manifest{
		Version:    formatVersion,
		BatchID:    p.BatchID,
		Endpoint:   endpoint,
		BaseURL:    baseURL,
		Account:    account,
		Created:    time.Now().UTC(),
		Sender:     p.Sender,
		Message:    p.Message,
		Gateway:    p.Gateway,
		Region:     p.Region,
		Landlines:  p.Landlines,
		ParamsHash: p.hash(),
		ChunkSize:  p.ChunkSize,
		Volumes:    map[string]Volume{},
	}
}

func (pl *planner) run(
	ctx context.Context, recipients iter.Seq2[Recipient, error], path string,
) error {
	if _, err := os.Stat(path); err == nil { // planned while this one waited for the lock
		return fmt.Errorf("%w: %s was planned just now", ErrLocked, path)
	}
	for r, err := range recipients {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("helliobulk: the list, after %d entries: %w", pl.m.Given, err)
		}
		if err := pl.take(r); err != nil {
			return err
		}
	}
	if pl.m.Recipients == 0 {
		return fmt.Errorf("%w: %d of %d entries are not valid%s, %d are left out",
			ErrNoRecipients, pl.m.Invalid, pl.m.Given, pl.why(), pl.m.Excepted)
	}
	if err := pl.groups.finish(); err != nil {
		return err
	}
	if err := pl.putInvalid(0); err != nil {
		return err
	}
	pl.m.ListHash = pl.list.String()
	manifest, err := json.Marshal(&pl.m)
	if err != nil {
		return err
	}
	pl.store.manifest = newRef(pl.store.end+int64(len(pl.store.pending)), len(manifest))
	pl.store.entries = make([]ref, len(pl.store.chunks))
	if err := pl.store.add(kindManifest, manifest); err != nil {
		return err
	}
	if err := pl.except.passOn(); err != nil { // before this batch can be sent
		return err
	}
	return pl.store.publish(path)
}

// why returns the reason of most invalid entries, in brackets.
func (pl *planner) why() string {
	reason := ""
	for r, n := range pl.reasons {
		if n > pl.reasons[reason] || n == pl.reasons[reason] && r < reason {
			reason = r
		}
	}
	if reason == "" {
		return ""
	}
	return fmt.Sprintf(" (%d: %s)", pl.reasons[reason], reason)
}

// take files one entry of the list.
func (pl *planner) take(r Recipient) error {
	pl.m.Given++
	if r.Line == 0 {
		r.Line = pl.m.Given
	}
	pl.list.add(r)
	to, country, reason := normalise(r.Number, pl.m.Region, pl.m.Landlines)
	text := ""
	if reason == "" {
		text, reason = pl.text.render(r.Fields)
	}
	if reason != "" {
		return pl.refuse(r, reason)
	}
	if pl.except.has(to, text) {
		pl.m.Excepted++
		return nil
	}
	if !pl.dedupe.isNew(to, text) {
		pl.m.Duplicates++
		return nil
	}
	segments, err := pl.groups.add(text, addressee{to: to, line: r.Line})
	pl.m.Recipients++
	v := pl.m.Volumes[country]
	v.Recipients++
	v.Segments += int64(segments)
	pl.m.Volumes[country] = v
	return err
}

// refuse notes an entry that is not sent to.
func (pl *planner) refuse(r Recipient, reason string) error {
	pl.m.Invalid++
	pl.reasons[reason]++
	invalid := InvalidRecipient{
		Line:   r.Line,
		Reason: reason,
		Number: r.Number[:min(len(r.Number), maxWritten)],
	}
	pl.invalid = encodeInvalid(pl.invalid, invalid)
	return pl.putInvalid(flushBytes)
}

// putInvalid stores the invalid entries that wait, if they are more than so
// many bytes.
func (pl *planner) putInvalid(most int) error {
	if len(pl.invalid) <= most {
		return nil
	}
	at := pl.store.end + int64(len(pl.store.pending))
	pl.store.invalid = append(pl.store.invalid, newRef(at, len(pl.invalid)))
	err := pl.store.add(kindInvalid, pl.invalid)
	pl.invalid = pl.invalid[:0]
	return err
}

func (pl *planner) putChunk(text string, to []addressee) error {
	if !pl.m.Personal {
		text = ""
	}
	pl.m.Chunks++
	pl.payload = encodeChunk(pl.payload[:0], text, to)
	return pl.store.add(kindChunk, pl.payload)
}

// listHash is the SHA-256 of what a batch uses of its list, as it was given.
type listHash struct {
	sum    hash.Hash
	fields []string
	buffer []byte
}

func newListHash(t *template) *listHash {
	return &listHash{sum: sha256.New(), fields: t.fields}
}

func (h *listHash) add(r Recipient) {
	h.buffer = h.buffer[:0]
	h.text(r.Number)
	for _, name := range h.fields {
		h.text(r.Fields[name])
	}
	h.sum.Write(h.buffer)
}

func (h *listHash) text(s string) {
	h.buffer = append(binary.AppendUvarint(h.buffer, uint64(len(s))), s...)
}

func (h *listHash) String() string { return hex.EncodeToString(h.sum.Sum(nil)) }

// hashList reads a list for its hash alone.
func hashList(
	ctx context.Context, recipients iter.Seq2[Recipient, error], t *template,
) (string, error) {
	h := newListHash(t)
	for r, err := range recipients {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", fmt.Errorf("helliobulk: the list: %w", err)
		}
		h.add(r)
	}
	return h.String(), nil
}
