package check

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// key returns the header of a new idempotency key.
func (t *trial) key() []string { return []string{"Idempotency-Key", "verify-" + rand.Text()} }

// smsAgain sends what sms sends, without a price: the call before has its key.
func (t *trial) smsAgain(changes body, header ...string) *Answer {
	return t.post("/sms/send", t.smsBody().with(changes), header...)
}

func replayed(a *Answer) bool {
	return strings.EqualFold(a.Header.Get("Idempotent-Replayed"), "true")
}

// repeats refutes the claim unless a call with a key is replayed.
func (t *trial) repeats(send func(changes body, header ...string) *Answer) {
	key := t.key()
	first := t.works(send(nil, key...))
	again := send(nil, key...)
	t.must(again.Status == first.Status && bytes.Equal(again.Body, first.Body),
		"the first answer", again.shape()+", another body")
}

var idempotencyChecks = chapter{
	"idempotency.sms":   func(t *trial) { t.repeats(t.sms) },
	"idempotency.otp":   func(t *trial) { t.repeats(t.code) },
	"idempotency.voice": func(t *trial) { t.repeats(t.call) },
	"idempotency.header": func(t *trial) {
		key := t.key()
		t.must(!replayed(t.works(t.sms(nil, key...))), "a first answer without the header", "with it")
		t.must(replayed(t.works(t.sms(nil, key...))), "Idempotent-Replayed: true", "none")
	},
	"idempotency.no_effect": func(t *trial) {
		key := t.key()
		t.works(t.sms(nil, key...))
		available := t.available()
		newest := t.read("/messages?per_page=1").text("data.0.id")
		t.works(t.sms(nil, key...))
		t.must(t.available() == available, "the same balance", "another")
		t.must(t.read("/messages?per_page=1").text("data.0.id") == newest, "no new message",
			"a new message")
	},
	"idempotency.others": func(t *trial) {
		key := t.key()
		t.pay("email", 2)
		for range 2 {
			a := t.works(t.post("/email/verify", body{"emails": []string{"a@example.com"}}, key...))
			t.must(!replayed(a), "no replay", "a replay")
		}
		available := t.available()
		t.pay("email", 1)
		t.works(t.post("/email/verify", body{"emails": []string{"a@example.com"}}, key...))
		t.must(t.available() < available, "a charge", "none")
	},
	"error.conflict": func(t *trial) {
		key := t.key()
		t.pay("sms", 2) // the second may be sent if keys are not honoured
		if s, ok := t.Settings(); ok {
			s.Delay("sms_send", 5*time.Second)
		}
		first := make(chan *Answer, 1)
		go func() {
			a, _ := t.Do(http.MethodPost, "/sms/send", t.smsBody(), key...)
			first <- a
		}()
		if _, ok := t.Settings(); ok {
			t.sleep(time.Second)
		}
		second := t.smsAgain(nil, key...)
		a := <-first
		t.needs(a != nil, "the first call failed")
		if a.Status == http.StatusConflict {
			a, second = second, a
		}
		t.needs(!replayed(second) && !replayed(a), "the first call ended too soon")
		t.refused(second, "error.conflict")
	},
	"idempotency.other_body": func(t *trial) {
		key := t.key()
		first := t.works(t.sms(nil, key...))
		again := t.sms(body{"message": "Another text."}, key...)
		switch {
		case again.ok() && bytes.Equal(first.Body, again.Body):
		case again.Status/100 == 4:
			t.refute("refuse", "a replay", again.shape())
		default:
			t.refute(nil, "a replay", again.shape()+", another body")
		}
	},
	"idempotency.kept": func(t *trial) {
		key := t.key()
		first := t.sms(body{"sender": "NoSuchName"}, key...)
		t.needs(first.Status/100 == 4, "an unknown sender is not refused")
		again := t.sms(nil, key...)
		switch {
		case again.ok():
		case again.Status == first.Status && bytes.Equal(again.Body, first.Body):
			t.refute("all", "a new answer", "the error again")
		default:
			t.untestable("the second call got %s", again.shape())
		}
	},
	"idempotency.lifetime": func(t *trial) {
		t.settings()
		key := t.key()
		first := t.works(t.sms(nil, key...))
		const most = 31 * 24
		for hours := 1; hours <= most; hours++ {
			t.sleep(time.Hour)
			if bytes.Equal(t.sms(nil, key...).Body, first.Body) {
				continue
			}
			if hours != 24 {
				t.refute((time.Duration(hours) * time.Hour).String(), "24 h", "another lifetime")
			}
			return
		}
		t.refute(nil, "24 h", "more than a month")
	},
	"idempotency.token": func(t *trial) {
		key := t.key()
		first := t.works(t.sms(nil, key...))
		other := append(as(t.settings().IssueToken()), key...)
		t.must(!bytes.Equal(t.sms(nil, other...).Body, first.Body), "a new answer", "a replay")
	},
	"idempotency.path": func(t *trial) {
		key := t.key()
		t.works(t.sms(nil, key...))
		a := t.code(nil, key...)
		t.must(!replayed(a) && !a.has("data.campaign_id"), "a new answer", "a replay")
	},
	"idempotency.length": func(t *trial) {
		const name = "Idempotency-Key"
		t.works(t.sms(nil, name, (rand.Text() + strings.Repeat("x", 255))[:255]))
		a := t.sms(nil, name, (rand.Text() + strings.Repeat("x", 256))[:256])
		t.status(a, 422)
	},
}
