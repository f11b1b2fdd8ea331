package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARefusalSuggestsANearName(t *testing.T) {
	t.Parallel()
	p := start(t)
	rule := func(op, effect string) string {
		return `[{"op":"` + op + `","nth":1,"effect":"` + effect + `"}]`
	}
	for _, c := range []struct{ method, path, body, says string }{
		{"POST", "worlds", `{"logins":{}}`, `unknown field "logins", did you mean login?`},
		{"POST", "worlds", `{"Balance":"1"}`, `unknown field "Balance", did you mean balance?`},
		{
			"POST", "worlds", `{"login":{"mail":"a@b.c","password":"p"}}`,
			`unknown field "mail", did you mean email?`,
		},
		{"POST", "worlds", `{"currency":"GHS"}`, `unknown field "currency"`},
		{"POST", "worlds", `{"scopes":["sms"]}`, `unknown scope "sms", did you mean sms:send?`},
		{"POST", "tokens", `{"scopes":["webhook"]}`, `unknown scope "webhook", did you mean webhooks?`},
		{"POST", "tokens", `{"scope":["*"]}`, `unknown field "scope", did you mean scopes?`},
		{"PATCH", "account", `{"sender":["A"]}`, `unknown field "sender", did you mean senders?`},
		{
			"PATCH", "account", `{"spend_limit":{"period":"daily","amout":"1"}}`,
			`unknown field "amout", did you mean amount?`,
		},
		{"POST", "clock/advance", `{"durration":"5m"}`, `unknown field "durration", did you mean duration?`},
		{"PUT", "faults", `[{"op":"any","nth":1,"efect":"reset"}]`, `unknown field "efect", did you mean effect?`},
		{"PUT", "faults", rule("sms.send", "reset"), `fault 0: unknown op "sms.send", did you mean sms_send?`},
		{
			"PUT", "faults", rule("any", "lose_replay"),
			`fault 0: unknown effect "lose_replay", did you mean lose_reply?`,
		},
		{"GET", "messages?chanel=sms", ``, `unknown parameter "chanel", did you mean channel?`},
		{"GET", "messages?channel=whatsap", ``, `unknown channel "whatsap", did you mean whatsapp?`},
		{"GET", "requests?limits=1", ``, `unknown parameter "limits", did you mean limit?`},
		{
			"GET", "messages?" + strings.Repeat("x", 70) + "=1", ``,
			`unknown parameter "` + strings.Repeat("x", 64) + `…"`,
		},
	} {
		got := p.call(c.method, "/_fake/"+c.path, c.body)
		got.refused(http.StatusUnprocessableEntity, "invalid_request")
		require.Equal(t, c.says, got.object()["message"])
	}
}

func TestAnUnknownRouteSuggestsANearOne(t *testing.T) {
	t.Parallel()
	p := start(t)
	for path, says := range map[string]string{
		"/_fake/mesages":     "The route could not be found, did you mean /_fake/messages?",
		"/_fake/violation":   "The route could not be found, did you mean /_fake/violations?",
		"/_fake/clock":       "The route could not be found, did you mean /_fake/clock/advance?",
		"/_fake/xxxxxxxxxxx": "The route could not be found.",
	} {
		got := p.as("").get(path)
		got.refused(http.StatusNotFound, "not_found")
		require.Equal(t, says, got.object()["message"])
	}
}

func TestAnUnknownThingIs404(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.world(`{}`)
	theirs, _ := other.subscribe(&receiver{})
	for _, call := range []string{
		"DELETE tokens/unknown", "GET otp/233209990001", "GET otp/nobody@example.com",
		"POST deliveries/dlv_1/replay", "POST deliveries/1/replay", "POST webhooks/1/enable",
		"POST webhooks/x/enable", "POST webhooks/9223372036854775808/enable",
		fmt.Sprintf("POST webhooks/%v/enable", theirs),
	} {
		method, path, _ := strings.Cut(call, " ")
		before := p.state()
		p.call(method, "/_fake/"+path, "").refused(http.StatusNotFound, "not_found")
		require.Equal(t, before, p.state())
	}
}

// controlRoutes are all routes of the control API that need a token.
var controlRoutes = []string{
	"GET /_fake/messages", "GET /_fake/messages/wait", "GET /_fake/events", "GET /_fake/requests",
	"GET /_fake/account", "PATCH /_fake/account", "GET /_fake/faults", "PUT /_fake/faults",
	"DELETE /_fake/faults", "POST /_fake/tokens", "DELETE /_fake/tokens/x",
	"POST /_fake/clock/advance", "POST /_fake/reset", "DELETE /_fake/worlds",
	"GET /_fake/openapi.yaml", "GET /_fake/behaviours", "GET /_fake/otp/x", "GET /_fake/deliveries",
	"POST /_fake/deliveries/x/replay",
	"GET /_fake/violations", "GET /_fake/webhooks", "POST /_fake/webhooks/1/enable",
}

func TestEveryControlRouteAsksForAToken(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, call := range controlRoutes {
		method, path, _ := strings.Cut(call, " ")
		for _, token := range []string{"", "unknown"} {
			p.as(token).call(method, path, "{}").refused(http.StatusUnauthorized, "unauthenticated")
		}
	}
	all := slices.DeleteFunc(newControl(nil).routes,
		func(rt route) bool { return !strings.HasPrefix(rt.path, "/_fake/") })
	require.Len(t, all, len(controlRoutes)+len([]string{"worlds"}),
		"a route is missing in this test")
}

func TestUnknownRoutesGetTheAPIsOwn404(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, path := range []string{
		"/nothing", "/v1x/balance", "/v2/balance", "/_fake", "/_fake/", "/_fake/nothing",
		"/_fake/messages/", "//_fake/messages", "/_fake/tokens/",
		"/_fake/tokens/a/b", "/_fake/%6dessages/x", "/livez/", "/v1/../livez", "/v1", "/v1/",
		"/v1/nothing",
	} {
		p.get(path).refused(http.StatusNotFound, "not_found")
	}
}

func TestAWrongMethodGets405WithTheRightOnes(t *testing.T) {
	t.Parallel()
	p := start(t)
	for call, allow := range map[string]string{
		"DELETE /_fake/messages":         "GET, HEAD",
		"POST /_fake/messages/wait":      "GET, HEAD",
		"POST /_fake/faults":             "DELETE, GET, HEAD, PUT",
		"PUT /_fake/account":             "GET, HEAD, PATCH",
		"GET /_fake/tokens":              "POST",
		"GET /_fake/tokens/x":            "DELETE",
		"GET /_fake/clock/advance":       "POST",
		"POST /_fake/deliveries":         "GET, HEAD",
		"GET /_fake/deliveries/x/replay": "POST",
		"GET /_fake/reset":               "POST",
		"GET /_fake/worlds":              "DELETE, POST",
		"POST /livez":                    "GET, HEAD",
		"OPTIONS /_fake/behaviours":      "GET, HEAD",
		"OPTIONS /v1/sms/send":           "POST",
		"BREW /_fake/openapi.yaml":       "GET, HEAD",
	} {
		method, path, _ := strings.Cut(call, " ")
		got := p.call(method, path, "")
		got.refused(http.StatusMethodNotAllowed, "method_not_allowed")
		require.Equal(t, allow, got.header.Get("Allow"), call)
	}
}

func TestHealthNeedsNoToken(t *testing.T) {
	t.Parallel()
	p := start(t).as("")
	for _, path := range []string{"/livez", "/readyz"} {
		require.Equal(t, http.StatusOK, p.get(path).status)
		require.Equal(t, http.StatusOK, p.call(http.MethodHead, path, "").status)
	}
}

func TestTheContractIsServedAsData(t *testing.T) {
	t.Parallel()
	p := start(t)
	document := p.get("/_fake/openapi.yaml")
	require.Equal(t, http.StatusOK, document.status)
	require.Equal(t, "application/yaml", document.header.Get("Content-Type"))
	require.Contains(t, document.body, "openapi: 3.1")
	require.Contains(t, document.body, "/sms/send")

	behaviours := p.get("/_fake/behaviours").list()
	require.NotEmpty(t, behaviours)
	for _, b := range behaviours {
		require.Len(t, b, 5)
		require.NotEmpty(t, b["id"])
		require.NotEmpty(t, b["behaviour"])
		require.NotEmpty(t, b["cost"])
		require.Contains(t, []any{"documented", "inferred", "decided"}, b["basis"])
	}
}

func TestTheControlAPIHasNoLimitsOrFaults(t *testing.T) {
	t.Parallel()
	w := start(t).world(`{"rate_limit":1,"allowed_ips":["192.0.2.1"]}`)
	w.fault(`{"op":"any","always":true,"effect":"status","code":503}`)
	w.get("/v1/balance").refused(http.StatusForbidden, "ip_not_allowed")
	for range 10 {
		answer := w.get("/_fake/account")
		require.Equal(t, http.StatusOK, answer.status)
		require.Empty(t, answer.header.Get("X-RateLimit-Limit"))
	}
	require.Len(t, w.get("/_fake/requests").list(), 1, "control calls are not listed")
}

func TestTheProgramHasItsOwnBodyLimit(t *testing.T) {
	t.Parallel()
	p := start(t)
	numbers := make([]string, 9_000)
	for i := range numbers {
		numbers[i] = fmt.Sprintf(`"+23320%07d"`, i)
	}
	long := `{"recipients":[` + strings.Join(numbers, ",") + strings.Repeat(" ", maxBody) +
		`],"sender":"HELLIO","message":"Hi"}`
	p.call(http.MethodPost, "/v1/sms/send", long).refused(http.StatusPaymentRequired,
		"insufficient_balance")
}
