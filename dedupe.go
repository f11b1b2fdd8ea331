package hellio

import (
	"cmp"
	linked "container/list"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// The errors of a DedupeStore for an id that is not free. Check them with
// errors.Is.
var (
	// ErrClaimHeld reports that another claim of the id has not ended. The
	// event is neither free nor handled.
	ErrClaimHeld = errors.New("hellio: another delivery of the event is being handled")
	// ErrAlreadyHandled reports that the id is committed.
	ErrAlreadyHandled = errors.New("hellio: the event was already handled")
)

// DedupeStore records which events were handled, so that each is handled once
// however often it is delivered. Implementations are safe for concurrent use.
// They keep committed ids for as long as the API may deliver an event again. 7
// days are ample (decided: the API's schedule is not published).
//
// A claim belongs to its owner and lasts until its lease ends, its owner
// commits it or its owner releases it. Handlers claim an id, handle the event,
// and then commit or release. A handler that overruns its lease may lose its
// claim to another handler. Its late Commit or Release does not change the
// other claim.
type DedupeStore interface {
	// Claim claims a free id for the lease, in one atomic step. It returns the
	// owner of the claim, a text that no other claim of the id has. It returns
	// ErrClaimHeld while another claim lasts, and ErrAlreadyHandled after a
	// Commit.
	Claim(ctx context.Context, id string, lease time.Duration) (owner string, err error)

	// Commit marks the id as handled, even if the owner's claim has ended. It
	// returns ErrClaimHeld and changes nothing while another owner's claim
	// lasts. A committed id stays unchanged, and Commit returns nil.
	Commit(ctx context.Context, id, owner string) error

	// Release ends the owner's claim, so that the next delivery is handled.
	// Another owner's claim and a committed id stay unchanged, and Release
	// returns nil.
	Release(ctx context.Context, id, owner string) error
}

const (
	defaultDedupeRetention = 7 * 24 * time.Hour
	defaultDedupeSize      = 100_000
)

var errDedupeFull = errors.New("hellio: the dedupe store is full of events that are being handled")

// MemoryDedupeStore is a DedupeStore in memory, for tests and for a single
// process. A restart loses everything, and processes do not share it. Its size
// is bounded: a full store evicts the ids that were committed first. The zero
// value is an empty store with the defaults of NewMemoryDedupeStore; a nil
// store returns a *ParamError from every method. Do not copy a store.
type MemoryDedupeStore struct {
	retention time.Duration
	size      int

	mu        sync.Mutex
	claimed   int64 // claims so far
	byID      map[string]*linked.Element
	claims    linked.List // of *dedupeEntry, oldest first
	committed linked.List // of *dedupeEntry, oldest first
}

// dedupeEntry is one id, in one of the two lists.
type dedupeEntry struct {
	id    string
	owner string    // of the claim; "" for a committed id
	until time.Time // when the lease or the retention ends
}

// NewMemoryDedupeStore returns a store that keeps committed ids for the
// retention, and at most size ids. Zero means the default: 7 days, 100,000 ids
// (about 30 MB when full). A negative value is a *ParamError.
func NewMemoryDedupeStore(retention time.Duration, size int) (*MemoryDedupeStore, error) {
	switch {
	case retention < 0:
		return nil, &ParamError{
			Field:   "retention",
			Given:   retention.String(),
			Allowed: "a positive duration, or 0 for 7 days",
		}
	case size < 0:
		return nil, &ParamError{
			Field:   "size",
			Given:   itoa(size),
			Allowed: "a positive number, or 0 for 100000",
		}
	}
	return &MemoryDedupeStore{retention: retention, size: size}, nil
}

// Claim implements DedupeStore. The lease must be positive. Claim returns an
// error if active claims fill the store.
func (s *MemoryDedupeStore) Claim(
	_ context.Context,
	id string,
	lease time.Duration,
) (owner string, err error) {
	if err := firstError(s.check(), checkDedupeID(id), checkLease(lease)); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if held := s.lasting(id, now); held != nil {
		if held.owner == "" {
			return "", ErrAlreadyHandled
		}
		return "", ErrClaimHeld
	}
	if !s.makeRoom(now) {
		return "", errDedupeFull
	}
	s.claimed++
	owner = strconv.FormatInt(s.claimed, 10)
	s.add(&s.claims, &dedupeEntry{id: id, owner: owner, until: now.Add(lease)})
	return owner, nil
}

// Commit implements DedupeStore.
func (s *MemoryDedupeStore) Commit(_ context.Context, id, owner string) error {
	if err := firstError(s.check(), checkDedupeID(id), checkOwner(owner)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if held := s.lasting(id, now); held != nil {
		switch held.owner {
		case owner:
			s.drop(s.byID[id])
		case "":
			return nil
		default:
			return ErrClaimHeld
		}
	}
	s.makeRoom(now) // a full store takes one more, because the event is handled
	until := now.Add(cmp.Or(s.retention, defaultDedupeRetention))
	s.add(&s.committed, &dedupeEntry{id: id, until: until})
	return nil
}

// Release implements DedupeStore.
func (s *MemoryDedupeStore) Release(_ context.Context, id, owner string) error {
	if err := firstError(s.check(), checkDedupeID(id), checkOwner(owner)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.lasting(id, time.Now()); held != nil && held.owner == owner {
		s.drop(s.byID[id])
	}
	return nil
}

// lasting returns the entry of an id whose lease or retention has not ended;
// nil if there is none. It drops what has ended.
func (s *MemoryDedupeStore) lasting(id string, now time.Time) *dedupeEntry {
	s.dropForgotten(now)
	element := s.byID[id]
	if element == nil {
		return nil
	}
	entry := entryOf(element)
	if !now.Before(entry.until) {
		s.drop(element)
		return nil
	}
	return entry
}

// makeRoom drops claims whose lease has ended, and then the ids that were
// committed first, until one more fits. It reports whether one does.
func (s *MemoryDedupeStore) makeRoom(now time.Time) bool {
	size := cmp.Or(s.size, defaultDedupeSize)
	for at := s.claims.Front(); at != nil && len(s.byID) >= size; {
		next := at.Next()
		if !now.Before(entryOf(at).until) {
			s.drop(at)
		}
		at = next
	}
	for len(s.byID) >= size && s.committed.Len() > 0 {
		s.drop(s.committed.Front())
	}
	return len(s.byID) < size
}

// dropForgotten drops the committed ids whose retention has ended. They end in
// the order in which they were committed.
func (s *MemoryDedupeStore) dropForgotten(now time.Time) {
	for s.committed.Len() > 0 && !now.Before(entryOf(s.committed.Front()).until) {
		s.drop(s.committed.Front())
	}
}

func (s *MemoryDedupeStore) add(entries *linked.List, entry *dedupeEntry) {
	if s.byID == nil {
		s.byID = map[string]*linked.Element{}
	}
	s.byID[entry.id] = entries.PushBack(entry)
}

func (s *MemoryDedupeStore) drop(element *linked.Element) {
	entry := entryOf(element)
	delete(s.byID, entry.id)
	if entry.owner == "" {
		s.committed.Remove(element)
	} else {
		s.claims.Remove(element)
	}
}

func entryOf(element *linked.Element) *dedupeEntry { return element.Value.(*dedupeEntry) }

func (s *MemoryDedupeStore) check() error {
	if s == nil {
		return &ParamError{
			Field:   "store",
			Given:   "a nil *MemoryDedupeStore",
			Allowed: "a store of NewMemoryDedupeStore",
		}
	}
	return nil
}

// checkDedupeID refuses the id of no event, which would merge all such events.
func checkDedupeID(id string) error {
	if id == "" {
		return &ParamError{Field: "id", Given: "an empty string", Allowed: "the id of an event"}
	}
	return nil
}

// checkOwner refuses the owner that a failed Claim returns.
func checkOwner(owner string) error {
	if owner == "" {
		return &ParamError{Field: "owner", Given: "an empty string", Allowed: "what Claim returned"}
	}
	return nil
}

func checkLease(lease time.Duration) error {
	if lease <= 0 {
		return &ParamError{Field: "lease", Given: lease.String(), Allowed: "a positive duration"}
	}
	return nil
}
