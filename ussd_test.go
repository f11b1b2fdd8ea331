package hellio_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	ussdURL = "https://example.com/ussd"
	anAppID = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
)

func TestUSSDAppsRefuseBadInput(t *testing.T) {
	t.Parallel()
	create := func(p *hellio.USSDAppParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.USSD.Apps.Create(context.Background(), p)
			return err
		}
	}
	update := func(id hellio.ID, p *hellio.USSDAppParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.USSD.Apps.Update(context.Background(), id, p)
			return err
		}
	}
	good := &hellio.USSDAppParams{Name: "Airtime", CallbackURL: ussdURL}
	refusals := map[string]refusal{
		"nil params":        {"params", create(nil)},
		"update nil params": {"params", update(anAppID, nil)},
		"no name":           {"name", create(&hellio.USSDAppParams{CallbackURL: ussdURL})},
		"a blank name": {"name", create(&hellio.USSDAppParams{
			Name:        " ",
			CallbackURL: ussdURL,
		})},
		"a long name": {
			"name",
			create(&hellio.USSDAppParams{Name: strings.Repeat("é", 121), CallbackURL: ussdURL}),
		},
		"a broken name": {"name", create(&hellio.USSDAppParams{
			Name:        "A\xff",
			CallbackURL: ussdURL,
		})},
		"no callback": {"callback_url", create(&hellio.USSDAppParams{Name: "Airtime"})},
		"a relative URL": {
			"callback_url",
			create(&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "/ussd"}),
		},
		"a broken URL": {
			"callback_url",
			create(&hellio.USSDAppParams{Name: "Airtime", CallbackURL: ussdURL + "\xff"}),
		},
		"http": {
			"callback_url",
			create(&hellio.USSDAppParams{Name: "Airtime", CallbackURL: "http://example.com/ussd"}),
		},
		"update without it": {"callback_url",
			update(anAppID, &hellio.USSDAppParams{Name: "Airtime"})},
		"no mode": {"mode", func(c *hellio.Client) error {
			_, err := c.USSD.Apps.SetMode(context.Background(), anAppID, "")
			return err
		}},
		"another mode": {"mode", func(c *hellio.Client) error {
			_, err := c.USSD.Apps.RotateSecret(context.Background(), anAppID, "sandbox")
			return err
		}},
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("update %q", id)] = refusal{"id", update(id, good)}
		refusals[fmt.Sprintf("delete %q", id)] = refusal{
			"id",
			func(c *hellio.Client) error { return c.USSD.Apps.Delete(context.Background(), id) },
		}
		refusals[fmt.Sprintf("mode %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.USSD.Apps.SetMode(context.Background(), id, hellio.USSDLive)
			return err
		}}
		refusals[fmt.Sprintf("rotate %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.USSD.Apps.RotateSecret(context.Background(), id, hellio.USSDTest)
			return err
		}}
	}
	requireRefused(t, refusals)
}

func TestUSSDExtensionsAndListsRefuseBadInput(t *testing.T) {
	t.Parallel()
	type params = hellio.USSDExtensionParams
	rent := func(p *params) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.USSD.Extensions.Create(context.Background(), p)
			return err
		}
	}
	long := strings.Repeat("9", 33)
	refusals := map[string]refusal{
		"nil params":        {"params", rent(nil)},
		"a long short code": {"short_code", rent(&params{Code: "123", ShortCode: long})},
		"a broken app id":   {"app_id", rent(&params{Code: "123", AppID: "\xff"})},
	}
	for _, code := range []string{"", "12a", "1 2", "-1", "1.5", "*1#", "١٢٣", "1234567890123"} {
		refusals[fmt.Sprintf("rent %q", code)] = refusal{"code", rent(&params{Code: code})}
		refusals[fmt.Sprintf("availability of %q", code)] = refusal{
			"code",
			func(c *hellio.Client) error {
				_, err := c.USSD.Availability(context.Background(), code)
				return err
			},
		}
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("release %q", id)] = refusal{"id", func(c *hellio.Client) error {
			return c.USSD.Extensions.Delete(context.Background(), id)
		}}
		refusals[fmt.Sprintf("session %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.USSD.Sessions.Get(context.Background(), id)
			return err
		}}
	}
	type list = hellio.USSDListParams
	for field, p := range map[string]*list{"params": nil, "per_page": {PerPage: 201}} {
		refusals["apps, "+field] = refusal{field, func(c *hellio.Client) error {
			_, err := c.USSD.Apps.List(context.Background(), p)
			return err
		}}
		refusals["extensions, "+field] = refusal{field, func(c *hellio.Client) error {
			_, err := c.USSD.Extensions.List(context.Background(), p)
			return err
		}}
		refusals["all apps, "+field] = refusal{field, func(c *hellio.Client) error {
			return rangeOver(c.USSD.Apps.All(context.Background(), p))
		}}
		refusals["all extensions, "+field] = refusal{field, func(c *hellio.Client) error {
			return rangeOver(c.USSD.Extensions.All(context.Background(), p))
		}}
	}
	type sessions = hellio.USSDSessionListParams
	for field, p := range map[string]*sessions{"params": nil, "per_page": {PerPage: -1}} {
		refusals["sessions, "+field] = refusal{field, func(c *hellio.Client) error {
			_, err := c.USSD.Sessions.List(context.Background(), p)
			return err
		}}
		refusals["all sessions, "+field] = refusal{field, func(c *hellio.Client) error {
			return rangeOver(c.USSD.Sessions.All(context.Background(), p))
		}}
	}
	requireRefused(t, refusals)
}

func TestSimulateRefusesBadInput(t *testing.T) {
	t.Parallel()
	simulating := func(change func(p *hellio.USSDSimulateParams)) func(*hellio.Client) error {
		p := &hellio.USSDSimulateParams{AppID: anAppID, MSISDN: "+233209990001"}
		change(p)
		return func(c *hellio.Client) error {
			_, err := c.USSD.Simulate(context.Background(), p)
			return err
		}
	}
	refusals := map[string]refusal{
		"nil params": {"params", func(c *hellio.Client) error {
			_, err := c.USSD.Simulate(context.Background(), nil)
			return err
		}},
		"a broken app": {
			"app_id",
			simulating(func(p *hellio.USSDSimulateParams) { p.AppID = "\xff" }),
		},
		"no number": {"msisdn", simulating(func(p *hellio.USSDSimulateParams) { p.MSISDN = "" })},
		"a long number": {
			"msisdn",
			simulating(func(p *hellio.USSDSimulateParams) { p.MSISDN = strings.Repeat("2", 21) }),
		},
		"a long session": {
			"session_id",
			simulating(
				func(p *hellio.USSDSimulateParams) {
					p.SessionID = hellio.ID(strings.Repeat("s", 121))
				},
			),
		},
		"a long input": {
			"input",
			simulating(func(p *hellio.USSDSimulateParams) { p.Input = strings.Repeat("é", 183) }),
		},
		"a broken input": {
			"input",
			simulating(func(p *hellio.USSDSimulateParams) { p.Input = "\xff" }),
		},
		"a long service code": {
			"service_code",
			simulating(func(p *hellio.USSDSimulateParams) {
				p.ServiceCode = strings.Repeat("9", 33)
			}),
		},
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("app %q", id)] = refusal{
			"app_id",
			simulating(func(p *hellio.USSDSimulateParams) { p.AppID = id }),
		}
	}
	requireRefused(t, refusals)
}

func TestTheLongestParamsAreSentUnchanged(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(
		t,
		helliotest.WithUSSDBalance("20"),
		helliotest.WithUSSDHandler(ussdURL, http.HandlerFunc(airtimeMenu)),
	)
	client := fake.Client()
	app, err := client.USSD.Apps.Create(
		t.Context(),
		&hellio.USSDAppParams{Name: strings.Repeat("é", 120), CallbackURL: ussdURL},
	)
	require.NoError(t, err)
	_, err = client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{
		AppID:       app.ID,
		SessionID:   hellio.ID(strings.Repeat("é", 120)),
		MSISDN:      strings.Repeat("2", 20),
		Input:       strings.Repeat("é", 182),
		NewSession:  true,
		ServiceCode: strings.Repeat("9", 32),
	})
	require.NoError(t, err)
	found, err := client.USSD.Availability(t.Context(), "123456789012")
	require.NoError(t, err)
	require.False(t, found.Valid)
	require.True(t, found.MonthlyPrice.IsZero())
}

func TestSimulateMakesAndReturnsASessionID(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithUSSDHandler(ussdURL, http.HandlerFunc(airtimeMenu)))
	client := fake.Client()
	app, err := client.USSD.Apps.Create(
		t.Context(),
		&hellio.USSDAppParams{Name: "Airtime", CallbackURL: ussdURL},
	)
	require.NoError(t, err)
	p := &hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "233209990001"}
	first, err := client.USSD.Simulate(t.Context(), p)
	require.NoError(t, err)
	require.NoError(t, uuid.Validate(first.SessionID.String()))
	require.Empty(t, p.SessionID, "the caller's params are not changed")
	sent := fake.Requests()[1].Decoded.(map[string]any)
	require.Equal(
		t,
		[]any{first.SessionID.String(), true},
		[]any{sent["session_id"], sent["new_session"]},
	)

	p.SessionID, p.Input = first.SessionID, "1"
	last, err := client.USSD.Simulate(t.Context(), p)
	require.NoError(t, err)
	require.Equal(
		t,
		&hellio.USSDSimulateResult{
			SessionID: first.SessionID,
			Message:   "Goodbye.",
			Action:    hellio.USSDEnd,
		},
		last,
	)
	require.NotContains(t, fake.Requests()[2].Decoded, "new_session")

	_, err = client.USSD.Simulate(t.Context(), p)
	var over *hellio.ValidationError
	require.ErrorAs(t, err, &over)
	p.AppID = anAppID
	_, err = client.USSD.Simulate(t.Context(), p)
	require.ErrorAs(t, err, &over)
	require.Equal(t, hellio.CodeUnknownApp, over.Code)
}

func TestAStepIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := 0
		callback := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			steps++
			_, _ = io.WriteString(w, `{"message":"m","action":"continue"}`)
		})
		fake := helliotest.New(t, helliotest.WithUSSDHandler(ussdURL, callback))
		fake.Fault(helliotest.USSDSimulate, helliotest.Nth(1), helliotest.LoseReply())
		client := fake.Client()
		app, err := client.USSD.Apps.Create(
			t.Context(),
			&hellio.USSDAppParams{Name: "Airtime", CallbackURL: ussdURL},
		)
		require.NoError(t, err)
		_, err = client.USSD.Simulate(
			t.Context(),
			&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: "233209990001"},
		)
		require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
		require.Equal(t, 1, steps)
	})
}

func TestRentsWithLostRepliesArePaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithUSSDBalance("100"))
		fake.Fault(helliotest.USSDExtCreate, helliotest.Nth(1), helliotest.LoseReply())
		client := fake.Client()
		_, err := client.USSD.Extensions.Create(t.Context(),
			&hellio.USSDExtensionParams{Code: "123"})
		require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
		page, err := client.USSD.Extensions.List(t.Context(), &hellio.USSDListParams{})
		require.NoError(t, err)
		require.Len(t, page.Data, 1)
		require.Equal(t, "50.0000", fake.Account().USSDBalance)
		_, err = client.USSD.Extensions.Create(t.Context(),
			&hellio.USSDExtensionParams{Code: "123"})
		var taken *hellio.ConflictError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, hellio.CodeExtensionUnavailable, taken.Code)
	})
}

func TestUSSDObjectsAreReadInEachForm(t *testing.T) {
	t.Parallel()
	client, _ := scripted(
		t,
		`{"data":{"id":12,"code":123,"length":3,"status":"suspended","monthly_price":50,`+
			`"app_id":null,"new":true}}`,
	)
	extension, err := client.USSD.Extensions.Create(
		t.Context(),
		&hellio.USSDExtensionParams{Code: "123"},
	)
	require.NoError(t, err)
	require.Equal(
		t,
		[]any{hellio.ID("12"), "suspended", "50", hellio.ID("")},
		[]any{extension.ID, extension.Status, extension.MonthlyPrice.String(), extension.AppID},
	)
	require.Contains(t, string(extension.Raw), `"new":true`)

	client, _ = scripted(
		t,
		`{"data":{"message":"m","action":"continue"}}`,
		`{"data":{"message":"m","action":"end"}}`,
		`{"data":{"message":"m","action":"pause","continue":true}}`,
	)
	for _, continues := range []bool{true, false, true} {
		step, err := client.USSD.Simulate(
			t.Context(),
			&hellio.USSDSimulateParams{AppID: anAppID, MSISDN: "233209990001"},
		)
		require.NoError(t, err)
		require.Equal(t, continues, step.Continue)
	}
	client, _ = scripted(t, `{"data":{"message":7,"action":"continue"}}`)
	step, err := client.USSD.Simulate(
		t.Context(),
		&hellio.USSDSimulateParams{AppID: anAppID, MSISDN: "233209990001"},
	)
	require.Nil(t, step)
	var unreadable *hellio.DecodeError
	require.ErrorAs(t, err, &unreadable, "a step is read strictly")
}

func TestAnExpiredExtensionIsSeenByItsStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithUSSDBalance("50"))
		client := fake.Client()
		rented, err := client.USSD.Extensions.Create(
			t.Context(),
			&hellio.USSDExtensionParams{Code: "123"},
		)
		require.NoError(t, err)
		time.Sleep(time.Until(rented.ExpiresAt.Time))
		page, err := client.USSD.Extensions.List(t.Context(), &hellio.USSDListParams{})
		require.NoError(t, err)
		require.Equal(t, "expired", page.Data[0].Status)
	})
}
