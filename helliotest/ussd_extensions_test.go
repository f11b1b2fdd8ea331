package helliotest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const month = 31 * 24 * time.Hour // the January in which a bubble's clock begins

func TestRentIsTakenFromTheUSSDBalance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithUSSDBalance("80"),
			helliotest.WithSpendLimit("daily", "1"))
		a := newAPI(t, f)
		app := a.app()
		resp := a.post("/ussd/extensions", `{"code":"123","app_id":"`+app+`","short_code":null}`)
		require.Equal(t, http.StatusCreated, resp.status, resp.body)
		e := resp.data(t)
		delete(e, "id")
		require.Equal(t, map[string]any{
			"code":          "123",
			"dial_string":   "*920*123#",
			"length":        3.0,
			"status":        "active",
			"monthly_price": "50.00",
			"auto_renew":    true,
			"app_id":        app,
			"expires_at":    "2000-02-01T00:00:00+00:00",
		}, e)
		require.Equal(t, "30.0000", f.Account().USSDBalance)
		require.Equal(t, "100.0000", f.Balance().Balance, "the wallet is another purse")
		requests := f.Requests()
		require.Equal(t, "50.0000", requests[len(requests)-1].Charge)
	})
}

func TestARentsChecksHaveAnOrder(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithUSSDBalance("50"))
	a := newAPI(t, f)
	a.rent("123", "")
	for body, want := range map[string][2]any{
		`{"app_id":"` + nobody + `"}`:                {422, "invalid_request"},
		`{"code":"123","app_id":"` + nobody + `"}`:   {422, "unknown_app"},
		`{"code":"123","app_id":"mine"}`:             {422, "unknown_app"},
		`{"code":"123"}`:                             {409, "extension_unavailable"},
		`{"code":123,"short_code":"920"}`:            {409, "extension_unavailable"},
		`{"code":"124"}`:                             {402, "insufficient_ussd_balance"},
		`{"code":"123","short_code":"*921#"}`:        {402, "insufficient_ussd_balance"},
		`{"code":"124","app_id":"","short_code":""}`: {402, "insufficient_ussd_balance"},
	} {
		a.post("/ussd/extensions", body).refused(t, want[0].(int), want[1].(string))
	}
	require.Len(t, a.get("/ussd/extensions").rows(t), 1)
	require.Equal(t, "0.0000", f.Account().USSDBalance)
}

func TestACodeIsAStringOrANumber(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithUSSDBalance("200"))
	a := newAPI(t, f)
	for body, code := range map[string]string{
		`{"code":123}`:      "123",
		`{"code":" 0123 "}`: "0123",
		`{"code":"99999"}`:  "99999",
	} {
		require.Equal(t, code, a.post("/ussd/extensions", body).data(t)["code"])
	}
	for _, code := range []string{
		`"12"`, `"123456"`, `"12a"`, `"-123"`, `"1.5"`, `""`, `null`, `12`, `"1234567890123"`,
	} {
		resp := a.post("/ussd/extensions", `{"code":`+code+`}`)
		resp.refused(t, 422, "invalid_request")
		require.Contains(t, resp.decoded(t)["errors"], "code", code)
		require.Len(t, resp.decoded(t)["errors"].(map[string]any)["code"], 1, code)
	}
	lenient := newAPI(t, helliotest.New(t, helliotest.Lenient()))
	for _, code := range []string{`1.5`, `-123`, `1e3`, `true`, `["123"]`} {
		lenient.post("/ussd/extensions", `{"code":`+code+`}`).refused(t, 422, "invalid_request")
	}
	a.post("/ussd/extensions", `{"code":"321","short_code":"*9x#"}`).refused(t, 422,
		"invalid_request")
}

func TestAnExtensionIsRenewedWhileTheBalanceLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithUSSDBalance("100"), helliotest.WithRateLimit(0))
		a := newAPI(t, f)
		app := a.app()
		a.rent("123", app)
		require.Equal(t, http.StatusOK, a.post("/ussd/apps/"+app+"/mode", `{"mode":"live"}`).status)
		state := func() []any {
			e, p := a.get("/ussd/extensions").rows(t)[0], a.get("/ussd/apps").rows(t)[0]
			return []any{e["status"], e["expires_at"], p["mode"], f.Account().USSDBalance}
		}
		time.Sleep(month - time.Second)
		require.Equal(t, []any{"active", "2000-02-01T00:00:00+00:00", "live", "50.0000"}, state())
		time.Sleep(time.Second)
		require.Equal(t, []any{"active", "2000-03-01T00:00:00+00:00", "live", "0.0000"}, state())
		time.Sleep(29 * 24 * time.Hour)
		require.Equal(t, []any{"expired", "2000-03-01T00:00:00+00:00", "test", "0.0000"}, state())
		a.post("/ussd/apps/"+app+"/mode", `{"mode":"live"}`).refused(t, 402, "extension_required")

		more := "50"
		require.NoError(t, f.Update(helliotest.AccountChange{USSDBalance: &more}))
		require.Equal(t, true, a.get("/ussd/pricing/availability?code=123").data(t)["available"])
		a.rent("123", app)
		require.Len(t, a.get("/ussd/extensions").rows(t), 2)
		require.Equal(t, http.StatusOK, a.post("/ussd/apps/"+app+"/mode", `{"mode":"live"}`).status)
	})
}

func TestAnExtensionKeepsTheMonthsLastDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithUSSDBalance("1000"))
		time.Sleep(30*24*time.Hour + 9*time.Hour)
		a := newAPI(t, f)
		a.rent("123", "")
		for _, day := range []string{"02-29", "03-31", "04-30", "05-31"} {
			require.Equal(t, "2000-"+day+"T09:00:00+00:00",
				a.get("/ussd/extensions").rows(t)[0]["expires_at"])
			time.Sleep(month)
		}
	})
}

func TestADeletedExtensionIsFreeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithUSSDBalance("150"))
		ext := f.Client().USSD.Extensions
		rented, err := ext.Create(t.Context(), &hellio.USSDExtensionParams{Code: "123"})
		require.NoError(t, err)
		require.Empty(t, rented.AppID)
		require.NoError(t, ext.Delete(t.Context(), rented.ID))
		f.Advance(2 * month)
		require.Equal(t, "100.0000", f.Account().USSDBalance)
		_, err = ext.Create(t.Context(), &hellio.USSDExtensionParams{Code: "123", ShortCode: "713"})
		require.NoError(t, err)
	})
}
