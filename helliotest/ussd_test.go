package helliotest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const (
	callbackURL = "https://menu.example/ussd"
	oneApp      = `{"name":"Airtime","callback_url":"` + callbackURL + `"}`
	nobody      = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b" // a UUID that the fake never makes
)

func (a api) post(path, body string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodPost, path, body)
}

// app creates an app and returns its id.
func (a api) app() string {
	a.t.Helper()
	resp := a.post("/ussd/apps", oneApp)
	require.Equal(a.t, http.StatusCreated, resp.status, resp.body)
	return resp.data(a.t)["id"].(string)
}

// rent rents an extension for an app, or for none, and returns its id.
func (a api) rent(code, app string) string {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"code": code, "app_id": app})
	require.NoError(a.t, err)
	resp := a.post("/ussd/extensions", string(body))
	require.Equal(a.t, http.StatusCreated, resp.status, resp.body)
	return resp.data(a.t)["id"].(string)
}

// rows returns the data of a list.
func (r apiResponse) rows(t testing.TB) []map[string]any {
	t.Helper()
	var list struct{ Data []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(r.body), &list))
	return list.Data
}

func TestUSSDListsHaveTheHostThatWasAsked(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	req := a.request("GET", "/ussd/apps", "")
	req.Host = "api.example:8443"
	o := observe(t, a.client.Transport, req)
	require.Contains(t, o.body, `"path":"https://api.example:8443/v1/ussd/apps"`)
}

func TestUSSDListsHaveTheirCursorInMeta(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.JSONEq(t, `{"data":[],"links":{"first":null,"last":null,"prev":null,"next":null},
		"meta":{"path":"`+base+`/ussd/apps","per_page":50,"next_cursor":null,"prev_cursor":null}}`,
		a.get("/ussd/apps").body)
	first := a.app()
	second := a.app()
	third := a.app()

	resp := a.get("/ussd/apps?per_page=2")
	rows := resp.rows(t)
	require.Equal(t, []any{third, second}, []any{rows[0]["id"], rows[1]["id"]})
	meta, links := resp.decoded(t)["meta"].(map[string]any),
		resp.decoded(t)["links"].(map[string]any)
	require.Equal(t, base+"/ussd/apps?cursor="+meta["next_cursor"].(string), links["next"])
	require.Equal(t, 2.0, meta["per_page"])

	a.app() // it does not move the cursor
	rest := a.get(strings.TrimPrefix(links["next"].(string), base))
	require.Equal(t, first, rest.rows(t)[0]["id"])
	require.Nil(t, rest.decoded(t)["links"].(map[string]any)["next"])
	for _, size := range []string{"0", "x"} {
		a.get("/ussd/sessions?per_page="+size).refused(t, 422, "invalid_request")
	}
}

func TestTheClientWalksUSSDLists(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	for range 5 {
		a.app()
	}
	var seen []string
	for app, err := range f.Client().USSD.Apps.All(
		t.Context(), &hellio.USSDListParams{PerPage: 2}) {
		require.NoError(t, err)
		seen = append(seen, string(app.ID))
	}
	require.Len(t, seen, 5)
}

func TestUSSDIdsAreUUIDsAlone(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	app := a.app()
	for _, id := range []string{
		"1002", "1003", "x", nobody, "{" + app + "}", "urn:uuid:" + app,
		strings.ReplaceAll(app, "-", ""),
	} {
		for _, call := range [][3]string{
			{"PUT", "/ussd/apps/", oneApp}, {"DELETE", "/ussd/apps/", ""},
			{"POST", "/ussd/apps/" + id + "/mode", `{"mode":"test"}`},
			{"POST", "/ussd/apps/" + id + "/rotate-secret", `{"mode":"live"}`},
			{"DELETE", "/ussd/extensions/", ""}, {"GET", "/ussd/sessions/", ""},
		} {
			path := call[1]
			if strings.HasSuffix(path, "/") {
				path += id
			}
			a.do(call[0], path, call[2]).refused(t, 404, "not_found")
		}
	}
}

func TestUSSDPricingMatchesTheSDKs(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.JSONEq(t, `{"data":{"short_code":"*920#","currency":"GHS",
		"session_prices":[
			{"network":"MTN","slug":"mtn","session_price":"0.0300"},
			{"network":"Telecel","slug":"telecel","session_price":"0.0300"},
			{"network":"AT","slug":"at","session_price":"0.0300"}],
		"extension_prices":[
			{"length":3,"monthly_price":"50.00"},
			{"length":4,"monthly_price":"30.00"},
			{"length":5,"monthly_price":"20.00"}]}}`,
		a.get("/ussd/pricing").body)
}

func TestAvailabilityTellsWhetherAnExtensionCanBeRented(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDBalance("100")))
	a.rent("777", "")
	for code, want := range map[string]string{
		"123":    `{"code":"123","valid":true,"available":true,"monthly_price":"50.00"}`,
		"1234":   `{"code":"1234","valid":true,"available":true,"monthly_price":"30.00"}`,
		"00000":  `{"code":"00000","valid":true,"available":true,"monthly_price":"20.00"}`,
		"777":    `{"code":"777","valid":true,"available":false,"monthly_price":"50.00"}`,
		"12":     `{"code":"12","valid":false,"available":false,"monthly_price":null}`,
		"123456": `{"code":"123456","valid":false,"available":false,"monthly_price":null}`,
		"12a":    `{"code":"12a","valid":false,"available":false,"monthly_price":null}`,
	} {
		require.JSONEq(t, `{"data":`+want+`}`, a.get("/ussd/pricing/availability?code="+code).body)
	}
	resp := a.get("/ussd/pricing/availability")
	resp.refused(t, 422, "invalid_request")
	require.Contains(t, resp.decoded(t)["errors"], "code")
}

func TestQuirksAnswerInTheSDKsOtherForms(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t,
		helliotest.WithUSSDQuirks(helliotest.USSDCodeOnlyErrors, helliotest.USSDSecretsAlways),
		helliotest.WithUSSDQuirks(helliotest.USSDWholeUpdates))
	a := newAPI(t, f)
	require.JSONEq(t, `{"error":"insufficient_ussd_balance"}`,
		a.post("/ussd/extensions", `{"code":"123"}`).body)
	require.JSONEq(t,
		`{"error":"invalid_request","errors":{"mode":["The mode field is required."]}}`,
		a.post("/ussd/apps/"+nobody+"/mode", `{}`).body)
	a.get("/messages/7").refused(t, 404, "not_found")

	id := a.app()
	secrets := a.get("/ussd/apps").rows(t)[0]
	require.Contains(t, secrets["test_secret"], "ussk_test_")
	rotated := a.post("/ussd/apps/"+id+"/rotate-secret", `{"mode":"test"}`).data(t)
	require.NotEqual(t, secrets["test_secret"], rotated["test_secret"])
	require.Equal(t, secrets["live_secret"], rotated["live_secret"])
	partly := a.do("PUT", "/ussd/apps/"+id, `{"active":false}`).decoded(t)
	require.Len(t, partly["errors"], 2)

	_, err := f.Client().USSD.Extensions.Create(t.Context(),
		&hellio.USSDExtensionParams{Code: "123"})
	var poor *hellio.InsufficientBalanceError
	require.ErrorAs(t, err, &poor)
	require.NotEmpty(t, poor.Message, "the client has a sentence of its own")
}

func TestBadUSSDOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]helliotest.Option{
		"balance":     helliotest.WithUSSDBalance("-1"),
		"nil handler": helliotest.WithUSSDHandler(callbackURL, nil),
		"no URL":      helliotest.WithUSSDHandler("", http.NotFoundHandler()),
		"http elsewhere": helliotest.WithUSSDHandler("http://menu.example/ussd",
			http.NotFoundHandler()),
		"quirk": helliotest.WithUSSDQuirks("unheard of"),
	} {
		_, err := helliotest.Start(option)
		require.Error(t, err, name)
	}
}

func TestUpdateChangesTheUSSDBalance(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	require.Equal(t, "0.0000", f.Account().USSDBalance)
	var change helliotest.AccountChange
	require.NoError(t, json.Unmarshal([]byte(`{"ussd_balance":"60"}`), &change))
	require.NoError(t, f.Update(change))
	require.Equal(t, "60.0000", f.Account().USSDBalance)
	bad, balance := "x", "1"
	require.Error(t, f.Update(helliotest.AccountChange{Balance: &balance, USSDBalance: &bad}))
	require.Equal(t, "60.0000", f.Account().USSDBalance)
	require.Equal(t, "100.0000", f.Account().Balance)
	f.Reset()
	require.Equal(t, "0.0000", f.Account().USSDBalance)
}
