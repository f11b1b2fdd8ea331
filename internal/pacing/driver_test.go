package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testToken = "0123456789abcdef"

// noon is when the tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// driver makes the calls of one token, in a time of its own.
type driver struct {
	t      *testing.T
	tokens Tokens
	now    time.Time
}

func newDriver(t *testing.T) *driver {
	t.Helper()
	t.Parallel()
	return &driver{t: t, now: noon}
}

// state returns the token's state.
func (d *driver) state() *tokenState { return d.tokens.state(testToken) }

// queued enters a call that has to wait.
func (d *driver) queued(kind Kind, latest time.Time) *Waiter {
	d.t.Helper()
	w, tooLong := d.tokens.Enter(testToken, kind, latest, d.now)
	require.Zero(d.t, tooLong)
	require.NotNil(d.t, w)
	return w
}

// wait advances the time until w has left its queue.
func (d *driver) wait(w *Waiter) {
	for {
		after := d.tokens.WakeAfter(w, d.now)
		select {
		case <-w.Done:
			return
		default:
			d.now = d.now.Add(after)
		}
	}
}

// waited starts a call and returns how long it had to wait.
func (d *driver) waited(kind Kind) time.Duration {
	d.t.Helper()
	start := d.now
	w, tooLong := d.tokens.Enter(testToken, kind, time.Time{}, d.now)
	require.Zero(d.t, tooLong)
	if w != nil {
		d.wait(w)
		require.Zero(d.t, w.TooLong)
	}
	return d.now.Sub(start)
}

func (d *driver) observe(kind Kind, r Response) {
	d.tokens.Observe(testToken, kind, r, d.now)
}

// call makes a call that is answered immediately and returns how long it had to
// wait.
func (d *driver) call(kind Kind, r Response) time.Duration {
	d.t.Helper()
	waited := d.waited(kind)
	d.observe(kind, r)
	return waited
}

// shows is a successful response that reports what is left of the limit.
func shows(remaining, limit int) Response {
	return Response{Status: 200, Limit: limit, Remaining: remaining}
}

// refused is a 429.
func refused(retryAfter time.Duration) Response {
	return Response{Status: 429, RetryAfter: retryAfter}
}
