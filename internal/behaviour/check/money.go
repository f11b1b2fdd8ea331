package check

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	// failing is a number that the fake accepts, and whose messages fail.
	failing = "+233009900001"
	// final is how long a message takes at the most, at the fake.
	final = 6 * time.Second
)

var (
	fourDecimals = regexp.MustCompile(`^\d+\.\d{4}$`)
	oneMessage   = `{"spend_limit":{"period":"%s","amount":"0.0310"}}`
)

// limited sets a spend limit that the history of the account has used up but
// for one message.
func (t *trial) limited(period string) {
	t.change(fmt.Sprintf(oneMessage, period))
}

// untilNext waits for the start of the next month, in UTC. The account's
// history lies before it.
func (t *trial) untilNext() {
	now := t.now()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 1, 0, time.UTC)
	t.sleep(next.Sub(now))
}

// now returns the API's time.
func (t *trial) now() time.Time {
	t.settings()
	return time.Now().UTC()
}

var moneyChecks = chapter{
	"error.spend_limit": func(t *trial) {
		t.change(`{"spend_limit":{"period":"daily","amount":"0"}}`)
		t.refused(t.sms(nil), "error.spend_limit")
	},
	"spend_limit.period": func(t *trial) {
		t.change(`{"spend_limit":{"period":"daily","amount":"0"}}`)
		a := t.sms(nil)
		t.needs(!a.ok(), "the limit does not refuse")
		t.must(kindOf(a.at("period")) == "string", "period", strings.Join(a.members(""), ", "))
	},
	"spend_limit.literals": func(t *trial) {
		for _, period := range []string{"daily", "monthly"} {
			t.change(`{"spend_limit":{"period":"` + period + `","amount":"0"}}`)
			a := t.sms(nil)
			t.must(a.text("period") == period, period, a.shape()+" with another period")
		}
	},
	"spend_limit.day": func(t *trial) {
		t.untilNext()
		t.limited("daily")
		t.must(t.sms(nil).ok(), "a message within the limit", "a refusal")
		t.sleep(23 * time.Hour)
		t.must(!t.sms(nil).ok(), "a refusal on the same day", "a message")
		t.sleep(time.Hour)
		t.must(t.sms(nil).ok(), "a message on the next day", "a refusal")
	},
	"spend_limit.month": func(t *trial) {
		t.untilNext()
		t.limited("monthly")
		t.must(t.sms(nil).ok(), "a message within the limit", "a refusal")
		t.sleep(27 * 24 * time.Hour)
		t.must(!t.sms(nil).ok(), "a refusal in the same month", "a message")
		t.untilNext()
		t.must(t.sms(nil).ok(), "a message in the next month", "a refusal")
	},
	"spend_limit.refund": func(t *trial) {
		t.untilNext()
		t.limited("daily")
		t.works(t.sms(body{"recipients": []string{failing}}))
		t.must(!t.sms(nil).ok(), "a refusal while it is reserved", "a message")
		t.sleep(final)
		t.must(t.sms(nil).ok(), "a message after the refund", "a refusal")
	},
	"error.balance": func(t *trial) {
		t.change(`{"balance":"0.0309"}`)
		t.refused(t.sms(nil), "error.balance")
	},
	"cost.reserved": func(t *trial) {
		before := t.quiet()
		sent := t.works(t.sms(nil))
		after := t.read("/balance")
		cost := units(sent.text("data.estimated_cost"))
		t.must(units(before.text("data.available"))-units(after.text("data.available")) == cost,
			"available less the cost", "another")
		t.must(units(before.text("data.balance")) == units(after.text("data.balance")),
			"the same balance", "another")
	},
	"cost.settled": func(t *trial) {
		before := t.quiet()
		sent := t.works(t.sms(nil))
		if t.outcome(sent) != "delivered" {
			t.untestable("the message was not delivered")
		}
		after := t.read("/balance")
		cost := units(sent.text("data.estimated_cost"))
		for _, member := range []string{"data.balance", "data.available"} {
			t.must(units(before.text(member))-units(after.text(member)) == cost,
				"both less the cost", "another")
		}
	},
	"cost.refunded": func(t *trial) {
		t.settings()
		before := t.quiet()
		sent := t.works(t.sms(body{"recipients": []string{failing}}))
		t.must(t.available() < units(before.text("data.available")), "a reserved cost", "none")
		t.needs(t.outcome(sent) == "failed", "the message did not fail")
		after := t.read("/balance")
		t.must(after.text("data.available") == before.text("data.available") &&
			after.text("data.balance") == before.text("data.balance"), "the same as before", "less")
	},
	"cost.formula": func(t *trial) {
		prices := t.read("/pricing").list("data")
		t.needs(len(prices) > 0, "there are no prices")
		sent := t.works(t.sms(body{"message": strings.Repeat("x", 161)}))
		cost := units(sent.text("data.estimated_cost"))
		for i := range prices {
			price := units(t.read("/pricing").text(fmt.Sprintf("data.%d.price", i)))
			if cost == 2*price {
				return
			}
		}
		t.refute(nil, "two segments of one price", "another cost")
	},
	"cost.decimals": func(t *trial) {
		sent := t.works(t.sms(nil))
		text, isText := sent.at("data.estimated_cost").(string)
		t.must(isText && fourDecimals.MatchString(text), "a string with 4 decimals",
			kindOf(sent.at("data.estimated_cost")))
	},
	"segments.gsm7":      func(t *trial) { t.segments("x", 160, 306) },
	"segments.ucs2":      func(t *trial) { t.segments("ж", 70, 134) },
	"segments.extension": func(t *trial) { t.segments("€", 80, 152) },
	"segments.per_message": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(body{"recipients": []string{t.Number(), "+233241234567"}}))
		t.must(sent.number("data.segments") == 1, "1 segment", "another number")
	},
}

// segments refutes the claim unless one and two segments end after so many of
// a character.
func (t *trial) segments(character string, one, two int) {
	for n, want := range map[int]float64{one: 1, one + 1: 2, two: 2} {
		sent := t.works(t.sms(body{"message": strings.Repeat(character, n)}))
		t.must(sent.number("data.segments") == want, fmt.Sprintf("%v segments", want), "others")
	}
	if _, fake := t.Settings(); !fake {
		return // enough has been sent
	}
	sent := t.works(t.sms(body{"message": strings.Repeat(character, two+1)}))
	t.must(sent.number("data.segments") == 3, "3 segments", "others")
}

// quiet waits until no message is in flight, and returns the balance.
func (t *trial) quiet() *Answer {
	for range 12 {
		a := t.read("/balance")
		if units(a.text("data.balance")) == units(a.text("data.available")) {
			return a
		}
		t.sleep(5 * time.Second)
	}
	t.untestable("other messages are in flight")
	return nil
}

// outcome waits until the message of an SMS is final, and returns its status.
func (t *trial) outcome(sent *Answer) string {
	for range 12 {
		a := t.message(sent)
		if s := a.text("status"); s == "delivered" || s == "failed" {
			return s
		}
		t.sleep(5 * time.Second)
	}
	t.untestable("the message is not final after a minute")
	return ""
}

// message returns the newest message of an SMS, as the root of an answer.
func (t *trial) message(sent *Answer) *Answer {
	list := t.read("/messages?per_page=20")
	for i := range list.list("data") {
		at := fmt.Sprintf("data.%d", i)
		if list.text(at+".campaign_id") == sent.text("data.campaign_id") ||
			list.text(at+".reference") == sent.text("data.reference") {
			return &Answer{Status: list.Status, root: list.at(at)}
		}
	}
	t.untestable("the message is not listed")
	return nil
}
