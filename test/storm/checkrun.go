package storm

import (
	"net/http"
)

// resolved is I3: after the network has healed and the calls were resumed, nothing is in doubt and each message is paid for once. The
// exception is a 500 that the API keeps under the key: it can never become another answer, and nothing was charged.
func (c *checker) resolved() {
	last := map[int]*Record{}
	for i := range c.records {
		if r := &c.records[i]; r.Class == Keyed {
			if before := last[r.Call]; before != nil && before.Outcome == "unknown" && r.Outcome == done {
				c.report.Resolved++
			}
			last[r.Call] = r
		}
	}
	for call, r := range last {
		charges := c.final.charges[call]
		switch {
		case r.Outcome == done && charges == 1:
		case r.Outcome == "unknown" && charges == 0 && c.storedFailure(call):
			c.report.Stored++
		default:
			c.report.Lost++
			c.fail("I3", call, "%s and %d charges after all is over: %s", r.Outcome, charges, r.Error)
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

// wallet is I4: what left the wallets is what the ledger charged, is what the callers were told, a replay counted once, and what they
// know to be in doubt.
func (c *checker) wallet() {
	l := c.server.Ledger
	var charged, reported, doubt Money
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
				doubt += m
			}
		}
	}
	c.report.Spent, c.report.Reported, c.report.Doubt = l.funded-l.balance(), reported, doubt
	c.report.Difference = l.funded - l.balance() - reported - doubt
	if c.report.Difference != 0 || charged != l.funded-l.balance() {
		c.fail("I4", -1, "%s left the wallets, %s was charged, %s was told and %s is in doubt", l.funded-l.balance(), charged, reported, doubt)
	}
}

// leaks is I8: each process ends with what it held at its beginning.
func (c *checker) leaks() {
	for _, r := range c.results {
		if r.After.Goroutines > r.Before.Goroutines || r.After.Files > r.Before.Files {
			c.fail("I8", -1, "a process began with %+v and ended with %+v\n%s", r.Before, r.After, r.Stacks)
		}
	}
}

// mostPoured is more than the buffers of two sockets hold.
const mostPoured = 16 << 20

// trespasses are what no client may do to the servers it meets.
func (c *checker) trespasses() {
	if c.server.hits > 0 {
		c.fail("I6", -1, "%d connections to a host that only a redirect names", c.server.hits)
	}
	if c.server.poured > mostPoured {
		c.fail("size", -1, "%d bytes were taken of an answer without end", c.server.poured)
	}
}

// honesty is I9: some of what is called unknown was carried out, and some was not; else the word would be of no use.
func (c *checker) honesty() {
	for _, r := range c.records {
		switch {
		case r.Phase == Retaking || r.Phase == Resuming || r.Outcome != "unknown" || r.Class != Keyed && r.Class != Unkeyed:
		case c.halfway.charges[r.Call] > 0:
			c.report.UnknownPaid++
		default:
			c.report.UnknownUnpaid++
		}
	}
	if c.enough() && (c.report.UnknownPaid == 0 || c.report.UnknownUnpaid == 0) {
		c.fail("I9", -1, "of the unknown calls %d were charged and %d were not", c.report.UnknownPaid, c.report.UnknownUnpaid)
	}
}

// The retry budget, in half tokens.
const (
	budgetSize = 100
	costLost   = 10
	costLimit  = 2
)

// budgets replays each client's budget: no retry that it can't pay for, except the first of a keyed call in doubt.
func (c *checker) budgets() {
	spent := map[string]int{}
	for i := range c.records {
		r := &c.records[i]
		if r.Phase == Crowding { // nobody outside the client knows the order of its calls
			continue
		}
		for n := 1; n < len(r.Attempts); n++ {
			cost := retryCost(r, n)
			forced := r.Class == Keyed && r.Attempts[n-1].Outcome == "unknown" && (n == 1 || r.Attempts[n-2].Outcome != "unknown")
			if spent[r.Client]+cost > budgetSize && !forced {
				c.fail("budget", r.Call, "retry %d was not in the budget of %s", n, r.Client)
			}
			spent[r.Client] = min(spent[r.Client]+cost, budgetSize)
		}
		if len(r.Attempts) == 1 && r.Outcome == done {
			spent[r.Client] = max(spent[r.Client]-1, 0)
		}
	}
}

// retryCost is what the retry after attempt n costs. A 409 on a keyed call costs nothing.
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

// coverage counts the cells that were met: each that can exist, if the run is large enough, and none that can't.
func (c *checker) coverage() {
	met := c.met()
	for _, cell := range allCells() {
		why := whyAbsent(cell)
		switch {
		case why != "" && met[cell] > 0:
			c.fail("absent", -1, "%s was reached %d times for %s on %s, where %s", cell.Fault, met[cell], cell.Class, cell.Proto, why)
		case why == "" && met[cell] == 0 && c.enough():
			c.fail("coverage", -1, "%s was never met by %s on %s", cell.Fault, cell.Class, cell.Proto)
		case why == "" && met[cell] > 0:
			c.report.Met++
		}
	}
	c.report.Faults = map[Fault]int{}
	for cell, n := range met {
		c.report.Faults[cell.Fault] += n
	}
}
