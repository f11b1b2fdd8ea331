package helliobulk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"go.etcd.io/bbolt"
)

// dedupe tells whether a text to a number is new to the batch. It is exact: no message is dropped for a chance likeness.
type dedupe interface {
	fresh(to destination, text string) (bool, error)
	close() error
}

// byNumber is for one text: a compressed bitmap of the numbers themselves, in memory.
type byNumber struct{ seen *roaring64.Bitmap }

func (d byNumber) fresh(to destination, _ string) (bool, error) {
	return d.seen.CheckedAdd(uint64(to)), nil
}

func (d byNumber) close() error { return nil }

const (
	bucketSeen = "seen"
	seenSuffix = ".seen" // of the file that only planning needs
	// seenBatch is how many entries wait for a commit: each may touch a page of its own, which bbolt holds in memory until then.
	seenBatch = 1000
	// seenLooks is how many look-ups may leave their surroundings in memory.
	seenLooks = 100
)

// byText is for personal texts: number and the text's SHA-256, in a file of its own.
type byText struct {
	store *store
	wait  map[string]struct{}
	looks int
}

func newByText(path string) (*byText, error) {
	s, err := createStore(path + seenSuffix)
	if err != nil {
		return nil, err
	}
	s.db.NoSync = true // it does not outlive the plan
	return &byText{store: s, wait: map[string]struct{}{}}, nil
}

func (d *byText) fresh(to destination, text string) (bool, error) {
	sum := sha256.Sum256([]byte(text))
	key := append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(sum)), uint64(to)), sum[:]...)
	if _, again := d.wait[string(key)]; again {
		return false, nil
	}
	again, err := d.stored(key)
	if err != nil || again {
		return false, err
	}
	d.wait[string(key)] = struct{}{}
	if len(d.wait) >= seenBatch {
		return true, d.flush()
	}
	return true, nil
}

func (d *byText) stored(key []byte) (found bool, err error) {
	err = d.store.view(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(bucketSeen)); b != nil {
			found = b.Get(key) != nil
		}
		if d.looks++; d.looks%seenLooks == 0 {
			release(tx)
		}
		return nil
	})
	return found, err
}

func (d *byText) flush() error {
	defer clear(d.wait)
	return d.store.update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucketSeen))
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(d.wait)) {
			if err := b.Put([]byte(key), []byte{1}); err != nil {
				return err
			}
		}
		release(tx)
		return nil
	})
}

func (d *byText) close() error {
	return errors.Join(os.Remove(d.store.path), d.store.close())
}
