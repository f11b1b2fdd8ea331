package check

import (
	"net/http"
	"strconv"
	"time"
)

// longest is how long the attempts of one delivery are watched.
const longest = 48 * time.Hour

// attempts counts the attempts that a receiver's answer leads to.
func (t *trial) attempts(v *receiver) int {
	id, _ := t.hook(v)
	t.works(t.sms(nil))
	t.sleep(longest)
	t.works(t.do("DELETE", "/webhooks/"+id, nil))
	return len(v.all())
}

// failures makes deliveries fail for good, until the webhook is not active or
// there are most. It returns how many it took.
func (t *trial) failures(id string, most int) int {
	for n := 1; n <= most; n++ {
		t.works(t.sms(nil))
		t.sleep(longest)
		if t.listed("/webhooks", id).at("active") != true {
			return n
		}
	}
	return 0
}

var attemptChecks = chapter{
	"delivery.acknowledged": func(t *trial) {
		for _, status := range []int{200, 204} {
			t.must(t.attempts(answering(status)) == 1, "one attempt", "more")
		}
		t.must(t.attempts(answering(400)) > 1, "more attempts", "one")
	},
	"delivery.timeout": func(t *trial) {
		slow := func(d time.Duration) *receiver {
			return &receiver{answer: func(_ int, _ http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(d):
				case <-r.Context().Done():
				}
			}}
		}
		t.must(t.attempts(slow(9*second)) == 1, "one attempt", "more")
		t.must(t.attempts(slow(11*second)) > 1, "more attempts", "one")
	},
	"delivery.redirect": func(t *trial) {
		s := t.settings()
		target := new(receiver)
		s.Listen(s.Hooks[1], target)
		v := &receiver{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, s.Hooks[1], http.StatusTemporaryRedirect)
		}}
		t.must(t.attempts(v) > 1, "more attempts", "one")
		t.must(len(target.all()) == 0, "no request to the target", "one")
	},
	"delivery.retried": func(t *trial) {
		v := answering(503)
		t.needs(t.attempts(v) > 2, "there are less than 3 attempts")
		all := v.all()
		for i := 2; i < len(all); i++ {
			t.must(all[i].at.Sub(all[i-1].at) > all[i-1].at.Sub(all[i-2].at), "growing delays",
				"others")
		}
	},
	"webhook.attempts": func(t *trial) {
		v := answering(500)
		t.attempts(v)
		var seen []string
		for _, r := range v.all() {
			seen = append(seen, r.at.Sub(v.all()[0].at).Round(second).String())
		}
		want := []string{"0s", "10s", "1m0s", "5m0s", "30m0s"}
		if jsonOf(seen) != jsonOf(want) {
			t.refute(seen, "0 s, 10 s, 60 s, 5 min and 30 min", "other times")
		}
	},
	"webhook.disabled": func(t *trial) {
		id, _ := t.hook(answering(500))
		t.must(t.failures(id, 100) > 0, "a disabled webhook", "an active one")
		t.must(t.listed("/webhooks", id).text("last_error") != "", "a last_error", "none")
	},
	"webhook.disable_after": func(t *trial) {
		id, _ := t.hook(answering(500))
		switch n := t.failures(id, 100); n {
		case 10:
		case 0:
			t.refute(nil, "10 failures", "no limit")
		default:
			t.refute(n, "10 failures", "another number")
		}
	},
	"webhook.reset": func(t *trial) {
		status := http.StatusInternalServerError
		v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}}
		id, _ := t.hook(v)
		t.works(t.sms(nil))
		t.sleep(longest)
		t.needs(t.listed("/webhooks", id).number("failure_count") == 1, "no failure is counted")
		status = http.StatusOK
		t.works(t.sms(nil))
		t.sleep(final)
		t.must(t.listed("/webhooks", id).number("failure_count") == 0, "failure_count 0", "another")
	},
	"webhook.silenced": func(t *trial) {
		v := answering(500)
		id, _ := t.hook(v)
		t.works(t.sms(nil))
		t.sleep(final)
		before := len(v.all())
		t.needs(before > 0, "there was no attempt")
		t.works(t.do("DELETE", "/webhooks/"+id, nil))
		t.sleep(longest)
		t.must(len(v.all()) == before, "no further attempt", "more")
	},
	"webhook.order": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		var ids []string
		for range 5 {
			ids = append(ids, t.works(t.sms(nil)).text("data.campaign_id"))
			t.sleep(20 * time.Millisecond)
		}
		t.sleep(time.Minute)
		t.needs(len(v.all()) == len(ids), "there is not a report of each message")
		for i, r := range v.all() {
			m := t.read("/messages?per_page=5")
			provider := m.text("data." + strconv.Itoa(len(ids)-1-i) + ".provider_message_id")
			t.must(r.text("provider_message_id") == provider, "the order of the messages", "another")
		}
	},
}
