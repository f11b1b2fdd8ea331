package helliobulk

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

const (
	// planSuffix names the file of a batch that is being planned. It gets its
	// own name only when it is whole.
	planSuffix = ".plan"
	fileMode   = 0o600 // it holds phone numbers

	flushBytes = 64 << 10 // how much of a plan waits in memory
)

// store is a batch's file. A store that may be written holds the file's lock as
// long as it is open; reading needs none, because the file only grows.
type store struct {
	file   *os.File
	path   string
	locked bool

	mu       sync.Mutex
	end      int64  // behind the last record that is in the file
	pending  []byte // records that are not
	broken   error  // a write that could not be undone; nothing more is written
	manifest ref
	chunks   []ref
	invalid  []ref // blocks of entries
	entries  []ref // the last of each chunk; 0: none
}

// openStore opens a file that must exist, and reads and checks all of it. To be
// written, it is locked first, and a record that a crash cut is removed.
func openStore(path string, write bool) (s *store, err error) {
	mode := os.O_RDONLY
	if write {
		mode = os.O_RDWR
	}
	file, err := os.OpenFile(path, mode, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s", ErrNoBatch, path)
	case err != nil:
		return nil, fmt.Errorf("helliobulk: open the store: %w", err)
	}
	s = &store{file: file, path: path}
	if write {
		err = s.lock()
	}
	if err == nil {
		err = s.scan(write)
	}
	if err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

// createStore makes an empty file, in place of one that was left behind.
func createStore(path string) (s *store, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("helliobulk: make the store: %w", err)
	}
	s = &store{file: file, path: path, pending: []byte(storeMagic)}
	if err := s.lock(); err != nil {
		_ = s.close()
		return nil, err
	}
	if err := file.Truncate(0); err != nil {
		_ = s.close()
		return nil, fmt.Errorf("helliobulk: make the store: %w", err)
	}
	return s, nil
}

func (s *store) lock() error {
	switch err := lockFile(s.file); {
	case errors.Is(err, ErrLocked):
		return fmt.Errorf("%w: %s", ErrLocked, s.path)
	case err != nil:
		return fmt.Errorf("helliobulk: lock the store: %w", err)
	}
	s.locked = true
	return nil
}

// close releases the lock first: a child that this process is forking just now
// would hold it until it has begun.
func (s *store) close() error {
	if s.locked {
		unlockFile(s.file)
	}
	return s.file.Close()
}

// scan reads the file from its beginning and notes where each record is.
func (s *store) scan(repair bool) error {
	info, err := s.file.Stat()
	if err != nil {
		return fmt.Errorf("helliobulk: read the store: %w", err)
	}
	size := info.Size()
	records := newRecordScan(s.file, size)
	magic := make([]byte, len(storeMagic))
	if _, err := io.ReadFull(records.in, magic); err != nil || string(magic) != storeMagic {
		return s.damaged("it is not a store of this version")
	}
	s.end = int64(len(magic))
	for s.end < size {
		kind, payload, err := records.next(s.end)
		if errors.Is(err, errCut) && s.manifest != 0 {
			break // a crash cut it: its commit had not returned
		}
		if err == nil {
			err = s.note(kind, payload)
		}
		if err != nil {
			return s.damaged(err.Error())
		}
		s.end += int64(recordHead + len(payload) + recordTail)
	}
	if s.manifest == 0 {
		return s.damaged("it has no manifest")
	}
	if repair && s.end < size {
		return s.file.Truncate(s.end)
	}
	return nil
}

// damaged returns ErrTorn with what to know about it.
func (s *store) damaged(why string) error {
	return fmt.Errorf("%w: %s: %s; this call sent nothing", ErrTorn, s.path, why)
}

// note keeps where a record is.
func (s *store) note(kind byte, payload []byte) error {
	r := newRef(s.end, len(payload))
	switch kind {
	case kindChunk:
		s.chunks = append(s.chunks, r)
	case kindInvalid:
		s.invalid = append(s.invalid, r)
	case kindManifest:
		s.manifest = r
		if s.entries == nil {
			s.entries = make([]ref, len(s.chunks))
		}
	case kindEntry:
		index, _ := binary.Uvarint(payload)
		if index >= uint64(len(s.entries)) {
			return torn("an entry of no chunk")
		}
		s.entries[index] = r
	default:
		return torn("a record of unknown kind")
	}
	return nil
}

// read returns the payload of a record.
func (s *store) read(r ref) ([]byte, error) {
	content := make([]byte, r.length()+recordTail)
	if _, err := s.file.ReadAt(content, r.at()+recordHead); err != nil {
		return nil, fmt.Errorf("helliobulk: read the store: %w", err)
	}
	payload, ok := readTail(r.at(), content)
	if !ok {
		return nil, s.damaged(errDamaged.Error())
	}
	return payload, nil
}

// add takes a record of the plan, which is not in the file before flush.
func (s *store) add(kind byte, payload []byte) error {
	at := s.end + int64(len(s.pending))
	if kind == kindChunk {
		s.chunks = append(s.chunks, newRef(at, len(payload)))
	}
	s.pending = appendRecord(s.pending, at, kind, payload)
	if len(s.pending) < flushBytes {
		return nil
	}
	return s.flush()
}

// flush writes what is pending. If it cannot be written whole, the file is cut
// back to what it was.
func (s *store) flush() error {
	if s.broken != nil {
		return s.broken
	}
	_, err := s.file.WriteAt(s.pending, s.end)
	if err != nil {
		if undo := s.file.Truncate(s.end); undo != nil {
			s.broken = undo
		}
		s.pending = s.pending[:0]
		return fmt.Errorf("helliobulk: write the store %s: %w", s.path, err)
	}
	s.end += int64(len(s.pending))
	s.pending = s.pending[:0]
	return nil
}

// commit writes records of the journal and returns when they are on disk.
func (s *store) commit(kind byte, payloads ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	refs := make([]ref, len(payloads))
	for i, payload := range payloads {
		at := s.end + int64(len(s.pending))
		refs[i] = newRef(at, len(payload))
		s.pending = appendRecord(s.pending, at, kind, payload)
	}
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil { // what is on disk now is not known
		s.broken = fmt.Errorf("helliobulk: write the store %s: %w", s.path, err)
		return s.broken
	}
	for i, payload := range payloads {
		if kind == kindEntry {
			index, _ := binary.Uvarint(payload)
			s.entries[index] = refs[i]
		}
	}
	return nil
}

// readManifest returns the manifest.
func (s *store) readManifest() (m Manifest, err error) {
	payload, err := s.read(s.manifest)
	if err != nil {
		return m, err
	}
	switch err := json.Unmarshal(payload, &m); {
	case err != nil:
		return m, s.damaged("its manifest cannot be read")
	case m.Version != formatVersion:
		return m, fmt.Errorf("helliobulk: the store is of format %d, this version reads %d",
			m.Version, formatVersion)
	case m.Chunks != len(s.chunks):
		return m, s.damaged(fmt.Sprintf("it has %d of %d chunks", len(s.chunks), m.Chunks))
	}
	return m, nil
}

// writeManifest puts a changed manifest on disk.
func (s *store) writeManifest(m *Manifest) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.commit(kindManifest, payload)
}

// entry returns the journal's entry of a chunk; of one without, an open one.
func (s *store) entry(index int) (e entry, err error) {
	s.mu.Lock()
	r := s.entries[index]
	s.mu.Unlock()
	if r == 0 {
		err = s.eachOf(index, func(_ string, count int) {
			e = entry{State: StateOpen, Recipients: count}
		}, nil)
		return e, err
	}
	payload, err := s.read(r)
	if err != nil {
		return e, err
	}
	_, e, err = decodeEntry(payload)
	return e, err
}

// eachOf reads a chunk's record.
func (s *store) eachOf(index int, begin func(string, int), take func(addressee)) error {
	payload, err := s.read(s.chunks[index])
	if err != nil {
		return err
	}
	return decodeChunk(payload, begin, take)
}

// chunk returns a chunk as it is to be sent.
func (s *store) chunk(m *Manifest, index int) (*Chunk, error) {
	c := &Chunk{
		BatchID:  m.BatchID,
		Index:    index,
		Key:      ChunkKey(m.BatchID, index),
		Endpoint: m.Endpoint,
		BaseURL:  m.BaseURL,
		Account:  m.Account,
		Sender:   m.Sender,
		Message:  m.Message,
		Gateway:  m.Gateway,
	}
	var all strings.Builder // the numbers, in one piece
	err := s.eachOf(index, func(text string, count int) {
		all.Grow(16 * count)
		c.Recipients = make([]string, 0, count)
		c.Message = orElse(text, c.Message)
	}, func(a addressee) {
		var digits [20]byte
		begin := all.Len()
		all.WriteByte('+')
		all.Write(strconv.AppendUint(digits[:0], uint64(a.to), 10))
		c.Recipients = append(c.Recipients, all.String()[begin:])
	})
	return c, err
}

// publish puts a planned file on disk and renames it, so that a
// store is either whole or not there.
func (s *store) publish(path string) error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(s.path, path); err != nil {
		return err
	}
	s.path = path
	if runtime.GOOS == "windows" {
		return nil // it has no handles of directories
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
