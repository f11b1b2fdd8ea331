package helliotest

import (
	"errors"
	"fmt"
	"time"
)

// Rule is one part of a fault: a count, an effect, or a narrowing to one
// number.
type Rule struct {
	kind ruleKind
	set  func(*FaultSpec)
}

type ruleKind int

const (
	kindCount ruleKind = iota + 1
	kindNumber
	kindEffect
)

// Nth makes the fault act only on the n-th matching call from now on, counted
// from 1.
func Nth(n int) Rule { return Rule{kindCount, func(s *FaultSpec) { s.Nth = n }} }

// Times makes the fault act on the next n matching calls.
func Times(n int) Rule { return Rule{kindCount, func(s *FaultSpec) { s.Times = n }} }

// Always makes the fault act on every matching call.
func Always() Rule { return Rule{kindCount, func(s *FaultSpec) { s.Always = true }} }

// ToNumber narrows the fault to calls that name this number, with or without
// "+", or this e-mail address among their recipients. With CarrierFail, only
// that recipient fails.
func ToNumber(number string) Rule { return Rule{kindNumber, func(s *FaultSpec) { s.To = number }} }

// Status answers with this status and error code; "" leaves the code out.
// Nothing is sent or charged.
func Status(code int, errorCode string) Rule {
	return Rule{
		kindEffect,
		func(s *FaultSpec) {
			s.Effect = effectStatus
			s.Code = code
			s.Error = errorCode
		},
	}
}

// RateLimited answers 429 with this Retry-After, rounded up to whole seconds.
// Nothing is sent or charged.
func RateLimited(retryAfter time.Duration) Rule {
	return Rule{
		kindEffect,
		func(s *FaultSpec) { s.Effect, s.RetryAfter = effectRateLimited, retryAfter.String() },
	}
}

// Delay handles the call after d of package time. Its idempotency key is
// claimed meanwhile. The call takes effect even if its caller stops waiting.
func Delay(d time.Duration) Rule {
	return Rule{kindEffect, func(s *FaultSpec) { s.Effect, s.Duration = effectDelay, d.String() }}
}

// LoseRequest closes the connection before the call has any effect. The caller
// gets io.EOF, as from LoseReply.
func LoseRequest() Rule { return simply(effectLoseRequest) }

// LoseReply closes the connection after the call has taken effect and its key
// is stored. The caller gets io.EOF, as from LoseRequest.
func LoseReply() Rule { return simply(effectLoseReply) }

// TruncateBody declares the whole length of the answer and closes the
// connection after this many bytes of its body. The call has taken effect. A
// body that is not longer is sent whole, and the test's log says so.
func TruncateBody(bytes int) Rule {
	return Rule{kindEffect, func(s *FaultSpec) { s.Effect, s.Bytes = effectTruncateBody, bytes }}
}

// NotJSON keeps the answer's status and sends HTML in place of its body, as a
// proxy would. The call has taken effect.
func NotJSON() Rule { return simply(effectNotJSON) }

// ResetConnection breaks the connection (RST) before the call has any effect.
func ResetConnection() Rule { return simply(effectReset) }

// CarrierFail accepts the call. Its messages, phone calls or lookups fail
// later, and their cost is returned.
func CarrierFail() Rule { return simply(effectCarrierFail) }

func simply(name string) Rule {
	return Rule{kindEffect, func(s *FaultSpec) { s.Effect = name }}
}

// newSpec joins rules into a spec; FaultSpec's own check looks at their values.
func newSpec(on Op, rules []Rule) (FaultSpec, error) {
	spec := FaultSpec{Op: on}
	var count [kindEffect + 1]int
	for _, r := range rules {
		if r.set == nil {
			return spec, errors.New("a zero Rule says nothing")
		}
		count[r.kind]++
		r.set(&spec)
	}
	switch {
	case count[kindCount] != 1:
		return spec,
			fmt.Errorf("it needs exactly one of Nth, Times and Always, and has %d",
				count[kindCount])
	case count[kindEffect] != 1:
		return spec, fmt.Errorf("it needs exactly one effect, and has %d", count[kindEffect])
	case count[kindNumber] > 1:
		return spec, errors.New("it names more than one number")
	}
	return spec, nil
}
