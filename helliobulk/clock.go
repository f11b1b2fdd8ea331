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
	wall  time.Time // the same by the wall's clock alone
	known bool
}

// moment is a time on both clocks.
type moment struct {
	best  time.Time // the API's where told
	local time.Time
	told  bool
}

// observe takes the Date of an answer; one without it changes nothing.
func (c *serverClock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.seen, c.known = date, time.Now(), true
	c.wall = c.seen.Round(0)
}

// now goes on from the last Date by whichever of the two local clocks moved
// further: one of them stands still while a laptop sleeps.
func (c *serverClock) now() moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.known {
		return moment{now, now, false}
	}
	steady, wall := c.elapsed(now)
	return moment{c.date.Add(max(steady, wall)), now, true}
}

// fresh reports whether a Date came just now; only then may a chunk in doubt be
// sent again.
func (c *serverClock) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	steady, wall := c.elapsed(time.Now())
	return c.known && steady < time.Minute && max(steady-wall, wall-steady) < 10*time.Second
}

// elapsed is the time since the last Date, by the steady clock and by the
// wall's.
func (c *serverClock) elapsed(now time.Time) (steady, wall time.Duration) {
	return now.Sub(c.seen), now.Round(0).Sub(c.wall)
}
