package hellio

import (
	queue "container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClaimHeld is what a DedupeStore answers while somebody else handles the event: it is neither new nor done.
var ErrClaimHeld = errors.New("hellio: the event is being handled")

// DedupeStore remembers which events were handled, so that a delivery that comes twice is handled once. Implementations are safe for
// concurrent use, and keep committed ids at least as long as the API may deliver an event again; 7 days are ample (decided: the API's
// schedule is not published).
type DedupeStore interface {
	// Claim takes the id for the time of the lease, in one atomic step. It gives true when the id is now the caller's to handle: unknown,
	// released, or claimed by somebody whose lease has run out. It gives false and nil when the id is committed, and false and
	// ErrClaimHeld while another claim lasts: false and nil there would lose the event, should that other claim fail.
	Claim(ctx context.Context, id string, lease time.Duration) (fresh bool, err error)
	// Commit marks the id as handled, whatever became of the claim.
	Commit(ctx context.Context, id string) error
	// Release gives up a claim, so that the next delivery is handled. A committed or unknown id is left as it is.
	Release(ctx context.Context, id string) error
}

const (
	defaultDedupeRetention = 7 * 24 * time.Hour
	defaultDedupeSize      = 100_000
)

var errDedupeFull = errors.New("hellio: the dedupe store is full of events that are being handled")

// MemoryDedupeStore is a DedupeStore for tests and for one process: a restart forgets everything, and a second process knows nothing of it.
// It is bounded: the id that was committed first leaves first.
type MemoryDedupeStore struct {
	retention time.Duration
	size      int

	mu        sync.Mutex
	byID      map[string]*queue.Element
	claims    *queue.List // of *dedupeEntry, oldest first
	committed *queue.List // of *dedupeEntry, oldest first
}

// dedupeEntry is one id, in one of the two lists.
type dedupeEntry struct {
	id        string
	committed bool
	until     time.Time // of the lease, or of the retention
}

// NewMemoryDedupeStore makes a store that keeps committed ids for the retention, and at most size ids. 0 is the default: 7 days, 100,000
// ids (some 30 MB when full). Negative values give a *ParamError.
func NewMemoryDedupeStore(retention time.Duration, size int) (*MemoryDedupeStore, error) {
	switch {
	case retention < 0:
		return nil, &ParamError{Field: "retention", Given: retention.String(), Allowed: "a positive duration, or 0 for 7 days"}
	case size < 0:
		return nil, &ParamError{Field: "size", Given: itoa(size), Allowed: "a positive number, or 0 for 100000"}
	}
	s := &MemoryDedupeStore{retention: retention, size: size, byID: map[string]*queue.Element{}, claims: queue.New(), committed: queue.New()}
	if retention == 0 {
		s.retention = defaultDedupeRetention
	}
	if size == 0 {
		s.size = defaultDedupeSize
	}
	return s, nil
}

// Claim implements DedupeStore. It fails when the store is full and nothing in it may leave.
func (s *MemoryDedupeStore) Claim(_ context.Context, id string, lease time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.expire(s.committed, now)
	if held := s.byID[id]; held != nil {
		entry := held.Value.(*dedupeEntry)
		if entry.committed {
			return false, nil
		}
		if now.Before(entry.until) {
			return false, ErrClaimHeld
		}
		s.drop(held)
	}
	if !s.makeRoom(now) {
		return false, errDedupeFull
	}
	s.add(s.claims, &dedupeEntry{id: id, until: now.Add(lease)})
	return true, nil
}

// Commit implements DedupeStore.
func (s *MemoryDedupeStore) Commit(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.byID[id]; held != nil {
		s.drop(held)
	}
	now := time.Now()
	s.makeRoom(now) // a full store takes one more: the work is done
	s.add(s.committed, &dedupeEntry{id: id, committed: true, until: now.Add(s.retention)})
	return nil
}

// Release implements DedupeStore.
func (s *MemoryDedupeStore) Release(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.byID[id]; held != nil && !held.Value.(*dedupeEntry).committed {
		s.drop(held)
	}
	return nil
}

// makeRoom lets go of leases that ran out, then of the oldest committed ids, until one more fits.
func (s *MemoryDedupeStore) makeRoom(now time.Time) bool {
	if len(s.byID) >= s.size {
		s.expire(s.claims, now)
	}
	for len(s.byID) >= s.size && s.committed.Len() > 0 {
		s.drop(s.committed.Front())
	}
	return len(s.byID) < s.size
}

// expire drops what has run out at the head of a list: one handler's claims all last equally long, and so do all committed ids.
func (s *MemoryDedupeStore) expire(l *queue.List, now time.Time) {
	for l.Len() > 0 && !now.Before(l.Front().Value.(*dedupeEntry).until) {
		s.drop(l.Front())
	}
}

func (s *MemoryDedupeStore) add(l *queue.List, entry *dedupeEntry) {
	s.byID[entry.id] = l.PushBack(entry)
}

func (s *MemoryDedupeStore) drop(e *queue.Element) {
	entry := e.Value.(*dedupeEntry)
	delete(s.byID, entry.id)
	if entry.committed {
		s.committed.Remove(e)
	} else {
		s.claims.Remove(e)
	}
}
