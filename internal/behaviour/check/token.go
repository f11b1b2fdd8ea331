package check

import "strings"

var tokenChecks = chapter{
	"token.missing": func(t *trial) {
		t.status(t.get("/balance", "Authorization", ""), 401)
	},
	"token.unknown": func(t *trial) {
		t.status(t.get("/balance", as("1|nosuchtoken")...), 401)
	},
	"token.revoked": func(t *trial) {
		s := t.settings()
		token := s.IssueToken()
		t.works(t.get("/balance", as(token)...))
		s.RevokeToken(token)
		t.status(t.get("/balance", as(token)...), 401)
	},
	"token.scheme": func(t *trial) {
		token := t.cfg.Token
		t.status(t.get("/balance", "Authorization", "BEARER "+token), 200)
	},
	"error.unauthenticated": func(t *trial) {
		t.refused(t.get("/balance", as("1|nosuchtoken")...), "error.unauthenticated")
	},
	"token.scope": func(t *trial) {
		token := t.settings().IssueToken("otp")
		t.status(t.get("/balance", as(token)...), 403)
		t.status(t.post("/sms/send", body{}, as(token)...), 403)
	},
	"token.wildcard": func(t *trial) {
		token := t.settings().IssueToken("*")
		for _, path := range []string{"/balance", "/messages", "/lookups", "/ussd/apps"} {
			t.status(t.get(path, as(token)...), 200)
		}
	},
	"token.ussd":    func(t *trial) { t.scope("/ussd/pricing", "ussd") },
	"token.pricing": func(t *trial) { t.scope("/pricing", "balance") },
	"token.reports": func(t *trial) {
		t.scope("/messages", "reports")
		t.scope("/campaigns", "reports")
	},
	"error.scope": func(t *trial) {
		t.refused(t.get("/balance", as(t.settings().IssueToken("otp"))...), "error.scope")
	},
	"token.scope_counted": func(t *trial) {
		token := t.settings().IssueToken("otp")
		first := t.get("/balance", as(token)...)
		second := t.get("/balance", as(token)...)
		t.must(left(second) >= 0 && left(first) == left(second)+1, "a Remaining that falls",
			"one that does not")
	},
	"error.ip": func(t *trial) {
		t.change(`{"allowed_ips":["192.0.2.1"]}`)
		t.refused(t.get("/balance"), "error.ip")
	},
	"token.ip_uncounted": func(t *trial) {
		before := left(t.get("/balance"))
		t.change(`{"allowed_ips":["192.0.2.1"]}`)
		refused := t.get("/balance")
		t.change(`{"allowed_ips":[]}`)
		t.must(left(refused) == -1, "no limiter headers", "limiter headers")
		t.must(left(t.get("/balance")) == before-1, "a refusal that is not counted", "a counted one")
	},
}

// scope refutes the claim unless a GET needs a scope.
func (t *trial) scope(path, scope string) {
	s := t.settings()
	var others []string
	for _, other := range strings.Fields("sms:send otp voice lookup email:verify reports balance " +
		"webhooks ussd") {
		if other != scope {
			others = append(others, other)
		}
	}
	t.status(t.get(path, as(s.IssueToken(others...))...), 403)
	t.status(t.get(path, as(s.IssueToken(scope))...), 200)
}
