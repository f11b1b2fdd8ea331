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

// maxAdvance is how far the clock may be ahead: it keeps it within what a time.Duration from package time can hold.
const maxAdvance = 100 * 365 * 24 * time.Hour

// Advance moves the fake's clock by d and runs what falls due on the way, in
// order, each job at its own time. It returns when all of that is done. In a
// synctest bubble it sleeps d and settles. Requests that wait in a delay or a
// latency are not hurried. Concurrent calls add up. A negative d fails the test,
// and so does one that would bring the clock more than 100 years ahead: of
// package time, or in a bubble of the fake's beginning.
func (f *Fake) Advance(d time.Duration) {
	f.tb.Helper()
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
	f.look()() // the lock publishes what the test has written to the receivers that run meanwhile
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
	unlock := f.look()
	w := f.world
	if d > maxAdvance-w.clock.Ahead() {
		unlock()
		return false
	}
	target := w.clock.Now().Add(d)
	for f.tasks.busy > 0 || f.step(w, target) { // look runs what is due, so work may be in flight though no job is left
		unlock()
		if f.Settle(context.Background()) != nil {
			return true // the fake was closed
		}
		unlock = f.look()
	}
	w.clock.MoveTo(target)
	f.setAlarm()
	unlock()
	return true
}

// Now is the time on the fake's clock, in UTC.
func (f *Fake) Now() time.Time {
	f.tb.Helper()
	defer f.look()()
	return f.world.clock.Now()
}

// step moves w's clock to its next job up to target and runs that job.
func (f *Fake) step(w *world, target time.Time) bool {
	job, ok := w.clock.Pop(target)
	if !ok || f.closed {
		return false
	}
	w.clock.MoveTo(job.Due)
	job.Run(job.Due)
	return true
}

// at plans a job for the world's own time. The job runs with the engine locked and gets the time it was due, which is the time to stamp
// on what it does, however late it runs. It must not wait: see spawn.
func (w *world) at(due time.Time, run func(due time.Time)) {
	w.clock.Add(due, run)
	if w.f.world == w {
		w.f.setAlarm()
	}
}

// runDue runs the jobs whose time has come. The engine must be locked.
func (f *Fake) runDue() {
	w := f.world
	for {
		job, ok := w.clock.Pop(w.clock.Now())
		if !ok || f.closed {
			return
		}
		job.Run(job.Due)
	}
}

// setAlarm sets the timer to the next job, unless it rings before that anyway. The engine must be locked.
func (f *Fake) setAlarm() {
	wait, ok := f.world.clock.Wait()
	if !ok || f.closed {
		return
	}
	rings := time.Now().Add(wait)
	if f.timer.set && (!rings.Before(f.timer.rings) || !f.timer.timer.Stop()) {
		return // in the second case it is ringing, and sets itself anew
	}
	if !f.timer.set {
		f.wg.Add(1)
	}
	f.timer.set, f.timer.rings = true, rings
	if f.timer.timer == nil {
		f.timer.timer = time.AfterFunc(wait, f.ring)
		return
	}
	f.timer.timer.Reset(wait)
}

func (f *Fake) ring() {
	defer f.wg.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.timer.set = false
	f.runDue()
	f.setAlarm()
}

func (f *Fake) stopAlarm() {
	if f.timer.set && f.timer.timer.Stop() {
		f.timer.set = false
		f.wg.Done()
	}
}
