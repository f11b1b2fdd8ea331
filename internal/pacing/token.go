package pacing

import "time"

// Response is how an attempt ended.
type Response struct {
	Status     int // 0: no response
	Limit      int // requests per window; 0: not reported
	Remaining  int
	RetryAfter time.Duration // 0: not reported
}

// tokenState is what the responses of one token have shown, and its queues.
type tokenState struct {
	name         string    // the token's fingerprint
	token        window    // the token's own limit
	otp          window    // a different limit of /otp/send, such as that of the source IP
	probe        time.Time // until then calls wait for the response of the one that went first
	limitUnknown bool      // responses report no limit
	lastOTP      time.Time // when the last OTP asked to start
	last         time.Time // when the last other call started
	share        share
	queues       [2]queue

	place   int       // in the heap of idle states, from 1; 0: not in it
	idleEnd time.Time // the end that orders it there
}

// isIdle reports whether no request is in flight or queued for the token.
func (s *tokenState) isIdle() bool {
	return s.token.inflight == 0 && !s.anyWaits()
}

// anyWaits reports whether a call is queued for the token.
func (s *tokenState) anyWaits() bool { return len(s.queues[OTP])+len(s.queues[Bulk]) > 0 }

// earliestStart returns when the first call in a queue may start. A time that
// is not after now means immediately. OTPs wait only for used-up windows and
// 429s.
func (s *tokenState) earliestStart(kind Kind, now time.Time) time.Time {
	t := &s.token
	switch {
	case kind == OTP:
		return later(t.earliestStart(0, now), s.otp.earliestStart(0, now))
	case now.Before(t.blocked):
		return t.blocked
	case t.running(now):
		return later(t.earliestStart(s.reserve(now), now), s.slot(now))
	case t.open(now):
		return t.earliestStart(s.reserve(now), now)
	case s.limitUnknown:
		return now
	default:
		return s.probe
	}
}

// lowerBound returns a time before which the n-th in a queue (from 0) cannot
// start.
func (s *tokenState) lowerBound(kind Kind, n int, now time.Time) time.Time {
	if kind == OTP {
		return later(s.token.lowerBound(n, 0, now), s.otp.lowerBound(n, 0, now))
	}
	at := s.token.lowerBound(n, s.reserve(now), now)
	if s.token.running(now) {
		at = later(at, s.slot(now))
	}
	return at
}

// reserve returns how many requests of a window the bulk queue must not use.
// They are for OTPs and, if other clients use the token too, for what those
// have in flight.
func (s *tokenState) reserve(now time.Time) int {
	kept := 0
	if !s.lastOTP.IsZero() && now.Sub(s.lastOTP) < otpMemory {
		kept = s.token.limit / 12
	}
	if s.spreading(now) {
		kept += s.slack()
	}
	return kept
}

// grant counts a call that starts.
func (s *tokenState) grant(kind Kind, now time.Time) {
	s.token.start()
	if kind == OTP {
		s.otp.start()
		return
	}
	s.last = now
	if !s.token.running(now) {
		s.probe = now.Add(probeTime)
	}
}

// release counts a call that has ended.
func (s *tokenState) release(kind Kind) {
	s.token.inflight = max(0, s.token.inflight-1)
	if kind == OTP {
		s.otp.inflight = max(0, s.otp.inflight-1)
		return
	}
	s.probe = time.Time{}
}

// learn records the end of an attempt. /otp/send may report the limit of the
// source IP instead of the token's. It counts as the token's only if it has the
// same size.
func (s *tokenState) learn(kind Kind, r Response, now time.Time) {
	s.release(kind)
	ofToken := kind == Bulk || r.Limit > 0 && r.Limit == s.token.limit
	switch {
	case r.Status == 429 && ofToken:
		s.token.refuse(r, now)
	case r.Status == 429:
		s.otp.refuse(r, now)
	case ofToken:
		s.count(r, now)
	default:
		s.share.own++
		s.otp.learn(r, now)
	}
}

// count records a response about the token's limit or, with Status 0, an
// attempt that the API may have counted.
func (s *tokenState) count(r Response, now time.Time) {
	last := s.token
	begun := s.token.learn(r, now)
	switch {
	case begun:
		s.limitUnknown = false
		s.share.begin(&last, &s.token, now)
	case r.Limit > 0:
		s.limitUnknown = false
		s.share.own++
	default:
		s.share.own++
		s.limitUnknown = s.limitUnknown || r.Status/100 == 2 && !last.running(now)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
