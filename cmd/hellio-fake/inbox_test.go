package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheInboxTrustsItsOwnFilesOnly(t *testing.T) {
	t.Parallel()
	p := start(t).as("")
	for path, kind := range map[string]string{
		"/": "text/html",
		"/?world=2&to=%2B233&contains=x&channel=sms&view=faults&id=7&after=3": "text/html",
		"/?view=requests&op=otp_send&status=4xx&violation=1&fault=1&follow=0": "text/html",
		"/inbox/static/app.js":    "text/javascript",
		"/inbox/static/pages.css": "text/css",
		"/inbox/static/inbox.css": "text/css",
		"/inbox/static/icon.svg":  "image/svg+xml",
	} {
		got := p.get(path)
		require.Equal(t, http.StatusOK, got.status, path)
		require.Equal(t, kind+"; charset=utf-8", got.header.Get("Content-Type"))
		require.Equal(t, inboxPolicy, got.header.Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", got.header.Get("Referrer-Policy"))
		require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		require.Equal(t, "same-origin", got.header.Get("Cross-Origin-Opener-Policy"))
		require.Equal(t, "same-origin", got.header.Get("Cross-Origin-Resource-Policy"))
		require.NotEmpty(t, got.body)
	}
	for _, path := range []string{
		"/inbox", "/inbox/", "/inbox/static/", "/inbox/static/none.js",
		"/inbox/static/..%2fmain.go", "/inbox/static/%2e%2e", "/inbox/static/web%2Fapp.js",
	} {
		p.get(path).refused(http.StatusNotFound, "not_found")
	}
	p.get("/?token=x").refused(http.StatusUnprocessableEntity, "invalid_request")
	p.call(http.MethodPost, "/", "").refused(http.StatusMethodNotAllowed, "method_not_allowed")
}

func TestThePageHoldsNothingThatItsPolicyForbids(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|innerHTML|outerHTML|` +
		`insertAdjacentHTML|document\.write|\beval\(`)
	address := regexp.MustCompile(`https?://[a-z0-9.-]+`)
	allowed := []string{"http://www.w3.org", "http://127.0.0.1"} // a name space, and an example
	files, err := fs.Glob(web, "web/*")
	require.NoError(t, err)
	require.Greater(t, len(files), 5)
	for _, file := range files {
		text, err := web.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, inline.FindString(string(text)), file)
		for _, found := range address.FindAllString(string(text), -1) {
			require.Contains(t, allowed, found, file)
		}
	}
}

func TestOnlyThePageIsToldOfTheWorlds(t *testing.T) {
	t.Parallel()
	p := start(t)
	second := p.world(`{"name":" TestLogin/expired "}`)
	got := p.as("").get("/inbox/worlds").list()
	view := func(number int, token, name string, first bool) map[string]any {
		return map[string]any{
			"number":    float64(number),
			"token":     token,
			"name":      name,
			"first":     first,
			"messages":  0.0,
			"requests":  0.0,
			"last_call": nil,
		}
	}
	require.Equal(t, []map[string]any{
		view(1, p.token, "", true),
		view(2, second.token, "TestLogin/expired", false),
	}, got)
	second.call(http.MethodDelete, "/_fake/worlds", "")
	third := p.world("{}")
	third.send(oneSMS)
	got = p.as("").get("/inbox/worlds").list()
	require.EqualValues(t, 3, got[1]["number"], "a number is not used again")
	require.Equal(t, []any{1.0, 1.0}, []any{got[1]["messages"], got[1]["requests"]})
	require.NotNil(t, got[1]["last_call"])
	require.Equal(t, "same-origin",
		p.as("").get("/inbox/worlds").header.Get("Cross-Origin-Resource-Policy"))
	for site, status := range map[string]int{
		"same-origin": 200,
		"none":        200,
		"same-site":   403,
		"cross-site":  403,
	} {
		req := p.request(http.MethodGet, "/inbox/worlds", "")
		req.Header.Set("Sec-Fetch-Site", site)
		resp, err := p.try(req)
		require.NoError(t, err)
		require.Equal(t, status, resp.status, site)
		require.Equal(t, status == 200, strings.Contains(resp.body, p.token), site)
	}
	req := p.request(http.MethodGet, "/inbox/worlds", "")
	req.Host = "evil.example:80"
	resp, err := p.try(req)
	require.NoError(t, err)
	resp.refused(http.StatusForbidden, "foreign_host")
}

func TestTheInboxsDataAsksForAToken(t *testing.T) {
	t.Parallel()
	p := start(t).as("unknown")
	for _, path := range []string{
		"/inbox/state", "/inbox/messages", "/inbox/messages/1001", "/inbox/requests",
		"/inbox/requests/1001", "/inbox/account", "/inbox/webhooks", "/inbox/ussd",
	} {
		p.get(path).refused(http.StatusUnauthorized, "unauthenticated")
	}
}

// listed are the texts of a list for the page.
func (r response) listed() (texts []string) {
	r.t.Helper()
	for _, m := range r.object()["rows"].([]any) {
		texts = append(texts, m.(map[string]any)["message"].(string))
	}
	return texts
}

func TestTheListIsNarrowedCountedAndGoesOn(t *testing.T) {
	t.Parallel()
	p := start(t)
	for i, number := range []string{"+233209990001", "+233209990002", "+233209990001"} {
		p.send(fmt.Sprintf(`{"recipients":[%q],"sender":"HELLIO","message":"m%d"}`, number, i))
	}
	all := p.get("/inbox/messages")
	require.Equal(t, []string{"m2", "m1", "m0"}, all.listed())
	all.has(`{"total":3,"newer":0}`)
	p.get("/inbox/state").has(`{"kept":100000}`)
	require.Equal(t, []string{"m2", "m0"}, p.get("/inbox/messages?to=%2B233209990001").listed())

	oldest := p.get("/_fake/messages").list()[2]["id"].(float64)
	after := p.get(fmt.Sprintf("/inbox/messages?to=233209990001&after=%.0f", oldest))
	require.Equal(t, []string{"m2"}, after.listed())
	after.has(`{"total":2}`)
	page := func(query string, id float64) response {
		return p.get(fmt.Sprintf("/inbox/messages?"+query, id))
	}
	require.Equal(t, []string{"m2", "m1"}, page("cleared=%.0f", oldest).listed())
	page("cleared=%.0f", oldest).has(`{"total":2}`)
	page("seen=%.0f&limit=1", oldest).has(`{"newer":2,"total":3}`)
	newest := p.get("/_fake/messages").list()[0]["id"].(float64)
	require.Equal(t, []string{"m1"}, page("before=%.0f&limit=1", newest).listed())
	for _, query := range []string{"before=x", "cleared=-1", "seen=9007199254740992", "limit=0"} {
		p.get("/inbox/messages?"+query).refused(http.StatusUnprocessableEntity, "invalid_request")
	}
	p.get("/inbox/messages?channel=fax").refused(http.StatusUnprocessableEntity, "invalid_request")

	life := all.object()["life"]
	require.Equal(t, life, after.object()["life"])
	require.NotEqual(t, life, start(t).get("/inbox/messages").object()["life"],
		"another run of the program")
	p.call(http.MethodPost, "/_fake/reset", "")
	empty := p.get("/inbox/messages")
	empty.has(`{"total":0,"rows":[]}`)
	require.NotEqual(t, life, empty.object()["life"])
}

func TestACallThatCameToNothingIsTold(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Nil(t, p.get("/inbox/state").object()["refused"])
	p.call(http.MethodPost, "/v1/sms/send",
		`{"recipients":["+233209990001"],"sender":"NOBODY","message":"Hi"}`)
	refused := p.get("/inbox/state").object()["refused"].(map[string]any)
	require.Equal(t, []any{"/v1/sms/send", 422.0, "sender_not_approved"},
		[]any{refused["path"], refused["status"], refused["error"]})
	require.Contains(t, refused["request_body"], "NOBODY")
	p.send(oneSMS)
	require.Nil(t, p.get("/inbox/state").object()["refused"])
}

func TestThePageCutsARefusedCallsBody(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.call(http.MethodPost, "/v1/sms/send", `["`+strings.Repeat("x", 2*maxShown)).refused(
		http.StatusBadRequest, "invalid_request")
	refused := p.get("/inbox/state").object()["refused"].(map[string]any)
	require.Equal(t, `["`+strings.Repeat("x", maxShown-2), refused["request_body"])
}

func TestThePageGetsTheNewestMessages(t *testing.T) {
	t.Parallel()
	p := start(t).world(`{"balance":"1000"}`)
	var numbers []string
	for i := range maxListed + 1 {
		numbers = append(numbers, fmt.Sprintf("+2332099%05d", i))
	}
	for _, some := range [][]string{numbers[:maxListed/2], numbers[maxListed/2:]} {
		p.send(`{"recipients":["` + strings.Join(some, `","`) +
			`"],"sender":"HELLIO","message":"Hi"}`)
	}
	got := p.get("/inbox/messages").object()
	require.EqualValues(t, maxListed+1, got["total"])
	all := got["rows"].([]any)
	require.Len(t, all, maxListed)
	require.Equal(t, numbers[maxListed], all[0].(map[string]any)["mobile_number"])
}

func TestAMessageHasItsWholeCall(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.fault(`{"op":"sms_send","nth":1,"effect":"carrier_fail"}`)
	req := p.request(http.MethodPost, "/v1/sms/send", oneSMS)
	req.Header.Set("Idempotency-Key", "key-1")
	req.Header.Set("X-Mine", "v")
	sent, err := p.try(req)
	require.NoError(t, err)
	got := p.get(fmt.Sprintf("/inbox/messages/%.0f", p.get("/_fake/messages").list()[0]["id"]))
	got.has(`{"encoding":"GSM-7","forced":null,"deliveries":[]}`)
	_, err = time.Parse(preciseTime, got.object()["now"].(string))
	require.NoError(t, err)
	call := got.object()["request"].(map[string]any)
	require.Equal(t, []any{"key-1", sent.body, "carrier_fail"},
		[]any{call["idempotency_key"], call["response_body"], call["fault"]})
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`, call["at"])
	headers := call["headers"].(map[string]any)
	require.Equal(t, "v", headers["X-Mine"])
	require.NotContains(t, headers, "Authorization")
}

func TestAMessageHasEncodingCallAndDeliveries(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.call(http.MethodPost, "/v1/webhooks", `{"url":"http://127.0.0.1:9/hook"}`)
	p.send(`{"recipients":["+233209990001","+233209990002"],"sender":"HELLIO",` +
		`"message":"Order №42"}`)
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"6s"}`)
	m := p.get("/_fake/messages?to=233209990002").list()[0]
	got := p.get(fmt.Sprintf("/inbox/messages/%.0f", m["id"]))
	got.has(`{"encoding":"UCS-2","characters":9,"forced":"№","code":null,"disabled":[]}`)
	require.Equal(t, m, got.object()["message"])
	call := got.object()["request"].(map[string]any)
	require.Equal(t, []any{"POST", "/v1/sms/send", 202.0},
		[]any{call["method"], call["path"], call["status"]})
	require.Contains(t, call["request_body"], "№42")
	require.NotContains(t, got.body, p.token)
	deliveries := got.object()["deliveries"].([]any)
	require.Len(t, deliveries, 1)
	require.Equal(t, m["id"], deliveries[0].(map[string]any)["message_id"])

	for _, id := range []string{"x", "9223372036854775808"} {
		p.get("/inbox/messages/"+id).refused(http.StatusNotFound, "not_found")
	}
	for _, id := range []string{"1", "-1"} {
		gone := p.get("/inbox/messages/" + id)
		require.Equal(t, http.StatusOK, gone.status, "no error for a message that has left")
		require.JSONEq(t, "null", gone.body)
	}
}

func TestACodesStateIsTold(t *testing.T) {
	t.Parallel()
	p := start(t)
	send := func(number string) (path string) {
		p.call(http.MethodPost, "/v1/otp/send",
			`{"mobile_number":"`+number+`","sender":"HELLIO","expiry":1}`)
		return fmt.Sprintf("/inbox/messages/%.0f", p.get("/_fake/messages").list()[0]["id"])
	}
	state := func(path string) any { return p.get(path).object()["code"].(map[string]any)["state"] }
	first := send("+233209990001")
	require.Equal(t, codeLive, state(first))
	told := p.get(first).object()["code"].(map[string]any)
	sent, err := time.Parse(preciseTime, told["sent_at"].(string))
	require.NoError(t, err)
	expires, err := time.Parse(preciseTime, told["expires_at"].(string))
	require.NoError(t, err)
	require.Equal(t, time.Minute, expires.Sub(sent))
	require.EqualValues(t, 5, told["tries_left"])
	second := send("+233209990001")
	require.Equal(t, []any{codeReplaced, codeLive}, []any{state(first), state(second)})
	code := p.get("/_fake/otp/233209990001").object()["code"]
	p.call(http.MethodPost, "/v1/otp/verify",
		fmt.Sprintf(`{"mobile_number":"+233209990001","code":%q}`, code))
	require.Equal(t, codeEnded, state(second))
	p.send(oneSMS)
	require.Equal(t, codeEnded, state(second), "an SMS of the app's own replaces no code")
	third := send("+233209990002")
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"1m"}`)
	require.Equal(t, codeExpired, state(third))

	p.send(`{"recipients":["+233209990003"],"sender":"HELLIO",` +
		`"message":"123456 is your verification code. It expires in 5 minutes."}`)
	path := fmt.Sprintf("/inbox/messages/%.0f", p.get("/_fake/messages").list()[0]["id"])
	require.Nil(t, p.get(path).object()["code"], "an SMS of the app's own is none of ours")
}

func TestAReplayTakesAnEffect(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.call(http.MethodPost, "/v1/webhooks", `{"url":"http://127.0.0.1:9/hook"}`)
	p.send(oneSMS)
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"6s"}`)
	id := p.get("/_fake/deliveries").list()[0]["id"].(string)
	replay := "/_fake/deliveries/" + id + "/replay"
	for _, body := range []string{
		"", "{}", `{"effect":"webhook_duplicate"}`, `{"effect":"webhook_bad_signature"}`,
	} {
		require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, replay, body).status, body)
	}
	require.Len(t, p.get("/_fake/deliveries").list()[0]["attempts"], 1+1+1+2+1)
	p.call(http.MethodPost, replay, `{"effect":"webhook_lose"}`).refused(
		http.StatusUnprocessableEntity, "invalid_request")
	p.call(http.MethodPost, "/_fake/deliveries/dlv_0/replay", `{"effect":"webhook_duplicate"}`).refused(
		http.StatusNotFound, "not_found")
}
