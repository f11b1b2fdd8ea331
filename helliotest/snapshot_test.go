package helliotest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

var oneMenu = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"message":"1. Balance","action":"continue"}`))
})

// preparedFake is a fake that holds something of everything, in every state.
func preparedFake(t *testing.T) *helliotest.Fake {
	t.Helper()
	ctx := t.Context()
	f := helliotest.New(t, helliotest.WithSeed(7), helliotest.WithUSSDBalance("90"),
		helliotest.WithSpendLimit("daily", "50"), helliotest.WithRateLimit(500),
		helliotest.WithAllowedIPs("127.0.0.0/8"), helliotest.WithOTP("+233209990009", "1234"),
		helliotest.WithUSSDHandler(callbackURL, oneMenu),
		helliotest.WithLogin(helliotest.LoginUser{
			Email:    "ama@example.com",
			Password: "pw",
			Name:     "Ama",
		}),
		helliotest.WithWebhookHandler(hookURL, always(500), hookSecret))
	c := f.Client()
	narrow := f.IssueToken("balance")
	ok := func(err error) { t.Helper(); require.NoError(t, err) }
	_, err := c.Voice.Send(ctx,
		&hellio.VoiceSendParams{
			Name:       "Reminders",
			Recipients: []string{someone, helliotest.NumberInvalid},
			Text:       "Hello",
		})
	ok(err)
	_, err = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{someone}})
	ok(err)
	app, err := c.USSD.Apps.Create(ctx,
		&hellio.USSDAppParams{Name: "Menu", CallbackURL: callbackURL})
	ok(err)
	_, err = c.USSD.Simulate(ctx,
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: someone, NewSession: true})
	ok(err)
	f.Advance(5 * time.Minute) // all that has ended
	sendTo(t, f, someone, helliotest.NumberFailed)
	f.Advance(20 * time.Second) // delivered, its report refused twice
	sendTo(t, f, secondPhone)
	f.Advance(2 * time.Second) // sent
	a := newAPI(t, f)
	require.Equal(t, 202, a.send(textTo("233209990003", "Hi"), "Idempotency-Key", "k").status)
	a.send(textTo("no number", "Hi"), "Idempotency-Key", "refused")
	for _, to := range []string{"+233209990001", "+233209990009"} {
		_, err = c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: to, Sender: "HELLIO"})
		ok(err)
	}
	right, err := c.OTP.Verify(ctx,
		&hellio.OTPVerifyParams{MobileNumber: "+233209990009", Code: "9999"})
	ok(err)
	require.False(t, right)
	_, err = c.Voice.Send(ctx,
		&hellio.VoiceSendParams{
			Recipients: []string{someone, helliotest.NumberUnreachable},
			Text:       "Hello",
		})
	ok(err)
	_, err = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{someone}})
	ok(err)
	_, err = c.Lookup.Create(ctx,
		&hellio.LookupParams{
			Numbers:     []string{secondPhone},
			ScheduledAt: time.Now().Add(2 * time.Hour),
		})
	ok(err)
	_, err = c.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: "4821", AppID: app.ID})
	ok(err)
	_, err = c.USSD.Simulate(ctx,
		&hellio.USSDSimulateParams{AppID: app.ID, MSISDN: someone, NewSession: true})
	ok(err)
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ToNumber(someone),
		helliotest.CarrierFail())
	_, err = c.SMS.Send(ctx,
		&hellio.SMSSendParams{
			Recipients: []string{
				someone, helliotest.NumberFailed, helliotest.NumberInvalid, secondPhone,
			},
			Sender:  "HELLIO",
			Message: "Hi",
		})
	ok(err)
	_, err = c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: secondPhone, Sender: "HELLIO"})
	ok(err)
	right, err = c.OTP.Verify(ctx,
		&hellio.OTPVerifyParams{MobileNumber: secondPhone, Code: f.OTP(secondPhone)})
	ok(err)
	require.True(t, right)
	// its id comes after those of sessions
	_, err = c.USSD.Apps.Create(ctx,
		&hellio.USSDAppParams{Name: "Another", CallbackURL: callbackURL})
	ok(err)
	// without an app, and without the money to go on
	_, err = c.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: "4822"})
	ok(err)
	f.Fault(helliotest.LookupCreate, helliotest.Nth(1), helliotest.CarrierFail())
	_, err = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{secondPhone}})
	ok(err)
	a.do("POST", "/auth/token", `{"email":"ama@example.com","password":"wrong"}`)
	a.do("GET", "/balance", "", "Authorization", "Bearer "+narrow)
	return f
}

func snapshot(t testing.TB, f *helliotest.Fake) []byte {
	t.Helper()
	data, err := f.Snapshot()
	require.NoError(t, err)
	return data
}

// handlers are what a snapshot can't hold.
func handlers() []helliotest.Option {
	return []helliotest.Option{
		helliotest.WithWebhookHandler(hookURL, always(500), hookSecret),
		helliotest.WithUSSDHandler(callbackURL, oneMenu),
	}
}

func TestASnapshotKeepsTheWorldAndItsFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := preparedFake(t)
		taken := snapshot(t, f)
		again := helliotest.New(t, append(handlers(), helliotest.FromSnapshot(taken))...)
		require.Equal(t, string(taken), string(snapshot(t, again)))
		require.Equal(t, f.Messages(), again.Messages())
		require.Equal(t, f.Account(), again.Account())
		require.Empty(t, again.Requests(), "the calls of the set-up are no concern of the test")

		for _, passed := range []time.Duration{
			2 * time.Second, 3 * time.Second, 10 * time.Minute, 3 * time.Hour, 40 * 24 * time.Hour,
		} {
			f.Advance(passed)
			synctest.Wait()
			require.Equal(t, string(snapshot(t, f)), string(snapshot(t, again)), "after %v more",
				passed)
		}
		require.Equal(t, "failed", again.Deliveries()[0].Status)
		require.Equal(t, wholeLadder, offsets(again.Deliveries()[0]))
		require.Equal(t, "0.0000", again.Balance().Reserved)
	})
}

// fillings notes, by its path, whether some value of each member in a JSON
// value is more than zero. Lists and maps count as one.
func fillings(at string, value any, found map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			fillings(at, item, found)
		}
	case map[string]any:
		for name, item := range value {
			switch at {
			case ".SetCodes", ".OTPSenders", ".LoginTries", ".Deliveries.Attempts.Header":
				name = "*"
			}
			fillings(at+"."+name, item, found)
		}
	default:
		zero := []any{nil, "", false, 0.0, "0.0000", "0001-01-01T00:00:00Z", uuid.Nil.String()}
		found[at] = found[at] || !slices.Contains(zero, value)
	}
}

func TestASnapshotLeavesNothingOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var e struct{ State any }
		require.NoError(t, json.Unmarshal(snapshot(t, preparedFake(t)), &e))
		found := make(map[string]bool)
		fillings("", e.State, found)
		var empty []string
		for at, filled := range found {
			if !filled {
				empty = append(empty, at)
			}
		}
		slices.Sort(empty)
		require.Equal(t, []string{ // what prepared does not hold, restoring_hooks_test.go does
			".Deliveries.Attempts.Duration", ".Deliveries.Attempts.Fault",
			".Deliveries.Attempts.Replay", ".Deliveries.Delayed", ".Deliveries.Held",
			".Deliveries.InFlight", ".Lookups.Evicted", ".Webhooks.Deleted", ".Webhooks.Failures",
		}, empty)
		for _, at := range []string{
			".SetCodes.*", ".OTPs.Code", ".OTPs.End", ".OTPSenders.*.Count", ".LoginTries.*.Count",
			".Logins.password", ".Tokens.Window.Start",
		} {
			require.Contains(t, found, at)
		}
	})
}

func TestASnapshotBeginsOnTheNewClock(t *testing.T) {
	t.Parallel()
	var taken []byte
	synctest.Test(t, func(t *testing.T) { taken = snapshot(t, preparedFake(t)) })
	f := helliotest.New(t, append(handlers(), helliotest.FromSnapshot(taken))...)
	for range 2 {
		require.Equal(t, "1234", f.OTP("+233209990009"))
		code, _ := f.LookupOTP("+233209990009")
		require.WithinDuration(t, time.Now().Add(5*time.Minute), code.ExpiresAt, time.Minute)
		require.Equal(t, 4, code.TriesLeft)
		a := newAPI(t, f)
		require.Equal(t, "true",
			a.send(textTo("233209990003", "Hi"), "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
		require.Empty(t,
			a.send(textTo("233209990003", "Hi"), "Idempotency-Key", "refused").header.Get("Idempotent-Replayed"))
		require.Equal(t, []string{"delivered", "failed", "sent", "queued"}, statusesOf(f)[:4])
		f.Advance(5 * time.Second)
		require.Equal(t, "delivered", statusesOf(f)[3])
		f.Advance(time.Hour)
		require.Equal(t, wholeLadder, offsets(f.Deliveries()[0]))
		_, live := f.LookupOTP("+233209990009")
		require.False(t, live)
		f.Reset()
	}
}

func TestASnapshotPaysNothingTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		c, ctx := f.Client(), t.Context()
		sendTo(t, f, someone, helliotest.NumberFailed)
		_, err := c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: someone, Sender: "HELLIO"})
		require.NoError(t, err)
		_, err = c.Voice.Send(ctx,
			&hellio.VoiceSendParams{
				Recipients: []string{someone, helliotest.NumberFailed},
				Text:       "Hello",
			})
		require.NoError(t, err)
		_, err = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{someone}})
		require.NoError(t, err)
		f.Advance(time.Hour)
		again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)))
		again.Advance(time.Hour)
		require.Equal(t, f.Balance(), again.Balance())
		require.Equal(t, f.Messages(), again.Messages())
	})
}

func statusesOf(f *helliotest.Fake) (all []string) {
	for _, m := range f.Messages() {
		all = append(all, m.Status)
	}
	return all
}

func TestOptionsChangeTheAccountOfASnapshot(t *testing.T) {
	t.Parallel()
	var taken []byte
	synctest.Test(t, func(t *testing.T) { taken = snapshot(t, preparedFake(t)) })
	f := helliotest.New(t, helliotest.FromSnapshot(taken), helliotest.WithBalance("5"),
		helliotest.WithSenders("NEW"), helliotest.WithToken("mine"))
	require.Equal(t, "5.0000", f.Balance().Balance)
	require.NotEqual(t, "0.0000", f.Balance().Reserved)
	require.Equal(t, []string{"NEW"}, f.Account().Senders)
	for _, token := range []string{"mine", helliotest.DefaultToken} {
		require.Equal(t, 200,
			newAPI(t, f).do("GET", "/balance", "", "Authorization", "Bearer "+token).status)
	}
}

func TestASnapshotReplacesTheTokens(t *testing.T) {
	t.Parallel()
	saved := helliotest.New(t, helliotest.WithToken("saved"))
	narrow, _ := saved.IssueToken("balance"), saved.IssueToken()
	taken := snapshot(t, saved)
	f := helliotest.New(t, helliotest.WithToken("before"), helliotest.FromSnapshot(taken),
		helliotest.WithToken("after"))
	for token, want := range map[string]int{
		"saved":                 200,
		"after":                 200,
		"before":                401,
		helliotest.DefaultToken: 401,
	} {
		require.Equal(t, want,
			newAPI(t, f).do("GET", "/balance", "", "Authorization", "Bearer "+token).status, token)
	}
	for path, want := range map[string]int{"/balance": 200, "/messages": 403} {
		require.Equal(t, want,
			newAPI(t, f).do("GET", path, "", "Authorization", "Bearer "+narrow).status, path)
	}
	again := helliotest.New(t, helliotest.FromSnapshot(taken))
	_, err := again.Client().Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "saved", again.Requests()[0].Token,
		"an issued token comes after those of the options")
}

func TestARestoredDeliveryWithoutAHandlerSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		taken := snapshot(t, preparedFake(t))
		r := watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, helliotest.FromSnapshot(taken))
			f.Advance(time.Hour)
			require.Contains(t, f.Deliveries()[0].Attempts[2].Error,
				"WithWebhookHandler with the same URL")
		})
		require.Contains(t, strings.Join(r.logs, "\n"),
			"its handler was not saved with the snapshot")
	})
}

func TestADamagedOrForeignSnapshotIsRefused(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(oneSMS)
	taken := snapshot(t, f)
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, taken, "", "  "))
	restored, err := helliotest.Start(helliotest.FromSnapshot(indented.Bytes()))
	require.NoError(t, err, "white space is no change")
	require.NoError(t, restored.Close())
	for name, c := range map[string]struct {
		data string
		says string
	}{
		"empty":        {"", "this is not what Snapshot has given"},
		"another file": {`{"name":"package.json"}`, "this is not what Snapshot has given"},
		"cut": {
			string(taken[:len(taken)/2]),
			"this is not what Snapshot has given, or a part of it only",
		},
		"two":            {string(taken) + string(taken), "this is not what Snapshot has given"},
		"a bracket more": {string(taken) + "}", "this is not what Snapshot has given"},
		"another format": {
			strings.Replace(string(taken), `"helliotest snapshot"`, `"another snapshot"`, 1),
			"this is not what Snapshot has given",
		},
		"another version": {
			strings.Replace(string(taken), `"version":1`, `"version":2`, 1),
			"the snapshot has version 2, and this helliotest reads version 1; make it anew",
		},
		"more money": {
			strings.Replace(string(taken), `"Balance":"100.0000"`, `"Balance":"900.0000"`, 1),
			"the snapshot was changed since it was made",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := helliotest.Start(helliotest.FromSnapshot([]byte(c.data)))
			require.ErrorContains(t, err, "FromSnapshot: "+c.says)
			require.Contains(t,
				watch(t,
					func(tb testing.TB) {
						helliotest.New(tb, helliotest.FromSnapshot([]byte(c.data)))
					}).fatal, c.says)
		})
	}
}
