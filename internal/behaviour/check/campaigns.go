package check

import (
	"fmt"
	"time"
)

const (
	second = time.Second
	tick   = 100 * time.Millisecond
)

// campaign returns the campaign of an SMS.
func (t *trial) campaign(sent *Answer) *Answer {
	return t.read("/campaigns/" + sent.text("data.campaign_id"))
}

var campaignChecks = chapter{
	"campaign_list.newest": func(t *trial) { t.descending("/campaigns?per_page=10") },
	"campaign_list.page": func(t *trial) {
		a := t.get("/campaigns?per_page=1")
		t.must(a.has("next_cursor") && a.number("per_page") == 1 && len(a.list("data")) <= 1,
			"a page of one", a.shape())
	},
	"campaign_list.status": func(t *trial) {
		t.settings()
		t.outcome(t.works(t.sms(nil)))
		t.outcome(t.works(t.sms(body{"recipients": []string{failing}})))
		for _, status := range []string{"completed", "failed"} {
			a := t.row("/campaigns?per_page=20&status="+status, "such campaigns")
			for i := range a.list("data") {
				t.must(a.text(fmt.Sprintf("data.%d.status", i)) == status, "one status", "another")
			}
		}
	},
	"campaign_get.id": func(t *trial) {
		a := t.row("/campaigns?per_page=1", "campaigns")
		found := t.get("/campaigns/" + a.text("data.0.id"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the campaign",
			found.shape())
	},
	"campaign_get.reference": func(t *trial) {
		a := t.row("/campaigns?per_page=1", "campaigns")
		t.needs(a.text("data.0.reference") != "", "campaigns have no reference")
		found := t.get("/campaigns/" + a.text("data.0.reference"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the campaign",
			found.shape())
	},
	"campaign.statuses": func(t *trial) {
		a := t.row("/campaigns?per_page=1", "campaigns")
		found := t.read("/campaigns/" + a.text("data.0.id"))
		t.must(kindOf(found.at("data.statuses")) == "object", "statuses",
			kindOf(found.at("data.statuses")))
		sum := 0.0
		for _, status := range found.members("data.statuses") {
			sum += found.number("data.statuses." + status)
		}
		t.must(sum == found.number("data.accepted_recipients"), "a count of each message", "others")
	},
	"campaign.fields": func(t *trial) {
		a := t.row("/campaigns?per_page=1&status=completed", "completed campaigns")
		t.form(a, "data.0", "id# reference sender message status total_recipients# "+
			"accepted_recipients# invalid_recipients# segments# estimated_cost cost currency "+
			"statuses{} created_at completed_at?")
	},
	"campaign.processing": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(nil))
		t.sleep(second - tick)
		t.must(t.campaign(sent).text("data.status") == "queued", "queued", "another status")
		t.sleep(2 * tick)
		t.must(t.campaign(sent).text("data.status") == "processing", "processing", "another")
	},
	"campaign.completed": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(body{"recipients": []string{t.Number(), failing}}))
		t.sleep(5*second - tick)
		t.must(t.campaign(sent).text("data.status") == "processing", "processing", "another")
		t.sleep(2 * tick)
		c := t.campaign(sent)
		t.must(c.text("data.status") == "completed" && c.text("data.completed_at") != "",
			"completed", "another status")
	},
	"campaign.failed": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(body{"recipients": []string{failing, unreachable}}))
		t.sleep(final)
		t.must(t.campaign(sent).text("data.status") == "failed", "failed", "another status")
	},
	"campaign.total": func(t *trial) {
		sent := t.works(t.sms(body{"recipients": []string{t.Number(), t.digits(), "x"}}))
		t.must(t.campaign(sent).number("data.total_recipients") == 2, "2", "another number")
	},
	"campaign.cost": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(body{"recipients": []string{t.Number(), failing}}))
		t.must(t.campaign(sent).text("data.cost") == "0.0000", "0 at first", "another cost")
		t.sleep(final)
		c := t.campaign(sent)
		t.must(2*units(c.text("data.cost")) == units(c.text("data.estimated_cost")),
			"the half of the estimate", "another cost")
	},
}
