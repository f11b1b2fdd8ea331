package storm

import "time"

// Record is what one call returned to its caller, without any knowledge of the
// server.
type Record struct {
	Call     int
	Phase    Phase
	Class    Class
	Op       string
	Poor     bool   // uses the account that runs out of money
	Client   string // names the client; a client makes one call at a time
	Again    bool   // repeats a successful call, as after a crash
	Begin    time.Time
	End      time.Time
	GaveUp   time.Time     // deadline or cancellation of the caller; zero if neither came
	Deadline time.Time     // of the caller's context; zero: none
	Lag      time.Duration // how late timers of this process fired meanwhile
	Key      string
	Outcome  string // "done", or the outcome of the error
	Error    string
	Replayed bool
	Cost     Money
	Strange  string // what a result showed that belongs to another call
	Attempts []Attempt
	Fired    []Cell // faults on this side of the wire
}

// Attempt is one attempt, as the attempt hook reported it.
type Attempt struct {
	Status  int
	Outcome string // of the call so far
	Begin   time.Time
	End     time.Time
	Retry   time.Duration // the Retry-After of the response
}

const done = "done"

// lastEvent returns the end of the last attempt, or the beginning of the call.
func (r *Record) lastEvent() time.Time {
	if n := len(r.Attempts); n > 0 {
		return r.Attempts[n-1].End
	}
	return r.Begin
}
