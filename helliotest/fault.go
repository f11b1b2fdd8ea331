package helliotest

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// Fault is a rule that makes calls fail. It acts after the checks of token, IP
// list, limit and scope, and before the body is read; only calls that pass them
// are counted. If several faults match one call, each counts it and the first
// one acts. (All of this is decided.)
type Fault struct {
	f     *Fake
	view  *view
	spec  FaultSpec
	wait  time.Duration // of retry_after or duration
	site  string        // file and line of the rule, "" if it came by SetFaults
	after int64         // the last id when it was put
	seen  int           // calls that matched
	hits  int           // calls it acted on
}

// Fault adds a rule: exactly one of Nth, Times and Always, exactly one effect,
// and ToNumber if need be. Anything else fails the test at that line.
//
//	fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.LoseReply())
func (f *Fake) Fault(on Op, rules ...Rule) *Fault {
	f.tb.Helper()
	spec, err := newSpec(on, rules)
	if err != nil {
		f.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	fault, err := spec.compile(f.engine)
	if err != nil {
		f.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	fault.f = f
	fault.view = f.view
	fault.site = callerLine()
	if f.ended() {
		return fault
	}
	defer f.lock()()
	fault.after = f.world.lastID
	f.world.faults = append(f.world.faults, fault)
	return fault
}

// Hits returns how many calls the fault has acted on.
func (ft *Fault) Hits() int {
	ft.f.tb.Helper()
	defer ft.f.lock()()
	return ft.hits
}

// due counts one matching call and reports whether the fault acts on it.
func (ft *Fault) due() bool {
	ft.seen++
	return ft.strikesAt(ft.seen)
}

// strikesAt reports whether the fault acts on the n-th matching call.
func (ft *Fault) strikesAt(n int) bool {
	return ft.spec.Always || n == ft.spec.Nth || n <= ft.spec.Times
}

// spent reports whether the fault has acted for the last time.
func (ft *Fault) spent() bool {
	return !ft.spec.Always && ft.seen >= max(ft.spec.Nth, ft.spec.Times)
}

// matches reports whether the fault concerns a call.
func (ft *Fault) matches(c *apiCall) bool {
	return ft.spec.Op.covers(Op(c.route.op.Name)) && (ft.spec.To == "" || c.names(ft.spec.To))
}

// injectFault finds the fault that acts on the call. Faults without a trace
// answer here, before the idempotency key is read.
func (c *apiCall) injectFault() *reply {
	c.log.Struck = true
	for _, ft := range c.w.faults {
		if ft.matches(c) && ft.due() && c.fault == nil {
			ft.hits++
			c.fault = ft
			c.log.Fault = ft.spec.Effect
		}
	}
	if c.fault == nil {
		return nil
	}
	switch spec := c.fault.spec; spec.Effect {
	case effectStatus:
		if spec.Code == http.StatusTooManyRequests {
			c.e.faultWaits = time.Now().Add(faultAftermath)
		}
		return refuseWith(spec.Code, toldBody(spec.Error))
	case effectRateLimited:
		c.e.faultWaits = time.Now().Add(c.fault.wait + faultAftermath)
		limit := c.w.account.rateLimit
		if limit == 0 {
			limit = contract.DefaultRateLimit
		}
		seconds := int((c.fault.wait + time.Second - 1) / time.Second)
		return tooMany(limit, seconds, c.w.clock.Now())
	case effectLoseRequest, effectReset, effectCrashBefore:
		return &reply{} // applyFault breaks the connection; there is nothing to send
	}
	return nil
}

// effect returns the effect that acts on the call, or "".
func (c *apiCall) effect() string {
	if c.fault == nil {
		return ""
	}
	return c.fault.spec.Effect
}

// delay waits for a delay fault, without the lock. It returns false if the fake
// ended meanwhile. It continues after the caller has given up, because the API
// does not notice that either: a retry then meets idempotency_conflict.
func (c *apiCall) delay() bool {
	if c.effect() != effectDelay {
		return true
	}
	slept := false
	c.outside(func() { slept = c.e.sleep(context.Background(), c.fault.wait) })
	c.e.runDue()
	return slept
}

// applyFault applies a fault that acts on the answer.
func (c *apiCall) applyFault(a wireAnswer) wireAnswer {
	switch c.effect() {
	case effectLoseRequest, effectLoseReply:
		return wireAnswer{ending: endClosed}
	case effectReset:
		return wireAnswer{ending: endBroken}
	case effectCrashBefore, effectCrashAfter:
		c.e.explored.crash()
		return wireAnswer{ending: endClosed}
	case effectTruncateBody:
		if c.fault.spec.Bytes >= len(a.body) {
			c.view.warn(fmt.Sprintf("TruncateBody(%d) cut nothing of a body of %d bytes",
				c.fault.spec.Bytes, len(a.body)))
			return a
		}
		a.ending, a.sent = endTruncated, c.fault.spec.Bytes
	case effectNotJSON:
		a.body = []byte("<html><body><h1>" + http.StatusText(a.status) + "</h1></body></html>\n")
		a.header["Content-Type"] = []string{"text/html; charset=utf-8"}
	}
	return a
}

// carrierFails reports whether the message to a number will fail at the
// carrier.
func (c *apiCall) carrierFails(number string) bool {
	return c.effect() == effectCarrierFail &&
		(c.fault.spec.To == "" || sameDestination(c.fault.spec.To, number))
}

// callerLine returns the file and line of the caller outside this package.
func callerLine() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if !strings.Contains(frame.Function, "/helliotest.(*Fake)") &&
			!strings.Contains(frame.Function, "/helliotest.(*Remote)") &&
			!strings.HasSuffix(frame.Function, "/helliotest.caller") {
			return fmt.Sprintf("%s:%d", frame.File[strings.LastIndexByte(frame.File, '/')+1:],
				frame.Line)
		}
		if !more {
			return "unknown line"
		}
	}
}

// toldBody returns the body of a Status fault, with the members that come with
// two of the codes (documented; their values are made up).
func toldBody(code string) errorBody {
	body := errorBody{Message: "A fault of the fake set this answer.", Error: code}
	switch code {
	case contract.CodeSpendLimitExceeded:
		body.Period = "daily"
	case contract.CodeTrafficNotRoutable:
		body.TrafficType = "promotional"
	}
	return body
}
