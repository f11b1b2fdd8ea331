package helliotest

import (
	"context"
	"time"
)

// alarm is the one timer of a fake: it rings when the earliest job is due.
type alarm struct {
	timer *time.Timer
	set   bool
	rings time.Time // package time
}

// maxAdvance is how far the clock may be ahead: it keeps it within what a
// time.Duration from package time can hold.
const maxAdvance = 100 * 365 * 24 * time.Hour

// Advance moves the fake's clock by d and runs what falls due on the way, in
// order, each job at its own time. It returns when all of that is done. In a
// synctest bubble it sleeps d and settles. Requests that wait in a delay or a
// latency are not hurried. Concurrent calls add up. A negative d fails the
// test, and so does one that would bring the clock more than 100 years ahead:
// of package time, or in a bubble of the fake's beginning.
func (f *Fake) Advance(d time.Duration) {
	f.tb.Helper()
	if f.ended() {
		return
	}
	if d < 0 {
		f.tb.Fatalf("helliotest: Advance(%v): the clock moves forward only", d)
	}
	advance := f.advance
	if f.inBubble() {
		advance = f.advanceBubble
	}
	if !advance(d) {
		f.tb.Fatalf("helliotest: Advance(%v): the clock would be more than %v ahead", d, maxAdvance)
	}
}

// advanceBubble reports whether the bubble's clock may go that far.
func (f *Fake) advanceBubble(d time.Duration) bool {
	f.tb.Helper()
	f.lock()() // the lock publishes what the test has written to the receivers that run meanwhile
	if d > maxAdvance-time.Since(f.born) {
		return false
	}
	time.Sleep(d)
	_ = f.Settle(context.Background()) // fails only if the fake is closed: then nothing is due
	return true
}

// advance reports whether the clock may go that far.
func (f *Fake) advance(d time.Duration) bool {
	f.tb.Helper()
	f.advancing.Lock()
	defer f.advancing.Unlock()
	unlock := f.lock()
	w := f.world
	if d > maxAdvance-w.clock.Ahead() {
		unlock()
		return false
	}
	target := w.clock.Now().Add(d)
	// look runs what is due, so work may be in flight though no job is left
	for f.tasks.busy > 0 || f.step(w, target) {
		unlock()
		if f.Settle(context.Background()) != nil {
			return true // the fake was closed
		}
		unlock = f.lock()
	}
	w.clock.MoveTo(target)
	f.setAlarm()
	unlock()
	return true
}

// Now is the time on the fake's clock, in UTC.
func (f *Fake) Now() time.Time {
	f.tb.Helper()
	defer f.lock()()
	return f.world.clock.Now()
}

// step moves w's clock to its next job up to target and runs that job.
func (e *engine) step(w *world, target time.Time) bool {
	job, ok := w.clock.Pop(target)
	if !ok || e.closed {
		return false
	}
	w.clock.MoveTo(job.Due)
	job.Run(job.Due)
	return true
}

// at plans a job for the world's own time. The job runs with the engine locked
// and gets the time it was due, which is the time to stamp on what it does,
// however late it runs. It must not wait: see spawn.
func (w *world) at(due time.Time, run func(due time.Time)) {
	w.clock.Add(due, run)
	if w.e.world == w {
		w.e.setAlarm()
	}
}

// runDue runs the jobs whose time has come. The engine must be locked.
func (e *engine) runDue() {
	w := e.world
	for {
		job, ok := w.clock.Pop(w.clock.Now())
		if !ok || e.closed {
			return
		}
		job.Run(job.Due)
	}
}

// setAlarm sets the timer to the next job, unless it rings before that anyway.
// The engine must be locked.
func (e *engine) setAlarm() {
	wait, ok := e.world.clock.Wait()
	if !ok || e.closed {
		return
	}
	rings := time.Now().Add(wait)
	if e.timer.set && (!rings.Before(e.timer.rings) || !e.timer.timer.Stop()) {
		return // in the second case it is ringing, and sets itself anew
	}
	if !e.timer.set {
		e.wg.Add(1)
	}
	e.timer.set, e.timer.rings = true, rings
	if e.timer.timer == nil {
		e.timer.timer = time.AfterFunc(wait, e.ring)
		return
	}
	e.timer.timer.Reset(wait)
}

func (e *engine) ring() {
	defer e.wg.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer.set = false
	e.runDue()
	e.setAlarm()
}

func (e *engine) stopAlarm() {
	if e.timer.set && e.timer.timer.Stop() {
		e.timer.set = false
		e.wg.Done()
	}
}
