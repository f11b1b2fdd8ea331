package check

import (
	"fmt"
	"strings"
)

// many returns n recipients of which none is a number.
func many(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "x"
	}
	return all
}

// size refutes the claim unless a field may have n characters, and not one
// more. The body lacks what the call needs.
func (t *trial) size(path, field string, n int) {
	t.invalid(t.post(path, body{field: strings.Repeat("x", n+1)}), field)
	t.valid(t.post(path, body{field: strings.Repeat("x", n)}), field)
}

var smsChecks = chapter{
	"sms_send.success": func(t *trial) { t.success(t.sms(nil), 202) },
	"sms_send.fields": func(t *trial) {
		t.form(t.works(t.sms(nil)), "data", "reference campaign_id# status accepted_recipients# "+
			"invalid_recipients# segments# estimated_cost currency")
	},
	"sms_send.queued": func(t *trial) {
		t.must(t.works(t.sms(nil)).text("data.status") == "queued", "queued", "another status")
	},
	"sms_send.counts": func(t *trial) {
		t.accepts(body{"recipients": []string{t.Number(), "x"}}, 1, 1)
	},
	"sms_send.reference": func(t *trial) {
		sent := t.works(t.sms(nil))
		found := t.get("/campaigns/" + sent.text("data.reference"))
		t.must(found.ok() && found.text("data.id") == sent.text("data.campaign_id"),
			"the campaign", found.shape())
	},
	"sms_send.required": func(t *trial) {
		a := t.post("/sms/send", body{})
		for _, field := range []string{"recipients", "sender", "message"} {
			t.invalid(a, field)
		}
	},
	"sms_send.most": func(t *trial) {
		t.invalid(t.post("/sms/send", body{"recipients": many(10_001)}), "recipients")
		t.valid(t.post("/sms/send", body{"recipients": many(10_000)}), "recipients")
	},
	"sms_send.number_length": func(t *trial) {
		for n, wrong := range map[int]bool{20: false, 21: true} {
			a := t.post("/sms/send", body{"recipients": []string{strings.Repeat("x", n)}})
			if wrong {
				t.invalid(a, "recipients.0")
			} else {
				t.valid(a, "recipients.0")
			}
		}
	},
	"sms_send.text_length":   func(t *trial) { t.size("/sms/send", "message", 1600) },
	"sms_send.sender_length": func(t *trial) { t.size("/sms/send", "sender", 11) },
	"sms_send.delimited": func(t *trial) {
		t.accepts(body{"recipients": t.Number() + ",x\ny"}, 1, 2)
	},
	"sms_send.gateway": func(t *trial) { t.accepts(body{"gateway": nil}, 1, 0) },
	"sms_send.order": func(t *trial) {
		t.ordered("sms_send.order", ordering{
			path: "/sms/send",
			good: t.smsBody(),
			spoil: map[string]body{
				"fields":     {"gateway": 7},
				"sender":     {"sender": "NoSuchName"},
				"recipients": {"recipients": []string{"x"}},
			},
			account: poor,
			codes: map[string]string{
				"invalid_request":      "fields",
				"sender_not_approved":  "sender",
				"no_valid_recipients":  "recipients",
				"spend_limit_exceeded": "spend_limit",
				"insufficient_balance": "balance",
			},
			last: "recipients",
		})
	},
	"error.sender": func(t *trial) {
		t.refused(t.sms(body{"sender": "NoSuchName"}), "error.sender")
	},
	"sms_send.sender_case": func(t *trial) {
		other := strings.ToLower(t.Sender())
		t.needs(other != t.Sender(), "the sender has no capital letter")
		a := t.sms(body{"sender": other})
		t.must(!a.ok(), "a refusal", a.shape())
	},
	"error.recipients": func(t *trial) {
		t.refused(t.post("/sms/send", t.smsBody().with(body{"recipients": []string{"x"}})),
			"error.recipients")
	},
}

// accepts refutes the claim unless an SMS has so many accepted and invalid
// recipients.
func (t *trial) accepts(changes body, accepted, invalid int) {
	a := t.sms(changes)
	t.must(a.ok(), "a message", a.shape())
	t.must(a.number("data.accepted_recipients") == float64(accepted) &&
		a.number("data.invalid_recipients") == float64(invalid),
		fmt.Sprintf("%d accepted and %d invalid", accepted, invalid), "other counts")
}

// digits returns the number that gets messages without its "+".
func (t *trial) digits() string { return strings.TrimPrefix(t.Number(), "+") }

var numberChecks = chapter{
	"number.plus": func(t *trial) {
		t.accepts(body{"recipients": []string{t.Number()}}, 1, 0)
		t.accepts(body{"recipients": []string{t.digits()}}, 1, 0)
	},
	"number.punctuation": func(t *trial) {
		d := t.digits()
		t.accepts(body{"recipients": []string{"+" + d[:3] + " " + d[3:5] + "-" + d[5:]}}, 1, 0)
	},
	"number.digits": func(t *trial) {
		t.accepts(body{"recipients": []string{t.Number(), "2330099", "2330099000000000"}}, 1, 2)
		if _, ok := t.Settings(); ok { // another person's number at the real API
			t.accepts(body{"recipients": []string{"23300990", "233009900000000"}}, 2, 0)
		}
	},
	"number.unique": func(t *trial) {
		t.accepts(body{"recipients": []string{t.Number(), t.digits()}}, 1, 0)
	},
	"number.leading_zero": func(t *trial) {
		a := t.works(t.sms(body{"recipients": []string{t.Number(), "00" + t.digits()}}))
		switch a.number("data.accepted_recipients") {
		case 1:
			t.must(a.number("data.invalid_recipients") == 1, "1 invalid", "another count")
		case 2:
			t.refute("accepted", "1 accepted", "2 accepted")
		default:
			t.refute(nil, "1 accepted", "another count")
		}
	},
	"magic.failed": func(t *trial) {
		t.settings()
		for _, number := range []string{failing, unreachable} {
			sent := t.works(t.sms(body{"recipients": []string{number}}))
			t.must(t.outcome(sent) == "failed", "failed", "delivered")
		}
	},
	"magic.invalid": func(t *trial) {
		t.settings()
		t.accepts(body{"recipients": []string{t.Number(), invalidNumber}}, 1, 1)
	},
}

// Numbers that choose a result at the fake.
const (
	invalidNumber = "+233009900002"
	unreachable   = "+233009900003"
	ported        = "+233009900004"
)
