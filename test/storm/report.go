package storm

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is the result of a storm.
type Report struct {
	Config     Config
	Took       time.Duration
	Calls      map[Class]int
	Attempts   int
	Faults     map[Fault]int
	Met        int // cells
	Charges    int
	Doubles    int
	Lost       int
	Unknown    int // keyed calls
	Resolved   int
	Retaken    int // keyed calls that were resumed in vain
	Stored     int // keyed calls that stay unknown because of a stored 500
	Late       int // calls that were late in the storm and in time alone
	Hidden     int // requests that no caller could see
	Repeated   int // GETs that net/http repeated
	Spent      Money
	Reported   Money
	Difference Money

	SpentUnknown               Money // on unkeyed calls with an unknown outcome
	UnknownPaid, UnknownUnpaid int
	Outcomes                   map[string]int
	Processes                  []Result
	Violations                 []Violation
	Trace                      []string // of Config.Call
}

func (r *run) report(took time.Duration) *Report {
	rep := &Report{
		Config:    r.cfg,
		Took:      took,
		Calls:     map[Class]int{},
		Outcomes:  map[string]int{},
		Processes: r.results,
	}
	for _, rec := range r.records {
		if rec.Phase == Retaking {
			rep.Retaken++
		} else if rec.Phase != Resuming {
			rep.Calls[rec.Class]++
			rep.Outcomes[rec.Outcome]++
			if rec.Class == Keyed && rec.Outcome == "unknown" {
				rep.Unknown++
			}
		}
		rep.Attempts += len(rec.Attempts)
	}
	for _, charges := range r.server.Ledger.charges {
		rep.Charges += len(charges)
	}
	rep.Violations = r.check(rep)
	if r.cfg.Call >= 0 {
		rep.Trace = r.trace()
	}
	return rep
}

// trace returns plan, records and wire log of a single call.
func (r *run) trace() []string {
	lines := []string{fmt.Sprintf("plan: %+v", r.server.planner.Plan(r.cfg.Call))}
	for _, rec := range r.records {
		since := func(t time.Time) time.Duration {
			return t.Sub(rec.Begin).Round(time.Millisecond)
		}
		lines = append(lines, fmt.Sprintf("%s: %s after %s, replayed %t: %s",
			rec.Phase, rec.Outcome, since(rec.End), rec.Replayed, rec.Error))
		for n, a := range rec.Attempts {
			lines = append(lines, fmt.Sprintf("  attempt %d: +%s to +%s: status %d, %s",
				n+1, since(a.Begin), since(a.End), a.Status, a.Outcome))
		}
	}
	for _, e := range r.server.log {
		lines = append(lines, fmt.Sprintf("wire: %+v", *e))
	}
	return lines
}

// Print writes the trace, the figures and the violations.
func (r *Report) Print(w io.Writer) {
	for _, line := range r.Trace {
		fmt.Fprintln(w, line)
	}
	var faults []string
	for _, f := range slices.Sorted(maps.Keys(r.Faults)) {
		faults = append(faults, fmt.Sprintf("%s %d", f, r.Faults[f]))
	}
	printRow := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-19s %s\n", name, fmt.Sprintf(format, args...))
	}
	possible := len(possibleCells())
	unpaid := float64(r.UnknownUnpaid) / float64(max(1, r.UnknownPaid+r.UnknownUnpaid))
	printRow("faults by kind", "%s", strings.Join(faults, ", "))
	printRow("seed", "%d", r.Config.Seed)
	printRow("calls", "%d %v, in %d processes, %s", sumCounts(r.Calls), r.Calls,
		1+r.Config.Processes, r.Took.Round(100*time.Millisecond))
	printRow("attempts", "%d", r.Attempts)
	printRow("outcomes", "%v", r.Outcomes)
	printRow("cells met", "%d of %d possible; %d are impossible", r.Met, possible,
		len(matrixCells())-possible)
	printRow("faults", "%d of %d kinds", sumCounts(r.Faults), len(r.Faults))
	printRow("charges", "%d", r.Charges)
	printRow("doubles", "%d", r.Doubles)
	printRow("lost", "%d", r.Lost)
	printRow("unknown -> resolved", "%d -> %d; a stored 500 keeps %d unknown and uncharged",
		r.Unknown, r.Resolved, r.Stored)
	printRow("resumed in vain", "%d", r.Retaken)
	printRow("unknown, ledger", "%d charged, %d not (%.0f%%)",
		r.UnknownPaid, r.UnknownUnpaid, 100*unpaid)
	printRow("late, not alone", "%d", r.Late)
	printRow("hidden requests", "%d (and %d GETs that net/http repeated)", r.Hidden, r.Repeated)
	printRow("wallet difference", "%s (spent %s, reported %s, unkeyed with unknown outcome %s)",
		r.Difference, r.Spent, r.Reported, r.SpentUnknown)
	start, end := r.held()
	printRow("goroutines", "%d at the start, %d at the end, in %d processes; files %d and %d",
		start.Goroutines, end.Goroutines, len(r.Processes), start.Files, end.Files)
	r.printViolations(w)
}

// held returns what all processes together held at their start and end.
func (r *Report) held() (start, end Held) {
	for _, p := range r.Processes {
		start.Goroutines += p.Before.Goroutines
		start.Files += p.Before.Files
		end.Goroutines += p.After.Goroutines
		end.Files += p.After.Files
	}
	return start, end
}

// printViolations writes the first five violations of each invariant.
func (r *Report) printViolations(w io.Writer) {
	printed := map[string]int{}
	for _, v := range r.Violations {
		if printed[v.Invariant]++; printed[v.Invariant] <= 5 {
			fmt.Fprintf(w, "VIOLATED %s\n", v)
		}
	}
	for _, name := range r.Broken() {
		fmt.Fprintf(w, "VIOLATED %s %d times\n", name, printed[name])
	}
	if len(printed) == 0 {
		fmt.Fprintln(w, "all invariants hold")
	}
}

// Broken returns the names of the invariants that do not hold.
func (r *Report) Broken() []string {
	names := map[string]bool{}
	for _, v := range r.Violations {
		names[v.Invariant] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func sumCounts[K comparable](counts map[K]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
