package hellio

import "time"

// limitAnswer is how an attempt ended: the status, 0 for no response, and what its headers tell.
type limitAnswer struct {
	Status           int
	Limit, Remaining int
	RetryAfter       time.Duration
}

// tokenState is what is known of one token, and who waits for it.
type tokenState struct {
	token   window    // the token's own limit
	otp     window    // what /otp/send tells where that is another limit, such as that of the source IP
	probe   time.Time // until then others wait for the answer of the call that went first
	untold  bool      // the API answers without naming a limit
	lastOTP time.Time
	last    time.Time // when a call that is no OTP was let go
	spread  spread
	lines   [2]waitingLine
}

// Idle reports that nobody would miss the pace but for what it has learned.
func (p *tokenState) Idle() bool {
	return p.token.inflight == 0 && len(p.lines[otpLine]) == 0 && len(p.lines[bulkLine]) == 0
}

// End is when what it has learned is over.
func (p *tokenState) End() time.Time { return p.token.end }

// Observe learns from an answer and lets go whoever may go now.
func (p *tokenState) Observe(line callKind, rl limitAnswer, now time.Time) {
	p.observe(line, rl, now)
	p.serve(now)
	p.turnAway(now)
	p.wakeHeads()
}

// opens is when the first in line may go; now or earlier: it may. OTPs wait for used-up windows and for 429s, and for nothing else.
func (p *tokenState) opens(line callKind, now time.Time) time.Time {
	t := &p.token
	switch {
	case line == otpLine:
		return later(t.opens(0, now), p.otp.opens(0, now))
	case now.Before(t.blocked):
		return t.blocked
	case t.running(now):
		return later(t.opens(p.reserve(now), now), p.turn(now))
	case t.open(now):
		return t.opens(p.reserve(now), now)
	case p.untold:
		return now
	default:
		return p.probe
	}
}

// earliest is a time before which the n-th in line (from 0) surely can't go.
func (p *tokenState) earliest(line callKind, n int, now time.Time) time.Time {
	if line == otpLine {
		return later(p.token.earliest(n, 0, now), p.otp.earliest(n, 0, now))
	}
	at := p.token.earliest(n, p.reserve(now), now)
	if p.token.running(now) {
		at = later(at, p.turn(now))
	}
	return at
}

// reserve is how many requests of a window are not for calls in the bulk line: the lane for OTPs, and where others use the token too, some
// for what they have under way.
func (p *tokenState) reserve(now time.Time) int {
	kept := 0
	if !p.lastOTP.IsZero() && now.Sub(p.lastOTP) < otpMemory {
		kept = p.token.limit / 12
	}
	if p.spreading(now) {
		kept += p.slack()
	}
	return kept
}

func (p *tokenState) grant(line callKind, now time.Time) {
	p.token.depart()
	if line == otpLine {
		p.otp.depart()
		return
	}
	p.last = now
	if !p.token.running(now) {
		p.probe = now.Add(probeTime)
	}
}

func (p *tokenState) release(line callKind) {
	p.token.inflight = max(0, p.token.inflight-1)
	if line == otpLine {
		p.otp.inflight = max(0, p.otp.inflight-1)
		return
	}
	p.probe = time.Time{}
}

// observe files the end of an attempt. /otp/send may show the limit of the source IP in place of the token's: that is taken for the
// token's only where it is the same.
func (p *tokenState) observe(line callKind, rl limitAnswer, now time.Time) {
	p.release(line)
	ofToken := line == bulkLine || rl.Limit > 0 && rl.Limit == p.token.limit
	switch {
	case rl.Status == 429 && ofToken:
		p.token.refuse(rl, now)
	case rl.Status == 429:
		p.otp.refuse(rl, now)
	case ofToken:
		p.count(rl, now)
	default:
		p.spread.own++
		p.otp.learn(rl, now)
	}
}

// count takes an answer about the token's limit, or, with Status 0, an attempt that may have been counted.
func (p *tokenState) count(rl limitAnswer, now time.Time) {
	last := p.token
	begun := p.token.learn(rl, now)
	switch {
	case begun:
		p.untold = false
		p.spread.begin(&last, &p.token, now)
	case rl.Limit > 0:
		p.untold = false
		p.spread.own++
	default:
		p.spread.own++
		p.untold = p.untold || rl.Status/100 == 2 && !last.running(now)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
