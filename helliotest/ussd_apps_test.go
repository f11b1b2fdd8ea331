package helliotest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAnAppShowsNewSecretsOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	resp := a.post("/ussd/apps", oneApp)
	require.Equal(t, http.StatusCreated, resp.status)
	app := resp.data(t)
	id := app["id"].(string)
	require.Equal(t, uuid.Version(4), uuid.MustParse(id).Version())
	require.Equal(t, uuid.RFC4122, uuid.MustParse(id).Variant())
	require.Regexp(t, `^ussk_test_[A-Za-z0-9]{40}$`, app["test_secret"])
	require.Regexp(t, `^ussk_live_[A-Za-z0-9]{40}$`, app["live_secret"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`, app["created_at"])
	first := app["live_secret"]
	for _, name := range []string{"test_secret", "live_secret"} {
		delete(app, name)
	}
	shown := map[string]any{
		"id":           id,
		"name":         "Airtime",
		"callback_url": callbackURL,
		"mode":         "test",
		"is_live":      false,
		"active":       true,
		"created_at":   app["created_at"],
	}
	require.Equal(t, shown, app)

	rotated := a.post("/ussd/apps/"+id+"/rotate-secret", `{"mode":"live"}`).data(t)
	require.NotEqual(t, first, rotated["live_secret"])
	require.NotContains(t, rotated, "test_secret")
	require.Equal(t, shown, a.get("/ussd/apps").rows(t)[0])
	require.Equal(t, shown, a.post("/ussd/apps/"+id+"/mode", `{"mode":"test"}`).data(t))
	shown["name"] = "Tables"
	require.Equal(t, shown, a.do("PUT", "/ussd/apps/"+id, `{"name":"Tables"}`).data(t))
}

func TestAnUpdateChangesWhatItNames(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	id := a.app()
	for body, want := range map[string][3]any{
		`{}`:               {"Airtime", callbackURL, true},
		`{"active":null}`:  {"Airtime", callbackURL, true},
		`{"active":false}`: {"Airtime", callbackURL, false},
		`{"name":"N","callback_url":"https://o.example/u"}`: {"N", "https://o.example/u", true},
	} {
		require.Equal(t, http.StatusOK,
			a.do("PUT", "/ussd/apps/"+id,
				`{"name":"Airtime","callback_url":"`+callbackURL+`","active":true}`).status)
		app := a.do("PUT", "/ussd/apps/"+id, body).data(t)
		require.Equal(t, want, [3]any{app["name"], app["callback_url"], app["active"]}, body)
	}
	before := a.get("/ussd/apps").body
	for _, body := range []string{
		`{"name":null}`, `{"name":""}`, `{"callback_url":""}`,
		`{"callback_url":"http://menu.example/"}`,
	} {
		a.do("PUT", "/ussd/apps/"+id, body).refused(t, 422, "invalid_request")
	}
	require.Equal(t, before, a.get("/ussd/apps").body)
}

func TestBadAppsAreRefusedByField(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"callback_url":"https://menu.example/"}`:                                           "name",
		`{"name":" ","callback_url":"https://menu.example/"}`:                                "name",
		`{"name":"` + strings.Repeat("é", 121) + `","callback_url":"https://menu.example/"}`: "name",
		`{"name":"A"}`:                                                "callback_url",
		`{"name":"A","callback_url":"menu"}`:                          "callback_url",
		`{"name":"A","callback_url":"https://"}`:                      "callback_url",
		`{"name":"A","callback_url":"ftp://menu.example/"}`:           "callback_url",
		`{"name":"A","callback_url":"http://menu.example/"}`:          "callback_url",
		`{"name":"A","callback_url":"http://127.0.0.1.example/"}`:     "callback_url",
		`{"name":"A","callback_url":"https://a b/"}`:                  "callback_url",
		`{"name":"A","callback_url":"https://m.example/","active":1}`: "active",
	} {
		a := newAPI(t, helliotest.New(t, helliotest.Lenient()))
		resp := a.post("/ussd/apps", body)
		resp.refused(t, 422, "invalid_request")
		require.Contains(t, resp.decoded(t)["errors"], field, body)
		require.Empty(t, a.get("/ussd/apps").rows(t))
	}
	a := newAPI(t, helliotest.New(t))
	for _, url := range []string{
		"http://127.0.0.1:8080/u", "http://localhost/u", "http://[::1]:1/u",
		"https://menu.example",
	} {
		require.Equal(t, http.StatusCreated,
			a.post("/ussd/apps",
				`{"name":"`+strings.Repeat("é", 120)+`","callback_url":"`+url+`","active":false}`).status, url)
	}
	require.Equal(t, false, a.get("/ussd/apps").rows(t)[0]["active"])
}

func TestAModeIsTestOrLive(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	id := a.app()
	for _, route := range []string{"/mode", "/rotate-secret"} {
		for _, body := range []string{
			`{}`, `{"mode":"sandbox"}`, `{"mode":"LIVE"}`, `{"mode":null}`,
		} {
			resp := a.post("/ussd/apps/"+id+route, body)
			resp.refused(t, 422, "invalid_request")
			require.Contains(t, resp.decoded(t)["errors"], "mode")
		}
	}
}

func TestALiveAppNeedsAnActiveExtension(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDBalance("1000")))
	id, other := a.app(), a.app()
	live := func() apiResponse { return a.post("/ussd/apps/"+id+"/mode", `{"mode":"live"}`) }
	live().refused(t, 402, "extension_required")
	a.rent("100", "")
	a.rent("101", other)
	live().refused(t, 402, "extension_required")
	first, second := a.rent("102", id), a.rent("103", id)
	app := live().data(t)
	require.Equal(t, []any{"live", true}, []any{app["mode"], app["is_live"]})

	mode := func() any { return a.get("/ussd/apps").rows(t)[1]["mode"] }
	require.Equal(t, http.StatusNoContent, a.do("DELETE", "/ussd/extensions/"+first, "").status)
	require.Equal(t, "live", mode(), "another extension is left")
	require.Equal(t, http.StatusNoContent, a.do("DELETE", "/ussd/extensions/"+second, "").status)
	require.Equal(t, "test", mode())
	a.do("DELETE", "/ussd/extensions/"+second, "").refused(t, 404, "not_found")
}

func TestADeletedAppLeavesItsExtensionsUnbound(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDBalance("50")))
	id := a.app()
	a.rent("100", id)
	resp := a.do("DELETE", "/ussd/apps/"+id, "")
	require.Equal(t, http.StatusNoContent, resp.status)
	require.Empty(t, resp.body)
	require.Nil(t, a.get("/ussd/extensions").rows(t)[0]["app_id"])
	require.Empty(t, a.get("/ussd/apps").rows(t))
	a.do("DELETE", "/ussd/apps/"+id, "").refused(t, 404, "not_found")
	a.post("/ussd/simulate", `{"app_id":"`+id+`","session_id":"s","msisdn":"233209990001"}`).
		refused(t, 422, "unknown_app")
}

func TestDeletingAnAppKeepsOtherExtensionsBound(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithUSSDBalance("100")))
	gone, kept := a.app(), a.app()
	a.rent("100", kept)
	a.do("DELETE", "/ussd/apps/"+gone, "")
	require.Equal(t, kept, a.get("/ussd/extensions").rows(t)[0]["app_id"])
}

func TestAnUpdateWithoutActiveLeavesItOff(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	id := a.app()
	require.Equal(t, false, a.do("PUT", "/ussd/apps/"+id, `{"active":false}`).data(t)["active"])
	require.Equal(t, false, a.do("PUT", "/ussd/apps/"+id, `{"name":"Data"}`).data(t)["active"])
}
