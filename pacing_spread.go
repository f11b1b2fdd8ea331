package hellio

import "time"

// spread tells the calls of this limiter from those of others on the same token.
type spread struct {
	base    int     // used of the running window before this limiter's first call
	own     int     // this limiter's calls since
	carried float64 // its share of the last window, where others used the token and little was left; 0: not so
}

// slack is the reserve for what others have under way, and what Remaining may be off without telling of others.
func (p *tokenState) slack() int { return p.token.limit / 30 }

// begin files the last window and begins another, with its first answer.
func (s *spread) begin(last, next *window, now time.Time) {
	foreign := s.foreign(last)
	crowded := s.own > 0 && foreign > last.limit/30 && last.rem < last.limit/2 && now.Sub(last.end) < windowLength
	s.carried = 0
	if crowded {
		s.carried = float64(s.own) / float64(s.own+foreign)
	}
	s.base, s.own = next.limit-next.rem-1, 1
}

// foreign is how many requests others have surely made in the window.
func (s *spread) foreign(w *window) int {
	return max(0, w.limit-w.rem-s.base-s.own-w.inflight)
}

// spreading reports whether Remaining falls faster than the own calls explain, and so fast that the window will not last. In the half of
// a window that nobody misses, calls are not slowed, unless the last window was used up.
func (p *tokenState) spreading(now time.Time) bool {
	w := &p.token
	if w.limit == 0 || !w.running(now) {
		return false
	}
	return p.spread.carried > 0 || w.rem < w.limit/2 && p.spread.own > 0 && p.spread.foreign(w) > p.slack()
}

// share is the part of the window that is this limiter's: what it had of the requests so far, the last window counting as a quarter of
// one. The thirtieth on top lets those with little catch up, so that in some windows all have the same.
func (p *tokenState) share() float64 {
	s, weight := &p.spread, 0.0
	if s.carried > 0 {
		weight = float64(p.token.limit) / 4
	}
	own := float64(s.own + p.token.inflight)
	all := own + float64(s.foreign(&p.token))
	return min(1, (own+s.carried*weight)/(all+weight)+1.0/30)
}

// turn is when the next call goes where calls are spread: the share of what is left, evenly over the rest of the window.
func (p *tokenState) turn(now time.Time) time.Time {
	if !p.spreading(now) {
		return time.Time{}
	}
	calls := p.share() * float64(max(0, p.token.rem-p.reserve(now)))
	rest := p.token.end.Sub(p.last)
	next := p.last.Add(time.Duration(float64(rest) / (calls + 0.5)))
	if next.After(p.token.end) {
		return p.token.end
	}
	return next
}
