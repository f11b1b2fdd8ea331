package hellio

import (
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

const limiterName = "limiter"

// pace waits for the limiter's permit for the next attempt. The limiter keys on
// the token, so the token is fetched first. After a long wait it may have
// rotated: it is fetched again, and a new one needs a permit of its own.
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

// reportToLimiter reports the end of an attempt to the limiter, once for each
// permit. Status 0 means that no response came, or no attempt was made.
func (x *exchange) reportToLimiter(result LimitResult) {
	if x.permit == nil {
		return
	}
	r := x.limitRequest(x.permit)
	x.permit = nil
	x.core.limiter.Observe(r, result)
}

func (x *exchange) limitRequest(auth *credentials) LimitRequest {
	return LimitRequest{
		Operation: x.op.Name,
		OTP:       x.op.Name == contract.OTPSend.Name,
		Token:     auth.fingerprint,
	}
}

// observe reports the headers of the latest attempt to the limiter and to
// Client.RateLimit. Those of OTP.Send may describe the limit of its source IP.
func (x *exchange) observe() {
	rl := x.response.RateLimit
	if rl.Limit > 0 && (x.op.Name != contract.OTPSend.Name || rl.Limit == x.core.seen.load().Limit) {
		x.core.seen.store(rl)
	}
	x.reportToLimiter(LimitResult{Status: x.response.StatusCode, RateLimit: rl})
}
