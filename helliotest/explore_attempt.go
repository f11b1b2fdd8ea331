package helliotest

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing/synctest"
	"time"
)

const (
	// attemptLimit is how long an attempt may take, on the bubble's clock.
	attemptLimit = 24 * time.Hour
	// maxExploredCalls is how many calls an attempt may make.
	maxExploredCalls = 1000
	// maxAttempts bounds the crashes of a schedule of ExploreOnly.
	maxAttempts = 100
	// restartAfter passes between a crash or an error and the next attempt.
	restartAfter = time.Second
	// unwinding is how long an attempt may go on after its context has ended.
	unwinding = time.Minute
)

// attempts runs fn, after a crash the restart, and after an error a rerun.
func (s *exploredRun) attempts() {
	do, reruns := s.x.cfg.fn, s.x.cfg.reruns
	p := new(process)
	for s.last < maxAttempts {
		s.last++
		run := s.newRun(p, s.last)
		s.end = s.guard(run, func() error { return do(run) })
		switch {
		case s.end.how == endCrashed:
			s.result.crashed = true
			p = new(process)
			if s.x.cfg.restart != nil {
				do = s.x.cfg.restart
			}
		case s.end.how == endReturned && s.end.err != nil && reruns > 0:
			reruns--
		default:
			return
		}
		time.Sleep(restartAfter)
	}
	s.end = attemptEnd{
		how:   endOverrun,
		cause: fmt.Sprintf("was started %d times", maxAttempts),
	}
}

// howEnded is how an attempt ended.
type howEnded int

const (
	endReturned howEnded = iota + 1
	endPanicked
	endExited  // by runtime.Goexit
	endCrashed // by a rule
	endLate    // not within attemptLimit
	endOverrun // too many calls, or too many attempts
)

type attemptEnd struct {
	how   howEnded
	err   error  // what was returned
	cause string // of a panic: its value and place; of an overrun: what was too much
}

var errAttemptLimit = errors.New(
	"helliotest: the attempt did not end within 24 hours of the bubble's clock")

// guard runs do on a goroutine of its own, because a crash and FailNow end the
// goroutine that they occur on. It returns when all that do has begun waits, so
// that what belongs to this instant has happened.
func (s *exploredRun) guard(run *Run, do func() error) attemptEnd {
	ended := make(chan attemptEnd, 1)
	go func() {
		end := attemptEnd{how: endExited}
		defer func() {
			if p := recover(); p != nil {
				end.how = endPanicked
				end.cause = fmt.Sprintf("%v at %s", p, panicPlace(debug.Stack()))
			}
			ended <- end
		}()
		end.err = do()
		end.how = endReturned
	}()
	var end attemptEnd
	select {
	case end = <-ended:
	case <-run.ctx.Done():
		end.how = endLate
	}
	letOthersWait()
	run.cancel()
	letOthersWait()
	switch {
	case run.overrun.Load():
		end.how = endOverrun
		end.cause = fmt.Sprintf("made more than %d calls", maxExploredCalls)
	case run.process.dead.Load():
		end.how = endCrashed
	case end.how == endLate:
		select { // lets it end before its goroutine counts as left
		case <-ended:
		case <-time.After(unwinding):
			run.process.dead.Store(true) // its next call ends it
		}
	}
	return end
}

// letOthersWait returns when every other goroutine of the bubble waits. What
// they have written is then visible, to the race detector too. If fn has a
// goroutine in synctest.Wait, which may be in use once, the clock does the same
// without that.
func letOthersWait() {
	defer func() {
		if recover() != nil {
			time.Sleep(time.Nanosecond)
		}
	}()
	synctest.Wait()
}

// text says in words how an attempt ended, other than by returning.
func (e attemptEnd) text() string {
	switch e.how {
	case endPanicked:
		return "panicked: " + e.cause
	case endLate:
		return fmt.Sprintf("did not return within %v of the bubble's clock", attemptLimit)
	case endOverrun:
		return e.cause
	case endCrashed:
		return "crashed"
	case endExited:
		return "ended its goroutine (runtime.Goexit), as FailNow does"
	}
	return "returned"
}

// err is what checks see of the last attempt.
func (s *exploredRun) err() error {
	if s.end.how == 0 || s.end.how == endReturned {
		return s.end.err
	}
	return errors.New("helliotest: fn " + s.end.text())
}

// panicPlace returns the file and line that panicked, from a stack trace.
func panicPlace(stack []byte) string {
	_, below, _ := strings.Cut(string(stack), "\npanic(")
	lines := strings.Split(below, "\n")
	for i, at := range lines {
		function := i > 0 && strings.HasPrefix(at, "\t")
		if function && i > 1 && !strings.HasPrefix(lines[i-1], "runtime.") {
			return sourcePlace(at)
		}
	}
	return "an unknown line"
}

// sourcePlace cuts "\t/path/file.go:12 +0x1d" to "file.go:12".
func sourcePlace(at string) string {
	at, _, _ = strings.Cut(strings.TrimSpace(at), " ")
	return at[strings.LastIndexByte(at, '/')+1:]
}
