package helliotest

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// Exploration is what Explore did.
type Exploration struct {
	Calls        int // in the run without faults
	Runs         int // in all, with those that repeat a finding
	Singles      int // schedules of one fault, or of one outage of six calls
	Crashes      int // schedules of one crash
	Pairs        int // schedules of two of these
	PairsLeftOut int // because of ExplorePairs
	Allowed      int // findings for which ExploreAllow returned true
	Findings     []Finding
}

// FindingKind says which check a Finding broke.
type FindingKind string

// The built-in checks, and the caller's.
const (
	// FoundTwice: a recipient has more messages or voice calls of one text than
	// in the run without faults. One-time codes are compared by destination
	// alone.
	FoundTwice FindingKind = "twice"
	// FoundLost: fn returned nil, and a message or voice call of the run
	// without faults is missing. They are compared by channel, recipient and
	// sender.
	FoundLost FindingKind = "lost"
	// FoundMoney: more was charged than in the run without faults, or fn
	// returned nil and the amount differs.
	FoundMoney FindingKind = "money"
	// FoundViolation: a call has a violation: see Violation.
	FoundViolation FindingKind = "violation"
	// FoundPanic: fn panicked on its own goroutine, or failed the run as a
	// testing.TB.
	FoundPanic FindingKind = "panic"
	// FoundStuck: fn did not return within 24 hours of the bubble's clock, or
	// made more than 1,000 calls.
	FoundStuck FindingKind = "stuck"
	// FoundGoroutine: goroutines were left after fn had returned and its
	// context had ended. After a crash this is not checked.
	FoundGoroutine FindingKind = "goroutine"
	// FoundCheck: a check of ExploreCheck returned an error.
	FoundCheck FindingKind = "check"
)

// Finding is one thing that went wrong, with the smallest schedule that shows
// it.
type Finding struct {
	Kind   FindingKind
	What   string      // holds no token, code, text or full number
	Faults []FaultSpec // in the order in which they act; To is as fn wrote it
	Err    error       // what fn returned, nil if it did not return
	Runs   int         // schedules that show the same
}

// Explore runs fn without faults, then under each fault and each crash at each
// call that fn makes, then under pairs of them. Each run has a Fake and a
// synctest bubble of its own, so waiting takes no time. A schedule that breaks
// a check fails t at the caller's line, with the smallest such schedule as code
// for a test or for ExploreOnly.
//
// The built-in checks are the FindingKinds. Any error is an allowed result of
// fn: a test that demands more adds an ExploreCheck. fn uses run as its
// testing.TB and run.Context as its context, and keeps in Keep what outlives a
// process. Explore uses no random choice: the same fn leads to the same
// schedules.
//
// Explore fails t if fn is nil, makes no call, returns an error or breaks a
// check without faults, or makes other calls in a second run without faults.
//
// HELLIOTEST_EXPLORE=all in the environment lifts the bound of ExplorePairs.
// HELLIOTEST_EXPLORE=trace writes each schedule to standard error before it
// runs, so that the last one names a run that hangs.
func Explore(t *testing.T, fn func(run *Run) error, opts ...ExploreOption) Exploration {
	t.Helper()
	return explore(t, t, fn, opts)
}

// explore is Explore that reports to tb. The bubbles belong to t.
func explore(
	tb testing.TB, t *testing.T, fn func(run *Run) error, opts []ExploreOption,
) Exploration {
	tb.Helper()
	cfg, err := newExploreConfig(fn, opts)
	if err != nil {
		tb.Fatalf("helliotest: Explore: %v", err)
	}
	x := &explorer{
		t:       t,
		cfg:     cfg,
		began:   time.Now(),
		effects: make(map[Op][]FaultSpec),
		found:   make(map[findingKey]*groupedFinding),
	}
	if err := x.explore(); err != nil {
		tb.Fatalf("helliotest: Explore: %v", err)
	}
	for _, text := range x.reports() {
		tb.Errorf("helliotest: Explore: %s", text)
	}
	tb.Log("helliotest: Explore: " + x.summary())
	return x.done
}

// explorer is one call of Explore.
type explorer struct {
	t     *testing.T
	cfg   exploreConfig
	began time.Time

	clean   *runResult // without faults
	effects map[Op][]FaultSpec
	order   int // schedules so far
	found   map[findingKey]*groupedFinding
	only    string // the story of the run of ExploreOnly
	done    Exploration
}

// findingKey is what makes two findings one.
type findingKey struct {
	kind  FindingKind
	op    Op
	check string
}

// groupedFinding is a finding and the smallest schedule so far that shows it.
type groupedFinding struct {
	problem
	key    findingKey
	faults []FaultSpec
	order  int
	runs   int // schedules that show it
	seen   int // of the repeats of the smallest schedule

	err      error
	returned string
	story    string
}

func (x *explorer) explore() error {
	if err := x.exploreClean(); err != nil {
		return err
	}
	if x.cfg.only != nil {
		return x.exploreOnly()
	}
	firsts, err := x.exploreSingles()
	if err != nil {
		return err
	}
	if err := x.explorePairs(firsts); err != nil {
		return err
	}
	x.confirm()
	return nil
}

// exploreSingles runs the schedules of one part. It returns those that broke no
// check, each with what may follow it.
func (x *explorer) exploreSingles() ([]firstPart, error) {
	var firsts []firstPart
	for _, p := range x.parts(x.clean.trail, 0) {
		r := x.run(schedule{faults: p.faults}, wantTrail)
		switch {
		case r.misuse != nil:
			return nil, r.misuse
		case len(r.acted) == 0:
			return nil, notReached(p.faults[0])
		case p.crash:
			x.done.Crashes++
		default:
			x.done.Singles++
		}
		if x.record(r, p.faults) {
			firsts = append(firsts, firstPart{
				faults: p.faults,
				trail:  r.trail,
				from:   afterLastStruck(r.trail),
			})
		}
	}
	return firsts, nil
}

// firstPart is the first part of pairs.
type firstPart struct {
	faults []FaultSpec
	trail  []trailPoint // of the run with this part alone
	from   int          // the place in trail where second parts begin
}

// explorePairs runs pairs, spread evenly over all if there are more than the
// bound.
func (x *explorer) explorePairs(firsts []firstPart) error {
	total := 0
	for _, f := range firsts {
		total += x.countParts(f.trail, f.from)
	}
	most := total
	if !x.cfg.allPairs {
		most = min(total, x.cfg.pairs)
	}
	x.done.PairsLeftOut = total - most
	i := 0
	for _, f := range firsts {
		for _, second := range x.parts(f.trail, f.from) {
			i++
			if i*most/total == (i-1)*most/total {
				continue
			}
			faults := slices.Concat(f.faults, second.faults)
			x.done.Pairs++
			r := x.run(schedule{faults: faults}, 0)
			if r.misuse != nil {
				return r.misuse
			}
			x.record(r, faults)
		}
	}
	return nil
}

// record files what a run has found, and reports whether it broke no check.
func (x *explorer) record(r *runResult, faults []FaultSpec) (clean bool) {
	clean = true
	x.order++
	for _, p := range r.problems {
		if x.allows(p, r, faults) {
			continue
		}
		clean = false
		f := x.found[p.key()]
		if f == nil {
			f = &groupedFinding{key: p.key()}
			x.found[f.key] = f
		}
		f.runs++
		if f.runs == 1 || len(r.acted) < len(f.faults) {
			f.problem = p
			f.faults = r.acted
			f.order = x.order
			f.err = r.end.err
			f.returned = r.returned
		}
	}
	return clean
}

func (x *explorer) allows(p problem, r *runResult, faults []FaultSpec) bool {
	seen := Finding{
		Kind:   p.kind,
		What:   p.what,
		Faults: slices.Clone(faults),
		Err:    r.end.err,
		Runs:   1,
	}
	for _, allowed := range x.cfg.allow {
		if allowed(seen) {
			x.done.Allowed++
			return true
		}
	}
	return false
}

// repeats is how often the smallest schedule of a finding runs again.
const repeats = 2

// confirm makes each finding's schedule as small as it gets, runs it again, and
// keeps the story of the last run that showed it.
func (x *explorer) confirm() {
	for _, f := range x.sorted() {
		f.faults = x.shrink(f)
		for range repeats {
			r := x.run(schedule{faults: f.faults}, wantStory)
			if p, again := r.has(f.key); again {
				f.problem = p
				f.err = r.end.err
				f.returned = r.returned
				f.story = r.story
				f.seen++
			}
		}
	}
	for _, f := range x.sorted() {
		x.done.Findings = append(x.done.Findings, f.public())
	}
}

// shrink leaves out each fault without which the finding is still seen, the
// last one first: of an outage the first calls remain.
func (x *explorer) shrink(f *groupedFinding) []FaultSpec {
	faults := f.faults
	for i := len(faults) - 1; i >= 0 && len(faults) > 1; i-- {
		fewer := slices.Delete(slices.Clone(faults), i, i+1)
		if _, still := x.run(schedule{faults: fewer}, 0).has(f.key); still {
			faults = fewer
		}
	}
	return faults
}

// sorted returns the findings, the smallest schedule first.
func (x *explorer) sorted() []*groupedFinding {
	all := make([]*groupedFinding, 0, len(x.found))
	for _, f := range x.found {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *groupedFinding) int {
		return cmp.Or(
			cmp.Compare(len(a.faults), len(b.faults)),
			cmp.Compare(a.order, b.order),
			cmp.Compare(a.kind, b.kind),
			cmp.Compare(a.op, b.op),
			cmp.Compare(a.check, b.check),
		)
	})
	return all
}

func (f *groupedFinding) public() Finding {
	return Finding{
		Kind:   f.kind,
		What:   f.what,
		Faults: slices.Clone(f.faults),
		Err:    f.err,
		Runs:   f.runs,
	}
}
