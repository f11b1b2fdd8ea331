package helliotest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hellio-go/hellio"
)

// Run is one attempt of fn in a run of Explore, or one check. As a testing.TB
// it belongs to the run: a failure in it is a finding and does not end the
// test, its log is shown only with a finding, and its cleanups run after the
// checks.
type Run struct {
	testing.TB
	state   *exploredRun
	process *process
	ctx     context.Context
	cancel  context.CancelFunc
	number  int
	calls   atomic.Int64
	overrun atomic.Bool // more than maxExploredCalls
}

// process is what a crash ends: the attempts since the crash before, and their
// clients.
type process struct {
	dead   atomic.Bool
	mu     sync.Mutex
	client *hellio.Client // guarded by mu
}

// Fake returns the fake of this run. In an attempt that has crashed it ends the
// calling goroutine.
func (r *Run) Fake() *Fake {
	if r.process.dead.Load() {
		runtime.Goexit()
	}
	return r.state.fake
}

// Client returns a client of the fake. Without options it is the same until the
// next crash, as in a process that makes one client; with options it is a new
// one. After a crash make the client again: one of a process that has crashed
// ends the goroutine that calls it.
func (r *Run) Client(opts ...hellio.Option) *hellio.Client {
	if len(opts) > 0 {
		return r.newClient(opts)
	}
	r.process.mu.Lock()
	defer r.process.mu.Unlock()
	if r.process.client == nil {
		r.process.client = r.newClient(nil)
	}
	return r.process.client
}

// newClient returns a client that ends with the process of the attempt.
func (r *Run) newClient(opts []hellio.Option) *hellio.Client {
	own := hellio.WithHTTPClient(&http.Client{Transport: r.state.transport(r.process)})
	return r.state.fake.Client(slices.Concat([]hellio.Option{own}, opts)...)
}

// Context returns a context that ends with this attempt of fn, at the latest
// after 24 hours of the bubble's clock.
func (r *Run) Context() context.Context { return r.ctx }

// Attempt returns 1, and one more after each crash and each rerun. In a check
// it is the number of the last attempt.
func (r *Run) Attempt() int { return r.number }

// Err returns what the last attempt returned, and an error if it panicked or
// did not return. It is for checks.
func (r *Run) Err() error { return r.state.err() }

// Step marks another place for a crash, such as between two writes of a store.
// In an attempt that has crashed it ends the calling goroutine. The name must
// not be empty.
func (r *Run) Step(name string) {
	if r.process.dead.Load() {
		runtime.Goexit()
	}
	if name == "" {
		r.Fatalf("helliotest: Step: the name is empty")
	}
	if r.state.strikeStep(name) {
		r.crash()
		runtime.Goexit()
	}
}

// Keep returns what newValue returned the first time in this run. The value
// outlives a crash, as a database does. A run keeps one value of each type. A
// nil newValue fails the run if there is no value yet.
func Keep[S any](run *Run, newValue func() S) S {
	k := run.state.keeper(reflect.TypeFor[S]())
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.made {
		if newValue == nil {
			run.Fatalf("helliotest: Keep: there is no %v yet", reflect.TypeFor[S]())
		}
		k.value = newValue()
		k.made = true
	}
	value, _ := k.value.(S)
	return value
}

// keptValue is a value of Keep.
type keptValue struct {
	mu    sync.Mutex
	made  bool
	value any
}

func (s *exploredRun) keeper(of reflect.Type) *keptValue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make(map[reflect.Type]*keptValue)
	}
	if s.kept[of] == nil {
		s.kept[of] = new(keptValue)
	}
	return s.kept[of]
}

// runTB is the testing.TB of a run. What a crashed process reports is ignored.
type runTB struct {
	testing.TB // the bubble's
	run        *exploredRun
	process    *process // nil: of the fake, which outlives crashes
}

func (b *runTB) Helper() {}

func (b *runTB) Cleanup(f func()) {
	b.run.mu.Lock()
	defer b.run.mu.Unlock()
	b.run.cleanups = append(b.run.cleanups, f)
}

func (b *runTB) fail(text string) {
	if b.process != nil && b.process.dead.Load() {
		return
	}
	b.run.mu.Lock()
	defer b.run.mu.Unlock()
	if b.run.failure == "" {
		b.run.failure = text
	}
}

func (b *runTB) Failed() bool {
	b.run.mu.Lock()
	defer b.run.mu.Unlock()
	return b.run.failure != ""
}

func (b *runTB) Fail() { b.fail("it failed without a reason") }

func (b *runTB) FailNow() {
	b.Fail()
	runtime.Goexit()
}

func (b *runTB) Error(args ...any) { b.fail(fmt.Sprint(args...)) }

func (b *runTB) Errorf(format string, args ...any) { b.fail(fmt.Sprintf(format, args...)) }

func (b *runTB) Fatal(args ...any) {
	b.fail(fmt.Sprint(args...))
	runtime.Goexit()
}

func (b *runTB) Fatalf(format string, args ...any) {
	b.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (b *runTB) Skip(args ...any) { b.Fatal("a run can't be skipped: " + fmt.Sprint(args...)) }

func (b *runTB) Skipf(format string, args ...any) { b.Skip(fmt.Sprintf(format, args...)) }

func (b *runTB) SkipNow() { b.Skip() }

func (b *runTB) Log(args ...any) { b.run.note(fmt.Sprintln(args...)) }

func (b *runTB) Logf(format string, args ...any) { b.run.note(fmt.Sprintf(format, args...) + "\n") }

func (b *runTB) Attr(_, _ string) {}

func (b *runTB) Output() io.Writer { return runLog{b.run} }

// runLog is the log of a run as a writer.
type runLog struct{ run *exploredRun }

func (l runLog) Write(p []byte) (int, error) {
	l.run.note(string(p))
	return len(p), nil
}

// maxRunLog is how many bytes of a run's log are kept.
const maxRunLog = 16 << 10

func (s *exploredRun) note(text string) {
	if !s.wants(wantStory) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := maxRunLog - len(s.log); left > 0 {
		s.log += text[:min(left, len(text))]
	}
}

// newRun begins an attempt, or a check.
func (s *exploredRun) newRun(p *process, number int) *Run {
	ctx, cancel := context.WithTimeoutCause(context.Background(), attemptLimit, errAttemptLimit)
	run := &Run{
		TB: &runTB{
			TB:      s.t,
			run:     s,
			process: p,
		},
		state:   s,
		process: p,
		ctx:     ctx,
		cancel:  cancel,
		number:  number,
	}
	s.process.Store(p)
	s.attempt.Store(run)
	return run
}
