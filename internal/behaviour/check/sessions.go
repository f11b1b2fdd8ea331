package check

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/signature"
)

// replying returns a callback that answers with an action.
func replying(message, action string) *receiver {
	return &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(body{"message": message, "action": action})
	}}
}

func continuing() *receiver { return replying("Welcome", "continue") }

// signedBy reports whether a secret signed the latest request.
func (v *receiver) signedBy(secret string) bool {
	all := v.all()
	if len(all) == 0 {
		return false
	}
	last := all[len(all)-1]
	return signature.VerifyBody(last.header.Get("X-Hellio-Signature"), last.body, secret)
}

// served creates an app whose callback v answers, and returns its path and its
// test secret.
func (t *trial) served(v http.Handler) (path, secret string) {
	s := t.settings()
	s.Listen(s.Callback, v)
	a := t.works(t.newApp(body{"callback_url": s.Callback}))
	return "/ussd/apps/" + a.text("data.id"), a.text("data.test_secret")
}

// step simulates a step of the session s-1 of an app.
func (t *trial) step(app string, changes body) *Answer {
	b := body{
		"app_id":     strings.TrimPrefix(app, "/ussd/apps/"),
		"session_id": "s-1",
		"msisdn":     t.Number(),
		"input":      "",
	}
	return t.post("/ussd/simulate", b.with(changes))
}

// session returns a session, by its session_ref unless another name is given.
func (t *trial) session(name string) *Answer { return t.read("/ussd/sessions/" + name) }

var sessionChecks = chapter{
	"ussd_session.fields": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		t.form(t.session("s-1"), "data", "id session_ref msisdn service_code status steps# "+
			"charge? sandbox! started_at ended_at?")
	},
	"ussd_session.ref": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		a := t.get("/ussd/sessions/s-1")
		t.must(a.ok() && a.text("data.session_ref") == "s-1", "the session", a.shape())
		byID := t.get("/ussd/sessions/" + a.text("data.id"))
		t.must(byID.ok() && byID.text("data.id") == a.text("data.id"), "the session", byID.shape())
	},
	"ussd_session.newest_ref": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		first := t.session("s-1").text("data.id")
		t.works(t.step(app, body{"new_session": true}))
		newest := t.read("/ussd/sessions").text("data.0.id")
		t.must(newest != first && t.session("s-1").text("data.id") == newest, "the newest", "another")
	},
	"ussd_session.status": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		t.must(len(t.read("/ussd/sessions?status=active").list("data")) == 1, "one", "another number")
		t.must(len(t.read("/ussd/sessions?status=ended").list("data")) == 0, "none", "some")
	},
	"ussd_session_list.newest": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		t.works(t.step(app, body{"session_id": "s-2"}))
		t.must(t.read("/ussd/sessions").text("data.0.session_ref") == "s-2", "the newest first",
			"another")
	},
	"ussd_session.timeout": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		t.sleep(3*time.Minute - second)
		t.must(t.session("s-1").text("data.status") == "active", "active", "another status")
		t.sleep(2 * second)
		s := t.session("s-1")
		t.must(s.text("data.status") == "timeout" && s.text("data.ended_at") != "", "timeout",
			"another status")
	},
	"ussd_session.kept": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, body{"service_code": "*920*5#"}))
		t.works(t.step(app, body{"service_code": "*921#", "msisdn": "233241234567"}))
		s := t.session("s-1")
		t.must(s.text("data.service_code") == "*920*5#" &&
			strings.TrimPrefix(s.text("data.msisdn"), "+") == t.digits(), "the first values",
			"others")
	},
}

var simulateChecks = chapter{
	"ussd_simulate.success": func(t *trial) {
		app, _ := t.served(continuing())
		t.success(t.step(app, nil), 200)
	},
	"ussd_simulate.fields": func(t *trial) {
		app, _ := t.served(continuing())
		a := t.works(t.step(app, nil))
		t.form(a, "data", "message action continue!")
		t.must(a.text("data.message") == "Welcome" && a.text("data.action") == "continue" &&
			a.at("data.continue") == true, "the callback's answer", "another")
	},
	"ussd_simulate.free": func(t *trial) {
		app, _ := t.served(continuing())
		wallet, ussd := t.available(), t.ussdBalance()
		t.works(t.step(app, nil))
		t.must(t.available() == wallet && t.ussdBalance() == ussd, "the same balances", "others")
	},
	"ussd_simulate.sandbox": func(t *trial) {
		app, _ := t.served(continuing())
		t.works(t.step(app, nil))
		t.must(t.session("s-1").at("data.sandbox") == true, "sandbox true", "another")
	},
	"error.unknown_app": func(t *trial) {
		t.refused(t.step(nowhere, nil), "error.unknown_app")
	},
	"ussd_simulate.test_mode": func(t *trial) {
		v := continuing()
		app, secret := t.served(v)
		t.rent(body{"app_id": strings.TrimPrefix(app, "/ussd/apps/")})
		t.works(t.post(app+"/mode", body{"mode": "live"}))
		t.works(t.step(app, nil))
		t.must(v.all()[0].text("mode") == "test" && v.signedBy(secret), "test mode", "another")
	},
	"ussd_simulate.limits": func(t *trial) {
		for field, n := range map[string]int{"session_id": 120, "input": 182, "service_code": 32} {
			t.size("/ussd/simulate", field, n)
		}
	},
	"ussd_simulate.no_session": func(t *trial) {
		t.invalid(t.step(nowhere, body{"session_id": gone}), "session_id")
		t.valid(t.step(nowhere, body{"session_id": gone, "new_session": true}), "session_id")
	},
	"ussd_simulate.own_session": func(t *trial) {
		app, _ := t.served(continuing())
		a := t.works(t.step(app, body{"session_id": gone, "new_session": true}))
		ref := a.text("data.session_id")
		t.must(ref != "", "a session_id", "none")
		t.works(t.step(app, body{"session_id": ref, "input": "1"}))
		t.must(t.session(ref).number("data.steps") == 2, "a session with 2 steps", "another")
	},
	"ussd_simulate.new_session": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		t.works(t.step(app, nil))
		t.works(t.step(app, body{"new_session": true}))
		t.must(v.all()[1].number("sequence") == 1, "a new session", "the old one")
	},
	"ussd_simulate.unknown_session": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		a := t.step(app, body{"session_id": "never-seen", "new_session": false})
		t.must(a.ok() && v.all()[0].text("sessionId") == "never-seen", "a session", a.shape())
	},
	"ussd_simulate.over": func(t *trial) {
		app, _ := t.served(replying("Bye", "end"))
		t.works(t.step(app, nil))
		t.must(t.session("s-1").text("data.status") == "ended", "ended", "another status")
		a := t.step(app, nil)
		t.must(a.Status == 422 && a.code() == "invalid_request", "422 invalid_request", a.shape())
	},
	"ussd_simulate.busy": func(t *trial) {
		t.sleep(tick) // needs a clock
		v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(5 * second)
			fmt.Fprint(w, `{"message":"Welcome","action":"continue"}`)
		}}
		app, _ := t.served(v)
		first := make(chan *Answer, 1)
		go func() {
			a, _ := t.Do(http.MethodPost, "/ussd/simulate", body{"session_id": "s-1",
				"app_id": strings.TrimPrefix(app, "/ussd/apps/"), "msisdn": t.Number()})
			first <- a
		}()
		t.sleep(second)
		a := t.step(app, nil)
		<-first
		t.must(a.Status == 422 && a.code() == "invalid_request", "422 invalid_request", a.shape())
	},
}

var callbackChecks = chapter{
	"ussd_callback.body": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		t.works(t.step(app, body{"input": "7", "service_code": "*920*5#"}))
		got := v.all()[0]
		t.form(got.Answer, "", "sessionId msisdn serviceCode input sequence# mode")
		t.must(got.text("sessionId") == "s-1" && got.text("input") == "7" &&
			got.text("serviceCode") == "*920*5#", "the values of the step", "others")
	},
	"ussd_callback.signature": func(t *trial) {
		v := continuing()
		app, secret := t.served(v)
		t.works(t.step(app, nil))
		t.must(v.signedBy(secret), "the HMAC of the body", "another value")
		t.must(lowerHex.MatchString(v.all()[0].header.Get("X-Hellio-Signature")),
			"64 lower-case hex digits", "others")
	},
	"ussd_callback.no_timestamp": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		t.works(t.step(app, nil))
		for _, name := range []string{"X-Hellio-Timestamp", "X-Hellio-Signature-V2"} {
			t.must(v.all()[0].header.Get(name) == "", "no "+name, name)
		}
	},
	"ussd_callback.sequence": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		for i := range 3 {
			t.works(t.step(app, nil))
			t.must(v.all()[i].number("sequence") == float64(i+1), "1, 2 and 3", "others")
		}
	},
	"ussd_callback.input": func(t *trial) {
		v := continuing()
		app, _ := t.served(v)
		t.works(t.step(app, body{"input": "1"}))
		t.works(t.step(app, body{"input": "2"}))
		t.must(v.all()[1].text("input") == "2", "the input of the step", "another")
	},
	"ussd_callback.timeout": func(t *trial) {
		t.sleep(tick) // needs a clock
		t.unusable(&receiver{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(11 * second):
				fmt.Fprint(w, `{"message":"Welcome","action":"continue"}`)
			case <-r.Context().Done():
			}
		}}, "s-1")
		app, _ := t.served(&receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(9 * second)
			fmt.Fprint(w, `{"message":"Welcome","action":"continue"}`)
		}})
		a := t.works(t.step(app, body{"session_id": "s-2"}))
		t.must(a.at("data.continue") == true, "an answer within 9 s", "none")
	},
	"ussd_callback.bad_answer": func(t *trial) {
		for i, text := range []string{"", "[]", `{"message":"Hi"}`, `{"message":"Hi","action":"go"}`} {
			t.unusable(&receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, text)
			}}, fmt.Sprintf("s-%d", i))
		}
		t.unusable(answering(500), "s-500")
	},
	"ussd_callback.long_message": func(t *trial) {
		long := strings.Repeat("x", 183)
		app, _ := t.served(replying(long, "continue"))
		t.must(t.works(t.step(app, nil)).text("data.message") == long, "the message", "another")
	},
}

// unusable refutes the claim unless a callback's answer ends the session.
func (t *trial) unusable(v http.Handler, ref string) {
	app, _ := t.served(v)
	a := t.works(t.step(app, body{"session_id": ref}))
	t.must(a.text("data.action") == "end" && a.text("data.message") != "", "a message and the end",
		"another answer")
	t.must(t.session(ref).text("data.status") == "failed", "failed", "another status")
}
