package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// texts returns the texts of the messages of an answer.
func (r response) texts() []string {
	r.t.Helper()
	texts := []string{}
	for _, m := range r.list() {
		texts = append(texts, m["message"].(string))
	}
	return texts
}

func TestMessagesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, "[]", p.get("/_fake/messages").body)
	for _, text := range []string{"one", "two", "three"} {
		p.send(`{"recipients":["+233209990001"],"sender":"HELLIO","message":"` + text + `"}`)
	}
	require.Equal(t, []string{"three", "two", "one"}, p.get("/_fake/messages").texts())
	var page struct{ Data []map[string]any }
	p.get("/v1/messages").into(&page)
	require.Equal(t, page.Data, p.get("/_fake/messages").list())
}

func TestMessagesAreFilteredByEachParameter(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(`{"recipients":["+233209990001"],"sender":"HELLIO","message":"Your code is 1"}`)
	first := p.get("/_fake/messages").list()[0]["id"]
	p.send(`{"recipients":["+233209990001","+233209990002"],"sender":"HELLIO",` +
		`"message":"Hello & bye"}`)
	for query, want := range map[string][]string{
		"":                                 {"Hello & bye", "Hello & bye", "Your code is 1"},
		"to=&contains=&channel=&after=":    {"Hello & bye", "Hello & bye", "Your code is 1"},
		"to=233209990002":                  {"Hello & bye"},
		"to=%2B233209990002":               {"Hello & bye"},
		"to=+233209990002":                 {"Hello & bye"},
		"to=233209990003":                  {},
		"to=nobody@example.com":            {},
		"contains=code":                    {"Your code is 1"},
		"contains=" + url.QueryEscape("&"): {"Hello & bye", "Hello & bye"},
		"contains=CODE":                    {},
		"channel=sms&contains=code":        {"Your code is 1"},
		"channel=email":                    {},
		"channel=voice":                    {},
		fmt.Sprintf("after=%.0f", first):   {"Hello & bye", "Hello & bye"},
		"after=0&to=233209990001":          {"Hello & bye", "Your code is 1"},
		"after=9223372036854775807":        {},
	} {
		got := p.get("/_fake/messages?" + query)
		require.Equal(t, http.StatusOK, got.status, query)
		require.Equal(t, want, got.texts(), query)
	}
}

func TestAMessageIsShownAsText(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(`{"recipients":["+233209990001"],"sender":"HELLIO",` +
		`"message":"<script>alert(1)</script>"}`)
	got := p.get("/_fake/messages")
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.NotContains(t, got.body, "<script>")
	require.Equal(t, []string{"<script>alert(1)</script>"}, got.texts())
}

func TestRequestsAreListedOldestFirst(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, "[]", p.get("/_fake/requests").body)
	keyed := p.request(http.MethodPost, "/v1/sms/send", oneSMS)
	keyed.Header.Set("Idempotency-Key", "key-1")
	sent, err := p.try(keyed)
	require.NoError(t, err)
	p.get("/v1/messages?per_page=1")
	p.call(http.MethodPost, "/v1/nothing", `"{`)

	calls := p.get("/_fake/requests").list()
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`, calls[0]["at"])
	delete(calls[0], "at")
	require.Equal(t, map[string]any{
		"id":              1001.0,
		"op":              "sms_send",
		"method":          "POST",
		"path":            "/v1/sms/send",
		"query":           "",
		"status":          202.0,
		"error":           nil,
		"idempotency_key": "key-1",
		"replayed":        false,
		"fault":           nil,
		"charge":          "0.0310",
		"violations":      []any{},
		"request_body":    oneSMS,
		"request_size":    float64(len(oneSMS)),
		"response_body":   sent.body,
		"response_size":   float64(len(sent.body)),
	}, calls[0])
	require.Equal(t, "per_page=1", calls[1]["query"])
	require.Nil(t, calls[2]["op"])
	require.Equal(t, "not_found", calls[2]["error"])
	require.Equal(t, []any{"the API has no such route"}, calls[2]["violations"])
	require.Equal(t, "/v1/messages", calls[1]["path"], "without the query")
	require.Nil(t, calls[1]["idempotency_key"])
	require.Contains(t, calls[1], "idempotency_key")
	require.Empty(t, calls[1]["request_body"])
	require.Equal(t, `"{`, calls[2]["request_body"])
	require.EqualValues(t, http.StatusNotFound, calls[2]["status"])
	require.Len(t, calls, 3)
}

func TestViolationsAreListedOncePerCall(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, "[]", p.get("/_fake/violations").body)
	for range 2 {
		p.call(http.MethodPost, "/v1/otp/send",
			`{"mobile_number":"+233209990001","sender":"HELLIO","expires":10}`)
	}
	all := p.get("/_fake/violations").list()
	require.Len(t, all, 1)
	require.Equal(t,
		[]any{
			"body.expires: the API knows no such field; did you mean expiry?", "POST",
			"/v1/otp/send",
		},
		[]any{all[0]["text"], all[0]["method"], all[0]["path"]})
	require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, "/_fake/reset", "").status)
	require.Equal(t, "[]", p.get("/_fake/violations").body)
}

func TestAWebhookIsListedAndEnabled(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, "[]", p.get("/_fake/webhooks").body)
	v := &receiver{refuse: 99}
	id, secret := p.subscribe(v)
	for range 10 {
		p.send(oneSMS)
	}
	p.advance("1h")
	hook := p.get("/_fake/webhooks").list()[0]
	require.Equal(t, []any{id, secret, false, 10.0, "it answered 500"},
		[]any{
			hook["id"], hook["secret"], hook["active"], hook["failure_count"], hook["last_error"],
		})
	enabled := p.call(http.MethodPost, fmt.Sprintf("/_fake/webhooks/%v/enable", id), "")
	require.Equal(t, http.StatusOK, enabled.status)
	require.Equal(t, []any{true, 0.0, "it answered 500"},
		[]any{
			enabled.object()["active"], enabled.object()["failure_count"],
			enabled.object()["last_error"],
		})
	for _, unknown := range []string{"7", "x", "99999999999999999999"} {
		p.call(http.MethodPost, "/_fake/webhooks/"+unknown+"/enable", "").refused(
			http.StatusNotFound, "not_found")
	}
	p.world(`{}`).call(http.MethodPost, fmt.Sprintf("/_fake/webhooks/%v/enable", id), "").refused(
		http.StatusNotFound, "not_found")
}
