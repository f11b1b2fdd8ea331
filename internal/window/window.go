// Package window is the arithmetic of the API's rate limit: a fixed window that
// begins with the first counted request of a key and does not slide.
package window

import "time"

// Window counts the requests of one key. The zero value is a window that has
// not begun. It has no lock of its own.
type Window struct {
	Length time.Duration
	start  time.Time
	count  int
}

// Full reports whether a request at now would be one too many.
func (w *Window) Full(now time.Time, limit int) bool {
	return w.running(now) && w.count >= limit
}

// Hit counts one request, and begins a new window if the last one is over.
func (w *Window) Hit(now time.Time) {
	if !w.running(now) {
		w.start, w.count = now, 0
	}
	w.count++
}

// Remaining is how many more requests the window takes, never below 0.
func (w *Window) Remaining(now time.Time, limit int) int {
	if !w.running(now) {
		return limit
	}
	return max(0, limit-w.count)
}

// RetryAfter is the wait until the window's end in whole seconds. Both ends are
// floored to the second, as the server's timer is, so it can be 0 just before
// the end and up to one second short.
func (w *Window) RetryAfter(now time.Time) int {
	if !w.running(now) {
		return 0
	}
	return int(max(0, w.start.Unix()+int64(w.Length/time.Second)-now.Unix()))
}

// Over reports whether the window has not begun or has ended.
func (w *Window) Over(now time.Time) bool { return !w.running(now) }

func (w *Window) running(now time.Time) bool {
	return w.count > 0 && now.Before(w.start.Add(w.Length))
}

// State is the window's start and count, for Restored.
func (w *Window) State() (start time.Time, count int) { return w.start, w.count }

// Restored is a window in the state that State gave.
func Restored(length time.Duration, start time.Time, count int) Window {
	return Window{Length: length, start: start, count: count}
}
