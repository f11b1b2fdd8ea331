package hellio

import (
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// pace waits for the limiter's leave for the coming attempt. The limiter has to know whose turn it is, so the token may have grown old by
// then: it is asked for once more, and a new one needs leave of its own.
func (x *exchange) pace() error {
	if x.core.limiter == nil {
		return nil
	}
	before := x.waited
	if err := x.askLimiter(); err != nil || x.waited-before < time.Second {
		return err
	}
	if err := x.authorize(); err != nil {
		return err
	}
	if x.auth.fingerprint == x.permit.fingerprint {
		return nil
	}
	x.reportToLimiter(LimitResult{})
	return x.askLimiter()
}

const limiterName = "limiter"

func (x *exchange) askLimiter() error {
	before := time.Now()
	if err := x.core.limiter.Wait(x.ctx, x.limitRequest(x.auth)); err != nil {
		return foreignError{limiterName, err}
	}
	x.permit = x.auth
	x.waited += time.Since(before)
	if x.ctx.Err() != nil {
		return contextError(x.ctx)
	}
	return nil
}

// tellLimiter hands what an attempt has shown to the limiter, once for each leave; status 0 tells that there was no answer, or no attempt.
func (x *exchange) reportToLimiter(status int, rl RateLimit) {
	if x.permit == nil {
		return
	}
	r := x.limitRequest(x.permit)
	x.permit = nil
	x.core.limiter.Observe(r, status, rl)
}

func (x *exchange) limitRequest(auth *credentials) LimitRequest {
	return LimitRequest{Operation: x.op.Name, OTP: x.op.Name == contract.OTPSend.Name, Token: auth.fingerprint}
}

// observe hands the headers of the latest attempt to whoever paces.
func (x *exchange) observe() {
	// What OTP.Send tells may be the limit of its source IP.
	if rl := x.response.RateLimit; rl.Limit > 0 && (x.op.Name != contract.OTPSend.Name || rl.Limit == x.core.seen.load().Limit) {
		x.core.seen.store(rl)
	}
	x.reportToLimiter(x.response.StatusCode, x.response.RateLimit)
}
