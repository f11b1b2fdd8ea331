package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// statuses are those of a page of calls.
func (r response) statuses() (all []float64) {
	r.t.Helper()
	for _, row := range r.object()["rows"].([]any) {
		all = append(all, row.(map[string]any)["status"].(float64))
	}
	return all
}

func TestCallsAreNarrowedForThePage(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(oneSMS)
	p.call(http.MethodPost, "/v1/sms/send",
		`{"recipients":["+233209990001"],"sender":"NOBODY","message":"Hi"}`)
	p.call(http.MethodPost, "/v1/otp/send", misspelt)
	p.fault(`{"op":"balance_get","nth":1,"effect":"status","code":503}`)
	p.get("/v1/balance")
	all := p.get("/inbox/requests")
	require.Equal(t, []float64{503, 201, 422, 202}, all.statuses())
	all.has(`{"total":4,"newer":0}`)
	for query, want := range map[string][]float64{
		"op=sms_send":                     {422, 202},
		"status=4xx":                      {422},
		"status=201":                      {201},
		"violation=1":                     {201},
		"fault=1":                         {503},
		"contains=NOBODY":                 {422},
		"contains=did+you+mean":           {201},
		"op=otp_send&status=4xx":          nil,
		"limit=1":                         {503},
		"op=sms_send&contains=sms%2Fsend": {422, 202},
	} {
		require.Equal(t, want, p.get("/inbox/requests?"+query).statuses(), query)
	}
	require.Nil(t, p.get("/inbox/requests?op=sms_send").object()["total"])
	second := all.object()["rows"].([]any)[2].(map[string]any)["id"].(float64)
	p.get(fmt.Sprintf("/inbox/requests?seen=%.0f", second)).has(`{"newer":2}`)
	p.get(fmt.Sprintf("/inbox/requests?cleared=%.0f", second)).has(`{"total":2}`)
	for _, query := range []string{"op=sms_sent", "status=9", "fault=yes", "before=x"} {
		p.get("/inbox/requests?"+query).refused(http.StatusUnprocessableEntity, "invalid_request")
	}
}

func TestACallHasItsMessagesAndItsScope(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(`{"recipients":["+233209990001","+233209990002"],"sender":"HELLIO","message":"Hi"}`)
	id := p.get("/_fake/requests").list()[0]["id"]
	got := p.get(fmt.Sprintf("/inbox/requests/%.0f", id))
	got.has(`{"all":2}`)
	require.Len(t, got.object()["made"], 2)
	call := got.object()["call"].(map[string]any)
	require.Equal(t, []any{"sms:send", "sms_send", id}, []any{call["scope"], call["op"], call["id"]})
	require.NotContains(t, got.body, p.token)
	require.JSONEq(t, "null", p.get("/inbox/requests/1").body, "it has left")
	p.get("/inbox/requests/x").refused(http.StatusNotFound, "not_found")
}

func TestTheAccountHasWindowsTokensAndPeople(t *testing.T) {
	t.Parallel()
	p := start(t).world(`{"login":{"email":"ama@example.com","password":"secret-1","name":"Ama"}}`)
	issued := p.call(http.MethodPost, "/_fake/tokens", `{"scopes":["otp"]}`).object()["token"]
	p.send(oneSMS)
	p.call(http.MethodPost, "/v1/otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO"}`)
	got := p.get("/inbox/account")
	account := got.object()
	require.Equal(t, "0.0620", account["spent"])
	require.Equal(t, "0.0620", account["wallet"].(map[string]any)["reserved"])
	require.EqualValues(t, 9, account["otp"].([]any)[0].(map[string]any)["left"])
	tokens := account["tokens"].([]any)
	own, other := tokens[0].(map[string]any), tokens[1].(map[string]any)
	require.Equal(t, []any{p.token, true}, []any{own["token"], own["own"]})
	require.EqualValues(t, 118, own["window"].(map[string]any)["left"])
	require.Equal(t, []any{issued, []any{"otp"}}, []any{other["token"], other["scopes"]})
	require.Contains(t, got.body, "ama@example.com")
	require.NotContains(t, got.body, "secret-1")
	p.call(http.MethodDelete, "/_fake/tokens/"+issued.(string), "")
	require.Len(t, p.get("/inbox/account").object()["tokens"], 1)
	p.call(http.MethodDelete, "/_fake/tokens/"+p.token, "")
	own = p.get("/inbox/account").object()["tokens"].([]any)[0].(map[string]any)
	require.Equal(t, true, own["revoked"])
}

func TestThePageGetsWebhooksWithTheirDeliveries(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.JSONEq(t, "[]", p.get("/inbox/webhooks").body)
	p.call(http.MethodPost, "/v1/webhooks", `{"url":"http://127.0.0.1:9/hook"}`)
	for range maxDeliveries + 1 {
		p.send(oneSMS)
	}
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"24h"}`)
	hook := p.get("/inbox/webhooks").list()[0]
	require.Len(t, hook["deliveries"], maxDeliveries)
	require.Equal(t, false, hook["webhook"].(map[string]any)["active"])
	failed := hook["counts"].(map[string]any)["failed"]
	require.EqualValues(t, maxDeliveries+1, failed)
	id := hook["webhook"].(map[string]any)["id"]
	newest := p.get("/_fake/messages").list()[0]["id"]
	require.Equal(t, []any{id}, p.get(fmt.Sprintf("/inbox/messages/%.0f", newest)).object()["disabled"])
}
