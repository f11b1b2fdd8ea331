package pacing

import (
	"slices"
	"time"
)

// Kind selects the queue of a call. OTPs start before other calls.
type Kind int

// The kinds of calls.
const (
	OTP Kind = iota
	Bulk
)

// Waiter is one call in a queue.
type Waiter struct {
	Head    chan struct{} // receives when the caller has to ask WakeAfter again
	Done    chan struct{} // closed when the call has left the queue
	TooLong time.Duration // after Done: 0 if the call may start, else the wait that is too long

	state  *tokenState
	kind   Kind
	latest time.Time // its latest start; zero: any time
}

// queue holds the waiting calls of one kind, first in, first out.
type queue []*Waiter

func (q queue) head() *Waiter {
	if len(q) == 0 {
		return nil
	}
	return q[0]
}

// pop removes the first waiter. Deleting it from the slice would move all
// others.
func (q *queue) pop() *Waiter {
	w := (*q)[0]
	(*q)[0] = nil
	*q = (*q)[1:]
	return w
}

// remove reports whether w was in the queue.
func (q *queue) remove(w *Waiter) bool {
	i := slices.Index(*q, w)
	if i >= 0 {
		*q = slices.Delete(*q, i, i+1)
	}
	return i >= 0
}

// wake makes the caller of the first waiter ask WakeAfter again.
func (q queue) wake() {
	if len(q) == 0 {
		return
	}
	select {
	case q[0].Head <- struct{}{}:
	default: // the last signal is still there
	}
}

func (s *tokenState) enter(kind Kind, latest, now time.Time) (w *Waiter, tooLong time.Duration) {
	if kind == OTP {
		s.lastOTP = now
	}
	q := &s.queues[kind]
	if len(*q) == 0 && !s.earliestStart(kind, now).After(now) {
		s.grant(kind, now)
		return nil, 0
	}
	if tooLong = s.tooLong(kind, len(*q), latest, now); tooLong > 0 {
		return nil, tooLong
	}
	w = &Waiter{
		state:  s,
		Head:   make(chan struct{}, 1),
		Done:   make(chan struct{}),
		kind:   kind,
		latest: latest,
	}
	*q = append(*q, w)
	return w, 0
}

func (s *tokenState) wakeAfter(w *Waiter, now time.Time) time.Duration {
	s.serve(now)
	if s.queues[w.kind].head() != w {
		return windowLength
	}
	return s.earliestStart(w.kind, now).Sub(now)
}

func (s *tokenState) remove(w *Waiter, now time.Time) {
	if !s.queues[w.kind].remove(w) && w.TooLong == 0 {
		s.release(w.kind)
	}
	s.serve(now)
	s.wakeHeads()
}

func (s *tokenState) observe(kind Kind, r Response, now time.Time) {
	s.learn(kind, r, now)
	if !s.anyWaits() {
		return // the usual case, kept short because the caller holds a lock
	}
	s.serve(now)
	s.refuseLate(now)
	s.wakeHeads()
}

// serve starts the waiters that may start, and wakes those that come to the
// head of a queue.
func (s *tokenState) serve(now time.Time) {
	for _, kind := range [...]Kind{OTP, Bulk} {
		q := &s.queues[kind]
		before := q.head()
		for len(*q) > 0 && !s.earliestStart(kind, now).After(now) {
			s.grant(kind, now)
			close(q.pop().Done)
		}
		if q.head() != before {
			q.wake()
		}
	}
}

// refuseLate refuses the waiters that can no longer start in time.
func (s *tokenState) refuseLate(now time.Time) {
	for kind := range s.queues {
		kept := 0
		s.queues[kind] = slices.DeleteFunc(s.queues[kind], func(w *Waiter) bool {
			w.TooLong = s.tooLong(w.kind, kept, w.latest, now)
			if w.TooLong == 0 {
				kept++
				return false
			}
			close(w.Done)
			return true
		})
	}
}

func (s *tokenState) wakeHeads() {
	for _, q := range s.queues {
		q.wake()
	}
}

// tooLong returns the wait of the n-th in a queue (from 0) if that is certain
// to end after latest, else 0.
func (s *tokenState) tooLong(kind Kind, n int, latest, now time.Time) time.Duration {
	at := s.lowerBound(kind, n, now)
	if latest.IsZero() || !at.After(now) || !at.After(latest) {
		return 0
	}
	return at.Sub(now)
}
