package storm

import (
	"time"
)

// Record is what one call told its caller. It stands for the caller's own books: nothing here comes from the server.
type Record struct {
	Call     int
	Phase    Phase
	Class    Class
	Op       string
	Poor     bool   // on the account whose money runs out
	Client   string // the client that made it; one client makes one call at a time
	Again    bool   // a call that had succeeded is made once more, as after a crash
	Begin    time.Time
	End      time.Time
	GaveUp   time.Time     // the caller's deadline or cancellation; zero if neither came
	Deadline time.Time     // of the caller's context; zero: none
	Lag      time.Duration // by which timers of this process were late at the end
	Key      string
	Outcome  string // "done", or the outcome of the error
	Error    string
	Replayed bool
	Cost     Money
	Strange  string // the result belongs to another call: what it showed
	Attempts []Attempt
	Fired    []Cell // faults on this side of the wire
}

// Attempt is one visible attempt, as the hook showed it.
type Attempt struct {
	Status  int
	Outcome string // of the call so far
	Begin   time.Time
	End     time.Time
	Retry   time.Duration // the wait that the answer asks for
}

const done = "done"

// lastSign is the end of the last attempt, or the call's begin.
func (r *Record) lastSign() time.Time {
	if n := len(r.Attempts); n > 0 {
		return r.Attempts[n-1].End
	}
	return r.Begin
}
