package check

import (
	"fmt"
	"net/url"
)

// descending refutes the claim unless the ids of a list fall.
func (t *trial) descending(path string) {
	a := t.read(path)
	t.needs(len(a.list("data")) > 1, "the list has less than two rows")
	for i := 1; i < len(a.list("data")); i++ {
		before, next := fmt.Sprintf("data.%d.id", i-1), fmt.Sprintf("data.%d.id", i)
		t.must(a.number(before) > a.number(next), "ids that fall", "ids that rise")
	}
}

// page is a GET of a page of messages.
func (t *trial) page(query string) *Answer { return t.get("/messages?" + query) }

// row returns the path of the first row of a list, and ends the check if there
// is none.
func (t *trial) row(path, what string) *Answer {
	a := t.read(path)
	t.needs(len(a.list("data")) > 0, "the account has no "+what)
	return a
}

var pageChecks = chapter{
	"page.flat": func(t *trial) {
		a := t.page("")
		t.must(a.has("next_cursor") && kindOf(a.at("per_page")) == "number" &&
			kindOf(a.at("data")) == "array", "data, next_cursor and per_page", "others")
	},
	"page.default": func(t *trial) {
		t.must(t.page("").number("per_page") == 50, "per_page 50", "another")
	},
	"page.size": func(t *trial) {
		t.needs(len(t.row("/messages?per_page=2", "messages").list("data")) == 2,
			"the account has less than two messages")
		a := t.page("per_page=1")
		t.must(len(a.list("data")) == 1 && a.number("per_page") == 1, "one row", "others")
	},
	"page.maximum": func(t *trial) {
		a := t.page("per_page=201")
		switch {
		case a.Status == 422:
			t.refute("refuse", "per_page 200", a.shape())
		case a.number("per_page") != 200:
			t.refute(nil, "per_page 200", a.shape()+" with another")
		}
		t.must(t.page("per_page=200").number("per_page") == 200, "per_page 200", "another")
	},
	"page.minimum": func(t *trial) {
		for _, text := range []string{"0", "-1", "x"} {
			t.status(t.page("per_page="+text), 422)
		}
	},
	"page.next": func(t *trial) {
		all := t.row("/messages?per_page=3", "messages")
		t.needs(len(all.list("data")) == 3, "the account has less than three messages")
		first := t.page("per_page=1")
		cursor := first.text("next_cursor")
		for i := range 3 {
			want := all.text(fmt.Sprintf("data.%d.id", i))
			t.must(first.text("data.0.id") == want, "the row that follows", "another")
			first = t.page("per_page=1&cursor=" + url.QueryEscape(cursor))
			cursor = first.text("next_cursor")
		}
	},
	"page.end": func(t *trial) {
		a := t.page("per_page=200")
		for range 20 {
			cursor := a.text("next_cursor")
			if cursor == "" {
				t.must(a.has("next_cursor") && a.at("next_cursor") == nil, "null", "another value")
				return
			}
			a = t.page("per_page=200&cursor=" + url.QueryEscape(cursor))
		}
		t.untestable("the account has more than 20 pages")
	},
	"page.bad_cursor": func(t *trial) {
		first := t.row("/messages?per_page=1", "messages").text("data.0.id")
		a := t.page("per_page=1&cursor=nonsense")
		t.must(a.ok() && a.text("data.0.id") == first, "the first page", a.shape())
	},
	"page.stable": func(t *trial) {
		all := t.row("/messages?per_page=3", "messages")
		t.needs(len(all.list("data")) == 3, "the account has less than three messages")
		cursor := t.page("per_page=2").text("next_cursor")
		t.works(t.sms(nil))
		next := t.page("per_page=1&cursor=" + url.QueryEscape(cursor))
		t.must(next.text("data.0.id") == all.text("data.2.id"), "the row that followed", "another")
	},
}

var messageChecks = chapter{
	"message_list.newest": func(t *trial) { t.descending("/messages?per_page=10") },
	"message_list.status": func(t *trial) {
		a := t.row("/messages?per_page=1", "messages")
		status := a.text("data.0.status")
		for _, s := range []string{status, "delivered", "failed"} {
			list := t.read("/messages?per_page=20&status=" + url.QueryEscape(s))
			for i := range list.list("data") {
				t.must(list.text(fmt.Sprintf("data.%d.status", i)) == s, "one status", "another")
			}
			t.must(s != status || len(list.list("data")) > 0, "a row", "none")
		}
	},
	"message_list.unknown_status": func(t *trial) {
		a := t.get("/messages?status=no_such_status")
		t.must(a.ok() && len(a.list("data")) == 0, "an empty page", a.shape())
	},
	"message_get.id": func(t *trial) {
		a := t.row("/messages?per_page=1", "messages")
		found := t.get("/messages/" + a.text("data.0.id"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the message",
			found.shape())
	},
	"message_get.reference": func(t *trial) {
		a := t.row("/messages?per_page=1", "messages")
		t.needs(a.text("data.0.reference") != "", "messages have no reference")
		found := t.get("/messages/" + a.text("data.0.reference"))
		t.must(found.ok() && found.text("data.id") == a.text("data.0.id"), "the message",
			found.shape())
	},
	"message.same": func(t *trial) {
		a := t.row("/messages?per_page=1", "messages")
		found := t.read("/messages/" + a.text("data.0.id"))
		t.must(fmt.Sprint(found.members("data")) == fmt.Sprint(a.members("data.0")),
			"the same members", "others")
	},
	"message.fields": func(t *trial) {
		a := t.row("/messages?per_page=1&status=delivered", "delivered messages")
		t.form(a, "data.0", "id# reference campaign_id#? channel mobile_number sender message "+
			"status segments# cost currency provider_message_id error? created_at sent_at "+
			"delivered_at")
	},
	"message.number": func(t *trial) {
		a := t.row("/messages?per_page=1", "messages")
		text := a.text("data.0.mobile_number")
		t.needs(text != "", "messages have no mobile_number")
		t.must(text[0] == '+', "a number with +", "one without")
	},
	"message.sent": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(nil))
		t.sleep(second - tick)
		t.must(t.message(sent).text("status") == "queued", "queued", "another status")
		t.sleep(2 * tick)
		t.must(t.message(sent).text("status") == "sent", "sent", "another status")
	},
	"message.final": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(nil))
		t.sleep(5*second - tick)
		t.must(t.message(sent).text("status") == "sent", "sent", "another status")
		t.sleep(2 * tick)
		m := t.message(sent)
		t.must(m.text("status") == "delivered" && m.text("delivered_at") != "", "delivered",
			"another status")
	},
	"message.provider_id": func(t *trial) {
		t.settings()
		sent := t.works(t.sms(nil))
		m := t.message(sent)
		t.must(m.has("provider_message_id") && m.at("provider_message_id") == nil, "null", "a value")
		t.sleep(2 * second)
		t.must(t.message(sent).text("provider_message_id") != "", "a value", "none")
	},
	"message.error": func(t *trial) {
		t.settings()
		for number, fails := range map[string]bool{t.Number(): false, failing: true} {
			sent := t.works(t.sms(body{"recipients": []string{number}}))
			t.outcome(sent)
			t.must((t.message(sent).text("error") != "") == fails, "an error of failed ones alone",
				"another")
		}
	},
}
