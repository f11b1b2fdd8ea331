// Package pacing holds the arithmetic of hellio's WindowLimiter. It learns a
// token's rate limit from responses, queues calls, and computes when a call may
// start. It knows times and durations only. The caller brings the clock, a lock
// and the timers. Callers may read the clock before they lock, so a time may be
// a little earlier than the one before it.
package pacing

import (
	"container/heap"
	"time"
)

// SpareTime is what a wait leaves before the deadline: a second for a paid
// attempt, and a little because a timer may be late. The attempt would then not
// begin, and the wait would be useless.
const SpareTime = time.Second + 20*time.Millisecond

// maxTokens is how many states are kept while no call uses them.
const maxTokens = 256

// Tokens holds the state of each token. It forgets idle ones, those first
// whose windows end first. The zero value is ready for use.
type Tokens struct {
	states map[string]*tokenState
	idle   idleHeap
}

// Enter starts a call immediately (nil, 0), refuses it because of a wait that
// is too long (nil, wait), or appends it to its queue. A zero latest means that
// the call may start at any time.
func (t *Tokens) Enter(
	token string, kind Kind, latest, now time.Time,
) (w *Waiter, tooLong time.Duration) {
	return t.state(token).enter(kind, latest, now)
}

// WakeAfter starts the waiters that may start and returns how long the caller
// of w may sleep.
func (t *Tokens) WakeAfter(w *Waiter, now time.Time) time.Duration {
	return w.state.wakeAfter(w, now)
}

// Remove takes w out of its queue, or returns the permit that it has received
// in the same moment.
func (t *Tokens) Remove(w *Waiter, now time.Time) {
	w.state.remove(w, now)
	t.settle(w.state)
}

// Observe learns from a response and starts the waiters that may start now.
func (t *Tokens) Observe(token string, kind Kind, r Response, now time.Time) {
	s := t.state(token)
	s.observe(kind, r, now)
	t.settle(s)
}

// state returns the state of a token.
func (t *Tokens) state(token string) *tokenState {
	if s := t.states[token]; s != nil {
		return s
	}
	if t.states == nil {
		t.states = make(map[string]*tokenState)
	}
	t.evict(maxTokens - 1)
	s := &tokenState{name: token}
	t.states[token] = s
	return s
}

// settle puts a state that has become idle into the heap.
func (t *Tokens) settle(s *tokenState) {
	if !s.isIdle() {
		return
	}
	end := later(s.token.end, s.otp.end)
	switch {
	case s.place == 0:
		s.idleEnd = end
		heap.Push(&t.idle, s)
	case !end.Equal(s.idleEnd):
		s.idleEnd = end
		heap.Fix(&t.idle, s.place-1)
	}
	t.evict(maxTokens)
}

// evict forgets idle states until at most n states are left. A state that is in
// use again stays: it leaves the heap and returns to it when it is idle.
func (t *Tokens) evict(n int) {
	for len(t.states) > n && len(t.idle) > 0 {
		s := heap.Pop(&t.idle).(*tokenState)
		if s.isIdle() {
			delete(t.states, s.name)
		}
	}
}

// idleHeap orders states by the end of their windows. Each idle state is in it,
// once; states in use may still be.
type idleHeap []*tokenState

func (h idleHeap) Len() int           { return len(h) }
func (h idleHeap) Less(i, j int) bool { return h[i].idleEnd.Before(h[j].idleEnd) }

func (h idleHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place = i + 1
	h[j].place = j + 1
}

// Push appends a *tokenState.
func (h *idleHeap) Push(x any) {
	s := x.(*tokenState)
	*h = append(*h, s)
	s.place = len(*h)
}

// Pop removes the last *tokenState.
func (h *idleHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place = 0
	return s
}
