package helliotest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Fake is one API with one account: its own tokens, wallet, messages, clock and
// faults. Two Fakes share nothing, but the views of a Fake share its world: see
// For. It is safe for concurrent use. Make one with New or Start; the zero
// value can't be used.
type Fake struct {
	*engine
	tb   testing.TB // what fails
	view *view      // what the calls and rules of this Fake belong to
}

// New makes a Fake for one test and ends it when the test ends. It then fails
// the test for each unexcused violation (unless Lenient) and each fault that
// was never hit (unless AllowUnusedFaults), whether or not the test called
// Close. It writes a journal of the calls to the log of a test that failed.
// With HELLIOTEST_DUMP=DIR in the environment such a test also leaves its
// world, secrets too, in a file there, which hellio-fake -open shows. A bad
// option fails the test immediately.
//
// Without options: a balance of 100.0000, senders HELLIO, ACME and HellioSMS,
// 120 requests per minute, a token with every scope, no IP list and no spend
// limit.
func New(tb testing.TB, opts ...Option) *Fake {
	tb.Helper()
	f, err := create(tb, opts)
	if err != nil {
		tb.Fatalf("helliotest: %v", err)
	}
	tb.Cleanup(f.endTest)
	return f
}

// Start makes a Fake without a test, for examples and programs, with the
// defaults of New. Close ends it. Where a Fake of New fails the test, this one
// panics.
func Start(opts ...Option) (*Fake, error) {
	return create(alone{}, opts)
}

func create(tb testing.TB, opts []Option) (*Fake, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	owner := &view{tb: tb}
	e := &engine{
		cfg:    cfg,
		born:   time.Now(),
		owner:  owner,
		stderr: os.Stderr,
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.begin(); err != nil {
		return nil, err
	}
	for _, warning := range cfg.follow.warnings {
		e.warn(warning)
	}
	return &Fake{engine: e, tb: tb, view: owner}, nil
}

// Reset restores the fake's initial state. It forgets messages, requests,
// faults, the account's changes, keys, rate windows, issued tokens, violations
// and the clock's offset, and restarts the seed. Calls in flight end in the
// world in which they began. Violations before a Reset are still reported at
// the end.
func (f *Fake) Reset() {
	f.tb.Helper()
	if f.ended() {
		return
	}
	defer f.lock()()
	if err := f.begin(); err != nil {
		f.tb.Fatalf("helliotest: Reset: %v", err)
	}
}

// Close ends the fake and its views: later calls fail, calls in flight lose
// their connection, goroutines are joined. It returns what New reports at the
// end of a test: violations and faults that were never hit. Only the first
// Close returns them. It waits for the handlers of webhooks and USSD apps, so
// none of them may call it.
func (f *Fake) Close() error {
	if !f.shut(true) {
		return nil
	}
	return errors.Join(f.misuse, f.complaints(f.owner))
}

func (f *Fake) endTest() {
	f.shut(false)
	report(f.tb, errors.Join(f.misuse, f.complaints(f.owner)))
	f.logWarnings()
	if f.tb.Failed() {
		f.logStory()
	}
}

// report fails a test for each of the joined errors.
func report(tb testing.TB, err error) {
	if err != nil {
		tb.Errorf("helliotest: %s", strings.ReplaceAll(err.Error(), "\n", "\nhelliotest: "))
	}
}

// logStory writes the journal to the test's log, and the dump to its directory
// if there is one.
func (f *Fake) logStory() {
	journal := f.journal()
	f.tb.Log(journal)
	dir := os.Getenv(dumpVariable)
	if dir == "" {
		return
	}
	path, err := f.writeDump(dir, f.tb.Name(), journal)
	if err != nil {
		f.tb.Log("helliotest: " + dumpVariable + ": " + err.Error())
		return
	}
	f.tb.Log("helliotest: look at this world with: hellio-fake -open " + path)
}

// lock locks the engine for a direct call and runs what is due. It fails the
// test if the fake is of another bubble. The caller unlocks by the function
// that it returns.
func (f *Fake) lock() (unlock func()) {
	f.tb.Helper()
	f.mu.Lock()
	if f.closed {
		return f.mu.Unlock // an ended fake has no timers, so any goroutine may read it
	}
	if err := f.belongs(); err != nil {
		f.mu.Unlock()
		f.tb.Fatalf("helliotest: %v", err)
	}
	f.runDue()
	return f.mu.Unlock
}

// alone replaces the test of a Fake of Start. A failure is a panic.
type alone struct{ testing.TB }

func (alone) Helper() {}

func (alone) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
