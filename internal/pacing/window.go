package pacing

import (
	"math/rand/v2"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

const (
	windowLength = contract.RateLimitWindow
	probeTime    = time.Second      // the longest wait for the response of the call that goes first
	otpMemory    = 10 * time.Minute // how long after an OTP a part of the window is reserved

	longestBlock   = 65 * time.Second // after a 429, a little over a window
	shortestBlock  = time.Second      // Retry-After is rounded down, so it can end a second early
	longestBackoff = 8 * time.Second  // after 429s without a Retry-After
)

// window is one limit of the API, as far as its responses show. The API's
// window begins with the first request that it counts.
type window struct {
	limit    int       // requests per window; 0: unknown
	rem      int       // requests left in the running window, at most
	inflight int       // requests that have started and not ended
	highest  int       // the highest Remaining that an in-flight response could still report
	refusals int       // 429s in a row without a Retry-After
	end      time.Time // one window after its first response, so never before the API's own end
	blocked  time.Time // after a 429: no request starts before

	vacancy     vacancy
	vacantUntil time.Time // when vacant stops to be known
	older       int       // the most requests in flight that started before the last proof
}

// vacancy is what responses with Remaining >= Limit have shown. A response also
// shows that between two windows: its request was counted in one that is over.
type vacancy uint8

const (
	vacancyUnknown vacancy = iota
	vacant                 // no request of the coming window has been counted
	exempt                 // the API counts no request of this token
)

// start counts a request that starts. If no other is in flight, no response of
// this window can report more than is known.
func (w *window) start() {
	if w.inflight == 0 {
		w.highest = w.rem
	}
	w.inflight++
}

func (w *window) running(now time.Time) bool { return now.Before(w.end) }

// open reports whether the whole limit is left, so that no request has to go
// first.
func (w *window) open(now time.Time) bool {
	return w.vacancy == exempt || w.vacancy == vacant && now.Before(w.vacantUntil)
}

// left returns how many requests the window has left. Those in flight are not
// subtracted, because a response may have done so.
func (w *window) left(now time.Time) int {
	if w.running(now) || w.open(now) {
		return w.rem
	}
	return w.limit
}

// earliestStart returns when a request may start while keeping reserve requests
// free. A time that is not after now means immediately. A response can make it
// earlier.
func (w *window) earliestStart(reserve int, now time.Time) time.Time {
	switch {
	case now.Before(w.blocked):
		return w.blocked
	case w.limit == 0 || w.vacancy == exempt || w.left(now)-w.inflight > reserve:
		return now
	case w.running(now):
		return w.end
	default:
		return now.Add(probeTime)
	}
}

// lowerBound returns a time before which the n-th in a queue (from 0) cannot
// start.
func (w *window) lowerBound(n, reserve int, now time.Time) time.Time {
	from := now
	next := now.Add(windowLength)
	free := w.left(now) - reserve
	switch {
	case now.Before(w.blocked):
		from = w.blocked
		next = w.blocked.Add(windowLength)
		free = w.limit - reserve
	case w.running(now):
		next = w.end
	}
	if w.limit == 0 || w.open(now) || n < free {
		return from
	}
	windows := (n - max(0, free)) / max(1, w.limit-reserve)
	return next.Add(time.Duration(windows) * windowLength)
}

// learn records a response and reports whether it is the first of a window.
// Responses overtake one another, so within a window the lowest number is
// right. A number much higher than any response in flight can report is that of
// a new window.
func (w *window) learn(r Response, now time.Time) (begun bool) {
	w.refusals = 0
	switch {
	case r.Limit <= 0:
		return false
	case r.Remaining >= r.Limit:
		w.learnVacancy(r, now)
		return false
	case r.Limit == w.limit && w.running(now) && r.Remaining <= w.highest+r.Limit/4:
		w.rem = min(w.rem, r.Remaining)
		return false
	default:
		w.limit = r.Limit
		w.rem = r.Remaining
		w.end = now.Add(windowLength)
		w.highest = r.Remaining + w.inflight
		w.forgetVacancy()
		return true
	}
}

// learnVacancy records a response that shows the whole limit as left. If it
// ends a running window, responses of the next one may have overtaken it: only
// a request that started later proves a vacancy. A response that shows no less,
// to a request that started after this first proof, proves an exemption.
func (w *window) learnVacancy(r Response, now time.Time) {
	older := min(w.older, w.inflight+1) // the request of this response has been subtracted
	w.older = w.inflight
	switch {
	case w.running(now):
	case w.vacancy != vacancyUnknown && r.Remaining < w.rem: // something is counted
		w.vacancy = vacant
	case older > 0: // this may be the response of one of these
		w.older = older - 1
	case w.vacancy != exempt:
		w.vacancy++
	}
	w.limit = r.Limit
	w.end = time.Time{}
	if w.vacancy != vacancyUnknown {
		w.rem = r.Remaining
		w.vacantUntil = now.Add(windowLength)
	}
}

func (w *window) forgetVacancy() {
	w.vacancy = vacancyUnknown
	w.vacantUntil = time.Time{}
	w.older = 0
}

// refuse records a 429. The random part keeps clients from coming back at the
// same moment, or before a Retry-After that was rounded down.
func (w *window) refuse(r Response, now time.Time) {
	wait := max(r.RetryAfter, shortestBlock)
	if r.RetryAfter == 0 {
		wait = min(shortestBlock<<w.refusals, longestBackoff)
	}
	if r.Limit > 0 {
		w.limit = r.Limit
	}
	if until := now.Add(min(wait, longestBlock)); until.After(w.blocked) {
		w.blocked = until.Add(rand.N(time.Second))
		w.refusals = min(w.refusals+1, 3)
	}
	w.rem = 0
	w.end = w.blocked
	w.highest = w.limit
	w.forgetVacancy()
}
