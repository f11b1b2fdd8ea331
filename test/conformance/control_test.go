package conformance

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// unreachableControl lists the cases of the control API's document that this
// test does not cause, with the reason.
var unreachableControl = map[string]string{
	"world_create 422 too_many_worlds": "needs 1,000 worlds; the program's test makes them",
	"token_create 422 too_many_tokens": "needs 10,000 tokens; the program's test makes them",
}

// The test sends valid and invalid requests to each route. Then it checks that
// each case of the document was seen.
func TestProgramMatchesItsControlDocument(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	t.Run("valid calls", func(t *testing.T) { goodControlCalls(t, p) })
	for _, op := range theControlDocument(t).Operations() {
		t.Run(op.ID, func(t *testing.T) { badControlCalls(t, p, op) })
	}
	for _, d := range p.rec.Differences() {
		t.Error(d)
	}
	var seen coverage
	seen.add(p.rec.Seen())
	for _, op := range theControlDocument(t).Operations() {
		for _, c := range op.Cases {
			_, exempt := unreachableControl[c.String()]
			switch {
			case !seen.has(c) && !exempt:
				t.Errorf("no call caused %s", c)
			case seen.has(c) && exempt:
				t.Errorf("%s is listed as unreachable but was seen", c)
			}
		}
	}
}

// goodControlCalls calls every route successfully, in a world of its own.
func goodControlCalls(t *testing.T, first *program) {
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	made := first.call(t, "POST", "/_fake/worlds",
		`{"name":"control","balance":"5","senders":["HELLIO"],"rate_limit":0,"otp_limit":5,"seed":7,
		"ussd_balance":null,"login":{"email":"efua@example.com","password":"pw","name":"Efua"}}`)
	own := *first
	own.token, _ = made.body["token"].(string)
	p := &own
	want := func(status int, g got) {
		t.Helper()
		require.Equal(t, status, g.status, g.body)
	}
	want(200, p.call(t, "GET", "/livez", ""))
	want(200, p.call(t, "GET", "/readyz", ""))
	want(200, p.call(t, "GET", "/_fake/openapi.yaml", ""))
	want(200, p.call(t, "GET", "/_fake/behaviours", ""))
	want(204, p.call(t, "GET", "/_fake/messages/wait?timeout=0s&channel=email", ""))
	p.api(t, "POST", "/webhooks", `{"url":"`+hook.URL+`","events":["*"]}`)
	p.api(t, "POST", "/sms/send",
		`{"recipients":["+233209990001","+233209990002"],"sender":"HELLIO","message":"Hi"}`)
	p.api(t, "POST", "/otp/send", `{"email":"ama@example.com","channel":"email"}`)
	want(200, p.call(t, "GET",
		"/_fake/messages?to=%2B233209990001&contains=H&channel=sms&after=0&limit=1", ""))
	want(200, p.call(t, "GET",
		"/_fake/messages/wait?to=233209990001&contains=H&channel=sms&after=0&timeout=1m30s", ""))
	p.firstEvent(t)
	want(200, p.call(t, "GET", "/_fake/otp/ama%40example.com", ""))
	want(200, p.call(t, "GET", "/_fake/requests?after=1001&limit=1", ""))
	want(200, p.call(t, "GET", "/_fake/requests", ""))
	want(200, p.call(t, "PUT", "/_fake/faults", `[
		{"op":"webhook","nth":1,"effect":"webhook_lose"},
		{"op":"any","times":2,"effect":"truncate_body","bytes":0},
		{"op":"sms_send","always":true,"to":"+233209990001",
			"effect":"status","code":503,"error":"service_unavailable"}]`))
	want(200, p.call(t, "POST", "/_fake/clock/advance", `{"duration":"5m"}`))
	want(200, p.call(t, "GET", "/_fake/messages", ""))
	want(200, p.call(t, "GET", "/_fake/faults", ""))
	want(204, p.call(t, "DELETE", "/_fake/faults", ""))
	want(200, p.call(t, "GET", "/_fake/deliveries", ""))
	want(204, p.call(t, "POST", "/_fake/deliveries/"+p.deliveries(t)[0]+"/replay", ""))
	want(204, p.call(t, "POST", "/_fake/deliveries/"+p.deliveries(t)[0]+"/replay",
		`{"effect":"webhook_duplicate"}`))
	want(200, p.call(t, "GET", "/_fake/deliveries", ""))
	want(200, p.call(t, "GET", "/_fake/violations", ""))
	want(200, p.call(t, "GET", "/_fake/webhooks", ""))
	want(200, p.call(t, "POST", "/_fake/webhooks/"+p.webhook(t)+"/enable", ""))
	want(200, p.call(t, "GET", "/_fake/account", ""))
	want(200, p.call(t, "PATCH", "/_fake/account", `{
		"balance":"9.5","ussd_balance":"1","senders":[],"rate_limit":5,
		"allowed_ips":["10.0.0.0/8"],"spend_limit":{"period":"daily","amount":"1"},
		"login":{"email":"ama@example.com","password":"pw","name":"Ama",
			"two_factor_code":"123456"}}`))
	want(200, p.call(t, "PATCH", "/_fake/account", `{"spend_limit":null}`))
	token := p.call(t, "POST", "/_fake/tokens", `{"scopes":["sms:send","otp"]}`)
	want(201, token)
	want(204, p.call(t, "DELETE", "/_fake/tokens/"+token.body["token"].(string), ""))
	want(204, p.call(t, "POST", "/_fake/reset", ""))
	want(204, p.call(t, "DELETE", "/_fake/worlds", "{}"))
	want(201, first.call(t, "POST", "/_fake/worlds", "[]"))
}

// firstEvent reads a stream up to the end of its first event and compares that
// part with the document. The Recorder would wait for the stream to end.
func (p *program) firstEvent(t *testing.T) {
	t.Helper()
	r := p.request(t, "GET", "/_fake/events", "", "Last-Event-ID", "0")
	resp, err := p.rec.next.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var text strings.Builder
	for lines := bufio.NewScanner(resp.Body); !strings.Contains(text.String(), "\ndata: "); {
		require.True(t, lines.Scan(), "%s%v", text.String(), lines.Err())
		text.WriteString(lines.Text() + "\n")
	}
	require.Regexp(t, `(?m)^id: \S+\ndata: \{"id":\d+,.*\}$`, text.String())
	body := []byte(text.String())
	found := append(p.rec.doc.CheckRequest(r, nil), p.rec.doc.CheckResponse(r, resp, body)...)
	p.rec.add(p.rec.doc.caseOf(r, resp.StatusCode, body), found)
}

// deliveries returns the ids of all deliveries.
func (p *program) deliveries(t *testing.T) (ids []string) {
	t.Helper()
	resp, err := p.rec.RoundTrip(p.request(t, "GET", "/_fake/deliveries", ""))
	require.NoError(t, err)
	defer resp.Body.Close()
	var all []struct{ ID string }
	require.NoError(t, yaml.NewDecoder(resp.Body).Decode(&all)) // JSON is YAML
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	require.NotEmpty(t, ids)
	return ids
}

// webhook returns the id of the only webhook.
func (p *program) webhook(t *testing.T) string {
	t.Helper()
	resp, err := p.rec.RoundTrip(p.request(t, "GET", "/_fake/webhooks", ""))
	require.NoError(t, err)
	defer resp.Body.Close()
	var all []struct{ ID int64 }
	require.NoError(t, yaml.NewDecoder(resp.Body).Decode(&all)) // JSON is YAML
	require.Len(t, all, 1)
	return strconv.FormatInt(all[0].ID, 10)
}

// badControlCalls causes every refusal that the document has for an operation.
func badControlCalls(t *testing.T, p *program, op Operation) {
	path := strings.NewReplacer(
		"{token}", "unknown",
		"{id}", "dlv_1",
		"{destination}", "233209990001",
	).Replace(op.Route)
	refused := func(status int, code string, g got) {
		t.Helper()
		require.Equal(t, []any{status, code}, []any{g.status, g.code()})
		require.NotEmpty(t, g.body["message"])
	}
	refused(403, "foreign_origin", p.wrong(t, op.Method, path, "", "Origin", "https://example.com"))
	foreign := p.request(t, op.Method, path, "")
	foreign.Host = "example.com"
	refused(403, "foreign_host", p.do(t, foreign.WithContext(Deliberate(foreign.Context()))))
	refused(422, "invalid_request", p.wrong(t, op.Method, path+"?nothing=1", ""))
	if op.may("401", "unauthenticated") {
		for _, header := range []string{"", "Bearer unknown"} {
			refused(401, "unauthenticated",
				p.wrong(t, op.Method, path, "", "Authorization", header))
		}
	}
	if op.may("404", "not_found") {
		refused(404, "not_found", p.wrong(t, op.Method, path, ""))
	}
	if op.may("400", "invalid_request") {
		for _, body := range []string{`{`, `{} {}`, `now`} {
			refused(400, "invalid_request", p.wrong(t, op.Method, path, body))
		}
		refused(413, "invalid_request", p.wrong(t, op.Method, path, strings.Repeat(" ", 1<<20+1)))
		for _, body := range []string{`{"nothing":1}`, `null`, `"text"`} {
			refused(422, "invalid_request", p.wrong(t, op.Method, path, body))
		}
	}
	if op.may("409", "first_world") {
		refused(409, "first_world", p.call(t, op.Method, path, ""))
	}
	badControlValues(t, p, op, refused)
}

// badControlValues sends values that only one operation refuses. The program's
// tests cover more of them.
func badControlValues(t *testing.T, p *program, op Operation, refused func(int, string, got)) {
	for _, bad := range [][2]string{
		{"world_create", `{"balance":"-1"}`},
		{"world_create", `{"name":"a\u0000b"}`},
		{"world_create", `{"login":{}}`},
		{"token_create", `{"scopes":["sms"]}`},
		{"account_update", `{"rate_limit":-1}`},
		{"fault_replace", `[{"op":"any","nth":0,"effect":"reset"}]`},
		{"fault_replace", `[{"op":"any","nth":1,"effect":"reset","when":1}]`},
		{"clock_advance", `{"duration":"-1s"}`},
	} {
		if bad[0] == op.ID {
			refused(422, "invalid_request", p.wrong(t, op.Method, op.Route, bad[1]))
		}
	}
	for _, bad := range []string{
		"message_list?after=x",
		"message_list?channel=fax",
		"message_list?limit=0",
		"message_wait?timeout=5",
		"message_wait?timeout=6m",
		"request_list?limit=-1",
		"request_list?after=x",
	} {
		if id, query, _ := strings.Cut(bad, "?"); id == op.ID {
			refused(422, "invalid_request", p.wrong(t, op.Method, op.Route+"?"+query, ""))
		}
	}
}

func TestUnreachableControlCasesAreInTheDocument(t *testing.T) {
	t.Parallel()
	var all []string
	for _, op := range theControlDocument(t).Operations() {
		for _, c := range op.Cases {
			all = append(all, c.String())
		}
	}
	for listed := range unreachableControl {
		require.True(t, slices.Contains(all, listed), listed)
	}
}
