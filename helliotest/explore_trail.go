package helliotest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// trailPoint is one thing that a run did, in order: a call, a Step, or an
// attempt to deliver a webhook.
type trailPoint struct {
	op      Op
	to      []string // the recipients that a call names
	what    string   // "POST /sms/send"
	at      time.Time
	counted bool // rules count it: it was not refused before faults act
	struck  bool // by a rule
}

// stepMark is a Step that a run has passed.
type stepMark struct {
	name    string
	at      time.Time
	calls   int // that were logged before
	crashed bool
}

// trail returns what the run did so far. The engine must be locked.
func (s *exploredRun) trail() []trailPoint {
	w := s.fake.world
	points := make([]trailPoint, 0, len(w.requests)+len(s.steps))
	steps := s.steps
	for i, l := range w.requests {
		for len(steps) > 0 && steps[0].calls == i {
			points = append(points, steps[0].point())
			steps = steps[1:]
		}
		points = append(points, l.point())
	}
	for _, m := range steps {
		points = append(points, m.point())
	}
	if s.x.cfg.explores(WebhookDelivery) {
		points = w.addAttempts(points)
	}
	return points
}

func (l *logged) point() trailPoint {
	return trailPoint{
		op:      l.op(),
		to:      destinations(l.Body),
		what:    l.Method + " " + routeText(l.route),
		at:      l.At,
		counted: l.Struck,
		struck:  l.Fault != "",
	}
}

func (m stepMark) point() trailPoint {
	return trailPoint{
		op:      StepNamed(m.name),
		what:    fmt.Sprintf("the step %q", m.name),
		at:      m.at,
		counted: true,
		struck:  m.crashed,
	}
}

// addAttempts puts the attempts to deliver webhooks among the other points, by
// their times.
func (w *world) addAttempts(points []trailPoint) []trailPoint {
	for _, d := range w.deliveries {
		for i := range d.Attempts {
			points = append(points, trailPoint{
				op:      WebhookDelivery,
				what:    "an attempt to deliver " + d.Event,
				at:      d.Attempts[i].At,
				counted: true,
				struck:  d.Attempts[i].Fault != "",
			})
		}
	}
	slices.SortStableFunc(points, func(a, b trailPoint) int { return a.at.Compare(b.at) })
	return points
}

// afterLastStruck returns the place behind the last point that a rule struck.
func afterLastStruck(trail []trailPoint) int {
	for i, p := range slices.Backward(trail) {
		if p.struck {
			return i + 1
		}
	}
	return len(trail)
}

func (p *trailPoint) isStep() bool { return p.op.isStep() }

// names reports whether the call is for a recipient.
func (p *trailPoint) names(destination string) bool {
	return slices.ContainsFunc(p.to, func(d string) bool { return sameDestination(d, destination) })
}

// String returns the point without a whole number.
func (p *trailPoint) String() string {
	if len(p.to) == 0 {
		return p.what
	}
	if len(p.to) > 1 {
		return fmt.Sprintf("%s to %s and %d more", p.what, masked(p.to[0]), len(p.to)-1)
	}
	return p.what + " to " + masked(p.to[0])
}

// differences compares the trails of two runs without faults, by operation and
// recipients. Calls of one instant may come in any order, as calls of several
// goroutines do.
func differences(one, two []trailPoint) error {
	one, two = settled(one), settled(two)
	for i := range max(len(one), len(two)) {
		was, then := pointText(one, i), pointText(two, i)
		switch {
		case was != then:
			return fmt.Errorf("call %d was %s, then %s", i+1, was, then)
		case !slices.Equal(one[i].to, two[i].to):
			return fmt.Errorf("call %d was %s, then the same to other recipients", i+1, was)
		}
	}
	return nil
}

func pointText(trail []trailPoint, i int) string {
	if i >= len(trail) {
		return "missing"
	}
	return trail[i].String()
}

// settled returns a trail with the points of one instant in a fixed order.
func settled(trail []trailPoint) []trailPoint {
	trail = slices.Clone(trail)
	slices.SortStableFunc(trail, func(a, b trailPoint) int {
		return cmp.Or(
			a.at.Compare(b.at),
			cmp.Compare(a.op, b.op),
			cmp.Compare(strings.Join(a.to, ","), strings.Join(b.to, ",")),
		)
	})
	return trail
}
