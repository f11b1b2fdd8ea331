package helliobulk

import (
	"net/http"
	"sync"
	"time"
)

// serverClock knows the API's time from the Date of its answers: this machine's
// may be wrong by days, or be put back while it sleeps.
type serverClock struct {
	mu    sync.Mutex
	date  time.Time
	seen  time.Time // on this machine, when date came
	wall  time.Time // the same by the wall clock alone
	known bool
}

// moment is a time on both clocks.
type moment struct {
	best  time.Time // the API's, where it is known
	local time.Time
	byAPI bool // best is the API's
}

// observe takes the Date of an answer; one without it changes nothing.
func (c *serverClock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date = date
	c.seen = time.Now()
	c.wall = c.seen.Round(0)
	c.known = true
}

// now continues from the last Date by the local clock that has moved further,
// because one of the two stands still while a laptop sleeps.
func (c *serverClock) now() moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.known {
		return moment{best: now, local: now}
	}
	steady, wall := c.elapsed(now)
	return moment{best: c.date.Add(max(steady, wall)), local: now, byAPI: true}
}

// fresh reports whether a Date came just now. Only then may a chunk of unknown
// outcome be sent again.
func (c *serverClock) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	steady, wall := c.elapsed(time.Now())
	return c.known && steady < time.Minute && max(steady-wall, wall-steady) < 10*time.Second
}

// elapsed returns the time since the last Date, by the steady clock and by the
// wall clock.
func (c *serverClock) elapsed(now time.Time) (steady, wall time.Duration) {
	return now.Sub(c.seen), now.Round(0).Sub(c.wall)
}
