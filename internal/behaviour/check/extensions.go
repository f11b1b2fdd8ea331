package check

import (
	"strings"
	"time"
)

// rent rents the extension 123 with a full USSD balance.
func (t *trial) rent(changes body) *Answer {
	t.change(`{"ussd_balance":"1000"}`)
	return t.works(t.post("/ussd/extensions", body{"code": "123"}.with(changes)))
}

// on moves the clock to a time of a coming January, from which months are
// counted.
func (t *trial) on(day int) {
	now := t.now()
	then := time.Date(now.Year()+1, time.January, day, 12, 0, 0, 0, time.UTC)
	t.sleep(then.Sub(now))
}

// bound creates an app, and an extension for it.
func (t *trial) bound() (app, extension string) {
	app = t.app()
	e := t.rent(body{"app_id": strings.TrimPrefix(app, "/ussd/apps/")})
	return app, "/ussd/extensions/" + e.text("data.id")
}

func (t *trial) ussdBalance() int { return units(t.settings().USSDBalance()) }

var extensionChecks = chapter{
	"ussd_extension_create.success": func(t *trial) {
		t.change(`{"ussd_balance":"1000"}`)
		t.success(t.post("/ussd/extensions", body{"code": "123"}), 201)
	},
	"ussd_extension_delete.success": func(t *trial) {
		id := t.rent(nil).text("data.id")
		t.success(t.do("DELETE", "/ussd/extensions/"+id, nil), 204)
	},
	"ussd_extension.fields": func(t *trial) {
		t.form(t.rent(nil), "data", "id code dial_string length# status monthly_price "+
			"auto_renew! app_id? expires_at")
	},
	"ussd_extension.number": func(t *trial) {
		a := t.rent(body{"code": 123})
		t.must(a.at("data.code") == "123", "the code as a string", kindOf(a.at("data.code")))
	},
	"error.extension_unavailable": func(t *trial) {
		t.rent(nil)
		t.refused(t.post("/ussd/extensions", body{"code": "123"}), "error.extension_unavailable")
	},
	"error.ussd_balance": func(t *trial) {
		t.change(`{"ussd_balance":"49.9999"}`)
		t.refused(t.post("/ussd/extensions", body{"code": "123"}), "error.ussd_balance")
	},
	"ussd_extension.unknown_app": func(t *trial) {
		t.change(`{"ussd_balance":"1000"}`)
		t.status(t.post("/ussd/extensions", body{"code": "123", "app_id": nowhere}), 422)
	},
	"ussd_extension_create.order": func(t *trial) {
		t.rent(body{"code": "456"})
		t.ordered("ussd_extension_create.order", ordering{
			path: "/ussd/extensions",
			good: body{"code": "123"},
			spoil: map[string]body{
				"fields":       {"short_code": "x"},
				"app":          {"app_id": nowhere},
				"availability": {"code": "456"},
			},
			account: map[string]string{"balance": `{"ussd_balance":"0"}`},
			codes: map[string]string{
				"invalid_request":           "fields",
				"unknown_app":               "app",
				"extension_unavailable":     "availability",
				"insufficient_ussd_balance": "balance",
			},
		})
	},
	"ussd_extension.lengths": func(t *trial) {
		for _, code := range []string{"12", "123456"} {
			t.invalid(t.post("/ussd/extensions", body{"code": code, "short_code": "x"}), "code")
		}
		for _, code := range []string{"123", "1234", "12345"} {
			t.valid(t.post("/ussd/extensions", body{"code": code, "short_code": "x"}), "code")
		}
	},
	"ussd_extension.short_code": func(t *trial) {
		t.rent(nil)
		a := t.post("/ussd/extensions", body{"code": "123", "short_code": "*921#"})
		t.must(a.ok() && strings.HasPrefix(a.text("data.dial_string"), "*921*"),
			"an extension of *921#", a.shape())
	},
	"ussd_extension.short_code_form": func(t *trial) {
		t.rent(body{"short_code": "920"})
		a := t.post("/ussd/extensions", body{"code": "123", "short_code": "*920#"})
		t.must(!a.ok(), "the same short code", a.shape())
	},
	"ussd_extension.primary": func(t *trial) {
		short := strings.TrimSuffix(t.read("/ussd/pricing").text("data.short_code"), "#")
		a := t.rent(nil)
		t.must(a.text("data.dial_string") == short+"*123#", "the shared short code", "another")
	},
	"ussd_extension.paid": func(t *trial) {
		a := t.rent(nil)
		t.must(t.ussdBalance() == 10_000_000-units(a.text("data.monthly_price")),
			"a balance less the price", "another")
	},
	"ussd_extension.no_limit": func(t *trial) {
		t.change(`{"spend_limit":{"period":"daily","amount":"0"},"ussd_balance":"1000"}`)
		t.status(t.post("/ussd/extensions", body{"code": "123"}), 201)
	},
	"ussd_extension.month": func(t *trial) {
		t.on(15)
		a := t.rent(nil)
		t.must(strings.Contains(a.text("data.expires_at"), "-02-15T12:00:0"), "a month later",
			"another time")
	},
	"ussd_extension.month_end": func(t *trial) {
		t.on(31)
		a := t.rent(nil)
		last := time.Date(t.now().Year(), time.March, 0, 0, 0, 0, 0, time.UTC)
		t.must(strings.HasPrefix(a.text("data.expires_at"), last.Format("2006-01-02")),
			"the last day of February", "another day")
	},
	"ussd_extension.renewed": func(t *trial) {
		t.on(15)
		a := t.rent(nil)
		before := t.ussdBalance()
		t.sleep(31*24*time.Hour - second)
		t.must(t.ussdBalance() == before, "no second price before", "one")
		t.sleep(2 * second)
		t.must(t.ussdBalance() == before-units(a.text("data.monthly_price")), "a second price",
			"none")
		e := t.listed("/ussd/extensions", a.text("data.id"))
		t.must(e.text("status") == "active" && strings.Contains(e.text("expires_at"), "-03-15T"),
			"another month", "none")
	},
	"ussd_extension.expired": func(t *trial) {
		a := t.rent(nil)
		t.change(`{"ussd_balance":"1"}`)
		t.sleep(32 * 24 * time.Hour)
		e := t.listed("/ussd/extensions", a.text("data.id"))
		t.must(e.text("status") == "expired", "expired", "another status")
		t.must(t.read("/ussd/pricing/availability?code=123").at("data.available") == true,
			"available", "taken")
	},
	"ussd_extension.no_refund": func(t *trial) {
		a := t.rent(nil)
		before := t.ussdBalance()
		t.works(t.do("DELETE", "/ussd/extensions/"+a.text("data.id"), nil))
		t.must(t.ussdBalance() == before, "the same balance", "another")
	},
	"ussd_app.live": func(t *trial) {
		app, _ := t.bound()
		a := t.post(app+"/mode", body{"mode": "live"})
		t.must(a.ok() && a.at("data.is_live") == true, "a live app", a.shape())
	},
	"ussd_app.fall_back": func(t *trial) {
		app, extension := t.bound()
		t.works(t.post(app+"/mode", body{"mode": "live"}))
		t.works(t.do("DELETE", extension, nil))
		a := t.listed("/ussd/apps", strings.TrimPrefix(app, "/ussd/apps/"))
		t.must(a.text("mode") == "test", "test mode", "another")
	},
}
