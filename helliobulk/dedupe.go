package helliobulk

import (
	"crypto/sha256"
	"encoding/binary"

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
	// seenBatch is how many entries wait for a commit: each may touch a page of its own, which bbolt holds in memory until then.
	seenBatch = 1000
)

// byText is for personal texts: number and the text's SHA-256, on disk.
type byText struct {
	store *store
	wait  map[string]struct{}
}

func (d *byText) fresh(to destination, text string) (bool, error) {
	sum := sha256.Sum256([]byte(text))
	key := append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(sum)), uint64(to)), sum[:]...)
	if _, again := d.wait[string(key)]; again {
		return false, nil
	}
	again := false
	err := d.store.view(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(bucketSeen)); b != nil {
			again = b.Get(key) != nil
		}
		return nil
	})
	if err != nil || again {
		return false, err
	}
	d.wait[string(key)] = struct{}{}
	if len(d.wait) >= seenBatch {
		return true, d.flush()
	}
	return true, nil
}

func (d *byText) flush() error {
	defer clear(d.wait)
	return d.store.update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucketSeen))
		if err != nil {
			return err
		}
		for key := range d.wait {
			if err := b.Put([]byte(key), []byte{1}); err != nil {
				return err
			}
		}
		return nil
	})
}

// close drops what only planning needs.
func (d *byText) close() error {
	return d.store.update(func(tx *bbolt.Tx) error {
		if tx.Bucket([]byte(bucketSeen)) == nil {
			return nil
		}
		return tx.DeleteBucket([]byte(bucketSeen))
	})
}
