package helliotest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// runWants is what a run collects besides its problems.
type runWants int

const (
	wantTrail runWants = 1 << iota // what it did, for the schedules that follow
	wantStory                      // journal and log, for a report
)

// exploredRun is one run: a bubble, a fake, and the attempts of fn in it.
type exploredRun struct {
	x      *explorer
	t      *testing.T // the bubble's
	fake   *Fake
	want   runWants
	result *runResult
	rules  []*Fault // of the schedule
	end    attemptEnd
	last   int // number of the last attempt

	process     atomic.Pointer[process] // of the attempt that runs now
	attempt     atomic.Pointer[Run]
	inFlight    atomic.Int64
	staleClient atomic.Bool // a client of a crashed process was used after it

	steps []stepMark // guarded by the fake's lock
	views []*view    // guarded by the fake's lock

	mu       sync.Mutex // guards all below
	kept     map[reflect.Type]*keptValue
	cleanups []func()
	failure  string // of the run as a testing.TB
	log      string
}

// runResult is what a run leaves behind.
type runResult struct {
	end      attemptEnd
	ledger   ledger
	trail    []trailPoint // until fn had returned
	acted    []FaultSpec  // the rules that were hit
	problems []problem
	story    string
	returned string // what came of the last attempt, in words
	misuse   error  // a use of Explore that makes its results worthless
	crashed  bool
	finished bool
	bubble   string // its name in a stack trace
}

func (s *exploredRun) wants(w runWants) bool { return s.want&w != 0 }

// run runs fn once under a schedule, in a bubble of its own.
func (x *explorer) run(sched schedule, w runWants) *runResult {
	x.done.Runs++
	x.traceSchedule(sched)
	r := &runResult{returned: "the run did not end"}
	if left := bubble(x.t, func(t *testing.T) {
		s := &exploredRun{
			x:      x,
			t:      t,
			want:   w,
			result: r,
		}
		s.run(sched)
	}); left {
		r.goroutinesLeft()
	}
	return r
}

// bubble runs do in a synctest bubble, and reports whether goroutines were
// left.
func bubble(t *testing.T, do func(t *testing.T)) (left bool) {
	defer func() {
		if p := recover(); p != nil {
			if left = isDeadlock(p); !left {
				panic(p)
			}
		}
	}()
	synctest.Test(t, do)
	return false
}

// isDeadlock reports whether a panic is that of a bubble whose goroutines wait
// for ever.
func isDeadlock(panicked any) bool {
	err, isError := panicked.(error)
	return isError && strings.HasPrefix(err.Error(), "deadlock: ")
}

func (x *explorer) traceSchedule(sched schedule) {
	if !x.cfg.trace {
		return
	}
	texts := []string{"no fault"}
	if len(sched.faults) > 0 {
		texts = texts[:0]
	}
	for _, spec := range sched.faults {
		texts = append(texts, spec.String())
	}
	if sched.put != nil {
		texts = []string{"the rules of ExploreOnly"}
	}
	fmt.Fprintf(os.Stderr, "helliotest: Explore: %s: run %d: %s\n",
		x.t.Name(), x.done.Runs, strings.Join(texts, ", "))
}

// run is the bubble's main goroutine. Nothing in it may end that goroutine.
func (s *exploredRun) run(sched schedule) {
	if err := s.begin(sched); err != nil {
		s.result.misuse = err
		return
	}
	s.attempts()
	s.removeRules()
	s.settle()
	s.result.end = s.end
	s.result.ledger = s.ledger()
	s.judge()
	s.runChecks()
	s.runCleanups()
	s.result.returned = s.returned(len(s.result.problems) > 0 || s.wants(wantStory))
	if s.wants(wantStory) {
		s.result.story = s.story()
		s.result.bubble = bubbleName()
	}
	_ = s.fake.Close()
	s.result.finished = true
}

// begin makes the fake and puts the rules of the schedule.
func (s *exploredRun) begin(sched schedule) error {
	tb := &runTB{
		TB:  s.t,
		run: s,
	}
	owner := &view{tb: tb}
	s.fake = &Fake{
		engine: &engine{
			cfg:      s.x.cfg.world,
			born:     time.Now(),
			owner:    owner,
			stderr:   io.Discard,
			explored: s,
		},
		tb:   tb,
		view: owner,
	}
	if err := s.openWorld(sched.faults); err != nil {
		return err
	}
	if sched.put == nil {
		return nil
	}
	end := s.guard(s.newRun(new(process), 0), func() error {
		sched.put(s.fake)
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != "":
		return fmt.Errorf("ExploreOnly: %s", strings.TrimPrefix(s.failure, "helliotest: "))
	case end.how != endReturned:
		return fmt.Errorf("ExploreOnly: the function %s", end.text())
	}
	return s.adoptRules()
}

func (s *exploredRun) openWorld(faults []FaultSpec) error {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(); err != nil {
		return fmt.Errorf("ExploreWorld: %w", err)
	}
	for _, spec := range faults {
		fault, err := spec.compile(f.engine)
		if err != nil {
			return fmt.Errorf("the rule {%s}: %w", spec, err)
		}
		fault.f = f
		fault.view = f.view
		s.rules = append(s.rules, fault)
	}
	f.world.faults = append(f.world.faults, s.rules...)
	return nil
}

// adoptRules takes the rules that ExploreOnly has put for those of the
// schedule.
func (s *exploredRun) adoptRules() error {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	s.rules = append(s.rules, s.fake.world.faults...)
	if len(s.rules) == 0 {
		return errors.New("ExploreOnly: the function put no rule")
	}
	return nil
}

// removeRules ends the schedule, and notes what has come of it.
func (s *exploredRun) removeRules() {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runDue()
	for _, ft := range s.rules {
		if ft.hits > 0 {
			s.result.acted = append(s.result.acted, ft.spec)
		}
	}
	f.world.faults = nil
	switch {
	case f.closed:
		s.result.misuse = errors.New("fn called Close, which ends the fake before the checks; " +
			"Explore closes it")
	case f.worlds > 1:
		s.result.misuse = errors.New(
			"fn called Reset, which removes the rules and what the checks compare")
	case s.wants(wantTrail):
		s.result.trail = s.trail()
	}
}

// bubbleName returns how a stack trace names the bubble of this goroutine.
func bubbleName() string {
	header := make([]byte, 128)
	header = header[:runtime.Stack(header, false)]
	_, after, _ := strings.Cut(string(header), "synctest bubble ")
	number, _, _ := strings.Cut(after, "]")
	return "synctest bubble " + number
}
