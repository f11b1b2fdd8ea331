package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// badCall is a call of the control API that must change nothing.
type badCall struct {
	name, method, path, body string
	status                   int
}

// badCalls are those but of faults.
var badCalls = []badCall{
	{"worlds: not JSON", "POST", "worlds", `{`, 400},
	{"worlds: trailing data", "POST", "worlds", `{}{}`, 400},
	{"worlds: a null", "POST", "worlds", `null`, 422},
	{"worlds: an array", "POST", "worlds", `[1]`, 422},
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
	{"worlds: OTP limit negative", "POST", "worlds", `{"otp_limit":-1}`, 422},
	{"worlds: OTP limit a fraction", "POST", "worlds", `{"otp_limit":0.5}`, 422},
	{"worlds: OTP limit a string", "POST", "worlds", `{"otp_limit":"10"}`, 422},
	{"worlds: rate limit a boolean", "POST", "worlds", `{"rate_limit":true}`, 422},
	{"worlds: name a number", "POST", "worlds", `{"name":1}`, 422},
	{"worlds: name too long", "POST", "worlds", `{"name":"` + strings.Repeat("é", 101) + `"}`, 422},
	{"worlds: name with a line end", "POST", "worlds", `{"name":"a\nb"}`, 422},
	{"worlds: login empty", "POST", "worlds", `{"login":{}}`, 422},
	{"worlds: login a string", "POST", "worlds", `{"login":"ama@example.com"}`, 422},
	{
		"worlds: login without a password", "POST", "worlds",
		`{"login":{"email":"ama@example.com","name":"Ama"}}`, 422,
	},
	{
		"worlds: unknown field of a login", "POST", "worlds",
		`{"login":{"email":"ama@example.com","password":"p","mail":"x"}}`, 422,
	},
	{"delete: a body", "DELETE", "worlds", `{"token":"x"}`, 422},
	{"delete: not JSON", "DELETE", "worlds", `x`, 400},
	{"delete: a parameter", "DELETE", "worlds?token=x", ``, 422},
	{"delete: over the limit", "DELETE", "worlds", strings.Repeat(" ", maxBody+1), 413},
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
	{"messages: limit 0", "GET", "messages?limit=0", "", 422},
	{"messages: limit negative", "GET", "messages?limit=-1", "", 422},
	{"messages: limit empty", "GET", "messages?limit=", "", 422},
	{"messages: limit no number", "GET", "messages?limit=ten", "", 422},
	{"messages: limit too large", "GET", "messages?limit=9223372036854775808", "", 422},
	{"wait: a limit", "GET", "messages/wait?limit=1", "", 422},
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
	{"requests: limit 0", "GET", "requests?limit=0", "", 422},
	{"requests: limit empty", "GET", "requests?limit=", "", 422},
	{"requests: limit a fraction", "GET", "requests?limit=1.5", "", 422},
	{"requests: after no number", "GET", "requests?after=x", "", 422},
	{"requests: after negative", "GET", "requests?after=-1", "", 422},
	{"requests: after twice", "GET", "requests?after=1&after=2", "", 422},
	{"violations: a parameter", "GET", "violations?limit=1", "", 422},
	{"webhooks: a parameter", "GET", "webhooks?active=true", "", 422},
	{"enable: a body", "POST", "webhooks/1/enable", `{"active":true}`, 422},
	{"enable: not JSON", "POST", "webhooks/1/enable", `now`, 400},
	{"replay: unknown effect", "POST", "deliveries/dlv_1/replay", `{"effect":"webhook_lose"}`, 422},
	{"replay: effect a number", "POST", "deliveries/dlv_1/replay", `{"effect":1}`, 422},
	{"deliveries: a parameter", "GET", "deliveries?status=failed", "", 422},
	{"replay: a body", "POST", "deliveries/dlv_1/replay", `{"times":2}`, 422},
	{"replay: not JSON", "POST", "deliveries/dlv_1/replay", `now`, 400},
	{"replay: a parameter", "POST", "deliveries/dlv_1/replay?at=1", ``, 422},
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
	{"account: OTP limit negative", "PATCH", "account", `{"balance":"1","otp_limit":-1}`, 422},
	{"account: OTP limit a string", "PATCH", "account", `{"otp_limit":"1"}`, 422},
	{"account: OTP limit null", "PATCH", "account", `{"otp_limit":null}`, 422},
	{"account: login null", "PATCH", "account", `{"login":null}`, 422},
	{"account: a name", "PATCH", "account", `{"name":"mine"}`, 422},
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
	for _, c := range slices.Concat(badCalls, badFaults) {
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
