package helliobulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	bucketMeta    = "meta"
	bucketChunks  = "chunks"
	bucketJournal = "journal"
	bucketInvalid = "invalid"
	keyManifest   = "manifest"

	// planSuffix names the file of a batch that is being planned. It gets its own name only when it is whole.
	planSuffix = ".plan"
	fileMode   = 0o600 // it holds phone numbers

	releaseAfter = 100_000 // recipients: less than 1 MB
)

// store is a batch's file. Its lock is held as long as it is open.
type store struct {
	db   *bbolt.DB
	path string
	read atomic.Int64 // recipients since the mapped file was last released
}

// openStore opens a file that must exist, and checks it first.
func openStore(path string) (*store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoBatch, path)
	}
	return open(path, func(file *os.File) error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		return checkPages(file, info.Size())
	})
}

// createStore makes an empty file, in place of one that was left behind.
func createStore(path string) (*store, error) {
	return open(path, func(file *os.File) error { return file.Truncate(0) })
}

// open locks the file, lets ready look at it, and hands it to bbolt.
func open(path string, ready func(*os.File) error) (s *store, err error) {
	var refusal error
	options := &bbolt.Options{
		Timeout:      time.Millisecond,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			file, err := os.OpenFile(name, flag, mode)
			if err != nil {
				return nil, err
			}
			if refusal = lock(file); refusal == nil {
				refusal = ready(file)
			}
			if refusal != nil {
				_ = file.Close()
				return nil, refusal
			}
			return file, nil
		},
	}
	var db *bbolt.DB
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, fileMode, options)
		return err
	})
	switch {
	case errors.Is(err, ErrLocked), errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w: %s; wait until it ends, or stop it", ErrLocked, path)
	case errors.Is(err, ErrTorn):
		return nil, fmt.Errorf("%w; nothing was sent. Restore %s from a copy, or see what to do about a lost store", err, path)
	case err != nil:
		return nil, fmt.Errorf("helliobulk: open the store: %w", err)
	}
	return &store{db: db, path: path}, nil
}

// guarded turns a panic of bbolt, and a fault in its mapped memory, into an error.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrTorn, r)
		}
	}()
	return f()
}

func (s *store) view(f func(*bbolt.Tx) error) error {
	return guarded(func() error { return s.db.View(f) })
}

func (s *store) update(f func(*bbolt.Tx) error) error {
	if err := guarded(func() error { return s.db.Update(f) }); err != nil {
		return fmt.Errorf("helliobulk: write the store %s: %w", s.path, err)
	}
	return nil
}

func (s *store) close() error { return guarded(s.db.Close) }

// bucket finds a bucket that every store has.
func bucket(tx *bbolt.Tx, name string) (*bbolt.Bucket, error) {
	b := tx.Bucket([]byte(name))
	if b == nil {
		return nil, torn("it has no " + name)
	}
	return b, nil
}

func (s *store) manifest() (m Manifest, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		b, err := bucket(tx, bucketMeta)
		if err != nil {
			return err
		}
		payload, err := unseal(bucketMeta, []byte(keyManifest), b.Get([]byte(keyManifest)))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			return torn("its manifest can't be read")
		}
		return nil
	})
	if err == nil && m.Version != formatVersion {
		err = fmt.Errorf("helliobulk: the store is of format %d, this version knows %d", m.Version, formatVersion)
	}
	return m, err
}

func putManifest(tx *bbolt.Tx, m *Manifest) error {
	b, err := tx.CreateBucketIfNotExists([]byte(bucketMeta))
	if err != nil {
		return err
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return b.Put([]byte(keyManifest), seal(bucketMeta, []byte(keyManifest), payload))
}

// entry gives the journal's entry of a chunk; of one without, an open one.
func (s *store) entry(index int) (e entry, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		b, err := bucket(tx, bucketJournal)
		if err != nil {
			return err
		}
		key := indexKey(index)
		if sealed := b.Get(key); sealed != nil {
			e, err = decodeEntry(key, sealed)
			return err
		}
		return chunkOf(tx, index, func(_ string, count int) { e = entry{State: StateOpen, Recipients: count} }, nil)
	})
	return e, err
}

// chunkOf reads a chunk's record.
func chunkOf(tx *bbolt.Tx, index int, begin func(string, int), take func(destination)) error {
	b, err := bucket(tx, bucketChunks)
	if err != nil {
		return err
	}
	key := indexKey(index)
	payload, err := unseal(bucketChunks, key, b.Get(key))
	if err != nil {
		return err
	}
	return decodeChunk(payload, begin, take)
}

// chunk gives a chunk as it is to be sent.
func (s *store) chunk(m *Manifest, index int) (*Chunk, error) {
	c := &Chunk{
		BatchID: m.BatchID, Index: index, Key: ChunkKey(m.BatchID, index), Endpoint: m.Endpoint, BaseURL: m.BaseURL, Account: m.Account,
		Sender: m.Sender, Message: m.Message, Gateway: m.Gateway,
	}
	var digits []byte // of all numbers, in one piece
	var ends []int
	err := s.view(func(tx *bbolt.Tx) error {
		defer s.forget(tx, m.ChunkSize)
		return chunkOf(tx, index, func(text string, count int) {
			digits, ends = make([]byte, 0, 16*count), make([]int, 0, count)
			if text != "" {
				c.Message = text
			}
		}, func(d destination) {
			digits = strconv.AppendUint(append(digits, '+'), uint64(d), 10)
			ends = append(ends, len(digits))
		})
	})
	if err != nil {
		return nil, err
	}
	c.Recipients = cut(string(digits), ends)
	return c, nil
}

// forget releases the mapped file after some chunks: each is read once, and would stay in memory to the end.
func (s *store) forget(tx *bbolt.Tx, recipients int) {
	if s.read.Add(int64(recipients)) >= releaseAfter {
		s.read.Store(0)
		release(tx)
	}
}

// cut cuts a text at these places.
func cut(text string, ends []int) []string {
	pieces, start := make([]string, len(ends)), 0
	for i, end := range ends {
		pieces[i], start = text[start:end], end
	}
	return pieces
}

// publish gives a planned file its own name, so that a store is either whole or not there.
func (s *store) publish(path string) error {
	if err := s.db.Sync(); err != nil {
		return err
	}
	if err := os.Rename(s.path, path); err != nil {
		return err
	}
	s.path = path
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
