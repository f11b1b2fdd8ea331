package helliotest

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
)

// The effects of Explore alone, as FaultSpec spells them.
const (
	effectCrashBefore = "crash_before"
	effectCrashAfter  = "crash_after"
)

const stepPrefix = "step:"

// CrashBefore ends the process that calls, before the call has any effect. It
// works only in Explore, on an operation or on StepNamed.
func CrashBefore() Rule { return simply(effectCrashBefore) }

// CrashAfter ends the process that calls, after the call has taken effect and
// before its answer. It works only in Explore. On StepNamed it is CrashBefore.
func CrashAfter() Rule { return simply(effectCrashAfter) }

// StepNamed returns the Op of a Run.Step, for a rule with CrashBefore.
func StepNamed(name string) Op { return Op(stepPrefix + name) }

func (op Op) isStep() bool { return strings.HasPrefix(string(op), stepPrefix) }

func (s FaultSpec) crashes() bool {
	return s.Effect == effectCrashBefore || s.Effect == effectCrashAfter
}

// compileCrash is compile for a rule that has a crash or a step in it.
func (s FaultSpec) compileCrash(e *engine) (*Fault, error) {
	switch {
	case e.explored == nil && s.crashes():
		return nil, fmt.Errorf("the effect %s works in Explore alone", s.Effect)
	case e.explored == nil:
		return nil, fmt.Errorf("the op %s works in Explore alone", s.Op)
	case !s.crashes():
		return nil, fmt.Errorf("the effect %s does not act on a step; CrashBefore does", s.Effect)
	case !s.Op.isStep() && (!s.Op.known() || s.Op == WebhookDelivery):
		return nil, fmt.Errorf("the effect %s does not act on the op %q", s.Effect, s.Op)
	case s.Op.isStep() && s.To != "":
		return nil, fmt.Errorf("a step has no recipient, and the rule names %s", masked(s.To))
	}
	if err := s.checkWhen(); err != nil {
		return nil, err
	}
	if err := s.checkParams(""); err != nil {
		return nil, err
	}
	s.Hits = 0
	return &Fault{spec: s}, nil
}

// wrap lets the calls of a RoundTripper end with the process that runs now.
// Outside Explore it returns rt.
func (s *exploredRun) wrap(rt http.RoundTripper) http.RoundTripper {
	if s == nil {
		return rt
	}
	return &exploredTransport{
		next:    rt,
		run:     s,
		process: s.process.Load(),
	}
}

// transport returns the fake's RoundTripper for the calls of one process.
func (s *exploredRun) transport(p *process) http.RoundTripper {
	return &exploredTransport{
		next:    &fakeTransport{s.fake.engine, s.fake.view},
		run:     s,
		process: p,
	}
}

// exploredTransport makes the calls of one process.
type exploredTransport struct {
	next    http.RoundTripper
	run     *exploredRun
	process *process
}

// RoundTrip implements http.RoundTripper. In a process that has crashed it ends
// the calling goroutine, whose deferred functions run.
func (t *exploredTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.run.enter(t.process) {
		closeBody(req)
		runtime.Goexit()
	}
	resp, err := t.next.RoundTrip(req)
	t.run.inFlight.Add(-1)
	if t.process.dead.Load() {
		runtime.Goexit()
	}
	return resp, err
}

// enter counts a call, and reports whether its process may make it.
func (s *exploredRun) enter(p *process) bool {
	now := s.attempt.Load()
	if p.dead.Load() {
		s.staleClient.Store(now.process != p)
		return false
	}
	if now.calls.Add(1) > maxExploredCalls {
		now.overrun.Store(true)
		now.crash()
		return false
	}
	s.inFlight.Add(1)
	return true
}

// crash ends the process of the attempt that runs now. The engine may be
// locked.
func (s *exploredRun) crash() { s.attempt.Load().crash() }

func (r *Run) crash() {
	r.process.dead.Store(true)
	r.cancel()
}

// strikeStep records a Step and reports whether a rule crashes it.
func (s *exploredRun) strikeStep(name string) (crashes bool) {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ft := range f.world.faults {
		if ft.spec.Op == StepNamed(name) && ft.due() && !crashes {
			ft.hits++
			crashes = true
		}
	}
	s.steps = append(s.steps, stepMark{
		name:    name,
		at:      f.world.clock.Now(),
		calls:   len(f.world.requests),
		crashed: crashes,
	})
	return crashes
}
