package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// badCalls are calls of the control API that must change nothing.
var badCalls = []struct {
	name, method, path, body string
	status                   int
}{
	{"worlds: not JSON", "POST", "worlds", `{`, 400},
	{"worlds: trailing data", "POST", "worlds", `{}{}`, 400},
	{"worlds: a null", "POST", "worlds", `null`, 422},
	{"worlds: an array", "POST", "worlds", `[]`, 422},
	{"worlds: unknown field", "POST", "worlds", `{"sender":["A"]}`, 422},
	{"worlds: a field in another case", "POST", "worlds", `{"Balance":"1"}`, 422},
	{"worlds: a field twice", "POST", "worlds", `{"balance":"1","balance":"2"}`, 422},
	{"worlds: balance a number", "POST", "worlds", `{"balance":1}`, 422},
	{"worlds: balance negative", "POST", "worlds", `{"balance":"-1"}`, 422},
	{"worlds: balance too fine", "POST", "worlds", `{"balance":"0.00001"}`, 422},
	{"worlds: balance empty", "POST", "worlds", `{"balance":""}`, 422},
	{"worlds: balance too large", "POST", "worlds", `{"balance":"99999999999999999999"}`, 422},
	{"worlds: USSD balance negative", "POST", "worlds", `{"ussd_balance":"-1"}`, 422},
	{"worlds: senders a string", "POST", "worlds", `{"senders":"A"}`, 422},
	{"worlds: senders of numbers", "POST", "worlds", `{"senders":[1]}`, 422},
	{"worlds: rate limit negative", "POST", "worlds", `{"rate_limit":-1}`, 422},
	{"worlds: rate limit a fraction", "POST", "worlds", `{"rate_limit":1.5}`, 422},
	{"worlds: rate limit a string", "POST", "worlds", `{"rate_limit":"1"}`, 422},
	{"worlds: unknown scope", "POST", "worlds", `{"scopes":["sms"]}`, 422},
	{"worlds: no IP range", "POST", "worlds", `{"allowed_ips":["10.0.0.0/33"]}`, 422},
	{"worlds: seed negative", "POST", "worlds", `{"seed":-1}`, 422},
	{"worlds: seed too large", "POST", "worlds", `{"seed":18446744073709551616}`, 422},
	{"worlds: a parameter", "POST", "worlds?seed=1", `{}`, 422},
	{"messages: unknown parameter", "GET", "messages?recipient=1", "", 422},
	{"messages: parameter in another case", "GET", "messages?To=1", "", 422},
	{"messages: parameter twice", "GET", "messages?to=1&to=2", "", 422},
	{"messages: after no number", "GET", "messages?after=x", "", 422},
	{"messages: after negative", "GET", "messages?after=-1", "", 422},
	{"messages: after a fraction", "GET", "messages?after=1.5", "", 422},
	{"messages: after too large", "GET", "messages?after=9223372036854775808", "", 422},
	{"messages: unknown channel", "GET", "messages?channel=fax", "", 422},
	{"messages: bad escape", "GET", "messages?to=%zz", "", 422},
	{"messages: semicolons", "GET", "messages?to=1;channel=sms", "", 422},
	{"wait: a body", "GET", "messages/wait", `{"timeout":"1s"}`, 422},
	{"wait: unknown parameter", "GET", "messages/wait?wait=1s", "", 422},
	{"wait: parameter twice", "GET", "messages/wait?timeout=1s&timeout=1s", "", 422},
	{"wait: timeout without unit", "GET", "messages/wait?timeout=5", "", 422},
	{"wait: timeout negative", "GET", "messages/wait?timeout=-1s", "", 422},
	{"wait: timeout too long", "GET", "messages/wait?timeout=5m1s", "", 422},
	{"wait: timeout no duration", "GET", "messages/wait?timeout=soon", "", 422},
	{"wait: after no number", "GET", "messages/wait?after=x&timeout=1s", "", 422},
	{"wait: unknown channel", "GET", "messages/wait?channel=fax&timeout=1s", "", 422},
	{"requests: a parameter", "GET", "requests?to=1", "", 422},
	{"deliveries: a parameter", "GET", "deliveries?status=failed", "", 422},
	{"replay: a body", "POST", "deliveries/dlv_1/replay", `{"times":2}`, 422},
	{"replay: not JSON", "POST", "deliveries/dlv_1/replay", `now`, 400},
	{"replay: a parameter", "POST", "deliveries/dlv_1/replay?at=1", ``, 422},
	{"faults: not JSON", "PUT", "faults", `[`, 400},
	{"faults: empty", "PUT", "faults", ``, 400},
	{"faults: trailing data", "PUT", "faults", `[] []`, 400},
	{"faults: a null", "PUT", "faults", `null`, 422},
	{"faults: an object", "PUT", "faults", `{}`, 422},
	{"faults: of nulls", "PUT", "faults", `[null]`, 422},
	{"faults: of strings", "PUT", "faults", `["any"]`, 422},
	{"faults: unknown op", "PUT", "faults", `[{"op":"sms","always":true,"effect":"reset"}]`, 422},
	{
		"faults: unknown effect", "PUT", "faults",
		`[{"op":"any","always":true,"effect":"explode"}]`, 422,
	},
	{
		"faults: unknown field", "PUT", "faults",
		`[{"op":"any","always":true,"effect":"reset","when":1}]`, 422,
	},
	{
		"faults: a field in another case", "PUT", "faults",
		`[{"Op":"any","always":true,"effect":"reset"}]`, 422,
	},
	{"faults: no when", "PUT", "faults", `[{"op":"any","effect":"reset"}]`, 422},
	{
		"faults: two whens", "PUT", "faults", `[{"op":"any","nth":1,"times":1,"effect":"reset"}]`,
		422,
	},
	{"faults: nth 0", "PUT", "faults", `[{"op":"any","nth":0,"effect":"reset"}]`, 422},
	{"faults: times negative", "PUT", "faults", `[{"op":"any","times":-1,"effect":"reset"}]`, 422},
	{"faults: nth a string", "PUT", "faults", `[{"op":"any","nth":"1","effect":"reset"}]`, 422},
	{
		"faults: delay without duration", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay"}]`, 422,
	},
	{
		"faults: duration without unit", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay","duration":"5"}]`, 422,
	},
	{
		"faults: duration negative", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay","duration":"-5s"}]`, 422,
	},
	{
		"faults: status without code", "PUT", "faults", `[{"op":"any","nth":1,"effect":"status"}]`,
		422,
	},
	{
		"faults: code out of range", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"status","code":99}]`, 422,
	},
	{
		"faults: a field of another effect", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"reset","code":500}]`, 422,
	},
	{
		"faults: bytes negative", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"truncate_body","bytes":-1}]`, 422,
	},
	{
		"faults: a delivery's effect on a call", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"webhook_lose"}]`, 422,
	},
	{
		"faults: a call's effect on deliveries", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"lose_reply"}]`, 422,
	},
	{
		"faults: a delivery delayed by nothing", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"webhook_delay"}]`, 422,
	},
	{
		"faults: a delivery lost for a time", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"webhook_lose","duration":"1s"}]`, 422,
	},
	{
		"faults: hits given", "PUT", "faults", `[{"op":"any","nth":1,"effect":"reset","hits":1}]`,
		422,
	},
	{
		"faults: the second rule wrong", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"reset"},{"op":"any","nth":1,"effect":"x"}]`, 422,
	},
	{"clock: not JSON", "POST", "clock/advance", `5m`, 400},
	{"clock: empty", "POST", "clock/advance", ``, 400},
	{"clock: no duration", "POST", "clock/advance", `{}`, 422},
	{"clock: duration null", "POST", "clock/advance", `{"duration":null}`, 422},
	{"clock: duration empty", "POST", "clock/advance", `{"duration":""}`, 422},
	{"clock: duration a number", "POST", "clock/advance", `{"duration":5}`, 422},
	{"clock: duration without unit", "POST", "clock/advance", `{"duration":"5"}`, 422},
	{"clock: duration negative", "POST", "clock/advance", `{"duration":"-1s"}`, 422},
	{"clock: duration too long", "POST", "clock/advance", `{"duration":"876001h"}`, 422},
	{"clock: duration overflows", "POST", "clock/advance", `{"duration":"9999999999h"}`, 422},
	{"clock: unknown field", "POST", "clock/advance", `{"duration":"1s","to":"now"}`, 422},
	{"account: not JSON", "PATCH", "account", `{"balance":}`, 400},
	{"account: empty", "PATCH", "account", ``, 400},
	{"account: trailing data", "PATCH", "account", `{"balance":"1"} x`, 400},
	{"account: a null", "PATCH", "account", `null`, 422},
	{"account: an array", "PATCH", "account", `["balance"]`, 422},
	{"account: unknown field", "PATCH", "account", `{"balance":"1","currency":"GHS"}`, 422},
	{"account: a field in another case", "PATCH", "account", `{"Spend_Limit":{}}`, 422},
	{"account: balance a number", "PATCH", "account", `{"balance":1}`, 422},
	{"account: balance null", "PATCH", "account", `{"balance":null}`, 422},
	{"account: balance no amount", "PATCH", "account", `{"balance":"1e3"}`, 422},
	{"account: USSD balance a number", "PATCH", "account", `{"ussd_balance":1}`, 422},
	{"account: senders null", "PATCH", "account", `{"senders":null}`, 422},
	{"account: rate limit negative", "PATCH", "account", `{"balance":"1","rate_limit":-1}`, 422},
	{"account: no IP range", "PATCH", "account", `{"balance":"1","allowed_ips":["x"]}`, 422},
	{
		"account: unknown period", "PATCH", "account",
		`{"balance":"1","spend_limit":{"period":"weekly","amount":"1"}}`, 422,
	},
	{"account: spend limit empty", "PATCH", "account", `{"spend_limit":{}}`, 422},
	{
		"account: spend limit without amount", "PATCH", "account",
		`{"spend_limit":{"period":"daily"}}`, 422,
	},
	{
		"account: unknown field within", "PATCH", "account",
		`{"spend_limit":{"period":"daily","amount":"1","currency":"GHS"}}`, 422,
	},
	{"account: spend limit a string", "PATCH", "account", `{"spend_limit":"1"}`, 422},
	{"tokens: not JSON", "POST", "tokens", `{"scopes":[}`, 400},
	{"tokens: empty", "POST", "tokens", ``, 400},
	{"tokens: no scopes", "POST", "tokens", `{}`, 422},
	{"tokens: scopes null", "POST", "tokens", `{"scopes":null}`, 422},
	{"tokens: scopes a string", "POST", "tokens", `{"scopes":"*"}`, 422},
	{"tokens: unknown scope", "POST", "tokens", `{"scopes":["*","sms"]}`, 422},
	{"tokens: unknown field", "POST", "tokens", `{"scopes":[],"name":"x"}`, 422},
	{"reset: a body", "POST", "reset", `{"hard":true}`, 422},
	{"reset: not JSON", "POST", "reset", `hard`, 400},
	{"reset: a parameter", "POST", "reset?hard=1", ``, 422},
	{"not UTF-8 in a name", "PATCH", "account", "{\"balance\xff\":\"1\"}", 422},
	{
		"nested without end", "PUT", "faults",
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), 400,
	},
	{"nested deep", "PUT", "faults", strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), 422},
	{
		"worlds: over the limit", "POST", "worlds",
		`{"balance":"` + strings.Repeat("1", maxBody) + `"}`, 413,
	},
	{
		"tokens: over the limit", "POST", "tokens",
		`{"scopes":["` + strings.Repeat("1", maxBody) + `"]}`, 413,
	},
	{"reset: over the limit", "POST", "reset", strings.Repeat(" ", maxBody+1), 413},
	{
		"a body over the limit", "PATCH", "account",
		`{"balance":"` + strings.Repeat("1", maxBody) + `"}`, 413,
	},
}

func TestABadControlCallChangesNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range badCalls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own := *p
			own.t = t
			w := own.world(`{"senders":["KEPT"]}`)
			w.fault(`{"op":"any","nth":7,"effect":"lose_reply"}`)
			before := w.state()
			got := w.call(c.method, "/_fake/"+c.path, c.body)
			got.refused(c.status, "invalid_request")
			require.NotContains(t, got.body, "main.")
			require.Equal(t, before, w.state())
		})
	}
}

// controlRoutes are all routes of the control API that need a token.
var controlRoutes = []string{
	"GET /_fake/messages", "GET /_fake/messages/wait", "GET /_fake/events", "GET /_fake/requests",
	"GET /_fake/account", "PATCH /_fake/account", "GET /_fake/faults", "PUT /_fake/faults",
	"DELETE /_fake/faults", "POST /_fake/tokens", "DELETE /_fake/tokens/x",
	"POST /_fake/clock/advance", "POST /_fake/reset",
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
		"GET /_fake/worlds":              "POST",
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
		require.Len(t, b, 2)
		require.NotEmpty(t, b["behaviour"])
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
