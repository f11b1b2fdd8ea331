package helliotest

import (
	"context"
	"time"
)

// alarm is the only timer of a fake. It fires when the earliest job is due.
type alarm struct {
	timer *time.Timer
	set   bool
	rings time.Time // package time
}

// maxAdvance limits how far the clock is ahead of package time, so that a
// time.Duration can hold the difference.
const maxAdvance = 100 * 365 * 24 * time.Hour

// Advance moves the fake's clock by d and runs what falls due on the way, in
// order, each job at its own time. It returns when all of that is done. In a
// synctest bubble it sleeps d and settles. It does not shorten the wait of a
// request in a delay or a latency. Concurrent calls add up. The test fails if d
// is negative, or if the clock would be more than 100 years ahead of package
// time; in a bubble, of the fake's start.
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

// advanceBubble advances the bubble's clock. It reports whether the clock may
// be moved by d.
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

// advance moves the fake's own clock. It reports whether the clock may be moved
// by d.
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
	// the lock runs what is due, so work may be in flight without a job left
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

// Now returns the time of the fake's clock, in UTC.
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

// at schedules a job on the world's clock. The job runs with the engine locked.
// Its argument is the time when it was due, which is the time of its effects
// even if it runs late. It must not wait: see spawn.
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

// setAlarm sets the timer to the next job, unless the timer fires earlier. The
// engine must be locked.
func (e *engine) setAlarm() {
	wait, ok := e.world.clock.Wait()
	if !ok || e.closed {
		return
	}
	rings := time.Now().Add(wait)
	if e.timer.set && (!rings.Before(e.timer.rings) || !e.timer.timer.Stop()) {
		return // in the second case it is firing, and sets itself again
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
