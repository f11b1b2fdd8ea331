package check

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	deadAddress = "undeliverable@hellio.test"
	liveAddress = "deliverable@hellio.test"
)

// between refutes the claim unless a field of otp/send may be low to high.
func (t *trial) between(field string, low, high int) {
	for _, n := range []int{low - 1, high + 1} {
		t.invalid(t.post("/otp/send", body{field: n}), field)
	}
	for _, n := range []int{low, high} {
		t.valid(t.post("/otp/send", body{field: n}), field)
	}
}

var otpSendChecks = chapter{
	"otp_send.success": func(t *trial) { t.success(t.code(nil), 201) },
	"otp_send.fields": func(t *trial) {
		t.form(t.works(t.code(nil)), "data",
			"reference mobile_number expires_in_minutes# status")
	},
	"otp_send.reference": func(t *trial) {
		sent := t.works(t.code(nil))
		found := t.get("/messages/" + sent.text("data.reference"))
		t.must(found.ok() && found.text("data.reference") == sent.text("data.reference"),
			"the message", found.shape())
	},
	"otp_send.sms": func(t *trial) {
		m := t.message(t.works(t.code(nil)))
		t.needs(m.text("channel") != "", "messages have no channel")
		t.must(m.text("channel") == "sms", "sms", "another channel")
	},
	"otp_send.channels": func(t *trial) {
		for _, channel := range []string{"sms", "voice", "whatsapp", "email"} {
			t.valid(t.post("/otp/send", body{"channel": channel}), "channel")
		}
	},
	"otp_send.channel_unknown": func(t *trial) {
		t.invalid(t.post("/otp/send", body{"channel": "fax"}), "channel")
	},
	"otp_send.sender": func(t *trial) {
		for _, channel := range []string{"sms", "voice"} {
			t.invalid(t.post("/otp/send", body{"channel": channel}), "sender")
		}
	},
	"otp_send.senderless": func(t *trial) {
		for _, channel := range []string{"whatsapp", "email"} {
			t.valid(t.post("/otp/send", body{"channel": channel}), "sender")
		}
	},
	"otp_send.any_sender": func(t *trial) {
		t.settings()
		for _, channel := range []string{"whatsapp", "email"} {
			a := t.code(body{"channel": channel, "email": liveAddress, "sender": "NoSuchName"})
			t.must(a.ok(), "a code", a.shape())
		}
	},
	"otp_send.length":  func(t *trial) { t.between("length", 4, 10) },
	"otp_send.expiry":  func(t *trial) { t.between("expiry", 1, 1440) },
	"otp_send.purpose": func(t *trial) { t.size("/otp/send", "purpose", 32) },
	"otp_send.digits": func(t *trial) {
		sent := t.works(t.code(nil))
		t.must(sent.text("data.mobile_number") == t.digits(), "digits", "another form")
	},
	"otp_send.email": func(t *trial) {
		t.settings()
		sent := t.works(t.code(body{"channel": "email", "email": liveAddress,
			"mobile_number": gone}))
		t.must(sent.text("data.email") == liveAddress && !sent.has("data.mobile_number"),
			"email alone", strings.Join(sent.members("data"), ", "))
	},
	"error.recipient": func(t *trial) {
		a := t.post("/otp/send", t.codeBody().with(body{"mobile_number": "x"}))
		t.refused(a, "error.recipient")
	},
	"otp_send.order": func(t *trial) {
		t.ordered("otp_send.order", ordering{
			path: "/otp/send",
			good: t.codeBody(),
			spoil: map[string]body{
				"fields":    {"gateway": 7},
				"sender":    {"sender": "NoSuchName"},
				"recipient": {"mobile_number": "x"},
			},
			account: poor,
			codes: map[string]string{
				"invalid_request":      "fields",
				"sender_not_approved":  "sender",
				"invalid_recipient":    "recipient",
				"spend_limit_exceeded": "spend_limit",
				"insufficient_balance": "balance",
			},
			last: "recipient",
		})
	},
	"otp_send.cost": func(t *trial) {
		before := t.available()
		m := t.message(t.works(t.code(nil)))
		t.needs(m.number("segments") > 0, "messages have no segments")
		cost := before - t.available()
		price := units(t.read("/pricing").text("data.0.price"))
		t.must(cost == units(m.text("cost")) && cost == price*int(m.number("segments")),
			"the price of its segments", "another")
	},
	"otp_send.unused": func(t *trial) {
		t.settings()
		a := t.works(t.code(body{"purpose": "checkout"}))
		b := t.works(t.code(nil))
		t.must(fmt.Sprint(a.members("data")) == fmt.Sprint(b.members("data")), "the same members",
			"others")
		text := t.message(a).text("message")
		t.must(!strings.Contains(text, "checkout"), "the same text", "another")
	},
}

// issued sends a code and returns it.
func (t *trial) issued(changes body) string {
	s := t.settings()
	t.works(t.code(changes))
	code := s.Code(t.Number())
	t.needs(code != "", "no code is live")
	return code
}

// verify checks a code.
func (t *trial) verify(code string, changes body) *Answer {
	return t.post("/otp/verify", body{"code": code, "mobile_number": t.Number()}.with(changes))
}

// wrong returns a code of the same length that is another one.
func wrong(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

var otpCodeChecks = chapter{
	"otp.length": func(t *trial) {
		if n := len(t.issued(nil)); n != 6 {
			t.refute(n, "6 digits", "another number")
		}
	},
	"otp.length_given": func(t *trial) {
		for _, n := range []int{4, 10} {
			t.must(len(t.issued(body{"length": n})) == n, fmt.Sprintf("%d digits", n), "others")
		}
	},
	"otp.expiry": func(t *trial) {
		a := t.works(t.code(nil))
		n := int(a.number("data.expires_in_minutes"))
		t.needs(n > 0, "the answer has no expires_in_minutes")
		if _, fake := t.Settings(); fake {
			code := t.issued(nil)
			t.sleep(time.Duration(n)*time.Minute - second)
			t.must(t.verify(code, nil).ok(), "a live code", "a dead one")
		}
		if n != 5 {
			t.refute(n, "5 minutes", "another number")
		}
	},
	"otp.expired": func(t *trial) {
		code := t.issued(body{"expiry": 2})
		t.sleep(2*time.Minute + second)
		t.must(!t.verify(code, nil).ok(), "a refusal", "an accepted code")
		code = t.issued(body{"expiry": 2})
		t.sleep(2*time.Minute - second)
		t.must(t.verify(code, nil).ok(), "an accepted code", "a refusal")
	},
	"otp.requests": func(t *trial) {
		t.sleep(61 * second)
		a, n := t.exhaust(mostRequests, func() *Answer { return t.raw("POST", "/otp/send", body{}) })
		t.needs(headerNumber(a, "X-Ratelimit-Limit") <= n, "another limit refused the calls")
		if n != 10 {
			t.refute(n, "10 calls", "another number")
		}
	},
	"otp.address": func(t *trial) {
		other := t.settings().IssueToken()
		t.exhaust(mostRequests, func() *Answer { return t.raw("POST", "/otp/send", body{}) })
		t.status(t.raw("POST", "/otp/send", body{}, as(other)...), 429)
		t.status(t.raw("GET", "/balance", nil), 200)
	},
	"otp.limit_headers": func(t *trial) {
		of := func(a *Answer) int { return headerNumber(a, "X-Ratelimit-Limit") }
		token := of(t.get("/balance"))
		a := t.post("/otp/send", body{})
		t.must(of(a) > 0 && of(a) < token, "a lower limit than the token's", "the same or none")
	},
	"otp.uncounted": func(t *trial) {
		t.settings()
		t.exhaust(mostRequests, func() *Answer { return t.raw("POST", "/otp/send", body{}) })
		before := left(t.raw("GET", "/balance", nil))
		t.raw("POST", "/otp/send", body{})
		t.must(left(t.raw("GET", "/balance", nil)) == before-1, "a refusal that is not counted",
			"a counted one")
	},
	"otp.newest": func(t *trial) {
		first := t.issued(nil)
		second := t.issued(nil)
		t.needs(first != second, "two equal codes")
		t.must(!t.verify(first, nil).ok(), "a refusal of the old code", "an accepted one")
		t.must(t.verify(second, nil).ok(), "the new code", "a refusal")
	},
	"otp.any_channel": func(t *trial) {
		code := t.issued(body{"channel": "voice"})
		t.must(t.verify(code, body{"channel": "sms"}).ok(), "an accepted code", "a refusal")
	},
	"otp.failed_message": func(t *trial) {
		s := t.settings()
		sent := t.works(t.code(body{"mobile_number": failing}))
		t.needs(t.outcome(sent) == "failed", "the message did not fail")
		a := t.verify(s.Code(failing), body{"mobile_number": failing})
		t.must(a.ok(), "an accepted code", a.shape())
	},
	"otp_verify.success": func(t *trial) { t.success(t.verify(t.issued(nil), nil), 200) },
	"otp_verify.verified": func(t *trial) {
		a := t.works(t.verify(t.issued(nil), nil))
		t.must(a.at("data.verified") == true && a.text("data.status") == "verified",
			"verified true and the status verified", "others")
	},
	"otp_verify.wrong": func(t *trial) {
		a := t.verify("0000", nil)
		t.must(a.Status == http.StatusUnprocessableEntity && a.at("data.verified") == false,
			"422 with verified false", a.shape())
		t.must(!a.has("message") && !a.has("error"), "neither message nor error",
			strings.Join(a.members(""), ", "))
	},
	"otp_verify.none": func(t *trial) {
		a := t.verify("0000", body{"mobile_number": "+99999999"})
		t.must(a.text("data.status") == "invalid", "invalid", a.shape()+" with another status")
	},
	"otp_verify.expired": func(t *trial) {
		code := t.issued(body{"expiry": 1})
		t.sleep(time.Minute + second)
		a := t.verify(code, nil)
		t.must(a.text("data.status") == "expired", "expired", "another status")
	},
	"otp_verify.used": func(t *trial) {
		code := t.issued(nil)
		t.works(t.verify(code, nil))
		a := t.verify(code, nil)
		t.must(!a.ok() && a.text("data.status") == "invalid", "invalid", a.shape())
	},
	"otp.tries": func(t *trial) {
		const most = 30
		for tries := 1; tries <= most; tries++ {
			code := t.issued(nil)
			for range tries {
				t.verify(wrong(code), nil)
			}
			if t.verify(code, nil).ok() {
				continue
			}
			if tries != 5 {
				t.refute(tries, "5 tries", "another number")
			}
			return
		}
		t.refute(nil, "5 tries", "no limit")
	},
	"otp_verify.required": func(t *trial) {
		t.invalid(t.post("/otp/verify", body{"mobile_number": t.Number()}), "code")
		a := t.post("/otp/verify", body{"code": "0000"})
		t.must(a.Status == 422 && len(a.members("errors")) > 0, "a field error", a.shape())
	},
	"otp_verify.number_first": func(t *trial) {
		code := t.issued(nil)
		t.must(t.verify(code, body{"email": liveAddress}).ok(), "an accepted code", "a refusal")
	},
}
