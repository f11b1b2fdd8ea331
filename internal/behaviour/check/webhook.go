package check

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/signature"
)

// hookURL returns a URL for a webhook that is hardly ever called: it is deleted
// after the check.
func (t *trial) hookURL() string { return "https://example.com/hellio-verify/" + t.cfg.Run }

// newHook creates a webhook, and removes it after the check.
func (t *trial) newHook(changes body) *Answer {
	a := t.post("/webhooks", body{"url": t.hookURL(), "events": []string{"*"}}.with(changes))
	t.discard(a, "/webhooks/")
	return a
}

// discard deletes what an answer has created, after the check.
func (t *trial) discard(a *Answer, below string) {
	id := a.text("data.id")
	if !a.ok() || id == "" {
		return
	}
	p := *t.Probe
	t.Cleanup(func(ctx context.Context) error {
		p.ctx = ctx
		deleted, err := p.Do(http.MethodDelete, below+id, nil)
		if err == nil && !deleted.ok() && deleted.Status != http.StatusNotFound {
			err = fmt.Errorf("%s%s could not be deleted: %s", below, id, deleted.shape())
		}
		return err
	})
}

// listed returns the member of a list with an id.
func (t *trial) listed(path, id string) *Answer {
	list := t.read(path)
	for i := range list.list("data") {
		if at := fmt.Sprintf("data.%d", i); list.text(at+".id") == id {
			return &Answer{Status: list.Status, root: list.at(at)}
		}
	}
	return &Answer{Status: http.StatusNotFound}
}

var hookSecret = regexp.MustCompile(`^whsec_[A-Za-z0-9]{40}$`)

var webhookChecks = chapter{
	"webhook_create.success": func(t *trial) { t.success(t.newHook(nil), 201) },
	"webhook_delete.success": func(t *trial) {
		id := t.works(t.newHook(nil)).text("data.id")
		t.success(t.do("DELETE", "/webhooks/"+id, nil), 204)
	},
	"webhook.secret": func(t *trial) {
		a := t.works(t.newHook(nil))
		t.must(a.text("data.secret") != "", "a secret on create", "none")
		t.must(!t.listed("/webhooks", a.text("data.id")).has("secret"), "none in the list", "one")
	},
	"webhook.secret_form": func(t *trial) {
		a := t.works(t.newHook(nil))
		t.must(hookSecret.MatchString(a.text("data.secret")), "whsec_ and 40 letters and digits",
			"another form")
	},
	"webhook.all": func(t *trial) {
		a := t.newHook(body{"events": []string{"*"}})
		t.must(a.ok() && a.text("data.events.0") == "*", "a webhook for *", a.shape())
	},
	"webhook.default": func(t *trial) {
		a := t.newHook(body{"events": gone})
		t.must(a.ok() && a.text("data.events.0") == "*", "a webhook for *", a.shape())
	},
	"webhook.unknown_event": func(t *trial) {
		a := t.post("/webhooks", body{"events": []string{"no.such.event"}})
		t.invalid(a, "events.0")
	},
	"webhook.https": func(t *trial) {
		a := t.newHook(body{"url": "http://example.com/hellio-verify/" + t.cfg.Run})
		t.invalid(a, "url")
	},
	"webhook.loopback": func(t *trial) {
		a := t.newHook(body{"url": "http://127.0.0.1:9/hellio-verify/" + t.cfg.Run})
		t.must(a.ok(), "a webhook", a.shape())
	},
	"webhook_list.newest": func(t *trial) {
		t.works(t.newHook(nil))
		t.works(t.newHook(body{"url": t.hookURL() + "/2"}))
		t.descending("/webhooks")
	},
	"webhook_list.whole": func(t *trial) {
		a := t.read("/webhooks")
		t.must(!a.has("next_cursor") && !a.has("meta"), "data alone",
			strings.Join(a.members(""), ", "))
	},
	"webhook.fields": func(t *trial) {
		id := t.works(t.newHook(nil)).text("data.id")
		list := t.read("/webhooks")
		for i := range list.list("data") {
			if at := fmt.Sprintf("data.%d", i); list.text(at+".id") == id {
				t.form(list, at, "id# url events[] active! last_error? failure_count# created_at")
				return
			}
		}
		t.untestable("the new webhook is not listed")
	},
	"webhook.deleted": func(t *trial) {
		id := t.works(t.newHook(nil)).text("data.id")
		t.works(t.do("DELETE", "/webhooks/"+id, nil))
		t.must(t.listed("/webhooks", id).Status == 404, "not listed", "listed")
		t.status(t.do("DELETE", "/webhooks/"+id, nil), 404)
	},
}

var deliveryChecks = chapter{
	"delivery.final": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		t.works(t.sms(nil))
		t.sleep(5*second - tick)
		t.must(len(v.all()) == 0, "no report before the end", "one")
		t.sleep(second)
		t.must(len(v.all()) == 1, "one report", "none or more")
	},
	"delivery.events": func(t *trial) {
		v := new(receiver)
		t.hook(v, "message.failed")
		t.must(len(t.reported(v)) == 0, "no report of a delivered message", "one")
		t.works(t.sms(body{"recipients": []string{failing}}))
		t.sleep(final)
		t.must(len(v.all()) == 1 && v.all()[0].text("event") == "message.failed",
			"a report of a failed one", "none or another")
	},
	"delivery.otp": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		t.works(t.code(nil))
		t.sleep(final)
		t.must(len(v.all()) == 1, "one report", "none or more")
	},
	"delivery.others": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		t.works(t.call(nil))
		t.works(t.lookup(nil))
		t.works(t.code(body{"channel": "email", "email": liveAddress}))
		t.sleep(time.Minute)
		t.must(len(v.all()) == 0, "no report", "one")
	},
	"delivery.body": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		got := t.one(v)
		t.form(got.Answer, "", "event mobile_number provider_message_id status timestamp")
		t.must(len(got.members("")) == 5, "5 members", "more")
		t.must(got.text("event") == "message.delivered" && got.text("status") == "delivered",
			"a delivered message", "another")
	},
	"delivery.timestamp": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		began := t.now()
		got := t.one(v)
		t.must(timestamped.MatchString(got.text("timestamp")), "ISO 8601", "another form")
		at, _ := time.Parse(time.RFC3339, got.text("timestamp"))
		t.must(at.Sub(began).Round(second) == 5*second, "the time of the end", "another")
	},
	"delivery.signature": func(t *trial) {
		v := new(receiver)
		_, secret := t.hook(v)
		got := t.one(v)
		t.must(signature.VerifyBody(got.header.Get("X-Hellio-Signature"), got.body, secret),
			"the HMAC of the body", "another value")
	},
	"delivery.signature_v2": func(t *trial) {
		v := new(receiver)
		_, secret := t.hook(v)
		got := t.one(v)
		t.must(signature.VerifyTimestamped(got.header.Get("X-Hellio-Signature-V2"),
			got.header.Get("X-Hellio-Timestamp"), got.body, secret), "the HMAC of both", "another")
	},
	"delivery.hex": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		got := t.one(v)
		for _, name := range []string{"X-Hellio-Signature", "X-Hellio-Signature-V2"} {
			t.must(lowerHex.MatchString(got.header.Get(name)), "64 lower-case hex digits", "others")
		}
	},
	"delivery.unix": func(t *trial) {
		v := new(receiver)
		t.hook(v)
		got := t.one(v)
		n, err := strconv.ParseInt(got.header.Get("X-Hellio-Timestamp"), 10, 64)
		t.must(err == nil && n-got.at.Unix() >= -1 && n-got.at.Unix() <= 1, "Unix seconds", "another")
	},
	"delivery.fresh": func(t *trial) {
		v := answering(500)
		t.hook(v)
		t.works(t.sms(nil))
		t.sleep(2 * time.Minute)
		all := v.all()
		t.needs(len(all) > 1, "there is only one attempt")
		t.must(all[0].header.Get("X-Hellio-Timestamp") != all[1].header.Get("X-Hellio-Timestamp"),
			"another timestamp", "the same")
		t.must(bytes.Equal(all[0].body, all[1].body), "the same body", "another")
	},
}

var lowerHex = regexp.MustCompile(`^[0-9a-f]{64}$`)
