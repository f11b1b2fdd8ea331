package helliotest

import (
	"errors"
	"fmt"
	"strings"
)

// unused returns the complaint about a fault that was never hit: its place, the
// nearest call, and why the fault did not act on that call.
func (ft *Fault) unused(w *world) error {
	if ft.hits > 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the fault {%s}", ft.spec)
	if ft.site != "" {
		fmt.Fprintf(&b, " (%s)", ft.site)
	}
	if ft.spec.Op == WebhookDelivery {
		fmt.Fprintf(&b, " was never hit; %s matched it; %s", plural(ft.seen, "attempt"),
			ft.nearestAttempt(w))
	} else {
		fmt.Fprintf(&b, " was never hit; %s matched it; %s", plural(ft.seen, "call"),
			ft.nearestCall(w))
	}
	return errors.New(b.String())
}

// nearestCall describes the nearest call after the fault was put, the latest of
// several.
func (ft *Fault) nearestCall(w *world) string {
	number := 0
	best := 0
	why := ""
	matched := 0
	for i, l := range w.requests {
		if l.ID <= ft.after {
			continue
		}
		if l.Struck && ft.matches(l.sent()) {
			matched++
		}
		if near, reason := ft.distance(l, matched); near >= best {
			number = i + 1
			best = near
			why = reason
		}
	}
	if number == 0 {
		return "no call came after it was put"
	}
	l := w.requests[number-1]
	return fmt.Sprintf("nearest was call %d, %s %s: %s", w.requestsGone+number, l.Method,
		routeText(l.route), why)
}

// distance returns how near a call came, the nearer the higher, and why the
// fault did not act. matched is the number of matching calls until then.
func (ft *Fault) distance(l *logged, matched int) (near int, amiss string) {
	switch {
	case !ft.spec.Op.covers(l.op()):
		return 1, fmt.Sprintf("the fault is for %s, and this is %s", ft.spec.Op, opName(l.op()))
	case !l.Struck:
		return 2, "it was refused before faults act: " + answerText(l.Status, l.Code)
	case !ft.matches(l.sent()):
		return 3,
			fmt.Sprintf("the fault is for calls to %s, whom it does not name", masked(ft.spec.To))
	case !ft.strikesAt(matched):
		return 4,
			fmt.Sprintf("it was matching call %d, and the fault strikes %d alone", matched,
				ft.spec.Nth)
	}
	return 5, "another fault, " + l.Fault + ", was put before and acted on it"
}

func opName(op Op) string {
	if op == "" {
		return "no operation of the API"
	}
	return string(op)
}

// nearestAttempt describes why no attempt to deliver a webhook was hit.
func (ft *Fault) nearestAttempt(w *world) string {
	switch {
	case ft.seen > 0 && ft.spec.Nth > ft.seen:
		return fmt.Sprintf("the fault strikes attempt %d alone", ft.spec.Nth)
	case ft.seen > 0:
		return "another fault was put before and acted on it"
	case len(w.deliveries) > 0 && ft.spec.To != "":
		return fmt.Sprintf("the fault is for deliveries about %s, and %s about others",
			masked(ft.spec.To), areOrIs(len(w.deliveries)))
	case len(w.deliveries) > 0:
		return "every attempt was made before it was put"
	case len(w.webhooks.rows) == 0:
		return "the account has no webhook"
	case len(w.messages.rows) == 0:
		return "no message was accepted, so there was nothing to report"
	}
	return fmt.Sprintf("no message was to be reported: a webhook hears of those that it asks "+
		"for, once they are final, which takes %v", finalAfter)
}

func areOrIs(n int) string {
	if n == 1 {
		return "the only one is"
	}
	return fmt.Sprintf("all %d are", n)
}

// plural writes a number of things: 1 call, 2 calls.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
