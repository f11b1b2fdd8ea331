package storm

import "net/http"

// checkI3 checks the end of the run: after the resumed calls every outcome is
// known and each message is charged once. A 500 that the API stored under the
// key is the exception: no retry changes it, and nothing was charged.
func (c *checker) checkI3() {
	last := map[int]*Record{}
	for i := range c.records {
		r := &c.records[i]
		if r.Class != Keyed {
			continue
		}
		earlier := last[r.Call]
		if earlier != nil && earlier.Outcome == "unknown" && r.Outcome == done {
			c.report.Resolved++
		}
		last[r.Call] = r
	}
	for call, r := range last {
		charges := c.final.charges[call]
		switch {
		case r.Outcome == done && charges == 1:
		case r.Outcome == "unknown" && charges == 0 && c.storedFailure(call):
			c.report.Stored++
		default:
			c.report.Lost++
			c.fail("I3", call, "%s and %d charges at the end: %s", r.Outcome, charges, r.Error)
		}
	}
}

func (c *checker) storedFailure(call int) bool {
	for _, e := range c.entries[callID{Resuming, call}] {
		if e.Replayed && e.Status == http.StatusInternalServerError {
			return true
		}
	}
	return false
}

// checkI4 checks that the wallets lost what the ledger charged, and that this
// is the sum of what callers know: the costs in results, a replay counted once,
// and the charges of unkeyed calls with an unknown outcome.
func (c *checker) checkI4() {
	l := c.server.Ledger
	var charged, reported, unknown Money
	for _, charges := range l.charges {
		for _, m := range charges {
			charged += m
		}
	}
	counted := map[string]bool{}
	for _, r := range c.records {
		switch {
		case r.Class == Keyed && r.Outcome == done:
			if !r.Replayed || !counted[r.Key] {
				reported += r.Cost
			}
			counted[r.Key] = true
		case r.Class == Unkeyed && r.Outcome == done:
			reported += r.Cost
		case r.Class == Unkeyed && (r.Outcome == "unknown" || r.Outcome == "accepted"):
			for _, m := range l.charges[r.Call] {
				unknown += m
			}
		}
	}
	spent := l.funded - l.balance()
	c.report.Spent = spent
	c.report.Reported = reported
	c.report.SpentUnknown = unknown
	c.report.Difference = spent - reported - unknown
	if c.report.Difference != 0 || charged != spent {
		c.fail("I4", -1, "the wallets lost %s; charged %s, reported %s, outcome unknown %s",
			spent, charged, reported, unknown)
	}
}

// checkI8 checks that each process ends with the goroutines and files of its
// start.
func (c *checker) checkI8() {
	for _, r := range c.results {
		if r.After.Goroutines > r.Before.Goroutines || r.After.Files > r.Before.Files {
			c.fail("I8", -1, "a process began with %+v and ended with %+v\n%s",
				r.Before, r.After, r.Stacks)
		}
	}
}

// mostPoured is more than the buffers of two sockets hold.
const mostPoured = 16 << 20

// checkServer checks that no client connects to a host that only a redirect
// names, and that none reads a response without end.
func (c *checker) checkServer() {
	if c.server.hits > 0 {
		c.fail("I6", -1, "%d connections to a host that only a redirect names", c.server.hits)
	}
	if c.server.poured > mostPoured {
		c.fail("size", -1, "a client read %d bytes of an endless response", c.server.poured)
	}
}

// checkI9 checks that the server executed some calls with an unknown outcome,
// and did not execute others. Otherwise the outcome would be useless to
// callers.
func (c *checker) checkI9() {
	for _, r := range c.records {
		resumed := r.Phase == Retaking || r.Phase == Resuming
		paid := r.Class == Keyed || r.Class == Unkeyed
		switch {
		case resumed || r.Outcome != "unknown" || !paid:
		case c.halfway.charges[r.Call] > 0:
			c.report.UnknownPaid++
		default:
			c.report.UnknownUnpaid++
		}
	}
	paid, unpaid := c.report.UnknownPaid, c.report.UnknownUnpaid
	if c.enough() && (paid == 0 || unpaid == 0) {
		c.fail("I9", -1, "of the unknown calls %d were charged and %d were not", paid, unpaid)
	}
}

// The retry budget, in half tokens.
const (
	budgetSize = 100
	costLost   = 10
	costLimit  = 2
)

// checkBudgets replays each client's retry budget and checks that it covers
// each retry. The first retry of a keyed call with an unknown outcome needs no
// budget.
func (c *checker) checkBudgets() {
	spent := map[string]int{}
	for i := range c.records {
		r := &c.records[i]
		if r.Phase == Sharing { // only the client knows the order of its calls
			continue
		}
		for n := 1; n < len(r.Attempts); n++ {
			cost := retryCost(r, n)
			unknown := r.Class == Keyed && r.Attempts[n-1].Outcome == "unknown"
			forced := unknown && (n == 1 || r.Attempts[n-2].Outcome != "unknown")
			if spent[r.Client]+cost > budgetSize && !forced {
				c.fail("budget", r.Call, "retry %d exceeds the budget of %s", n, r.Client)
			}
			spent[r.Client] = min(spent[r.Client]+cost, budgetSize)
		}
		if len(r.Attempts) == 1 && r.Outcome == done {
			spent[r.Client] = max(spent[r.Client]-1, 0)
		}
	}
}

// retryCost returns what the retry after attempt n costs. A retry after a 409
// on a keyed call is free.
func retryCost(r *Record, n int) int {
	switch status := r.Attempts[n-1].Status; {
	case status == http.StatusTooManyRequests:
		return costLimit
	case status == http.StatusConflict && r.Class == Keyed:
		return 0
	default:
		return costLost
	}
}

// checkCoverage checks that the run met no impossible cell, and every possible
// one if it is large enough.
func (c *checker) checkCoverage() {
	met := c.met()
	for _, cell := range matrixCells() {
		why := whyAbsent(cell)
		switch {
		case why != "" && met[cell] > 0:
			c.fail("absent", -1, "%s met %d times by %s on %s, although %s",
				cell.Fault, met[cell], cell.Class, cell.Proto, why)
		case why == "" && met[cell] == 0 && c.enough():
			c.fail("coverage", -1, "%s not met by %s on %s", cell.Fault, cell.Class, cell.Proto)
		case why == "" && met[cell] > 0:
			c.report.Met++
		}
	}
	c.report.Faults = map[Fault]int{}
	for cell, n := range met {
		c.report.Faults[cell.Fault] += n
	}
}
