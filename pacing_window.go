package hellio

import (
	"math/rand/v2"
	"time"
)

// window is one limit of the API, as far as its answers tell. The API's window begins with the first request that it counts.
type window struct {
	limit    int       // requests a window; 0: not known
	rem      int       // requests left in the running one, at most
	inflight int       // let go and not answered
	highest  int       // the most that an answer still under way may tell of the running window
	refusals int       // 429 in a row that told no Retry-After
	end      time.Time // one window after the first answer, so never before the API's own end
	blocked  time.Time // after a 429: nobody goes before

	vacancy     vacancy
	vacantUntil time.Time // when vacant stops to be known
	older       int       // the most requests in flight that were let go before the last proof
}

// vacancy is what responses with Remaining >= Limit have shown. A response shows
// that between two windows: its request was counted in a window that is over.
type vacancy uint8

const (
	vacancyUnknown vacancy = iota
	vacant                 // no request of the coming window has been counted
	exempt                 // the API counts no request of this token
)

// depart counts a request that is let go. With no other under way, no answer of this window can tell more than is known.
func (w *window) depart() {
	if w.inflight == 0 {
		w.highest = w.rem
	}
	w.inflight++
}

func (w *window) running(now time.Time) bool { return now.Before(w.end) }

// open reports whether the whole limit is left, so that no request has to go
// ahead of the others.
func (w *window) open(now time.Time) bool {
	return w.vacancy == exempt || w.vacancy == vacant && now.Before(w.vacantUntil)
}

// left is how many requests the window has left, those under way not deducted: the answers may have done so.
func (w *window) left(now time.Time) int {
	if w.running(now) || w.open(now) {
		return w.rem
	}
	return w.limit
}

// opens is when the next request may go that leaves reserve requests free; now or earlier: it may. An answer can make it earlier.
func (w *window) opens(reserve int, now time.Time) time.Time {
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

// earliest is a time before which the n-th in line (from 0) surely can't go.
func (w *window) earliest(n, reserve int, now time.Time) time.Time {
	from, next, free := now, now.Add(windowLength), w.left(now)-reserve
	switch {
	case now.Before(w.blocked):
		from, next, free = w.blocked, w.blocked.Add(windowLength), w.limit-reserve
	case w.running(now):
		next = w.end
	}
	if w.limit == 0 || w.open(now) || n < free {
		return from
	}
	return next.Add(time.Duration((n-max(0, free))/max(1, w.limit-reserve)) * windowLength)
}

// learn takes what an answer tells, and reports whether it is the first of a window. Answers overtake one another, so within a window the
// lowest number holds; one much higher than any that may be under way is that of a new window.
func (w *window) learn(rl limitAnswer, now time.Time) (begun bool) {
	w.refusals = 0
	switch {
	case rl.Limit == 0:
		return false
	case rl.Remaining >= rl.Limit:
		w.learnVacancy(rl, now)
		return false
	case rl.Limit == w.limit && w.running(now) && rl.Remaining <= w.highest+rl.Limit/4:
		w.rem = min(w.rem, rl.Remaining)
		return false
	default:
		w.limit, w.rem, w.end = rl.Limit, rl.Remaining, now.Add(windowLength)
		w.highest = rl.Remaining + w.inflight
		w.forgetVacancy()
		return true
	}
}

// learnVacancy takes a response that shows the whole limit as left. If it ends a
// running window, answers of the next one may have overtaken it: only a request
// that was let go later proves anything. A response that shows no less, to a
// request that was let go after the first proof, proves that nothing is counted.
func (w *window) learnVacancy(rl limitAnswer, now time.Time) {
	older := min(w.older, w.inflight+1) // the request of this response has been subtracted
	w.older = w.inflight
	switch {
	case w.running(now):
	case w.vacancy != vacancyUnknown && rl.Remaining < w.rem: // something is counted
		w.vacancy = vacant
	case older > 0: // this may be the response of one of these
		w.older = older - 1
	case w.vacancy != exempt:
		w.vacancy++
	}
	w.limit = rl.Limit
	w.end = time.Time{}
	if w.vacancy != vacancyUnknown {
		w.rem = rl.Remaining
		w.vacantUntil = now.Add(windowLength)
	}
}

func (w *window) forgetVacancy() {
	w.vacancy = vacancyUnknown
	w.vacantUntil = time.Time{}
	w.older = 0
}

// refuse takes a 429. Several clients do not come back at the same moment, nor before a Retry-After that was rounded down.
func (w *window) refuse(rl limitAnswer, now time.Time) {
	wait := max(rl.RetryAfter, throttleWait)
	if rl.RetryAfter == 0 {
		wait = min(throttleWait<<w.refusals, defaultMaxWait)
	}
	if rl.Limit > 0 {
		w.limit = rl.Limit
	}
	if until := now.Add(min(wait, longestBlock)); until.After(w.blocked) {
		w.blocked = until.Add(rand.N(time.Second))
		w.refusals = min(w.refusals+1, 3)
	}
	w.rem, w.end, w.highest = 0, w.blocked, w.limit
	w.forgetVacancy()
}
