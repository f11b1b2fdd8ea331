package helliotest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/hellio-go/hellio/internal/contract"
)

// outage is how many calls in a row an outage strikes: more than the attempts
// of the client's one call, which otherwise hides the fault from fn.
const outage = 6

// schedule is what goes wrong in a run.
type schedule struct {
	faults []FaultSpec
	put    func(fake *Fake) // of ExploreOnly, in place of faults
}

// part is a schedule of one fault, one outage or one crash.
type part struct {
	faults []FaultSpec
	crash  bool
}

// exploreTarget is a place that a rule can strike.
type exploreTarget struct {
	op   Op
	to   string // "": any recipient
	nth  int    // among those of op and to, from 1
	last bool   // no later place of the trail has this op
}

// targets returns the places of a trail from one on.
func (x *explorer) targets(trail []trailPoint, from int) []exploreTarget {
	var all []exploreTarget
	named := namedOps(trail)
	for i := from; i < len(trail); i++ {
		p := &trail[i]
		if !p.counted || !p.isStep() && !x.cfg.explores(p.op) {
			continue
		}
		t := exploreTarget{
			op:   p.op,
			last: lastOf(p.op, trail[i+1:]),
		}
		if named[p.op] && len(p.to) > 0 {
			t.to = p.to[0]
		}
		for j := range trail[:i+1] {
			if q := &trail[j]; q.counted && q.op == t.op && (t.to == "" || q.names(t.to)) {
				t.nth++
			}
		}
		all = append(all, t)
	}
	return all
}

func lastOf(op Op, later []trailPoint) bool {
	return !slices.ContainsFunc(later, func(p trailPoint) bool { return p.op == op })
}

// namedOps are the operations whose calls go to different recipients: rules
// name them, so that the order of concurrent calls does not matter.
func namedOps(trail []trailPoint) map[Op]bool {
	firsts := make(map[Op]string)
	named := make(map[Op]bool)
	for i := range trail {
		p := &trail[i]
		if len(p.to) == 0 {
			continue
		}
		if to, seen := firsts[p.op]; seen && !sameDestination(to, p.to[0]) {
			named[p.op] = true
		}
		firsts[p.op] = p.to[0]
	}
	return named
}

// parts returns all schedules of one part from a place of a trail on: first
// those of one call, then the outages.
func (x *explorer) parts(trail []trailPoint, from int) []part {
	targets := x.targets(trail, from)
	var all []part
	for _, t := range targets {
		for _, e := range x.effectsAt(t) {
			all = append(all, part{faults: t.rules(e, 1)})
		}
		for _, e := range x.crashesOn(t.op) {
			all = append(all, part{
				faults: t.rules(e, 1),
				crash:  true,
			})
		}
	}
	for _, t := range targets {
		for _, e := range x.effectsAt(t) {
			all = append(all, part{faults: t.rules(e, outage)})
		}
	}
	return all
}

// countParts returns how many parts there are, without making them.
func (x *explorer) countParts(trail []trailPoint, from int) int {
	total := 0
	for _, t := range x.targets(trail, from) {
		total += 2*len(x.effectsAt(t)) + len(x.crashesOn(t.op))
	}
	return total
}

// rules returns an effect on a target and on those after it, calls in all.
func (t exploreTarget) rules(e FaultSpec, calls int) []FaultSpec {
	specs := make([]FaultSpec, calls)
	for i := range specs {
		e.Op = t.op
		e.To = t.to
		e.Nth = t.nth + i
		specs[i] = e
	}
	return specs
}

// effectsAt returns the effects that are tried at a target. A webhook's last
// delivery is not reordered, because it would be held until one comes after it.
func (x *explorer) effectsAt(t exploreTarget) []FaultSpec {
	all := x.effectsOn(t.op)
	if t.op != WebhookDelivery || !t.last {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(e FaultSpec) bool {
		return e.Effect == effectWebhookReorder
	})
}

// effectsOn returns the effects that are tried on an operation. Reads skip a
// lost request, which looks like a lost reply there. 402 is for operations that
// move money, unless the caller has chosen the effects.
func (x *explorer) effectsOn(op Op) []FaultSpec {
	if fitting, known := x.effects[op]; known {
		return fitting
	}
	contracted := contractOf(op)
	read := contracted.Method == http.MethodGet
	repliesLost := slices.ContainsFunc(x.cfg.effects, func(e FaultSpec) bool {
		return e.Effect == effectLoseReply
	})
	var fitting []FaultSpec
	for _, e := range x.cfg.effects {
		switch {
		case op.isStep():
		case actsOnDeliveries(e) != (op == WebhookDelivery):
		case read && e.Effect == effectLoseRequest && repliesLost:
		case e.Code == http.StatusPaymentRequired && !contracted.Billable && !x.cfg.chosen:
		default:
			fitting = append(fitting, e)
		}
	}
	x.effects[op] = fitting
	return fitting
}

// crashesOn returns the crashes at an operation. After a read nothing has
// changed, so one crash stands for both.
func (x *explorer) crashesOn(op Op) []FaultSpec {
	switch {
	case x.cfg.noCrash, op == WebhookDelivery:
		return nil
	case op.isStep(), contractOf(op).Method == http.MethodGet:
		return []FaultSpec{{Effect: effectCrashBefore}}
	}
	return []FaultSpec{{Effect: effectCrashBefore}, {Effect: effectCrashAfter}}
}

// contractOf returns the operation of an Op, the zero one if it is none.
func contractOf(op Op) contract.Operation {
	for _, methods := range routes {
		for _, r := range methods {
			if Op(r.op.Name) == op {
				return r.op
			}
		}
	}
	return contract.Operation{}
}

// notReached is the error of a schedule whose rule was never hit, although the
// runs without faults reached its place.
func notReached(spec FaultSpec) error {
	return fmt.Errorf("fn is not deterministic: the rule {%s} was never hit, though the runs "+
		"without faults made that call; or fn removed the rules with SetFaults", spec)
}
