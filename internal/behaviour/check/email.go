package check

import (
	"fmt"
	"strings"
)

// verdict verifies an address and refutes the claim unless it has a status.
func (t *trial) verdict(address, status string) *Answer {
	a := t.works(t.emails(address))
	t.must(a.text("data.0.status") == status, status, "another status")
	return a
}

var emailChecks = chapter{
	"email_verify.success": func(t *trial) { t.success(t.emails("a@example.com"), 200) },
	"email.fields": func(t *trial) {
		a := t.works(t.emails("a@example.com"))
		t.needs(len(a.list("data")) == 1, "the answer has not one result")
		t.form(a, "data.0",
			"email status syntax_valid! mx_found! mailbox_exists!? disposable! role_account!")
	},
	"email_verify.invalid": func(t *trial) {
		a := t.post("/email/verify", body{"emails": []string{"no address"}})
		t.must(a.Status == 422, "422", a.shape())
	},
	"email_verify.dead": func(t *trial) {
		a := t.emails("nobody@nosuchdomain.invalid")
		t.must(a.ok(), "a result", a.shape())
	},
	"email_verify.per_address": func(t *trial) {
		before := t.quiet().text("data.balance")
		t.works(t.emails("a@example.com"))
		one := t.read("/balance").text("data.balance")
		t.works(t.emails("b@example.com", "c@example.com", "d@example.com"))
		all := t.read("/balance").text("data.balance")
		price := units(before) - units(one)
		t.must(price > 0 && units(one)-units(all) == 3*price, "a price for each", "another")
	},
	"email_verify.in_order": func(t *trial) {
		asked := []string{"b@example.com", "a@example.com", "b@example.com"}
		a := t.works(t.emails(asked...))
		t.must(len(a.list("data")) == 3, "3 results", "another number")
		for i, address := range asked {
			t.must(a.text(fmt.Sprintf("data.%d.email", i)) == address, "the order given", "another")
		}
	},
	"email_verify.most": func(t *trial) {
		t.invalid(t.post("/email/verify", body{"emails": many(10_001)}), "emails")
		t.valid(t.post("/email/verify", body{"emails": many(10_000)}), "emails")
	},
	"email_verify.length": func(t *trial) {
		long := strings.Repeat("x", 63) + "@" + strings.Repeat(strings.Repeat("d", 60)+".", 3)
		fits := long + strings.Repeat("e", 254-len(long))
		a := t.post("/email/verify", body{"emails": []string{fits, fits + "e", "x"}})
		t.valid(a, "emails.0")
		t.invalid(a, "emails.1")
	},
	"email.cost": func(t *trial) {
		t.settings()
		before := t.read("/balance")
		t.works(t.emails("a@example.com", "b@example.com"))
		after := t.read("/balance")
		for _, member := range []string{"data.balance", "data.available"} {
			t.must(units(before.text(member))-units(after.text(member)) == 100, "0.0050 for each",
				"another cost")
		}
	},
	"email.disposable": func(t *trial) {
		a := t.verdict("someone@mailinator.com", "risky")
		t.must(a.at("data.0.disposable") == true, "disposable", "not disposable")
	},
	"email.role": func(t *trial) {
		a := t.verdict("info@example.com", "risky")
		t.must(a.at("data.0.role_account") == true, "a role account", "none")
	},
	"email.magic": func(t *trial) {
		t.settings()
		for name, status := range map[string]string{"deliverable": "deliverable",
			"undeliverable": "undeliverable", "disposable": "risky", "role": "risky",
			"unknown": "unknown"} {
			t.verdict(name+"@hellio.test", status)
		}
	},
	"email.no_mx": func(t *trial) {
		a := t.verdict("nobody@nosuchdomain.invalid", "undeliverable")
		t.must(a.at("data.0.mx_found") == false, "no MX", "an MX")
	},
	"email.deliverable": func(t *trial) {
		t.settings()
		t.verdict("ama@example.com", "deliverable")
	},
}
