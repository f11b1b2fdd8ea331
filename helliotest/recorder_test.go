package helliotest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// recorder is a testing.TB that records failures and does not fail the real
// test.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
	fatal    string
	logs     []string
	failed   bool
}

func (r *recorder) Helper()          {}
func (r *recorder) Fail()            { r.failed = true }
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool     { return r.failed || r.fatal != "" || len(r.errors) > 0 }
func (r *recorder) Log(args ...any)  { r.logs = append(r.logs, fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// watch runs a test body and its cleanups, and returns what they reported.
func watch(t testing.TB, body func(tb testing.TB)) *recorder {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		body(r)
	}()
	<-done
	return r
}

func (r *recorder) all() string {
	return strings.Join(append(slices.Clone(r.errors), r.fatal), "\n")
}

// unwrapped joins the lines of a text that end with a backslash to the next
// one.
func unwrapped(text string) string { return strings.ReplaceAll(text, "\\\n", "") }
