package main

import (
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// misspelt is a call with a field that the API does not know.
const misspelt = `{"mobile_number":"+233209990001","sender":"HELLIO","expires":10}`

func TestAPathWithoutV1IsExplainedAndViolates(t *testing.T) {
	t.Parallel()
	p := start(t)
	for path, c := range map[string]struct{ says, violation string }{
		"/sms/send": {
			"The route could not be found: the API is below /v1. Does the base URL lack /v1?",
			"the API has no such route: it begins at /v1; is that missing from the base URL?",
		},
		"/v2/balance": {
			"The route could not be found: the API is below /v1. Does the base URL lack /v1?",
			"the API has no such route: it begins at /v1",
		},
		"/v1/v1/sms/send": {
			"The route could not be found: the path has /v1 twice. Does the base URL have one?",
			"the API has no such route: /v1 is there twice; does the base URL have one?",
		},
	} {
		w := p.world(`{}`)
		got := w.call(http.MethodPost, path, oneSMS)
		got.refused(http.StatusNotFound, "not_found")
		require.Equal(t, c.says, got.object()["message"])
		all := w.get("/_fake/violations").list()
		require.Len(t, all, 1)
		require.Equal(t, []any{c.violation, "POST", path},
			[]any{all[0]["text"], all[0]["method"], all[0]["path"]})
		calls := w.get("/_fake/requests").list()
		require.Equal(t, []any{c.violation}, calls[0]["violations"])

		stranger := p.as("unknown").call(http.MethodPost, path, oneSMS)
		stranger.refused(http.StatusNotFound, "not_found")
		require.Equal(t, c.says, stranger.object()["message"])
	}
	require.Equal(t, "[]", p.get("/_fake/violations").body)
}

func TestAnUnknownControlRouteIsNoViolation(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.get("/_fake/mesages").refused(http.StatusNotFound, "not_found")
	p.get("/inbox/static/none.js").refused(http.StatusNotFound, "not_found")
	require.Equal(t, "[]", p.get("/_fake/violations").body)
	require.Empty(t, p.get("/_fake/requests").list())
}

// correctCalls are what the vendor's SDKs, plugins and samples send, and what
// their HTTP libraries add.
var correctCalls = []struct{ method, path, body string }{
	{
		"POST", "sms/send",
		`{"recipients":["+233 20 999 0001"],"sender":"HellioSMS","message":"Hi","gateway":null}`,
	},
	{"POST", "sms/send", `{"recipients":"+233209990001,+233209990002","sender":"HELLIO","message":"Hi"}`},
	{
		"POST", "otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO","channel":"sms",` +
			`"length":6,"expiry":5,"purpose":"login","gateway":null,"email":null}`,
	},
	{"POST", "otp/send", `{"email":"ama@example.com","channel":"email"}`},
	{"POST", "otp/verify", `{"mobile_number":"+233209990001","code":"000000"}`},
	{"POST", "webhooks", `{"url":"https://example.com/hook","events":["message.delivered"]}`},
	{"POST", "webhooks", `{"url":"https://example.com/hook"}`},
	{"POST", "lookup", `{"numbers":["+233209990001"],"scheduled_at":null}`},
	{"POST", "lookup", `{"numbers":"+233209990001\r\n+233209990002"}`},
	{
		"POST", "voice/send", `{"recipients":["+233209990001"],"text":"Hi","name":null,` +
			`"caller_id":"HELLIO","voice":"nova"}`,
	},
	{
		"POST", "auth/token", `{"email":"ama@example.com","password":"pw","device_name":"shop",` +
			`"two_factor_code":null}`,
	},
	{"POST", "ussd/apps", `{"name":"Menu","callback_url":"https://example.com/ussd","active":true}`},
	{"PUT", "ussd/apps/1", `{"active":true}`},
	{"POST", "ussd/apps/1/mode", `{"mode":"live"}`},
	{"POST", "ussd/extensions", `{"code":123,"app_id":null,"short_code":null}`},
	{"GET", "ussd/pricing/availability?code=123", ``},
	{"GET", "ussd/sessions?status=active&cursor=&per_page=10", ``},
	{
		"POST", "ussd/simulate",
		`{"app_id":"1","msisdn":"+233209990001","input":null,"new_session":true,"service_code":null}`,
	},
	{"POST", "email/verify", `{"emails":["ama@example.com"]}`},
	{"GET", "messages?status=&cursor=&per_page=50", ``},
	{"GET", "messages", ``},
	{"GET", "campaigns?per_page=200", ``},
	{"GET", "balance", ``},
	{"GET", "pricing", ``},
	{"GET", "ussd/apps", ``},
	{"GET", "messages/1", ``},
	{"DELETE", "webhooks/1", ``},
	{"DELETE", "webhooks/1", `{}`},
	{"POST", "ussd/apps/1/rotate-secret", `{"mode":"test"}`},
	// refusals that a correct client can meet
	{"POST", "sms/send", `{"recipients":["+233209990001"],"sender":"NOBODY","message":"Hi"}`},
	{"POST", "sms/send", `{"recipients":["1"],"sender":"HELLIO","message":"Hi"}`},
	{
		"POST", "sms/send", `{"recipients":["+233209990001"],"sender":"HELLIO","message":"` +
			strings.Repeat("x", 2000) + `"}`,
	},
	{"POST", "sms/send", `{"recipients":[],"sender":"","message":""}`},
}

func TestACorrectClientViolatesNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range correctCalls {
		w := p.world(loginSpec)
		req := w.request(c.method, "/v1/"+c.path, c.body)
		for name, value := range map[string]string{
			"X-Hellio-Client": "php/1.2.0", "Traceparent": "00-x", "Accept": "application/json",
			"Idempotency-Key": "key-1", "X-Unknown": "1", "Content-Type": "application/json; charset=utf-8",
		} {
			req.Header.Set(name, value)
		}
		_, err := w.try(req)
		require.NoError(t, err)
		require.Len(t, w.get("/_fake/requests").list(), 1)
		require.Equal(t, "[]", w.get("/_fake/violations").body, "%s %s %s", c.method, c.path, c.body)
	}
}

func TestAViolationIsMarkedInTheInbox(t *testing.T) {
	t.Parallel()
	p := start(t)
	const sentence = "body.expires: the API knows no such field; did you mean expiry?"
	p.send(oneSMS)
	require.Nil(t, p.get("/inbox/state").object()["refused"])
	p.call(http.MethodPost, "/v1/otp/send", misspelt)
	list := p.get("/inbox/messages").object()
	messages := list["rows"].([]any)
	require.Len(t, messages, 2)
	id := messages[0].(map[string]any)["id"]
	require.Equal(t, []any{id}, list["violating"])
	call := p.get("/inbox/state").object()["refused"].(map[string]any)
	require.Equal(t, []any{sentence}, call["violations"])
	require.EqualValues(t, http.StatusCreated, call["status"])
	detail := p.get(fmt.Sprintf("/inbox/messages/%.0f", id)).object()
	require.Equal(t, []any{sentence}, detail["request"].(map[string]any)["violations"])
	p.send(oneSMS)
	require.NotNil(t, p.get("/inbox/state").object()["refused"], "another operation")
	p.call(http.MethodPost, "/v1/otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO"}`)
	require.Nil(t, p.get("/inbox/state").object()["refused"])
}

func TestStderrCountsViolationsWithoutQuotingThem(t *testing.T) {
	t.Parallel()
	p := start(t)
	w := p.world(`{"name":"TestLogin"}`)
	for range 2 {
		w.call(http.MethodPost, "/v1/otp/send", misspelt)
	}
	require.Equal(t,
		"hellio-fake: world 2: 1 violation; GET /_fake/violations lists them\n", p.stderr.String())
}

func TestViolationsAreCountedOncePerMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out safeBuffer
		var count atomic.Int64
		v := violationNote{errors: log.New(&out, "", 0), world: 2}
		seen := 0
		said := func() string {
			synctest.Wait()
			text := out.String()[seen:]
			seen += len(text)
			return text
		}
		look := func(n int64) string {
			count.Store(n)
			v.look(func() int { return int(count.Load()) })
			return said()
		}
		line := func(n string) string { return "world 2: " + n + "; GET /_fake/violations lists them\n" }
		require.Empty(t, look(0))
		require.Equal(t, line("1 violation"), look(1))
		require.Empty(t, look(2))
		require.Empty(t, look(3))
		time.Sleep(noteEvery)
		require.Equal(t, line("3 violations"), said(), "what came meanwhile")
		time.Sleep(noteEvery)
		require.Empty(t, look(3), "no more have come")
		require.Empty(t, look(0), "a reset")
		require.Equal(t, line("1 violation"), look(1))
		require.Empty(t, look(9))
		v.end()
		time.Sleep(2 * noteEvery)
		require.Empty(t, look(10))
		var silent violationNote
		silent.look(func() int { return 1 })
	})
}
