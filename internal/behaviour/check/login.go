package check

import (
	"fmt"
	"strings"
	"time"
)

const (
	userEmail    = "ama@example.com"
	userPassword = "correct horse"
)

// user adds a user who may log in; members are added to its JSON.
func (t *trial) user(members string) {
	t.change(fmt.Sprintf(`{"login":{"email":%q,"password":%q,"name":"Ama"%s}}`, userEmail,
		userPassword, members))
}

// login tries to log in.
func (t *trial) login(changes body, header ...string) *Answer {
	b := body{"email": userEmail, "password": userPassword}
	return t.post("/auth/token", b.with(changes), header...)
}

// stranger is an e-mail address that no one has, another one in each run.
func (t *trial) stranger() string {
	return "verify-" + strings.ToLower(t.key()[1][7:17]) + "@example.com"
}

// guess makes a try that fails.
func (t *trial) guess(email string) *Answer {
	return t.raw("POST", "/auth/token", body{"email": email, "password": "wrong"})
}

var loginChecks = chapter{
	"auth_token.success": func(t *trial) {
		t.user("")
		t.success(t.login(nil), 201)
	},
	"auth_token.fields": func(t *trial) {
		t.user("")
		a := t.works(t.login(nil))
		t.form(a, "data", "token abilities[] user{}")
		t.form(a, "data.user", "name email")
	},
	"login.public": func(t *trial) {
		for _, header := range [][]string{{"Authorization", "Bearer "}, as("1|stale")} {
			t.invalid(t.post("/auth/token", body{}, header...), "email")
		}
	},
	"login.key": func(t *trial) {
		t.user("")
		key := t.key()
		first, second := t.works(t.login(nil, key...)), t.works(t.login(nil, key...))
		t.must(first.text("data.token") != second.text("data.token"), "another token", "a replay")
	},
	"error.credentials": func(t *trial) {
		t.refused(t.guess(t.stranger()), "error.credentials")
	},
	"error.locked": func(t *trial) {
		t.user(`,"locked":true`)
		t.refused(t.login(nil), "error.locked")
	},
	"error.unverified": func(t *trial) {
		t.user(`,"email_verified":false`)
		t.refused(t.login(nil), "error.unverified")
	},
	"error.two_factor": func(t *trial) {
		t.user(`,"two_factor_code":"123456"`)
		t.refused(t.login(nil), "error.two_factor")
	},
	"login.wrong_factor": func(t *trial) {
		t.user(`,"two_factor_code":"123456"`)
		a := t.login(body{"two_factor_code": "654321"})
		t.must(a.Status == 401 && a.code() == t.guess(t.stranger()).code(),
			"the answer to wrong credentials", a.shape())
		t.must(t.login(body{"two_factor_code": "123456"}).ok(), "a token for the right one", "none")
	},
	"auth_token.order": func(t *trial) {
		t.change(`{"login":` + spoiledUser(true, true) + `}`)
		t.ordered("auth_token.order", ordering{
			path: "/auth/token",
			good: body{"email": userEmail, "password": userPassword, "two_factor_code": "123456"},
			spoil: map[string]body{
				"fields":        {"device_name": 7},
				"credentials":   {"password": "wrong"},
				"second_factor": {"two_factor_code": gone},
			},
			account: map[string]string{
				"locked":     `{"login":` + spoiledUser(true, true) + `}`,
				"unverified": `{"login":` + spoiledUser(true, true) + `}`,
			},
			repair: map[string]string{
				"locked":     `{"login":` + spoiledUser(false, true) + `}`,
				"unverified": `{"login":` + spoiledUser(false, false) + `}`,
			},
			codes: map[string]string{
				"invalid_request":     "fields",
				"invalid_credentials": "credentials",
				"account_locked":      "locked",
				"email_unverified":    "unverified",
				"two_factor_required": "second_factor",
			},
		})
	},
	"login.usable": func(t *trial) {
		t.user("")
		token := t.works(t.login(nil)).text("data.token")
		t.status(t.get("/balance", as(token)...), 200)
	},
	"login.scopes": func(t *trial) {
		t.user("")
		token := t.works(t.login(nil)).text("data.token")
		for _, path := range []string{"/balance", "/messages", "/lookups", "/webhooks",
			"/ussd/apps"} {
			t.status(t.get(path, as(token)...), 200)
		}
		for _, path := range []string{"/sms/send", "/otp/send", "/voice/send", "/email/verify"} {
			a := t.post(path, body{}, as(token)...)
			t.must(a.Status == 422, "field errors", a.shape())
		}
	},
	"login.abilities": func(t *trial) {
		t.user("")
		a := t.works(t.login(nil))
		names := fmt.Sprint(a.list("data.abilities")...)
		for _, scope := range []string{"sms:send", "otp", "voice", "lookup", "email:verify",
			"reports", "balance", "webhooks", "ussd"} {
			t.must(strings.Contains(names, scope), "every scope", "one less")
		}
		t.must(!strings.Contains(names, "*"), "no *", "*")
	},
	"login.pair": func(t *trial) {
		first, other := t.stranger(), t.stranger()
		t.exhaust(100, func() *Answer { return t.guess(first) })
		a := t.guess(other)
		t.must(a.Status != 429, "another address that may try", a.shape())
	},
	"login.tries": func(t *trial) {
		email := t.stranger()
		_, n := t.exhaust(100, func() *Answer { return t.guess(email) })
		if n != 5 {
			t.refute(n, "5 tries", "another number")
		}
	},
	"login.tries_case": func(t *trial) {
		email := t.stranger()
		t.exhaust(100, func() *Answer { return t.guess(email) })
		t.status(t.guess(strings.ToUpper(email)), 429)
	},
	"login.right_tries": func(t *trial) {
		t.user("")
		t.exhaust(100, func() *Answer {
			return t.raw("POST", "/auth/token",
				body{"email": userEmail, "password": userPassword})
		})
		t.sleep(61 * time.Second)
		t.works(t.login(nil))
	},
	"login.headers": func(t *trial) {
		email := t.stranger()
		first, second := t.guess(email), t.guess(email)
		limit := headerNumber(first, "X-Ratelimit-Limit")
		t.must(limit > 0 && left(first) == limit-1 && left(second) == limit-2,
			"a limit that two tries count to", "another or none")
	},
	"login.field_errors": func(t *trial) {
		a := t.post("/auth/token", body{})
		t.needs(a.Status == 422, "missing fields get no 422")
		t.must(left(a) == -1, "no limiter headers", "limiter headers")
	},
	"login.email_case": func(t *trial) {
		t.user("")
		t.status(t.login(body{"email": strings.ToUpper(userEmail)}), 201)
	},
	"login.password": func(t *trial) {
		t.user("")
		a := t.login(body{"password": userPassword + " "})
		t.must(!a.ok(), "a refusal", a.shape())
	},
	"login.device_name": func(t *trial) {
		t.user("")
		a := t.login(body{"device_name": "till 4"})
		b := t.works(t.login(nil))
		t.must(a.Status == b.Status && fmt.Sprint(a.members("data")) == fmt.Sprint(b.members("data")),
			"the same answer", a.shape())
	},
	"login.device_limit": func(t *trial) {
		t.invalid(t.post("/auth/token", body{"device_name": strings.Repeat("x", 256)}),
			"device_name")
		t.valid(t.post("/auth/token", body{"device_name": strings.Repeat("x", 255)}),
			"device_name")
	},
}

func spoiledUser(locked, unverified bool) string {
	return fmt.Sprintf(`{"email":%q,"password":%q,"name":"Ama","two_factor_code":"123456",`+
		`"locked":%t,"email_verified":%t}`, userEmail, userPassword, locked, !unverified)
}
