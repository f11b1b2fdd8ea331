package storm

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant string
	Call      int // -1: of the whole run
	Text      string
}

// String tells the invariant, the call and what was found.
func (v Violation) String() string {
	if v.Call < 0 {
		return fmt.Sprintf("%s: %s", v.Invariant, v.Text)
	}
	return fmt.Sprintf("%s: call %d: %s", v.Invariant, v.Call, v.Text)
}

// checker compares what the callers were told with what ledger and wire log say.
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
	c := &checker{run: r, entries: map[callID][]*Entry{}, final: r.snapshot(), report: report}
	for _, e := range r.server.log {
		id := callID{e.Phase, e.Call}
		c.entries[id] = append(c.entries[id], e)
	}
	slices.SortFunc(c.records, func(a, b Record) int { return a.Begin.Compare(b.Begin) })
	c.charges()
	for i := range c.records {
		c.record(&c.records[i])
	}
	c.resolved()
	c.wallet()
	c.leaks()
	c.honesty()
	c.trespasses()
	c.budgets()
	c.deliveries()
	c.coverage()
	slices.SortStableFunc(c.violations, func(a, b Violation) int { return cmp.Compare(a.Invariant, b.Invariant) })
	return c.violations
}

func (c *checker) fail(invariant string, call int, format string, args ...any) {
	c.violations = append(c.violations, Violation{invariant, call, fmt.Sprintf(format, args...)})
}

// charges is I1: a message is charged once at most, and sent as often as it is charged.
func (c *checker) charges() {
	l := c.server.Ledger
	for message, charges := range l.charges {
		if len(charges) > 1 {
			c.report.Doubles++
			c.fail("I1", message, "charged %d times", len(charges))
		}
		if op := c.server.planner.Plan(message).Op; c.server.planner.Plan(message).Cell.Class == Keyed && l.sends[message] != len(charges) {
			c.fail("I1", message, "%s sent %d times, charged %d times", op, l.sends[message], len(charges))
		}
	}
}

// record is what can be said of each call by itself.
func (c *checker) record(r *Record) {
	entries := c.entries[callID{r.Phase, r.Call}]
	c.told(r, entries)
	c.unsent(r, entries)
	c.unkeyed(r, entries)
	c.hidden(r, entries)
	c.late(r)
	c.gaveUpEarly(r)
}

// told is I2: what the caller was told is true.
func (c *checker) told(r *Record, entries []*Entry) {
	b := c.halfway
	if r.Phase == Resuming {
		b = c.final
	}
	did, paid := b.effects[r.Call]+b.charges[r.Call], r.Class == Keyed || r.Class == Unkeyed
	switch {
	case r.Strange != "":
		c.fail("I2", r.Call, "the result does not belong to the call: %s", r.Strange)
	case r.Class == Get:
	case r.Outcome == done && did != 1, r.Outcome == "accepted" && paid && did != 1:
		c.fail("I2", r.Call, "%s, but it was carried out %d times", r.Outcome, did)
	case (r.Outcome == "rejected" || r.Outcome == "not sent") && did != 0:
		c.fail("I2", r.Call, "%s, but it was carried out %d times: %s", r.Outcome, did, r.Error)
	case r.Outcome == "unknown" && did > 1:
		c.fail("I2", r.Call, "carried out %d times", did)
	}
	if r.Outcome == done && r.Class == Keyed {
		if n := len(entries); n == 0 || entries[n-1].Replayed != r.Replayed {
			c.fail("I4", r.Call, "Replayed is %t, the wire log says otherwise", r.Replayed)
		}
	}
}

// unsent is the rest of I2: what was not sent has not arrived.
func (c *checker) unsent(r *Record, entries []*Entry) {
	for n, a := range r.Attempts {
		if a.Outcome != "not sent" || r.Phase == Crowding { // where attempts are counted as they arrive
			continue
		}
		for _, e := range entries {
			if e.Attempt <= n+1 && !e.Refused {
				c.fail("I2", r.Call, "attempt %d was told as not sent, and attempt %d arrived", n+1, e.Attempt)
			}
		}
	}
	if r.Outcome == "not sent" && slices.ContainsFunc(entries, func(e *Entry) bool { return !e.Refused }) {
		c.fail("I2", r.Call, "told as not sent, and arrived")
	}
}

// unkeyed is I5: without a key, only what was refused by the limiter goes out again.
func (c *checker) unkeyed(r *Record, entries []*Entry) {
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
		c.fail("I5", r.Call, "%d requests went out that may have been carried out", n)
	}
}

// hidden is I6: on the wire is what the caller can see. A GET may be repeated behind the scenes, and on HTTP/2 what was refused unprocessed.
func (c *checker) hidden(r *Record, entries []*Entry) {
	seen := map[int]int{}
	for _, e := range entries {
		if e.Attempt > len(r.Attempts) {
			c.fail("I6", r.Call, "attempt %d is on the wire, the caller saw %d", e.Attempt, len(r.Attempts))
		}
		if !e.Refused {
			seen[e.Attempt]++
		}
	}
	for attempt, n := range seen {
		switch {
		case n <= 1:
		case r.Class == Get:
			c.report.Healed += n - 1
		default:
			c.report.Hidden += n - 1
			c.fail("I6", r.Call, "attempt %d went over the wire %d times", attempt, n)
		}
	}
	answered := 0
	for n, a := range r.Attempts {
		if a.Status != 0 {
			answered++
		}
		if r.Phase != Crowding && a.Status != 0 && seen[n+1] == 0 {
			c.fail("I6", r.Call, "attempt %d has status %d and is not on the wire", n+1, a.Status)
		}
	}
	if answered > len(seen) {
		c.fail("I6", r.Call, "%d attempts were answered, %d are on the wire", answered, len(seen))
	}
}

// slack is what a call may take beyond its deadline on real sockets, on a machine that is not starved.
const slack = 500 * time.Millisecond

// longestTold is the longest wait that the retry policy's default lets the API ask for.
const longestTold = 65 * time.Second

// late is I7: no call outlives its caller's patience, waits for what can't come in time, or comes back before the time told.
func (c *checker) late(r *Record) {
	allowed := slack + r.Lag
	if !r.GaveUp.IsZero() && r.End.After(r.GaveUp.Add(allowed)) {
		c.fail("I7", r.Call, "%s late", r.End.Sub(r.GaveUp))
	}
	quiet := r.End.Sub(r.lastSign())
	if r.GaveUp.IsZero() && quiet > allowed {
		c.fail("I7", r.Call, "returned %s after its last attempt", quiet)
	}
	for n, a := range r.Attempts {
		if took := a.End.Sub(a.Begin); took > attemptLimit+allowed {
			c.fail("I7", r.Call, "attempt %d took %s", n+1, took)
		}
		hopeless := a.Retry > longestTold || !r.Deadline.IsZero() && a.End.Add(a.Retry).After(r.Deadline)
		last := n == len(r.Attempts)-1
		switch {
		case hopeless && !last:
			c.fail("I7", r.Call, "tried again although asked to wait %s", a.Retry)
		case hopeless && quiet > allowed:
			c.fail("I7", r.Call, "waited %s of %s that are too long", quiet, a.Retry)
		case !last && r.Attempts[n+1].Begin.Sub(a.End) < a.Retry-time.Millisecond:
			c.fail("I7", r.Call, "tried again after %s of %s", r.Attempts[n+1].Begin.Sub(a.End), a.Retry)
		}
	}
}

// gaveUpEarly belongs to I3: what a little patience would have resolved is not left in doubt.
func (c *checker) gaveUpEarly(r *Record) {
	if len(r.Attempts) < 2 || r.Outcome == done || !r.GaveUp.IsZero() {
		return
	}
	last := r.Attempts[len(r.Attempts)-1]
	switch {
	case r.Class == Delete && last.Status == 404 && r.Attempts[len(r.Attempts)-2].Outcome == "unknown":
		c.fail("I3", r.Call, "a DELETE that an attempt in doubt had carried out was not taken as done")
	case r.Class == Keyed && last.Status == 409 && c.couldWait(r, last.End):
		c.fail("I3", r.Call, "the earlier attempt was still under way, and there was time to wait for it")
	}
}

// couldWait reports whether one more wait for an earlier attempt fits the ten seconds, and the caller's deadline.
func (c *checker) couldWait(r *Record, from time.Time) bool {
	waits := []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second}
	met, total := 0, time.Duration(0)
	for _, a := range r.Attempts {
		if a.Status == 409 {
			total += waits[min(met, len(waits)-1)]
			met++
		}
	}
	next := from.Add(waits[min(met-1, len(waits)-1)] + time.Second)
	return total <= 10*time.Second && (r.Deadline.IsZero() || next.Before(r.Deadline))
}
