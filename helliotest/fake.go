package helliotest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fake is one API with one account: its own tokens, wallet, messages, clock and faults. Two Fakes share nothing. It is safe for
// concurrent use. Make one with New or Start; the zero value can't be used.
type Fake struct {
	tb   testing.TB
	cfg  config
	born time.Time

	mu         sync.Mutex // guards all below; never held over a sleep, a wait or a callback
	world      *world
	closed     bool
	timer      alarm
	tasks      tasks
	news       chan struct{} // closed when a message comes; nil while nobody waits
	worlds     int64         // made so far
	server     *server
	violations []string // what no correct client sent, each once
	rejected   int      // calls that violate
	expected   int      // of those, by ExpectRejected
	expecting  bool
	warnings   []string
	misuse     error

	wg        sync.WaitGroup // every goroutine of this fake
	advancing sync.Mutex     // one Advance at a time
}

// New makes a Fake for one test and ends it when the test ends. It then fails the test for each strictness violation (unless Lenient)
// and each fault that was never hit (unless AllowUnusedFaults), and writes a journal of the calls to the log of a test that failed. With
// HELLIOTEST_DUMP=DIR in the environment such a test also leaves its world, secrets too, in a file there, which hellio-fake -open shows.
// A bad option fails the test at once. Without options: a balance of 100.0000, senders HELLIO, ACME and HellioSMS, 120 requests a minute, a token with
// every scope, no IP list and no spend limit.
func New(tb testing.TB, opts ...Option) *Fake {
	tb.Helper()
	f, err := create(tb, opts)
	if err != nil {
		tb.Fatalf("helliotest: %v", err)
	}
	tb.Cleanup(f.endTest)
	return f
}

// Start makes a Fake without a test, for examples and programs, with the defaults of New. Close ends it. Where a Fake from New would
// fail the test, this one panics with the sentence.
func Start(opts ...Option) (*Fake, error) {
	return create(alone{}, opts)
}

func create(tb testing.TB, opts []Option) (*Fake, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	f := &Fake{tb: tb, cfg: cfg, born: time.Now()}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reset makes the fake as it was made: messages, requests, faults, account, keys, rate windows, issued tokens, the clock's offset and the
// seed. Calls under way end in the world they began in. Strictness violations are still reported at the end.
func (f *Fake) Reset() {
	f.tb.Helper()
	defer f.look()()
	if err := f.begin(); err != nil {
		f.tb.Fatalf("helliotest: Reset: %v", err)
	}
}

// begin makes the world. The engine must be locked.
func (f *Fake) begin() error {
	w, err := newWorld(f)
	if err != nil {
		return fmt.Errorf("FromSnapshot: %w", err)
	}
	f.world = w
	f.setAlarm()
	return nil
}

// Close ends the fake: later calls fail, calls under way lose their connection, goroutines are joined. It returns what New reports at the
// end of a test: strictness violations and faults that were never hit. Only the first Close does something.
func (f *Fake) Close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	if f.misuse = cmp.Or(f.misuse, f.belongs()); f.misuse == errMadeInside {
		f.mu.Unlock() // what is left belongs to a bubble that has gone, and can't be touched
		return f.complaints()
	}
	f.stopAlarm()
	f.tasks.end()
	srv := f.server
	f.mu.Unlock()
	srv.close()
	f.wg.Wait()
	return f.complaints()
}

func (f *Fake) complaints() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	errs := []error{f.misuse}
	errs = append(errs, f.strictness()...)
	if !f.cfg.unusedFaults {
		for _, fault := range f.world.faults {
			errs = append(errs, fault.unused(f.world))
		}
	}
	return errors.Join(errs...)
}

func (f *Fake) endTest() {
	if err := f.Close(); err != nil {
		f.tb.Errorf("helliotest: %s", strings.ReplaceAll(err.Error(), "\n", "\nhelliotest: "))
	}
	for _, w := range f.warnings {
		f.tb.Log("helliotest: " + w)
	}
	if f.tb.Failed() {
		f.tellStory()
	}
}

// tellStory writes the journal to the test's log, and the dump to its directory if there is one.
func (f *Fake) tellStory() {
	journal := f.journal()
	f.tb.Log(journal)
	dir := os.Getenv(dumpVariable)
	if dir == "" {
		return
	}
	path, err := f.writeDump(dir, journal)
	if err != nil {
		f.tb.Log("helliotest: " + dumpVariable + ": " + err.Error())
		return
	}
	f.tb.Log("helliotest: look at this world with: hellio-fake -open " + path)
}

// look opens the engine for a direct call: it refuses a fake from another world of time, locks, and runs what is due. Used as
// defer f.look()().
func (f *Fake) look() (unlock func()) {
	f.tb.Helper()
	if err := f.belongs(); err != nil {
		f.tb.Fatalf("helliotest: %v", err)
	}
	f.mu.Lock()
	f.runDue()
	return f.mu.Unlock
}

// alone stands in for the test of a Fake that has none: failing is a panic with the sentence.
type alone struct{ testing.TB }

func (alone) Helper() {}

func (alone) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
