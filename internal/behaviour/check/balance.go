package check

import (
	"net/url"
	"regexp"
)

var decimal = regexp.MustCompile(`^\d+(\.\d+)?$`)

var balanceChecks = chapter{
	"balance.amounts": func(t *trial) {
		a := t.read("/balance")
		for _, member := range []string{"data.balance", "data.available"} {
			text, isText := a.at(member).(string)
			t.must(isText && decimal.MatchString(text), "a decimal string", kindOf(a.at(member)))
		}
	},
	"balance.fields": func(t *trial) {
		t.form(t.read("/balance"), "data", "balance available reserved currency")
	},
	"balance.available": func(t *trial) {
		a := t.read("/balance")
		t.needs(a.has("data.reserved"), "the balance has no reserved")
		t.must(units(a.text("data.available")) ==
			units(a.text("data.balance"))-units(a.text("data.reserved")), "the difference",
			"another amount")
	},
	"balance.ussd": func(t *trial) {
		before := t.read("/balance")
		t.change(`{"ussd_balance":"77.7700"}`)
		t.must(string(t.read("/balance").Body) == string(before.Body), "the same balance", "another")
	},
	"pricing.list": func(t *trial) {
		a := t.read("/pricing")
		t.must(len(a.list("data")) > 0 && a.number("data.0.price") > 0 &&
			a.text("data.0.network") != "", "networks with prices", "others")
	},
	"price.fields": func(t *trial) {
		t.form(t.row("/pricing", "prices"), "data.0", "network slug country price currency")
	},
	"pricing.case": func(t *trial) {
		t.must(len(t.priced("GH")) > 0, "prices", "none")
		t.must(len(t.priced("gh")) == len(t.priced("GH")), "the same prices", "others")
	},
	"pricing.length": func(t *trial) {
		for _, country := range []string{"G", "GHA"} {
			t.status(t.get("/pricing?country="+country), 422)
		}
	},
	"pricing.empty": func(t *trial) {
		t.must(len(t.priced("")) == len(t.read("/pricing").list("data")), "all prices", "others")
	},
	"pricing.unserved": func(t *trial) {
		a := t.get("/pricing?country=AQ")
		t.must(a.ok() && kindOf(a.at("data")) == "array" && len(a.list("data")) == 0,
			"an empty array", a.shape())
	},
}

// priced returns the prices of a country.
func (t *trial) priced(country string) []any {
	return t.read("/pricing?country=" + url.QueryEscape(country)).list("data")
}
