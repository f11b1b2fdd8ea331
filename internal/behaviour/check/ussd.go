package check

import (
	"regexp"
	"strings"
)

// appURL is the callback URL of apps that are not called.
func (t *trial) appURL() string { return "https://example.com/hellio-verify/" + t.cfg.Run }

// newApp creates an app, and removes it after the check.
func (t *trial) newApp(changes body) *Answer {
	b := body{"name": "hellio-verify " + t.cfg.Run, "callback_url": t.appURL()}
	a := t.post("/ussd/apps", b.with(changes))
	t.discard(a, "/ussd/apps/")
	return a
}

// app creates an app and returns its path.
func (t *trial) app() string {
	return "/ussd/apps/" + t.works(t.newApp(nil)).text("data.id")
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

var ussdChecks = chapter{
	"ussd_pricing.fields": func(t *trial) {
		t.form(t.read("/ussd/pricing"), "data",
			"short_code currency session_prices[] extension_prices[]")
	},
	"ussd_pricing.items": func(t *trial) {
		a := t.read("/ussd/pricing")
		t.form(a, "data.session_prices.0", "network slug session_price")
		t.form(a, "data.extension_prices.0", "length# monthly_price")
	},
	"ussd_pricing.short_code": func(t *trial) {
		t.must(t.read("/ussd/pricing").text("data.short_code") == "*920#", "*920#", "another form")
	},
	"ussd_pricing.session": func(t *trial) {
		t.settings()
		a := t.read("/ussd/pricing")
		t.must(a.text("data.session_prices.0.session_price") == "0.0300", "0.0300", "another")
	},
	"ussd_pricing.extensions": func(t *trial) {
		t.settings()
		a := t.read("/ussd/pricing")
		for i, price := range []string{"50.00", "30.00", "20.00"} {
			at := "data.extension_prices." + string(rune('0'+i))
			t.must(a.text(at+".monthly_price") == price && a.number(at+".length") == float64(3+i),
				"50.00, 30.00 and 20.00", "others")
		}
	},
	"ussd_pricing.premium": func(t *trial) {
		a := t.read("/ussd/pricing")
		t.needs(len(a.list("data.extension_prices")) > 1, "there is only one length")
		first, next := "data.extension_prices.0", "data.extension_prices.1"
		shorter := a.number(first+".length") < a.number(next+".length")
		dearer := a.number(first+".monthly_price") > a.number(next+".monthly_price")
		t.must(shorter == dearer, "a higher price of the shorter one", "another")
	},
	"ussd_availability.fields": func(t *trial) {
		t.form(t.read("/ussd/pricing/availability?code=987"), "data",
			"code valid! available! monthly_price?")
	},
	"ussd_availability.invalid": func(t *trial) {
		for _, code := range []string{"12", "1234567", "abc"} {
			a := t.get("/ussd/pricing/availability?code=" + code)
			t.must(a.Status == 200 && a.at("data.valid") == false &&
				a.at("data.available") == false && a.at("data.monthly_price") == nil,
				"200 and valid false", a.shape())
		}
	},
	"ussd_availability.required": func(t *trial) {
		t.invalid(t.get("/ussd/pricing/availability"), "code")
	},
	"ussd_availability.taken": func(t *trial) {
		t.rent(nil)
		a := t.read("/ussd/pricing/availability?code=123")
		t.must(a.at("data.available") == false && a.at("data.valid") == true, "not available",
			"available")
	},
	"ussd.uuids": func(t *trial) {
		a := t.works(t.newApp(nil))
		t.must(uuidForm.MatchString(a.text("data.id")), "a UUID", "another form")
	},
	"ussd.no_numbers": func(t *trial) { t.status(t.get("/ussd/sessions/1"), 404) },
	"ussd.pages": func(t *trial) {
		for _, path := range []string{"/ussd/apps", "/ussd/extensions", "/ussd/sessions"} {
			a := t.read(path)
			t.must(a.has("meta.next_cursor") && kindOf(a.at("meta.per_page")) == "number" &&
				a.has("links.next") && kindOf(a.at("data")) == "array", "data, meta and links",
				strings.Join(a.members(""), ", "))
		}
	},
	"ussd.forward": func(t *trial) {
		a := t.read("/ussd/apps?per_page=1")
		t.must(a.has("meta.prev_cursor") && a.at("meta.prev_cursor") == nil &&
			a.has("links.prev") && a.at("links.prev") == nil, "null", "others")
	},
}

var ussdAppChecks = chapter{
	"ussd_app_list.newest": func(t *trial) {
		t.app()
		newest := t.works(t.newApp(nil)).text("data.id")
		t.must(t.read("/ussd/apps").text("data.0.id") == newest, "the newest first", "another")
	},
	"ussd_app_create.success": func(t *trial) { t.success(t.newApp(nil), 201) },
	"ussd_app_update.success": func(t *trial) {
		t.success(t.do("PUT", t.app(), body{"name": "hellio-verify " + t.cfg.Run,
			"callback_url": t.appURL()}), 200)
	},
	"ussd_app_delete.success": func(t *trial) { t.success(t.do("DELETE", t.app(), nil), 204) },
	"ussd_app.fields": func(t *trial) {
		t.form(t.works(t.newApp(nil)), "data",
			"id name callback_url mode is_live! active! created_at")
	},
	"ussd_app.test_mode": func(t *trial) {
		a := t.works(t.newApp(nil))
		t.must(a.text("data.mode") == "test" && a.at("data.is_live") == false, "test mode", "another")
	},
	"ussd_app.active": func(t *trial) {
		t.must(t.works(t.newApp(nil)).at("data.active") == true, "active", "not active")
	},
	"ussd_app.active_given": func(t *trial) {
		a := t.works(t.newApp(body{"active": false}))
		t.must(a.at("data.active") == false, "not active", "active")
	},
	"ussd_app.secrets": func(t *trial) {
		a := t.works(t.newApp(nil))
		t.must(strings.HasPrefix(a.text("data.test_secret"), "ussk_test_") &&
			strings.HasPrefix(a.text("data.live_secret"), "ussk_live_"), "both secrets", "others")
	},
	"ussd_app.no_secrets": func(t *trial) {
		path := t.app()
		updated := t.works(t.do("PUT", path, body{"name": "hellio-verify " + t.cfg.Run,
			"callback_url": t.appURL()}))
		listed := t.read("/ussd/apps")
		for _, at := range []string{"test_secret", "live_secret"} {
			t.must(!updated.has("data."+at) && !listed.has("data.0."+at), "no secret", at)
		}
	},
	"ussd_app.rotated": func(t *trial) {
		path := t.app()
		for mode, other := range map[string]string{"test": "live", "live": "test"} {
			a := t.works(t.post(path+"/rotate-secret", body{"mode": mode}))
			t.must(a.has("data."+mode+"_secret") && !a.has("data."+other+"_secret"),
				"the rotated secret alone", "others")
		}
	},
	"ussd_app.new_secret": func(t *trial) {
		made := t.works(t.newApp(nil))
		a := t.works(t.post("/ussd/apps/"+made.text("data.id")+"/rotate-secret",
			body{"mode": "test"}))
		t.needs(made.text("data.test_secret") != "" && a.text("data.test_secret") != "",
			"the answers have no test_secret")
		t.must(made.text("data.test_secret") != a.text("data.test_secret"), "another", "the same")
	},
	"ussd_app.dead_secret": func(t *trial) {
		v := continuing()
		path, _ := t.served(v)
		a := t.works(t.post(path+"/rotate-secret", body{"mode": "test"}))
		t.works(t.step(path, nil))
		t.must(v.signedBy(a.text("data.test_secret")), "the new secret", "another")
	},
	"ussd_app.name_length": func(t *trial) { t.size("/ussd/apps", "name", 120) },
	"ussd_app.https": func(t *trial) {
		t.invalid(t.newApp(body{"callback_url": "http://example.com/hellio-verify"}),
			"callback_url")
	},
	"ussd_app.loopback": func(t *trial) {
		a := t.newApp(body{"callback_url": "http://127.0.0.1:9/hellio-verify"})
		t.must(a.ok(), "an app", a.shape())
	},
	"ussd_app.subset": func(t *trial) {
		path := t.app()
		a := t.do("PUT", path, body{"active": false})
		t.must(a.ok() && a.at("data.active") == false && a.text("data.callback_url") == t.appURL(),
			"a change of active alone", a.shape())
	},
	"error.extension_required": func(t *trial) {
		t.refused(t.post(t.app()+"/mode", body{"mode": "live"}), "error.extension_required")
	},
	"ussd_app.unbound": func(t *trial) {
		path := t.app()
		id := t.rent(body{"app_id": strings.TrimPrefix(path, "/ussd/apps/")}).text("data.id")
		t.works(t.do("DELETE", path, nil))
		e := t.listed("/ussd/extensions", id)
		t.must(e.has("app_id") && e.at("app_id") == nil, "app_id null", "another")
	},
	"ussd_app.inactive": func(t *trial) {
		path, _ := t.served(continuing())
		t.works(t.do("PUT", path, body{"active": false}))
		t.status(t.step(path, nil), 200)
	},
	"ussd_app.fields_first": func(t *trial) {
		a := t.do("PUT", "/ussd/apps/"+nowhere, body{"name": strings.Repeat("x", 121)})
		t.status(a, 422)
		t.status(t.post("/ussd/apps/"+nowhere+"/mode", body{}), 422)
		t.status(t.post("/ussd/apps/"+nowhere+"/mode", body{"mode": "test"}), 404)
	},
}
