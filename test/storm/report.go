package storm

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is what a storm has shown.
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
	Stored     int // keyed calls that a stored 500 keeps in doubt
	Hidden     int // re-sends that no caller could see
	Healed     int // GETs that net/http repeated
	Spent      Money
	Reported   Money
	Doubt      Money
	Difference Money

	UnknownPaid, UnknownUnpaid int
	Outcomes                   map[string]int
	Processes                  []Result
	Violations                 []Violation
	Trace                      []string // of the one call that was asked for
}

func (r *run) report(took time.Duration) *Report {
	rep := &Report{Config: r.cfg, Took: took, Calls: map[Class]int{}, Outcomes: map[string]int{}, Processes: r.results}
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

// trace tells all that is known of a single call.
func (r *run) trace() []string {
	lines := []string{fmt.Sprintf("plan: %+v", r.server.planner.Plan(r.cfg.Call))}
	for _, rec := range r.records {
		lines = append(lines, fmt.Sprintf("%s: %s after %s, replayed %t: %s", rec.Phase, rec.Outcome, rec.End.Sub(rec.Begin).Round(time.Millisecond), rec.Replayed, rec.Error))
		for n, a := range rec.Attempts {
			lines = append(lines, fmt.Sprintf("  attempt %d: +%s to +%s: status %d, %s", n+1, a.Begin.Sub(rec.Begin).Round(time.Millisecond), a.End.Sub(rec.Begin).Round(time.Millisecond), a.Status, a.Outcome))
		}
	}
	for _, e := range r.server.log {
		lines = append(lines, fmt.Sprintf("wire: %+v", *e))
	}
	return lines
}

// Print writes the report's last lines.
func (r *Report) Print(w io.Writer) {
	for _, line := range r.Trace {
		fmt.Fprintln(w, line)
	}
	var faults []string
	for _, f := range slices.SortedFunc(maps.Keys(r.Faults), func(a, b Fault) int { return strings.Compare(string(a), string(b)) }) {
		faults = append(faults, fmt.Sprintf("%s %d", f, r.Faults[f]))
	}
	fmt.Fprintf(w, "faults by kind      %s\n", strings.Join(faults, ", "))
	fmt.Fprintf(w, "seed                %d\n", r.Config.Seed)
	fmt.Fprintf(w, "messages            %d %v, in %d processes, %s\n", total(r.Calls), r.Calls, 1+r.Config.Processes, r.Took.Round(100*time.Millisecond))
	fmt.Fprintf(w, "attempts            %d\n", r.Attempts)
	fmt.Fprintf(w, "outcomes            %v\n", r.Outcomes)
	fmt.Fprintf(w, "cells met           %d of %d that can exist, %d can't\n", r.Met, len(possibleCells()), len(allCells())-len(possibleCells()))
	fmt.Fprintf(w, "faults              %d of %d kinds\n", total(r.Faults), len(r.Faults))
	fmt.Fprintf(w, "charges             %d\n", r.Charges)
	fmt.Fprintf(w, "doubles             %d\n", r.Doubles)
	fmt.Fprintf(w, "lost                %d\n", r.Lost)
	fmt.Fprintf(w, "unknown -> resolved %d -> %d; a stored 500 keeps %d in doubt, uncharged\n", r.Unknown, r.Resolved, r.Stored)
	fmt.Fprintf(w, "resumed in vain     %d\n", r.Retaken)
	fmt.Fprintf(w, "unknown, in truth   %d charged, %d not (%.0f%%)\n", r.UnknownPaid, r.UnknownUnpaid, 100*float64(r.UnknownUnpaid)/float64(max(1, r.UnknownPaid+r.UnknownUnpaid)))
	fmt.Fprintf(w, "hidden re-sends     %d (GETs that net/http healed: %d)\n", r.Hidden, r.Healed)
	fmt.Fprintf(w, "wallet difference   %s (spent %s, told %s, in doubt without a key %s)\n", r.Difference, r.Spent, r.Reported, r.Doubt)
	var before, after Held
	for _, p := range r.Processes {
		before.Goroutines, before.Files = before.Goroutines+p.Before.Goroutines, before.Files+p.Before.Files
		after.Goroutines, after.Files = after.Goroutines+p.After.Goroutines, after.Files+p.After.Files
	}
	fmt.Fprintf(w, "goroutines          %d before, %d after, in all %d processes; files %d before, %d after\n", before.Goroutines, after.Goroutines, len(r.Processes), before.Files, after.Files)
	r.printViolations(w)
}

// printViolations shows the first few of each invariant.
func (r *Report) printViolations(w io.Writer) {
	shown := map[string]int{}
	for _, v := range r.Violations {
		if shown[v.Invariant]++; shown[v.Invariant] <= 5 {
			fmt.Fprintf(w, "VIOLATED %s\n", v)
		}
	}
	for _, name := range r.Broken() {
		fmt.Fprintf(w, "VIOLATED %s %d times\n", name, shown[name])
	}
	if len(shown) == 0 {
		fmt.Fprintln(w, "all invariants hold")
	}
}

// Broken names the invariants that did not hold.
func (r *Report) Broken() []string {
	names := map[string]bool{}
	for _, v := range r.Violations {
		names[v.Invariant] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func total[K comparable](counts map[K]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
