package main

import (
	"sync"
	"time"
)

// maxAhead is how far a world's clock may be ahead of real time (decided): dates stay within four digits and no duration overflows.
const maxAhead = 100 * 365 * 24 * time.Hour

// clock shows a world's time, as its Fake moves it. The zero value shows real time.
type clock struct {
	mu    sync.Mutex // held over a move: one at a time
	ahead time.Duration
}

// advance moves the clock by d and calls move, which does the same to the Fake; it returns the time reached. What was too much moves
// nothing.
func (c *clock) advance(d time.Duration, move func(time.Duration)) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > maxAhead-c.ahead {
		return time.Time{}, unprocessable(codeInvalid, "The clock would be more than 100 years ahead. POST /_fake/reset sets it right.")
	}
	target := time.Now().Add(c.ahead + d)
	move(d)
	now := time.Now() // the time that the move took has not been added to the Fake's clock
	c.ahead = max(c.ahead, target.Sub(now))
	return now.Add(c.ahead).UTC(), nil
}

// restart shows real time again, once do has done the same to the Fake.
func (c *clock) restart(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	c.ahead = 0
}
