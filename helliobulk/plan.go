package helliobulk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"iter"
	"os"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"github.com/hellio-go/hellio"
)

// flushBytes is how much of a plan waits in memory for a commit.
const flushBytes = 256 << 10

// Plan reads a list once and writes the batch's manifest and chunks; nothing is sent. The list is streamed: numbers are normalised, entries
// that can't be sent to are noted (see Batch.Invalid), the same text to the same number is dropped the second time. An error from the list
// ends the plan and leaves no store. The client is asked for its base URL and its token's fingerprint, and makes no call.
//
// A store that is there already is compared instead: with the same params and list Plan returns its manifest, else ErrBatchChanged.
func Plan(ctx context.Context, client *hellio.Client, recipients iter.Seq2[Recipient, error], p Params) (*Manifest, error) {
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
	dedupe  dedupe
	groups  *grouper
	list    hash.Hash
	pending []record
	bytes   int
}

// record is a sealed value on its way into the store.
type record struct {
	bucket     string
	key, value []byte
}

// plan makes the store of a batch in a file of another name, which is renamed when all is on disk.
func plan(ctx context.Context, recipients iter.Seq2[Recipient, error], p Params, baseURL, account string) (*store, error) {
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
	s, err := createStore(p.Store + planSuffix)
	if err != nil {
		return nil, err
	}
	pl := &planner{store: s, text: text, list: sha256.New(), dedupe: byNumber{roaring64.New()}, m: Manifest{
		Version: formatVersion, BatchID: p.BatchID, Endpoint: endpoint, BaseURL: baseURL, Account: account, Created: time.Now().UTC(),
		Sender: p.Sender, Message: p.Message, Gateway: p.Gateway, Region: p.Region, ParamsHash: p.hash(), ChunkSize: p.ChunkSize,
		Personal: text.personal(), Volumes: map[string]Volume{},
	}}
	pl.groups = newGrouper(p.ChunkSize, pl.putChunk)
	if text.personal() {
		if pl.dedupe, err = newByText(p.Store); err != nil {
			_ = s.close()
			return nil, err
		}
	}
	err = pl.run(ctx, recipients, p.Store)
	if err = errors.Join(err, pl.dedupe.close()); err != nil {
		_ = os.Remove(s.path) // what was planned is of no use; if it stays, the next plan begins it anew
		_ = s.close()
		return nil, err
	}
	return s, nil
}

func (pl *planner) run(ctx context.Context, recipients iter.Seq2[Recipient, error], path string) error {
	if _, err := os.Stat(path); err == nil { // another process planned it while this one waited for the lock
		return fmt.Errorf("%w: %s was planned just now", ErrLocked, path)
	}
	pl.store.db.NoSync = true // until publish: a file that is not whole is never opened as a batch
	if err := pl.store.update(makeBuckets); err != nil {
		return err
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
		return fmt.Errorf("%w: of %d entries %d are not valid", ErrNoRecipients, pl.m.Given, pl.m.Invalid)
	}
	if err := pl.groups.finish(); err != nil {
		return err
	}
	pl.m.ListHash = hex.EncodeToString(pl.list.Sum(nil))
	if err := pl.flush(); err != nil {
		return err
	}
	if err := pl.store.db.Sync(); err != nil {
		return err
	}
	pl.store.db.NoSync = false
	if err := pl.store.update(func(tx *bbolt.Tx) error { return putManifest(tx, &pl.m) }); err != nil {
		return err
	}
	return pl.store.publish(path)
}

func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range []string{bucketMeta, bucketChunks, bucketJournal, bucketInvalid} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// take files one entry of the list.
func (pl *planner) take(r Recipient) error {
	pl.m.Given++
	hashRecipient(pl.list, pl.text, r)
	to, country, reason := normalise(r.Number, pl.m.Region)
	text := ""
	if reason == "" {
		text, reason = pl.text.render(r.Fields)
	}
	if reason != "" {
		pl.m.Invalid++
		key := binary.BigEndian.AppendUint64(nil, uint64(pl.m.Given))
		return pl.put(bucketInvalid, key, []byte(reason))
	}
	fresh, err := pl.dedupe.fresh(to, text)
	if err != nil {
		return err
	}
	if !fresh {
		pl.m.Duplicates++
		return nil
	}
	segments, err := pl.groups.add(text, to)
	pl.m.Recipients++
	v := pl.m.Volumes[country]
	pl.m.Volumes[country] = Volume{v.Recipients + 1, v.Segments + int64(segments)}
	return err
}

// hashRecipient adds what a batch uses of an entry, as it was given.
func hashRecipient(h hash.Hash, t *template, r Recipient) {
	add := func(s string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	add(r.Number)
	for _, name := range t.fields {
		add(r.Fields[name])
	}
}

func (pl *planner) putChunk(text string, numbers []destination) error {
	if !pl.text.personal() {
		text = ""
	}
	key := indexKey(pl.m.Chunks)
	pl.m.Chunks++
	return pl.put(bucketChunks, key, encodeChunk(text, numbers))
}

func (pl *planner) put(bucket string, key, payload []byte) error {
	pl.pending = append(pl.pending, record{bucket, key, seal(bucket, key, payload)})
	if pl.bytes += len(payload) + 64; pl.bytes < flushBytes {
		return nil
	}
	return pl.flush()
}

func (pl *planner) flush() error {
	defer func() {
		clear(pl.pending)
		pl.pending, pl.bytes = pl.pending[:0], 0
	}()
	return pl.store.update(func(tx *bbolt.Tx) error {
		for _, r := range pl.pending {
			b, err := bucket(tx, r.bucket)
			if err != nil {
				return err
			}
			b.FillPercent = 1 // keys only grow
			if err := b.Put(r.key, r.value); err != nil {
				return err
			}
		}
		release(tx)
		return nil
	})
}

// hashList reads a list for its hash alone.
func hashList(ctx context.Context, recipients iter.Seq2[Recipient, error], t *template) (string, error) {
	h := sha256.New()
	for r, err := range recipients {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", fmt.Errorf("helliobulk: the list: %w", err)
		}
		hashRecipient(h, t, r)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
