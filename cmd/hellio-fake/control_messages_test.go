package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// texts gives the texts of the messages of an answer.
func (r response) texts() []string {
	r.t.Helper()
	texts := []string{}
	for _, m := range r.list() {
		texts = append(texts, m["message"].(string))
	}
	return texts
}

func TestMessagesAreListedNewestFirstAsTheAPIShowsThem(t *testing.T) {
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
	p.send(`{"recipients":["+233209990001","+233209990002"],"sender":"HELLIO","message":"Hello & bye"}`)
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

func TestAMessageIsShownAsTextWhateverItHolds(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(`{"recipients":["+233209990001"],"sender":"HELLIO","message":"<script>alert(1)</script>"}`)
	got := p.get("/_fake/messages")
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.NotContains(t, got.body, "<script>")
	require.Equal(t, []string{"<script>alert(1)</script>"}, got.texts())
}

func TestRequestsAreListedOldestFirstWithWhatWasSentAndAnswered(t *testing.T) {
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
	require.Equal(t, map[string]any{
		"method": "POST", "path": "/v1/sms/send", "status": 202.0, "idempotency_key": "key-1", "request_body": oneSMS, "response_body": sent.body,
	}, calls[0])
	require.Equal(t, "/v1/messages", calls[1]["path"], "without the query")
	require.Nil(t, calls[1]["idempotency_key"])
	require.Contains(t, calls[1], "idempotency_key")
	require.Empty(t, calls[1]["request_body"])
	require.Equal(t, `"{`, calls[2]["request_body"])
	require.EqualValues(t, http.StatusNotFound, calls[2]["status"])
	require.Len(t, calls, 3)
}
