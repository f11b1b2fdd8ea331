package helliotest

import (
	"context"
	"time"
)

// settlingTime is how long a run may take until all is final.
const settlingTime = time.Hour

// settle moves the clock until no call is in flight and all is final.
func (s *exploredRun) settle() {
	limit := time.Now().Add(settlingTime)
	for {
		ctx, cancel := context.WithDeadline(context.Background(), limit)
		_ = s.fake.Settle(ctx)
		cancel()
		wait, pending := s.pending()
		left := time.Until(limit)
		if !pending || left <= 0 {
			letOthersWait()
			return
		}
		time.Sleep(min(wait, left))
	}
}

// pending reports whether something is in flight or not final, and how long to
// wait for it.
func (s *exploredRun) pending() (wait time.Duration, pending bool) {
	const look = 5 * time.Second
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runDue()
	if !f.world.unsettled() && s.inFlight.Load() == 0 {
		return 0, false
	}
	if next, planned := f.world.clock.Wait(); planned {
		return min(max(next, time.Nanosecond), look), true
	}
	return look, true
}

// unsettled reports whether a call is in flight, or a message, voice call or
// lookup not final.
func (w *world) unsettled() bool {
	for _, m := range w.messages.rows {
		if m.Final.IsZero() {
			return true
		}
	}
	for _, v := range w.voices.rows {
		if v.Completed.IsZero() {
			return true
		}
	}
	for _, l := range w.lookups.rows {
		if l.Completed.IsZero() {
			return true
		}
	}
	for _, l := range w.requests {
		if l.Status == 0 && l.Fault == effectDelay {
			return true
		}
	}
	return false
}
