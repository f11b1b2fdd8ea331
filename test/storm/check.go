package storm

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Violation is an invariant that does not hold.
type Violation struct {
	Invariant string
	Call      int // -1: of the whole run
	Text      string
	late      bool
}

// String returns the invariant, the call and the finding.
func (v Violation) String() string {
	if v.Call < 0 {
		return fmt.Sprintf("%s: %s", v.Invariant, v.Text)
	}
	return fmt.Sprintf("%s: call %d: %s", v.Invariant, v.Call, v.Text)
}

// checker compares the callers' records with ledger and wire log.
type checker struct {
	*run
	entries    map[callID][]*Entry
	final      books
	violations []Violation
	report     *Report
}

type callID struct {
	phase Phase
	call  int
}

func (r *run) check(report *Report) []Violation {
	c := &checker{
		run:     r,
		entries: map[callID][]*Entry{},
		final:   r.snapshot(),
		report:  report,
	}
	for _, e := range r.server.log {
		id := callID{e.Phase, e.Call}
		c.entries[id] = append(c.entries[id], e)
	}
	slices.SortFunc(c.records, func(a, b Record) int { return a.Begin.Compare(b.Begin) })
	c.checkI1()
	for i := range c.records {
		c.checkCall(&c.records[i])
	}
	c.checkI3()
	c.checkI4()
	c.checkI8()
	c.checkI9()
	c.checkServer()
	c.checkBudgets()
	c.checkDeliveries()
	c.checkCoverage()
	slices.SortStableFunc(c.violations, func(a, b Violation) int {
		return cmp.Compare(a.Invariant, b.Invariant)
	})
	return c.violations
}

func (c *checker) fail(invariant string, call int, format string, args ...any) {
	v := Violation{
		Invariant: invariant,
		Call:      call,
		Text:      fmt.Sprintf(format, args...),
	}
	c.violations = append(c.violations, v)
}

// late is fail for what a slow machine may cause too.
func (c *checker) late(invariant string, call int, format string, args ...any) {
	c.fail(invariant, call, format, args...)
	c.violations[len(c.violations)-1].late = true
}

// checkI1 checks that a message is charged at most once, and sent as often as
// it is charged.
func (c *checker) checkI1() {
	l := c.server.Ledger
	for message, charges := range l.charges {
		if len(charges) > 1 {
			c.report.Doubles++
			c.fail("I1", message, "charged %d times", len(charges))
		}
		plan := c.server.planner.Plan(message)
		if sent := l.sends[message]; plan.Cell.Class == Keyed && sent != len(charges) {
			c.fail("I1", message, "%s sent %d times, charged %d times", plan.Op, sent, len(charges))
		}
	}
}

// checkCall checks the invariants of a single call.
func (c *checker) checkCall(r *Record) {
	entries := c.entries[callID{r.Phase, r.Call}]
	c.checkI2(r, entries)
	c.checkNotSent(r, entries)
	c.checkI5(r, entries)
	c.checkI6(r, entries)
	c.checkI7(r)
	c.checkPatience(r)
}

// checkI2 checks that the outcome is true and that the result belongs to the
// call.
func (c *checker) checkI2(r *Record, entries []*Entry) {
	b := c.halfway
	if r.Phase == Resuming {
		b = c.final
	}
	did := b.effects[r.Call] + b.charges[r.Call]
	paid := r.Class == Keyed || r.Class == Unkeyed
	switch {
	case r.Strange != "":
		c.fail("I2", r.Call, "the result belongs to another call: %s", r.Strange)
	case r.Class == Get:
	case r.Outcome == done && did != 1, r.Outcome == "accepted" && paid && did != 1:
		c.fail("I2", r.Call, "%s, but the server executed it %d times", r.Outcome, did)
	case (r.Outcome == "rejected" || r.Outcome == "not sent") && did != 0:
		c.fail("I2", r.Call, "%s, but the server executed it %d times: %s", r.Outcome, did, r.Error)
	case r.Outcome == "unknown" && did > 1:
		c.fail("I2", r.Call, "the server executed it %d times", did)
	}
	if r.Outcome == done && r.Class == Keyed && !slices.ContainsFunc(entries, r.hasResult) {
		c.fail("I4", r.Call, "Replayed is %t, the wire log differs", r.Replayed)
	}
}

// hasResult reports whether the call's result may be the answer to e. An
// attempt that the client gave up can arrive after the last one, and those of a
// shared client are numbered as they arrive.
func (r *Record) hasResult(e *Entry) bool {
	last := r.Phase == Sharing || e.Attempt == len(r.Attempts)
	return last && e.Replayed == r.Replayed
}

// checkNotSent checks the other half of I2: the server received no complete
// request reported as not sent. On HTTP/2 net/http may still write the headers
// of a request that its caller cancelled; the body stays behind the gate.
func (c *checker) checkNotSent(r *Record, entries []*Entry) {
	for n, a := range r.Attempts {
		// With a shared client the server numbers attempts as they arrive.
		if a.Outcome != "not sent" || r.Phase == Sharing {
			continue
		}
		for _, e := range entries {
			if e.Attempt <= n+1 && e.arrived() {
				c.fail("I2", r.Call, "attempt %d reported as not sent, but it arrived: %+v", n+1, *e)
			}
		}
	}
	if r.Outcome == "not sent" && slices.ContainsFunc(entries, (*Entry).arrived) {
		c.fail("I2", r.Call, "reported as not sent, but it arrived")
	}
}

// checkI5 checks that the client retries a write without a key only after a
// 429.
func (c *checker) checkI5(r *Record, entries []*Entry) {
	if r.Class != Unkeyed && r.Class != Nonpaying {
		return
	}
	n := 0
	for _, e := range entries {
		if e.Status != 429 && !e.Refused {
			n++
		}
	}
	if n > 1 {
		c.fail("I5", r.Call, "the server may have executed %d requests", n)
	}
}

// checkI6 checks that each request on the wire belongs to an attempt that the
// caller sees. net/http may silently repeat a GET, and what an HTTP/2 server
// refused unprocessed.
func (c *checker) checkI6(r *Record, entries []*Entry) {
	requests := map[int]int{} // by attempt
	for _, e := range entries {
		if e.Attempt > len(r.Attempts) {
			c.fail("I6", r.Call, "attempt %d is on the wire, the caller saw %d",
				e.Attempt, len(r.Attempts))
		}
		if !e.Refused {
			requests[e.Attempt]++
		}
	}
	for attempt, n := range requests {
		switch {
		case n <= 1:
		case r.Class == Get:
			c.report.Repeated += n - 1
		default:
			c.report.Hidden += n - 1
			c.fail("I6", r.Call, "attempt %d is on the wire %d times", attempt, n)
		}
	}
	answered := 0
	for n, a := range r.Attempts {
		if a.Status != 0 {
			answered++
		}
		if r.Phase != Sharing && a.Status != 0 && requests[n+1] == 0 {
			c.fail("I6", r.Call, "attempt %d has status %d and is not on the wire", n+1, a.Status)
		}
	}
	if answered > len(requests) {
		c.fail("I6", r.Call, "%d attempts were answered, %d are on the wire",
			answered, len(requests))
	}
}

// slack is how far a call may exceed its deadline on real sockets, on a machine
// with free processor time.
const slack = 500 * time.Millisecond

// longestRetryAfter is the longest Retry-After that the default retry policy
// obeys.
const longestRetryAfter = 65 * time.Second

// checkI7 checks times: no call outlives its caller's patience, no attempt its
// limit, and no wait is useless or shorter than the Retry-After.
func (c *checker) checkI7(r *Record) {
	allowed := slack + r.Lag
	if !r.GaveUp.IsZero() && r.End.After(r.GaveUp.Add(allowed)) {
		c.late("I7", r.Call, "%s late", r.End.Sub(r.GaveUp))
	}
	quiet := r.End.Sub(r.lastEvent())
	if r.GaveUp.IsZero() && quiet > allowed {
		c.late("I7", r.Call, "%s: returned %s after its last attempt, timers were %s late",
			r.Phase, quiet, r.Lag)
	}
	for n, a := range r.Attempts {
		if took := a.End.Sub(a.Begin); took > r.Phase.limit(attemptLimit)+allowed {
			c.late("I7", r.Call, "attempt %d took %s", n+1, took)
		}
		tooLate := !r.Deadline.IsZero() && a.End.Add(a.Retry).After(r.Deadline)
		useless := a.Retry > longestRetryAfter || tooLate
		last := n == len(r.Attempts)-1
		switch {
		case useless && !last:
			c.late("I7", r.Call, "retried despite a Retry-After of %s", a.Retry)
		case useless && quiet > allowed:
			c.late("I7", r.Call, "waited %s of a useless Retry-After of %s", quiet, a.Retry)
		case !last && r.Attempts[n+1].Begin.Sub(a.End) < a.Retry-time.Millisecond:
			c.late("I7", r.Call, "retried after %s, Retry-After was %s",
				r.Attempts[n+1].Begin.Sub(a.End), a.Retry)
		}
	}
}

// checkPatience checks a part of I3: the client does not return an unknown
// outcome that one more wait would resolve.
func (c *checker) checkPatience(r *Record) {
	if len(r.Attempts) < 2 || r.Outcome == done || !r.GaveUp.IsZero() {
		return
	}
	last := r.Attempts[len(r.Attempts)-1]
	previous := r.Attempts[len(r.Attempts)-2]
	switch {
	case r.Class == Delete && last.Status == 404 && previous.Outcome == "unknown":
		c.fail("I3", r.Call, "a 404 after an unknown DELETE did not count as done")
	case r.Class == Keyed && last.Status == 409 && c.couldWait(r, last.End):
		c.late("I3", r.Call, "the earlier attempt was in flight, and there was time to wait for it")
	}
}

// couldWait reports whether one more wait for an earlier attempt fits into the
// ten seconds of such waits and before the caller's deadline.
func (c *checker) couldWait(r *Record, from time.Time) bool {
	waits := []time.Duration{
		300 * time.Millisecond,
		time.Second,
		2 * time.Second,
		4 * time.Second,
		4 * time.Second,
	}
	met := 0
	var waited time.Duration
	for _, a := range r.Attempts {
		if a.Status == 409 {
			waited += waits[min(met, len(waits)-1)]
			met++
		}
	}
	next := from.Add(waits[min(met-1, len(waits)-1)] + time.Second)
	return waited <= 10*time.Second && (r.Deadline.IsZero() || next.Before(r.Deadline))
}
