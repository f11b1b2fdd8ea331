package check

import (
	"bytes"
	"regexp"
	"strings"
)

// nowhere is a UUID that names nothing.
const nowhere = "00000000-0000-4000-8000-000000000000"

var errorChecks = chapter{
	"error.members": func(t *trial) {
		for _, a := range []*Answer{
			t.get("/messages/" + nowhere), t.get("/balance", "Authorization", ""),
			t.post("/sms/send", body{}), t.get("/messages?per_page=x"),
		} {
			t.must(a.Status >= 400, "an error", a.shape())
			t.must(a.text("message") != "" && a.code() != "", "message and error",
				strings.Join(a.members(""), ", "))
		}
	},
	"error.field_map": func(t *trial) {
		a := t.post("/sms/send", body{})
		t.must(a.Status == 422 && kindOf(a.at("errors")) == "object", "422 with errors", a.shape())
		for _, field := range a.members("errors") {
			list := a.fieldErrors(field)
			t.must(len(list) > 0 && kindOf(list[0]) == "string", "an array of strings",
				kindOf(a.at("errors."+field)))
		}
		t.invalid(a, "message")
	},
	"error.field_message": func(t *trial) {
		a := t.post("/sms/send", body{"recipients": []string{"x"}})
		fields := a.members("errors")
		t.needs(len(fields) == 2, "the answer has not two field errors")
		firsts := a.text("errors."+fields[0]+".0") + "\n" + a.text("errors."+fields[1]+".0")
		sentence, others, found := strings.Cut(a.text("message"), " (and ")
		t.must(found && strings.HasPrefix(others, "1 more error") &&
			strings.Contains(firsts, sentence), "the first error and a count", "another message")
	},
	"error.fields": func(t *trial) { t.refused(t.post("/sms/send", body{}), "error.fields") },
	"error.not_found": func(t *trial) {
		for _, path := range []string{"/messages/", "/campaigns/", "/lookup/", "/voice/"} {
			t.refused(t.get(path+nowhere), "error.not_found")
		}
	},
	"error.route":  func(t *trial) { t.refused(t.get("/no-such-route"), "error.route") },
	"error.method": func(t *trial) { t.refused(t.do("DELETE", "/balance", nil), "error.method") },
	"error.allow": func(t *trial) {
		a := t.do("DELETE", "/balance", nil)
		t.needs(a.Status == 405, "a wrong method gets no 405")
		t.must(strings.Contains(a.Header.Get("Allow"), "GET"), "Allow with GET", "another Allow")
	},
	"error.unrouted": func(t *trial) {
		for _, a := range []*Answer{t.get("/no-such-route"), t.do("DELETE", "/balance", nil)} {
			t.needs(!a.ok(), "the call works")
			t.must(left(a) == -1, "no limiter headers", "limiter headers")
		}
	},
	"error.body": func(t *trial) {
		t.refused(t.post("/otp/verify", []byte("[]")), "error.body")
		t.refused(t.post("/otp/verify", []byte("{")), "error.body")
	},
	"error.media": func(t *trial) {
		t.refused(t.post("/otp/verify", []byte("code=1"), "Content-Type", "text/plain"),
			"error.media")
	},
	"error.size": func(t *trial) {
		large := bytes.Repeat([]byte(" "), 8<<20+1)
		t.refused(t.post("/otp/verify", large), "error.size")
		fits := t.post("/otp/verify", large[:8<<20])
		t.must(fits.Status != 413, "8 MiB that pass", fits.shape())
	},
	"answer.data": func(t *trial) {
		for _, path := range []string{"/balance", "/messages", "/pricing", "/webhooks"} {
			t.must(t.read(path).has("data"), "data", "none")
		}
	},
	"answer.content_type": func(t *trial) {
		for _, a := range []*Answer{t.get("/balance"), t.get("/messages/" + nowhere)} {
			t.must(strings.HasPrefix(a.Header.Get("Content-Type"), "application/json"),
				"application/json", "another content type")
		}
	},
	"answer.plain": func(t *trial) {
		a := t.get("/balance", "Accept-Encoding", "identity")
		t.must(a.Header.Get("Content-Encoding") == "" && a.root != nil, "plain JSON", "encoded")
	},
	"answer.timestamp": func(t *trial) {
		for _, path := range []string{"messages", "campaigns", "lookups"} {
			a := t.row("/"+path+"?per_page=1", path)
			t.must(timestamped.MatchString(a.text("data.0.created_at")),
				"ISO 8601 with an offset", "another form")
		}
	},
}

var timestamped = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$`)

var inputChecks = chapter{
	"input.trimmed": func(t *trial) {
		all := len(t.read("/pricing?country=GH").list("data"))
		t.needs(all > 0, "there are no prices for GH")
		t.must(len(t.get("/pricing?country=%20GH%20").list("data")) == all, "the same prices",
			"others")
		a := t.post("/otp/verify", body{"code": "\u200b \n", "mobile_number": t.Number()})
		t.invalid(a, "code")
	},
	"input.empty": func(t *trial) {
		t.invalid(t.post("/otp/verify", body{"code": "", "mobile_number": t.Number()}), "code")
		t.valid(t.post("/otp/send", body{"channel": ""}), "channel")
	},
	"input.null": func(t *trial) {
		t.invalid(t.post("/otp/verify", body{"code": nil, "mobile_number": t.Number()}), "code")
		t.valid(t.post("/otp/send", body{"channel": nil}), "channel")
	},
	"input.unknown_field": func(t *trial) {
		a := t.post("/otp/verify", body{"code": "00", "mobile_number": "x", "no_such": 1})
		t.must(a.has("data.verified"), "an answer to the code", a.shape())
	},
	"input.unknown_parameter": func(t *trial) {
		t.status(t.get("/balance?no_such=1"), 200)
	},
	"input.charset": func(t *trial) {
		a := t.post("/otp/verify", body{"code": "00", "mobile_number": "x"},
			"Content-Type", "application/json; charset=utf-8")
		t.must(a.has("data.verified"), "an answer to the code", a.shape())
	},
	"input.get_content_type": func(t *trial) {
		t.status(t.get("/balance", "Content-Type", "application/json"), 200)
	},
	"input.characters": func(t *trial) {
		t.valid(t.post("/sms/send", body{"sender": strings.Repeat("é", 11)}), "sender")
		t.invalid(t.post("/sms/send", body{"sender": strings.Repeat("é", 12)}), "sender")
	},
}
