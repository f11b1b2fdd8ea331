package helliotest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// problem is one check that a run broke.
type problem struct {
	kind  FindingKind
	op    Op     // that sent what is twice or missing
	check string // the name of a check of the caller's
	what  string
}

// key returns what makes problems of two runs one finding.
func (p *problem) key() findingKey {
	return findingKey{
		kind:  p.kind,
		op:    p.op,
		check: p.check,
	}
}

// has returns the problem of a run that belongs to a finding.
func (r *runResult) has(key findingKey) (problem, bool) {
	for _, p := range r.problems {
		if p.key() == key {
			return p, true
		}
	}
	return problem{}, false
}

func (s *exploredRun) add(p problem) {
	p.what = s.redact(p.what)
	s.result.problems = append(s.result.problems, p)
}

// judge runs the built-in checks on a run that has ended.
func (s *exploredRun) judge() {
	s.judgeEnd()
	s.judgeViolations()
	clean := s.x.clean
	if clean == nil {
		return
	}
	before := len(s.result.problems)
	s.findTwice(&clean.ledger)
	s.findLost(&clean.ledger)
	explained := len(s.result.problems) > before
	s.compareMoney(&clean.ledger, explained)
}

// judgeEnd looks at how the last attempt ended.
func (s *exploredRun) judgeEnd() {
	if text := s.takeFailure(); text != "" {
		s.add(problem{
			kind: FoundPanic,
			what: "fn failed the run: " + text,
		})
		return
	}
	switch s.end.how {
	case endPanicked:
		s.add(problem{
			kind: FoundPanic,
			what: "fn " + s.end.text(),
		})
	case endExited:
		s.add(problem{
			kind: FoundPanic,
			what: s.exitedWhy(),
		})
	case endLate, endOverrun:
		s.add(problem{
			kind: FoundStuck,
			what: "fn " + s.end.text(),
		})
	}
}

func (s *exploredRun) exitedWhy() string {
	if s.staleClient.Load() {
		return "fn used a client that it had made before a crash; make the client in each attempt"
	}
	return "fn " + s.end.text() + "; use run as the testing.TB in fn"
}

// takeFailure returns the first failure of the run as a testing.TB, and forgets
// it.
func (s *exploredRun) takeFailure() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.failure
	s.failure = ""
	return strings.TrimSpace(text)
}

// addView notes a view of the run's fake. The engine must be locked.
func (s *exploredRun) addView(v *view) {
	if s != nil {
		s.views = append(s.views, v)
	}
}

// judgeViolations looks for unexcused violations, of views too. It takes those
// of a view, so that the view's end does not report them again.
func (s *exploredRun) judgeViolations() {
	f := s.fake
	f.mu.Lock()
	var notes []string
	for _, v := range append([]*view{f.view}, s.views...) {
		if f.cfg.lenient && !v.expecting || v.expecting && v.rejected <= v.expected {
			continue
		}
		for _, breach := range v.violations {
			notes = append(notes, breach.String())
		}
		v.violations = nil
	}
	slices.Sort(notes)
	f.mu.Unlock()
	if len(notes) == 0 {
		return
	}
	what := notes[0]
	if len(notes) > 1 {
		what += fmt.Sprintf("; and %d more", len(notes)-1)
	}
	s.add(problem{
		kind: FoundViolation,
		what: what,
	})
}

// findTwice looks for recipients that have more copies of a message than in the
// run without faults. A text that this run alone has may come once: texts may
// hold what differs from run to run.
func (s *exploredRun) findTwice(clean *ledger) {
	l := &s.result.ledger
	have, had := l.copies(), clean.copies()
	var seen []Op
	for i := range l.sent {
		m := &l.sent[i]
		key := m.textKey()
		if have[key] <= max(1, had[key]) || slices.Contains(seen, m.op) {
			continue
		}
		seen = append(seen, m.op)
		things := plural(have[key], m.noun())
		if m.op != OTPSend {
			things += " of one text"
		}
		s.add(problem{
			kind: FoundTwice,
			op:   m.op,
			what: fmt.Sprintf("%s has %s, without faults %d%s",
				masked(m.to), things, had[key], s.spending(clean)),
		})
	}
}

// findLost looks for messages and voice calls that are missing although fn
// returned nil.
func (s *exploredRun) findLost(clean *ledger) {
	if s.end.how != endReturned || s.end.err != nil {
		return
	}
	have, had := s.result.ledger.recipients(), clean.recipients()
	var seen []Op
	for i := range clean.sent {
		m := &clean.sent[i]
		key := m.sentKey()
		if have[key] >= had[key] || slices.Contains(seen, m.op) {
			continue
		}
		seen = append(seen, m.op)
		things := plural(have[key], m.noun())
		if m.sender != "" {
			things += " from " + m.sender
		}
		s.add(problem{
			kind: FoundLost,
			op:   m.op,
			what: fmt.Sprintf("%s has %s, without faults %d%s",
				masked(m.to), things, had[key], s.spending(clean)),
		})
	}
}

// spending compares the money for a report, if it differs.
func (s *exploredRun) spending(clean *ledger) string {
	if s.result.ledger.spent == clean.spent {
		return ""
	}
	return fmt.Sprintf("; spent %v, without faults %v", s.result.ledger.spent, clean.spent)
}

// compareMoney compares what was charged. What the messages of a problem
// explain is not reported twice.
func (s *exploredRun) compareMoney(clean *ledger, explained bool) {
	l := &s.result.ledger
	returnedNil := s.end.how == endReturned && s.end.err == nil
	rest := l.spent - l.onMessages
	switch {
	case l.spent == clean.spent, l.spent < clean.spent && !returnedNil:
		return
	case explained && rest == clean.spent-clean.onMessages:
		return
	}
	s.add(problem{
		kind: FoundMoney,
		what: fmt.Sprintf("spent %v, without faults %v", l.spent, clean.spent),
	})
}

// runChecks runs the caller's checks, each with a client of its own.
func (s *exploredRun) runChecks() {
	for _, c := range s.x.cfg.checks {
		run := s.newRun(new(process), s.last)
		end := s.guard(run, func() error { return c.run(run) })
		what := s.takeFailure()
		switch {
		case what != "":
		case end.how != endReturned:
			what = "the check " + end.text()
		case end.err != nil:
			what = end.err.Error()
		default:
			continue
		}
		s.add(problem{
			kind:  FoundCheck,
			check: c.name,
			what:  what,
		})
	}
}

// runCleanups runs what the attempts have left with Cleanup, the last first.
func (s *exploredRun) runCleanups() {
	for {
		cleanup := s.popCleanup()
		if cleanup == nil {
			return
		}
		end := s.guard(s.newRun(new(process), s.last), func() error {
			cleanup()
			return nil
		})
		what := s.takeFailure()
		if what == "" && end.how != endReturned {
			what = end.text()
		}
		if what != "" {
			s.add(problem{
				kind: FoundPanic,
				what: "a cleanup of the run: " + what,
			})
		}
	}
}

func (s *exploredRun) popCleanup() (last func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.cleanups); n > 0 {
		last = s.cleanups[n-1]
		s.cleanups = s.cleanups[:n-1]
	}
	return last
}

// goroutinesLeft notes that the bubble ended with goroutines in it. After a
// crash and after an attempt that never ended, some are expected.
func (r *runResult) goroutinesLeft() {
	switch {
	case !r.finished:
		r.problems = append(r.problems, problem{
			kind: FoundStuck,
			what: "the end of the run waits for ever for a goroutine that fn began",
		})
	case !r.crashed && r.end.how == endReturned:
		r.problems = append(r.problems, problem{
			kind: FoundGoroutine,
			what: "goroutines were left after fn had returned" + r.leftWhere(),
		})
	}
}

// leftWhere names the lines that began the goroutines, if the run knows the
// name of its bubble.
func (r *runResult) leftWhere() string {
	if r.bubble == "" {
		return ""
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var places []string
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		header, below, _ := strings.Cut(stack, "\n")
		if !strings.Contains(header, r.bubble+"]") {
			continue
		}
		_, by, _ := strings.Cut(below, "\ncreated by ")
		_, at, known := strings.Cut(by, "\n")
		if begun := sourcePlace(at); known && !slices.Contains(places, begun) {
			places = append(places, begun)
		}
	}
	if len(places) == 0 {
		return ""
	}
	slices.Sort(places)
	return ": begun at " + strings.Join(places, ", ")
}
