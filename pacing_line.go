package hellio

import (
	"slices"
	"time"
)

// callKind is where calls of one kind wait; OTPs are served before others.
type callKind int

// The kinds of calls.
const (
	otpLine callKind = iota
	bulkLine
)

// waiter is one call in a line.
type waiter struct {
	First   chan struct{} // told to look at the time
	Done    chan struct{} // closed when it has left the line
	Refused time.Duration // set before Done is closed: the wait that would be too long, or 0

	line   callKind
	latest time.Time // when it may be let go at the latest; zero: any time
}

// waitingLine is one line, first in, first out.
type waitingLine []*waiter

func (q waitingLine) head() *waiter {
	if len(q) == 0 {
		return nil
	}
	return q[0]
}

func (q *waitingLine) remove(w *waiter) bool {
	i := slices.Index(*q, w)
	if i >= 0 {
		*q = slices.Delete(*q, i, i+1)
	}
	return i >= 0
}

// Enter lets a call go at once (nil, 0), turns it away with the wait that would be too long, or puts it in line.
func (p *tokenState) Enter(line callKind, latest, now time.Time) (w *waiter, refused time.Duration) {
	if line == otpLine {
		p.lastOTP = now
	}
	q := &p.lines[line]
	if len(*q) == 0 && !p.opens(line, now).After(now) {
		p.grant(line, now)
		return nil, 0
	}
	if refused = p.tooLate(line, len(*q), latest, now); refused > 0 {
		return nil, refused
	}
	w = &waiter{line: line, latest: latest, First: make(chan struct{}, 1), Done: make(chan struct{})}
	*q = append(*q, w)
	return w, 0
}

// WakeAfter serves the lines and tells how long w may sleep.
func (p *tokenState) WakeAfter(w *waiter, now time.Time) time.Duration {
	p.serve(now)
	if p.lines[w.line].head() != w {
		return windowLength
	}
	return p.opens(w.line, now).Sub(now)
}

// Remove takes w out of its line, or gives back the leave that it was given in the same moment.
func (p *tokenState) Remove(w *waiter, now time.Time) {
	if !p.lines[w.line].remove(w) && w.Refused == 0 {
		p.release(w.line)
	}
	p.serve(now)
	p.wakeHeads()
}

// serve lets go whoever may go now. Whoever comes first by that is told.
func (p *tokenState) serve(now time.Time) {
	for _, line := range [...]callKind{otpLine, bulkLine} {
		q := &p.lines[line]
		before := q.head()
		for len(*q) > 0 && !p.opens(line, now).After(now) {
			p.grant(line, now)
			close((*q)[0].Done)
			*q = slices.Delete(*q, 0, 1)
		}
		if q.head() != before {
			q.wake()
		}
	}
}

// turnAway ends the waits that have become too long for their deadlines.
func (p *tokenState) turnAway(now time.Time) {
	for line := range p.lines {
		kept := 0
		p.lines[line] = slices.DeleteFunc(p.lines[line], func(w *waiter) bool {
			if w.Refused = p.tooLate(w.line, kept, w.latest, now); w.Refused == 0 {
				kept++
				return false
			}
			close(w.Done)
			return true
		})
	}
}

func (p *tokenState) wakeHeads() {
	for _, q := range p.lines {
		q.wake()
	}
}

// wake tells the first in line to look at the time.
func (q waitingLine) wake() {
	if len(q) == 0 {
		return
	}
	select {
	case q[0].First <- struct{}{}:
	default: // it was told already
	}
}

// tooLate is the wait of a call that would be let go after the latest moment, else 0.
func (p *tokenState) tooLate(line callKind, n int, latest, now time.Time) time.Duration {
	at := p.earliest(line, n, now)
	if latest.IsZero() || !at.After(now) || !at.After(latest) {
		return 0
	}
	return at.Sub(now)
}
