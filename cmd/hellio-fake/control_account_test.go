package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheAccountIsChangedFieldByField(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct{ change, account string }{
		{`{}`, defaultAccount},
		{
			`{"balance":"0.031"}`,
			`{"balance":"0.0310","senders":["HELLIO","ACME","HellioSMS"],"rate_limit":120,` +
				`"allowed_ips":[],"spend_limit":null}`,
		},
		{`{"ussd_balance":"12"}`, `{"balance":"0.0310","ussd_balance":"12.0000"}`},
		{
			`{"senders":["X"]}`,
			`{"balance":"0.0310","senders":["X"],"rate_limit":120,"allowed_ips":[],` +
				`"spend_limit":null}`,
		},
		{
			`{"rate_limit":0}`,
			`{"balance":"0.0310","senders":["X"],"rate_limit":0,"allowed_ips":[],` +
				`"spend_limit":null}`,
		},
		{
			`{"allowed_ips":["127.0.0.0/8"]}`,
			`{"balance":"0.0310","senders":["X"],"rate_limit":0,"allowed_ips":["127.0.0.0/8"],` +
				`"spend_limit":null}`,
		},
		{
			`{"spend_limit":{"period":"monthly","amount":"5"},"senders":[]}`,
			`{"balance":"0.0310","senders":[],"rate_limit":0,"allowed_ips":["127.0.0.0/8"],` +
				`"spend_limit":{"period":"monthly","amount":"5.0000"}}`,
		},
		{
			`{"spend_limit":null,"allowed_ips":[]}`,
			`{"balance":"0.0310","senders":[],"rate_limit":0,"allowed_ips":[],"spend_limit":null}`,
		},
	} {
		got := p.call(http.MethodPatch, "/_fake/account", c.change)
		require.Equal(t, http.StatusOK, got.status, got.body)
		got.has(c.account, c.change)
		require.Equal(t, got.body, p.get("/_fake/account").body)
	}
}

func TestAChangedAccountActsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.call(http.MethodPatch, "/_fake/account", `{"balance":"0"}`)
	p.call(http.MethodPost, "/v1/sms/send", oneSMS).refused(http.StatusPaymentRequired,
		"insufficient_balance")
	p.call(http.MethodPatch, "/_fake/account", `{"balance":"1","senders":["ACME"]}`)
	p.call(http.MethodPost, "/v1/sms/send", oneSMS).refused(http.StatusUnprocessableEntity,
		"sender_not_approved")
	p.call(http.MethodPatch, "/_fake/account",
		`{"senders":["HELLIO"],"spend_limit":{"period":"daily","amount":"0.01"}}`)
	p.call(http.MethodPost, "/v1/sms/send", oneSMS).refused(http.StatusForbidden,
		"spend_limit_exceeded")
	p.call(http.MethodPatch, "/_fake/account", `{"spend_limit":null,"rate_limit":1}`)
	p.call(http.MethodPost, "/v1/sms/send", oneSMS).refused(http.StatusTooManyRequests, "throttled")
	p.call(http.MethodPatch, "/_fake/account", `{"rate_limit":120}`)
	p.send(oneSMS)
}
