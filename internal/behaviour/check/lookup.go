package check

import (
	"fmt"
	"strings"
	"time"
)

// lookupOf returns the lookup of the first number of a call.
func (t *trial) lookupOf(sent *Answer) *Answer {
	id := sent.text("data.lookups.0.id")
	t.needs(id != "", "the answer has no lookups")
	return t.read("/lookup/" + id)
}

const utc = "2006-01-02T15:04:05Z"

var lookupChecks = chapter{
	"lookup_create.success": func(t *trial) { t.success(t.lookup(nil), 202) },
	"lookup_create.fields": func(t *trial) {
		t.form(t.works(t.lookup(nil)), "data",
			"status accepted# invalid# estimated_cost currency lookups[]")
	},
	"lookup_create.items": func(t *trial) {
		a := t.works(t.lookup(nil))
		t.needs(len(a.list("data.lookups")) == 1, "the answer has not one lookup")
		t.form(a, "data.lookups.0", "id# mobile_number status")
	},
	"lookup_create.delimited": func(t *trial) {
		a := t.lookup(body{"numbers": t.Number() + ",x\r\ny"})
		t.must(a.number("data.accepted") == 1 && a.number("data.invalid") == 2,
			"1 accepted and 2 invalid", a.shape())
	},
	"lookup_create.scheduled": func(t *trial) {
		a := t.lookup(body{"scheduled_at": time.Now().UTC().Add(time.Minute).Format(utc)})
		t.must(a.ok(), "a lookup", a.shape())
	},
	"lookup_create.scheduled_form": func(t *trial) {
		for _, text := range []string{"tomorrow", "2030-01-02 03:04:05",
			"2030-01-02T03:04:05+01:00"} {
			t.invalid(t.post("/lookup", body{"scheduled_at": text}), "scheduled_at")
		}
	},
	"lookup_create.scheduled_past": func(t *trial) {
		t.settings()
		a := t.works(t.lookup(body{"scheduled_at": t.now().Add(-time.Hour).Format(utc)}))
		t.sleep(9 * second)
		t.must(t.lookupOf(a).text("data.status") == "processing", "a running lookup", "another")
		t.sleep(2 * second)
		t.must(t.lookupOf(a).text("data.status") == "completed", "a completed one", "another")
	},
	"lookup_create.scheduled_start": func(t *trial) {
		t.settings()
		a := t.works(t.lookup(body{"scheduled_at": t.now().Add(time.Hour).Format(utc)}))
		t.sleep(time.Hour - second)
		t.must(t.lookupOf(a).text("data.status") == "queued", "queued", "another status")
		t.sleep(12 * second)
		t.must(t.lookupOf(a).text("data.status") == "completed", "completed", "another status")
	},
	"lookup_create.most": func(t *trial) {
		form := body{"scheduled_at": "never"}
		t.invalid(t.post("/lookup", form.with(body{"numbers": many(10_001)})), "numbers")
		t.valid(t.post("/lookup", form.with(body{"numbers": many(10_000)})), "numbers")
	},
	"lookup_create.number_length": func(t *trial) {
		form := body{"scheduled_at": "never"}
		long := []string{strings.Repeat("x", 21), strings.Repeat("x", 20)}
		a := t.post("/lookup", form.with(body{"numbers": long}))
		t.invalid(a, "numbers.0")
		t.valid(a, "numbers.1")
	},
	"error.numbers": func(t *trial) {
		t.refused(t.post("/lookup", body{"numbers": []string{"x"}}), "error.numbers")
	},
	"lookup_list.newest": func(t *trial) { t.descending("/lookups?per_page=10") },
	"lookup_list.page": func(t *trial) {
		a := t.get("/lookups?per_page=1")
		t.must(a.has("next_cursor") && a.number("per_page") == 1 && len(a.list("data")) <= 1,
			"a page of one", a.shape())
	},
	"lookup_get.id": func(t *trial) {
		a := t.row("/lookups?per_page=1", "lookups")
		found := t.get("/lookup/" + a.text("data.0.id"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the lookup",
			found.shape())
	},
	"lookup_get.reference": func(t *trial) {
		a := t.row("/lookups?per_page=1", "lookups")
		t.needs(a.text("data.0.reference") != "", "lookups have no reference")
		found := t.get("/lookup/" + a.text("data.0.reference"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the lookup",
			found.shape())
	},
	"lookup.fields": func(t *trial) {
		list := t.row("/lookups?per_page=50", "lookups")
		for i := range list.list("data") {
			at := fmt.Sprintf("data.%d", i)
			if list.text(at+".status") == "completed" && list.at(at+".valid") == true {
				t.form(list, at, "id# reference mobile_number status valid! reachable! ported! "+
					"roaming!? network country mcc mnc cost currency created_at completed_at")
				return
			}
		}
		t.untestable("the account has no completed lookup of a valid number")
	},
}

// found looks a number up and returns the completed lookup.
func (t *trial) found(number string) *Answer {
	t.settings()
	a := t.works(t.lookup(body{"numbers": []string{number}}))
	t.sleep(11 * second)
	return t.lookupOf(a)
}

var lookupResultChecks = chapter{
	"lookup.pending": func(t *trial) {
		t.settings()
		a := t.works(t.lookup(nil))
		l := t.lookupOf(a)
		for _, member := range []string{"valid", "reachable", "network", "mcc", "completed_at"} {
			t.must(l.has("data."+member) && l.at("data."+member) == nil, "null", "a value")
		}
		t.sleep(11 * second)
		t.must(t.lookupOf(a).at("data.valid") == true, "a result", "null")
	},
	"lookup.processing": func(t *trial) {
		t.settings()
		a := t.works(t.lookup(nil))
		t.sleep(second - tick)
		t.must(t.lookupOf(a).text("data.status") == "queued", "queued", "another status")
		t.sleep(2 * tick)
		t.must(t.lookupOf(a).text("data.status") == "processing", "processing", "another status")
	},
	"lookup.completed": func(t *trial) {
		t.settings()
		a := t.works(t.lookup(nil))
		t.sleep(10*second - tick)
		t.must(t.lookupOf(a).text("data.status") == "processing", "processing", "another status")
		t.sleep(2 * tick)
		t.must(t.lookupOf(a).text("data.status") == "completed", "completed", "another status")
	},
	"lookup.cost": func(t *trial) {
		t.settings()
		before := t.read("/balance")
		a := t.works(t.lookup(body{"numbers": []string{t.Number(), ported}}))
		t.must(a.text("data.estimated_cost") == "0.0200", "0.0100 for each", "another cost")
		t.must(units(before.text("data.available"))-t.available() == 200, "a reserved cost", "none")
		t.sleep(11 * second)
		after := t.read("/balance")
		t.must(units(before.text("data.balance"))-units(after.text("data.balance")) == 200 &&
			after.text("data.balance") == after.text("data.available"), "a settled cost", "another")
	},
	"lookup.invalid": func(t *trial) {
		t.must(t.found(invalidNumber).at("data.valid") == false, "valid false", "another")
	},
	"lookup.unreachable": func(t *trial) {
		l := t.found(unreachable)
		t.must(l.at("data.valid") == true && l.at("data.reachable") == false,
			"valid and not reachable", "others")
	},
	"lookup.ported": func(t *trial) {
		t.must(t.found(ported).at("data.ported") == true, "ported", "not ported")
		t.must(t.found(t.Number()).at("data.ported") == false, "not ported", "ported")
	},
	"lookup.network": func(t *trial) {
		for number, network := range map[string]string{"+233241234567": "MTN",
			"+233201234567": "Telecel", "+233261234567": "AT"} {
			t.must(t.found(number).text("data.network") == network, network, "another network")
		}
	},
	"lookup.abroad": func(t *trial) {
		l := t.found("+447700900123")
		t.must(l.has("data.network") && l.at("data.network") == nil, "null", "a network")
	},
}
