package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/behaviour"
)

// consent prints the plan and asks, if the run does more than free calls. Any
// answer but y is a no.
func (r *run) consent() bool {
	if !r.cfg.write && !r.cfg.disrupt && r.cfg.spend == 0 {
		return true
	}
	r.plan()
	if r.cfg.yes {
		return true
	}
	r.say.text("Continue? [y/N] ")
	answer, _ := bufio.NewReader(r.p.in).ReadString('\n')
	return r.ctx.Err() == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}

// plan prints what the run will do, and what it may cost.
func (r *run) plan() {
	r.say.line("API       %s", r.cfg.baseURL)
	r.say.line("token     %s (fingerprint)", fingerprint(r.cfg.token))
	for cost := behaviour.Free; cost < behaviour.FakeOnly; cost++ {
		if n := r.checksOf(cost); n > 0 {
			r.say.line("%-9s %d checks", cost, n)
		}
	}
	if r.cfg.write {
		r.say.line("creates   webhooks and USSD apps named hellio-verify, and deletes them again")
	}
	if r.cfg.disrupt {
		r.say.line("disrupts  other users of the token are refused for up to 60 s at a time")
	}
	if r.cfg.spend > 0 {
		r.planSpending()
	}
}

func (r *run) planSpending() {
	whole, first := amount(0), amount(0)
	for _, c := range r.claims {
		if c.Cost != behaviour.Paid || c.Why != "" {
			continue
		}
		cost := price(c.check.Charge, r.segment)
		whole += cost
		if first == 0 || cost < first {
			first = cost
		}
	}
	r.say.line("number    %s gets messages, codes and calls", masked(r.cfg.to))
	r.say.line("sender    %s", r.cfg.sender)
	switch {
	case r.segment == 0:
		r.say.line("price     unknown: the prices can't be read, so no paid check runs")
		return
	case r.wallet < 0:
		r.say.line("price     the balance can't be read, so no paid check runs")
		return
	}
	r.say.line("price     at most %v %s, at %v for an SMS segment; assumed, because not published: "+
		"%d of that for a code, %d for a second of a call, %d for a lookup or an address",
		whole, r.currency, r.segment, codePrice, secondPrice, lookupPrice)
	r.say.line("budget    %v of a balance of %v", r.cfg.spend, r.wallet)
	switch {
	case first > r.cfg.spend:
		r.say.line("          the budget is below the lowest price %v: no paid check runs", first)
	case first > r.wallet:
		r.say.line("          the balance is below the lowest price %v: no paid check runs", first)
	}
}

// checksOf counts the checks of a class that will run.
func (r *run) checksOf(cost behaviour.Cost) (n int) {
	for _, c := range r.claims {
		if c.Cost == cost && c.Why == "" && r.cfg.allows(c.Behaviour) == "" {
			n++
		}
	}
	return n
}

func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:4])
}

// masked shows the last three digits of a number.
func masked(number string) string { return "…" + number[len(number)-3:] }

// leftover is in the URLs of what an earlier run made.
const leftover = "/hellio-verify"

// removeLeftovers deletes what an earlier run could not delete. Nothing else is
// touched.
func (r *run) removeLeftovers() {
	hooks, err := r.client.Webhooks.List(r.ctx)
	for _, h := range hooks {
		if strings.Contains(h.URL, leftover) {
			err = r.client.Webhooks.Delete(r.ctx, h.ID)
			r.say.line("deleted a webhook of an earlier run")
		}
	}
	for app, listErr := range r.client.USSD.Apps.All(r.ctx, &hellio.USSDListParams{}) {
		if listErr != nil {
			err = listErr
			break
		}
		if strings.HasPrefix(app.Name, "hellio-verify ") {
			err = r.client.USSD.Apps.Delete(r.ctx, app.ID)
			r.say.line("deleted a USSD app of an earlier run")
		}
	}
	if err != nil {
		r.say.line("could not look for leftovers of an earlier run")
	}
}
