package hellio

import (
	"context"
	"slices"
	"time"
)

// line is where calls of one kind wait; OTPs are served before others.
type line int

const (
	otpLine line = iota
	bulkLine
)

func lineOf(r LimitRequest) line {
	if r.OTP {
		return otpLine
	}
	return bulkLine
}

// waiter is one call in a line.
type waiter struct {
	line     line
	deadline time.Time     // of its context; zero: none
	first    chan struct{} // told to look at the time
	done     chan struct{} // closed when it has left the line
	err      error         // set before done is closed
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

// enter lets a call go at once (nil, nil), turns it away, or puts it in line.
func (p *pace) enter(ctx context.Context, line line, now time.Time) (*waiter, error) {
	if line == otpLine {
		p.lastOTP = now
	}
	q := &p.lines[line]
	if len(*q) == 0 && !p.opens(line, now).After(now) {
		p.grant(line, now)
		return nil, nil
	}
	deadline, _ := ctx.Deadline()
	if err := p.tooLate(line, len(*q), deadline, now); err != nil {
		return nil, err
	}
	w := &waiter{line: line, deadline: deadline, first: make(chan struct{}, 1), done: make(chan struct{})}
	*q = append(*q, w)
	return w, nil
}

// serve lets go whoever may go now. Whoever comes first by that is told.
func (p *pace) serve(now time.Time) {
	for _, line := range [...]line{otpLine, bulkLine} {
		q := &p.lines[line]
		before := q.head()
		for len(*q) > 0 && !p.opens(line, now).After(now) {
			p.grant(line, now)
			close((*q)[0].done)
			*q = slices.Delete(*q, 0, 1)
		}
		if q.head() != before {
			q.wake()
		}
	}
}

// turnAway ends the waits that have become too long for their deadlines.
func (p *pace) turnAway(now time.Time) {
	for line := range p.lines {
		kept := 0
		p.lines[line] = slices.DeleteFunc(p.lines[line], func(w *waiter) bool {
			if w.err = p.tooLate(w.line, kept, w.deadline, now); w.err == nil {
				kept++
				return false
			}
			close(w.done)
			return true
		})
	}
}

func (p *pace) wakeHeads() {
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
	case q[0].first <- struct{}{}:
	default: // it was told already
	}
}

// tooLate is the error of a call that would be let go too near its deadline, or after it. An attempt that is cut off leaves money in
// doubt, so a second is kept for it.
func (p *pace) tooLate(line line, n int, deadline, now time.Time) error {
	at := p.earliest(line, n, now)
	if deadline.IsZero() || !at.After(now) || !at.Add(shortestPaidAttempt).After(deadline) {
		return nil
	}
	const text = "the rate limit is used up, and the wait for it would pass the deadline"
	return &RateLimitError{APIError: &APIError{Message: text, Outcome: OutcomeNotSent}, RetryAfter: at.Sub(now)}
}
