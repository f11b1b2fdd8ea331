package helliotest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// view holds the calls and rules of one test. The engine's lock guards it.
type view struct {
	tb         testing.TB
	over       bool // its test has ended, so later calls belong to the owner
	violations []Violation
	rejected   int // calls that violate
	expected   int // of those, by ExpectRejected
	expecting  bool
	warnings   []string // for the test's log
}

// For returns a view of the fake for a subtest: the same world, with failures
// reported to tb. Violations in calls by the view's Client, HTTPClient and
// RoundTripper are reported to tb, and ExpectRejected counts per view; calls by
// URL and Handler belong to the fake's own test. When tb ends, the rules that
// were added through the view are removed, and one that was never hit fails tb.
// If tb failed, its log has the journal. A tb that is nil fails the fake's own
// test; a fake that has ended fails tb.
//
//	t.Run("a code", func(t *testing.T) {
//		t.Parallel()
//		fake := fake.For(t)
//		…
//	})
func (f *Fake) For(tb testing.TB) *Fake {
	f.tb.Helper()
	if tb == nil {
		f.tb.Fatalf("helliotest: For: tb is nil")
	}
	tb.Helper()
	viewed := &Fake{engine: f.engine, tb: tb, view: &view{tb: tb}}
	unlock := viewed.lock()
	closed := f.closed
	f.explored.addView(viewed.view)
	unlock()
	if closed {
		tb.Fatalf("helliotest: For: %v", f.endedErr())
	}
	tb.Cleanup(viewed.endView)
	return viewed
}

func (f *Fake) endView() {
	report(f.tb, f.complaints(f.view))
	f.logWarnings()
	f.mu.Lock()
	f.view.over = true
	f.world.faults = slices.DeleteFunc(slices.Clone(f.world.faults),
		func(fault *Fault) bool { return fault.view == f.view })
	f.mu.Unlock()
	if f.tb.Failed() {
		f.logStory()
	}
}

// alone reports whether the view is that of a Fake of Start.
func (v *view) alone() bool {
	_, isAlone := v.tb.(alone)
	return isAlone
}

// warn keeps what a test should know although it is no error, for its log. The
// engine must be locked.
func (v *view) warn(text string) {
	if !slices.Contains(v.warnings, text) {
		v.warnings = append(v.warnings, text)
	}
}

// logWarnings writes the warnings to the test's log.
func (f *Fake) logWarnings() {
	f.mu.Lock()
	warnings := slices.Clone(f.view.warnings)
	f.mu.Unlock()
	for _, warning := range warnings {
		f.tb.Log("helliotest: " + warning)
	}
}

// strictness returns the unexcused violations of the view's test.
func (v *view) strictness(lenient bool) (errs []error) {
	if lenient && !v.expecting || v.expecting && v.rejected == v.expected {
		return nil
	}
	if v.expecting {
		errs = append(errs,
			fmt.Errorf("ExpectRejected: %s that no correct client sends should have come, and %d "+
				"did",
				plural(v.expected, "call"), v.rejected))
	}
	texts := make([]string, len(v.violations))
	for i, violation := range v.violations {
		texts[i] = violation.String()
	}
	for _, text := range slices.Sorted(slices.Values(texts)) {
		errs = append(errs, errors.New(text))
	}
	return errs
}
