package helliotest

import (
	"errors"
	"fmt"
)

// cleanRuns is how often fn runs without faults.
const cleanRuns = 2

// exploreClean runs fn twice without faults. What the other runs are compared
// with must be the same in both.
func (x *explorer) exploreClean() error {
	one, err := x.cleanRun()
	if err != nil {
		return err
	}
	two, err := x.cleanRun()
	if err != nil {
		return err
	}
	if err := differences(one.trail, two.trail); err != nil {
		return fmt.Errorf("fn is not deterministic: in two runs without faults %w", err)
	}
	if one.ledger.spent != two.ledger.spent {
		return fmt.Errorf("fn is not deterministic: two runs without faults spent %v and %v",
			one.ledger.spent, two.ledger.spent)
	}
	x.clean = one
	for i := range one.trail {
		if p := &one.trail[i]; !p.isStep() && p.op != WebhookDelivery {
			x.done.Calls++
		}
	}
	return x.checkReach()
}

func (x *explorer) cleanRun() (*runResult, error) {
	r := x.run(schedule{}, wantTrail|wantStory)
	if r.misuse != nil {
		return nil, r.misuse
	}
	for _, p := range r.problems {
		if !x.allows(p, r, nil) {
			return nil, fmt.Errorf("a run without faults breaks a check: %s: %s\n%s",
				p.title(), p.what, indented(r.story))
		}
	}
	if r.end.how == endReturned && r.end.err != nil {
		return nil, fmt.Errorf("without faults %s\n%s", r.returned, indented(r.story))
	}
	return r, nil
}

// checkReach refuses an fn in which nothing can go wrong.
func (x *explorer) checkReach() error {
	switch {
	case x.done.Calls == 0:
		return errors.New("fn makes no call of the API; does it use run.Client?")
	case x.cfg.only == nil && len(x.parts(x.clean.trail, 0)) == 0:
		return errors.New("fn makes no call that ExploreOps names; " +
			"webhooks count if they are posted before fn returns")
	}
	return nil
}

// exploreOnly runs the schedule of ExploreOnly.
func (x *explorer) exploreOnly() error {
	r := x.run(schedule{put: x.cfg.only}, wantStory)
	switch {
	case r.misuse != nil:
		return r.misuse
	case len(r.acted) == 0:
		return errors.New("ExploreOnly: no rule was hit")
	}
	x.only = r.story
	x.record(r, r.acted)
	for _, f := range x.sorted() {
		f.story = r.story
		x.done.Findings = append(x.done.Findings, f.public())
	}
	return nil
}
