package helliotest

import (
	"fmt"
	"testing"

	"github.com/hellio-go/hellio/internal/bridge"
)

// endedError is the error of a call after the end. The client does not retry
// it: no later attempt can succeed, and nothing was sent.
type endedError struct {
	test    string // "" for a Fake of Start
	byClose bool
}

// NothingSent implements bridge.Permanent.
func (e *endedError) NothingSent() {}

// Error implements error.
func (e *endedError) Error() string {
	switch {
	case e.test == "":
		return "this Fake was closed"
	case e.byClose:
		return "this Fake was closed in " + e.test
	default:
		return "this Fake ended with " + e.test + "; make one in each test"
	}
}

var _ bridge.Permanent = (*endedError)(nil)

// endedErr returns the error of a call after the end. The engine must be
// locked, or have ended.
func (e *engine) endedErr() error {
	err := &endedError{byClose: e.byClose}
	if !e.owner.alone() {
		err.test = e.owner.tb.Name()
	}
	return err
}

// ended reports whether the fake had ended before a steering call. If so, it
// fails the tests that still run; a Fake of Start panics.
func (f *Fake) ended() bool {
	f.tb.Helper()
	err := f.ifEnded()
	if err != nil && f.view.alone() {
		f.tb.Fatalf("helliotest: %v", err)
	}
	return err != nil
}

// ifEnded is ended for a call that returns an error. There a Fake of Start does
// not panic.
func (f *Fake) ifEnded() error {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if !closed {
		return nil
	}
	if !f.view.alone() {
		f.complainLate(f.view)
	}
	return f.endedErr()
}

// complainLate writes to standard error that a call came after the end, once,
// and fails the tests that still run. The engine must not be locked.
func (e *engine) complainLate(caller *view) {
	e.mu.Lock()
	first := !e.late
	e.late = true
	e.mu.Unlock()
	if first {
		_, _ = fmt.Fprintf(e.stderr, "helliotest: %v\n", e.endedErr())
	}
	for _, v := range []*view{caller, e.owner} {
		failLate(v.tb)
	}
}

// failLate fails a test that may have ended. Fail of an ended test marks its
// parents as failed, then panics.
func failLate(tb testing.TB) {
	defer func() { _ = recover() }()
	tb.Fail()
}
