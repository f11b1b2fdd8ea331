package conformance

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

const callbackURL = "https://example.com/ussd"

func ussdFlows() []flow {
	balance := with(helliotest.WithUSSDBalance("60"))
	return []flow{
		{"USSD prices and free extensions", balance, ussdPrices},
		{"an app from creation to deletion", balance, ussdAppLife},
		{"apps by pages", nil, func(t *testing.T, w *world) {
			for range 3 {
				w.newApp(t)
			}
			n := 0
			params := &hellio.USSDListParams{PerPage: 2}
			for _, err := range w.client.USSD.Apps.All(t.Context(), params) {
				require.NoError(t, err)
				n++
			}
			require.Equal(t, 3, n)
		}},
		{"an app with invalid fields", lenient(), ussdWrongFields},
		{"an extension rented, taken, and too expensive", balance, ussdRent},
		{
			"an extension whose renewal cannot be paid",
			with(helliotest.WithUSSDBalance("50")),
			func(t *testing.T, w *world) {
				_, err := w.client.USSD.Extensions.Create(t.Context(),
					&hellio.USSDExtensionParams{Code: "123"})
				require.NoError(t, err)
				w.fake.Advance(32 * 24 * time.Hour)
				page, err := w.client.USSD.Extensions.List(t.Context(), &hellio.USSDListParams{})
				require.NoError(t, err)
				require.Equal(t, "expired", page.Data[0].Status)
			},
		},
		{"an extension with explicit nulls", balance, func(t *testing.T, w *world) {
			require.Equal(t, 201, w.raw(t, "POST", "/ussd/extensions",
				`{"code":"123","app_id":null,"short_code":null}`).status)
		}},
		{
			"an extension whose code is a number",
			lenient(helliotest.WithUSSDBalance("60")),
			func(t *testing.T, w *world) {
				require.Equal(t, 201, w.wrong(t, "POST", "/ussd/extensions", `{"code":123}`).status)
			},
		},
		{"an unknown app", nil, func(t *testing.T, w *world) {
			_, err := w.client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
				AppID:  anID,
				MSISDN: "233209990001",
			})
			requireRefused(t, err, 422, contract.CodeUnknownApp)
			_, err = w.client.USSD.Extensions.Create(t.Context(), &hellio.USSDExtensionParams{
				Code:  "123",
				AppID: anID,
			})
			requireRefused(t, err, 422, contract.CodeUnknownApp)
		}},
		ussdSession(),
	}
}

func (w *world) newApp(t *testing.T) *hellio.USSDApp {
	t.Helper()
	app, err := w.client.USSD.Apps.Create(t.Context(), &hellio.USSDAppParams{
		Name:        "Airtime",
		CallbackURL: callbackURL,
	})
	require.NoError(t, err)
	return app
}

func ussdPrices(t *testing.T, w *world) {
	_, err := w.client.USSD.Pricing(t.Context())
	require.NoError(t, err)
	_, err = w.client.USSD.Extensions.Create(t.Context(), &hellio.USSDExtensionParams{Code: "123"})
	require.NoError(t, err)
	for code, want := range map[string][2]bool{
		"123": {true, false},
		"124": {true, true},
		"12":  {false, false},
	} {
		found, err := w.client.USSD.Availability(t.Context(), code)
		require.NoError(t, err)
		require.Equal(t, want, [2]bool{found.Valid, found.Available}, code)
	}
	require.Equal(t, 200, w.raw(t, "GET", "/ussd/pricing/availability?code=abc", "").status)
}

func ussdAppLife(t *testing.T, w *world) {
	ctx, apps := t.Context(), w.client.USSD.Apps
	app := w.newApp(t)
	id := app.ID
	require.NotEmpty(t, app.TestSecret+app.LiveSecret)
	_, err := apps.SetMode(ctx, id, hellio.USSDLive)
	requireRefused(t, err, 402, contract.CodeExtensionRequired)
	rented, err := w.client.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{
		Code:      "123",
		AppID:     id,
		ShortCode: "*920#",
	})
	require.NoError(t, err)
	for _, mode := range []hellio.USSDMode{hellio.USSDLive, hellio.USSDTest} {
		changed, err := apps.SetMode(ctx, id, mode)
		require.NoError(t, err)
		require.Equal(t, mode, changed.Mode)
		_, err = apps.RotateSecret(ctx, id, mode)
		require.NoError(t, err)
	}
	_, err = apps.Update(ctx, id, &hellio.USSDAppParams{
		Name:        "Data",
		CallbackURL: "http://localhost:8080/ussd",
		Active:      new(bool),
	})
	require.NoError(t, err)
	require.NoError(t, apps.Delete(ctx, id))
	page, err := w.client.USSD.Extensions.List(ctx, &hellio.USSDListParams{})
	require.NoError(t, err)
	require.Empty(t, page.Data[0].AppID)
	require.NoError(t, w.client.USSD.Extensions.Delete(ctx, rented.ID))
}

func ussdRent(t *testing.T, w *world) {
	rent := func(code string) error {
		_, err := w.client.USSD.Extensions.Create(t.Context(),
			&hellio.USSDExtensionParams{Code: code})
		return err
	}
	require.NoError(t, rent("123"))
	requireRefused(t, rent("123"), 409, contract.CodeExtensionUnavailable)
	requireRefused(t, rent("124"), 402, contract.CodeInsufficientUSSDBalance)
	requireRefused(t, rent("12"), 422, contract.CodeInvalidRequest)
}

func ussdWrongFields(t *testing.T, w *world) {
	id := string(w.newApp(t).ID)
	w.refuses(t, "POST", "/ussd/apps", map[string]string{
		"name":         `{"callback_url":"https://example.com"}`,
		"callback_url": `{"name":"a","callback_url":"ftp://example.com"}`,
		"active":       `{"name":"a","callback_url":"https://example.com","active":"yes"}`,
	})
	w.refuses(t, "PUT", "/ussd/apps/"+id, map[string]string{
		"name":         `{"name":""}`,
		"callback_url": `{"callback_url":"x"}`,
	})
	w.refuses(t, "POST", "/ussd/apps/"+id+"/mode", map[string]string{"mode": `{"mode":"draft"}`})
	w.refuses(t, "POST", "/ussd/apps/"+id+"/rotate-secret", map[string]string{"mode": `{}`})
	w.refuses(t, "POST", "/ussd/extensions", map[string]string{
		"code":       `{"code":"12a"}`,
		"short_code": `{"code":"123","short_code":"x"}`,
	})
	w.refuses(t, "POST", "/ussd/simulate", map[string]string{
		"msisdn":     `{"app_id":"` + id + `","session_id":"s"}`,
		"session_id": `{"app_id":"` + id + `","msisdn":"233209990001","new_session":false}`,
	})
	require.Equal(t, contract.CodeInvalidRequest,
		w.wrong(t, "GET", "/ussd/pricing/availability", "").code())
	require.Equal(t, 200, w.wrong(t, "PUT", "/ussd/apps/"+id, `{"active":false}`).status)
}

// ussdSession runs sessions that end, fail, time out and stay active. It also
// checks the steps that the callback receives and its replies.
func ussdSession() flow {
	receiver := func(t *testing.T) *Receiver {
		return NewReceiver(theDocument(t), "ussd_callback", http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				var step struct{ Input string }
				if json.NewDecoder(r.Body).Decode(&step) != nil || step.Input == "crash" {
					http.Error(w, "", http.StatusInternalServerError)
					return
				}
				reply := map[string]string{"message": "Airtime\n1. MTN", "action": "continue"}
				if step.Input == "end" {
					reply = map[string]string{"message": "Goodbye.", "action": "end"}
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(reply)
			},
		))
	}
	var rec *Receiver
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.ServeHTTP(w, r)
	})
	return flow{
		"sessions of every status",
		lenient(helliotest.WithUSSDHandler(callbackURL, handler)),
		func(t *testing.T, w *world) {
			rec = receiver(t)
			id := w.newApp(t).ID
			for _, session := range []struct {
				status hellio.USSDSessionStatus
				inputs []string
				then   time.Duration
			}{
				{hellio.USSDSessionEnded, []string{"", "1", "end"}, 0},
				{hellio.USSDSessionFailed, []string{"", "crash"}, 0},
				{hellio.USSDSessionTimeout, []string{""}, 3 * time.Minute},
				{hellio.USSDSessionActive, []string{"", "2"}, 0},
			} {
				w.play(t, id, hellio.ID(session.status), session.inputs)
				w.fake.Advance(session.then)
				page, err := w.client.USSD.Sessions.List(t.Context(),
					&hellio.USSDSessionListParams{Status: session.status})
				require.NoError(t, err)
				require.Len(t, page.Data, 1, session.status)
				for _, name := range []hellio.ID{page.Data[0].ID, page.Data[0].SessionRef} {
					_, err = w.client.USSD.Sessions.Get(t.Context(), name)
					require.NoError(t, err)
				}
			}
			_, err := w.client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
				AppID:     id,
				MSISDN:    "233209990001",
				SessionID: "ended",
			})
			requireRefused(t, err, 422, contract.CodeInvalidRequest)
			made := w.wrong(t, "POST", "/ussd/simulate", `{"app_id":"`+id.String()+`",`+
				`"msisdn":"233209990001","new_session":true,"input":null,"service_code":null}`)
			require.NotEmpty(t, made.body["data"].(object)["session_id"])
			require.Equal(t, 9, rec.Received())
			require.Empty(t, rec.Differences())
		},
	}
}

// play runs a session with one step per input.
func (w *world) play(t *testing.T, app, session hellio.ID, inputs []string) {
	t.Helper()
	for i, input := range inputs {
		_, err := w.client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
			AppID:       app,
			MSISDN:      "233209990001",
			SessionID:   session,
			Input:       input,
			NewSession:  i == 0,
			ServiceCode: "*920#",
		})
		require.NoError(t, err)
	}
}
