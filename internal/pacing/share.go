package pacing

import "time"

// share separates the calls of this limiter from those of others on the same
// token.
type share struct {
	base    int     // used of the running window before this limiter's first call
	own     int     // this limiter's calls since then
	carried float64 // its share of the last window if others used that up too, else 0
}

// slack returns the reserve for what others have in flight. Remaining may be
// off by as much although no one else uses the token.
func (s *tokenState) slack() int { return s.token.limit / 30 }

// begin records the last window and begins the next with its first response.
func (s *share) begin(last, next *window, now time.Time) {
	foreign := s.foreign(last)
	usedUp := last.rem < last.limit/2 && now.Sub(last.end) < windowLength
	crowded := s.own > 0 && foreign > last.limit/30 && usedUp
	s.carried = 0
	if crowded {
		s.carried = float64(s.own) / float64(s.own+foreign)
	}
	s.base = next.limit - next.rem - 1
	s.own = 1
}

// foreign returns how many requests others have certainly made in the window.
func (s *share) foreign(w *window) int {
	return max(0, w.limit-w.rem-s.base-s.own-w.inflight)
}

// spreading reports whether Remaining falls faster than this limiter's calls
// explain. While more than half the window remains, calls are not spread,
// unless the last window was used up.
func (s *tokenState) spreading(now time.Time) bool {
	w := &s.token
	if w.limit == 0 || !w.running(now) {
		return false
	}
	if s.share.carried > 0 {
		return true
	}
	return w.rem < w.limit/2 && s.share.own > 0 && s.share.foreign(w) > s.slack()
}

// fraction returns the part of the window that is this limiter's. It is the
// limiter's part of the requests so far, where the last window counts a
// quarter. Adding 1/30 lets clients with a small share grow, so shares converge
// over a few windows.
func (s *tokenState) fraction() float64 {
	weight := 0.0
	if s.share.carried > 0 {
		weight = float64(s.token.limit) / 4
	}
	own := float64(s.share.own + s.token.inflight)
	all := own + float64(s.share.foreign(&s.token))
	return min(1, (own+s.share.carried*weight)/(all+weight)+1.0/30)
}

// slot returns when the next call starts if calls are spread: this limiter's
// fraction of what is left, evenly over the rest of the window. Otherwise it
// returns the zero time.
func (s *tokenState) slot(now time.Time) time.Time {
	if !s.spreading(now) {
		return time.Time{}
	}
	calls := s.fraction() * float64(max(0, s.token.rem-s.reserve(now)))
	rest := s.token.end.Sub(s.last)
	next := s.last.Add(time.Duration(float64(rest) / (calls + 0.5)))
	if next.After(s.token.end) {
		return s.token.end
	}
	return next
}
