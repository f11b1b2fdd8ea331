package helliotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// forgetful runs a test in a bubble on a fake that keeps three of each kind.
func forgetful(
	t *testing.T, test func(t *testing.T, f *helliotest.Fake, a api), opts ...helliotest.Option,
) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t,
			append(opts, helliotest.WithRetention(3), helliotest.WithRateLimit(0))...)
		test(t, f, newAPI(t, f))
	})
}

// held are the texts of all messages, oldest first.
func held(f *helliotest.Fake) string {
	var all []string
	for _, m := range f.Messages() {
		all = append(all, m.Message)
	}
	return strings.Join(all, " ")
}

func TestTheOldestMessagesLeaveOnceTheyAreFinal(t *testing.T) {
	forgetful(t, func(t *testing.T, f *helliotest.Fake, _ api) {
		a := sendMany(t, f, 5)
		oldest := f.Messages()[0]
		require.Equal(t, "0 1 2 3 4", held(f), "none is final yet")
		f.Advance(5 * time.Second)
		require.Equal(t, "2 3 4", held(f))
		require.Equal(t, "0.0000", f.Balance().Reserved, "what has left was paid for")
		for _, path := range []string{
			"/messages/" + oldest.Reference, fmt.Sprintf("/messages/%d", oldest.ID),
			fmt.Sprintf("/campaigns/%d", oldest.CampaignID),
		} {
			a.get(path).refused(t, 404, "not_found")
		}
		a.send(textTo("233209990001", "5"))
		require.Equal(t, "3 4 5", held(f))
		require.Len(t, a.list("per_page=2").Data, 2)
	})
}

func TestACampaignStaysWithItsLastMessage(t *testing.T) {
	forgetful(t, func(t *testing.T, f *helliotest.Fake, a api) {
		sent := a.send(`{"recipients":["233209990001","233209990002","233209990003",` +
			`"233209990004"],"sender":"HELLIO","message":"all"}`)
		campaign := fmt.Sprintf("/campaigns/%v", sent.data(t)["campaign_id"])
		f.Advance(5 * time.Second)
		a.send(textTo("233209990001", "x"))
		a.send(textTo("233209990001", "y"))
		require.Equal(t, "all x y", held(f))
		got := a.get(campaign).data(t)
		require.Equal(t, "completed", got["status"])
		require.Equal(t, map[string]any{"queued": 0., "sent": 0., "delivered": 4., "failed": 0.},
			got["statuses"])
		require.Equal(t, "0.1240", got["cost"])
		a.send(textTo("233209990001", "z"))
		a.get(campaign).refused(t, 404, "not_found")
	})
}

func TestWhatElsePilesUpLeavesToo(t *testing.T) {
	hook := always(http.StatusOK)
	forgetful(t, func(t *testing.T, f *helliotest.Fake, a api) {
		c, ctx := f.Client(), t.Context()
		for i := range 6 {
			to := fmt.Sprintf("+23320999000%d", i)
			_, err := c.Voice.Send(ctx,
				&hellio.VoiceSendParams{Recipients: []string{to}, Text: "Hello"})
			require.NoError(t, err)
			_, err = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{to}})
			require.NoError(t, err)
			_, err = c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: to, Sender: "HELLIO"})
			require.NoError(t, err)
			f.Advance(time.Minute)
		}
		require.Len(t, f.Requests(), 3)
		require.Len(t, f.Deliveries(), 3)
		require.Len(t, a.lookups("").Data, 3)
		_, live := f.LookupOTP("+233209990002")
		require.False(t, live, "forgotten, though it has not expired")
		require.Len(t, f.OTP("+233209990003"), 6)
		require.Len(t, hook.got(), 6)
		state := map[string]json.RawMessage{}
		require.NoError(t,
			json.Unmarshal(snapshot(t, f), &struct{ State *map[string]json.RawMessage }{&state}))
		for _, kind := range []string{
			"Messages", "Voices", "Lookups", "Deliveries", "Keys", "OTPs",
		} {
			require.Equal(t, 3, countMembers(t, state[kind]), kind)
		}
	}, helliotest.WithWebhookHandler(hookURL, hook, hookSecret))
}

func TestOldUSSDSessionsAreEvictedOnceOver(t *testing.T) {
	forgetful(t, func(t *testing.T, _ *helliotest.Fake, a api) {
		app := a.app()
		play := func(ref, input string) {
			resp := a.post("/ussd/simulate",
				`{"app_id":"`+app+`","session_id":"`+ref+`","msisdn":"233209990001","input":"`+
					input+`"}`)
			require.Equal(t, 200, resp.status, resp.body)
		}
		refs := func() (all []any) {
			for _, row := range a.get("/ussd/sessions").rows(t) {
				all = append(all, row["session_ref"])
			}
			return all
		}
		for i := range 5 {
			play(fmt.Sprint(i), "")
		}
		require.Equal(t, []any{"4", "3", "2", "1", "0"}, refs(), "all go on")
		oldest := a.get("/ussd/sessions/0").data(t)["id"].(string)
		for i := range 5 {
			play(fmt.Sprint(i), "0")
		}
		play("5", "0")
		require.Equal(t, []any{"5", "4", "3"}, refs())
		a.get("/ussd/sessions/0").refused(t, 404, "not_found")
		a.get("/ussd/sessions/"+oldest).refused(t, 404, "not_found")
		play("0", "") // its name is free again
		require.Equal(t, []any{"0", "5", "4"}, refs())
		a.post("/ussd/simulate",
			`{"app_id":"`+app+`","session_id":"4","msisdn":"233209990001","new_session":true}`)
		require.Equal(t, "active", a.get("/ussd/sessions/4").data(t)["status"],
			"the name is that of the newest")
		play("4", "0")
		require.Equal(t, []any{"4", "0", "5"}, refs(), "which went on")
	}, helliotest.WithUSSDHandler(callbackURL, new(menu)))
}

// countMembers counts those of an array or an object.
func countMembers(t *testing.T, text json.RawMessage) int {
	t.Helper()
	var list []any
	if json.Unmarshal(text, &list) == nil {
		return len(list)
	}
	var object map[string]any
	require.NoError(t, json.Unmarshal(text, &object))
	return len(object)
}

func TestRetentionEvictsTheOldestKeys(t *testing.T) {
	forgetful(t, func(t *testing.T, _ *helliotest.Fake, a api) {
		replayed := func(key string) string {
			return a.send(textTo("233209990001", "Hi"), "Idempotency-Key", key).header.Get("Idempotent-Replayed")
		}
		for _, key := range []string{"a", "b", "c"} {
			require.Empty(t, replayed(key))
		}
		require.Equal(t, "true", replayed("a"))
		require.Empty(t, replayed("d"))
		require.Equal(t, "true", replayed("b"))
		require.Empty(t, replayed("a"))
	})
}

func TestAKeyThatNoLongerCountsIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(textTo("233209990001", "Hi"), "Idempotency-Key", "old")
		f.Advance(24 * time.Hour)
		a.send(textTo("233209990001", "Hi"), "Idempotency-Key", "new")
		require.NotContains(t, string(snapshot(t, f)), `"old"`)
	})
}

func TestASnapshotHoldsWhatHasNotLeft(t *testing.T) {
	hook := always(http.StatusOK)
	forgetful(t, func(t *testing.T, f *helliotest.Fake, a api) {
		for range 3 {
			a.send(`{"recipients":["233209990001","233209990002"],"sender":"HELLIO",` +
				`"message":"Hi"}`)
			f.Advance(time.Minute)
		}
		a.send(textTo("233209990001", "on its way"))
		require.Len(t, f.Messages(), 3)
		require.Len(t, f.Deliveries(), 3)
		for _, retention := range []int{0, 3} {
			again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)),
				helliotest.WithRetention(retention), helliotest.WithWebhookHandler(hookURL, hook,
					hookSecret))
			require.JSONEq(t, a.get("/campaigns").body, newAPI(t, again).get("/campaigns").body)
			again.Advance(time.Minute)
			require.Equal(t, "0.0000", again.Balance().Reserved)
		}
	}, helliotest.WithWebhookHandler(hookURL, hook, hookSecret))
}

func TestTheJournalCountsTheCallsThatHaveLeft(t *testing.T) {
	t.Parallel()
	seen := watch(t, func(tb testing.TB) {
		a := newAPI(t, helliotest.New(tb, helliotest.WithRetention(3)))
		for range 5 {
			a.get("/balance")
		}
		tb.Errorf("it failed")
	})
	log := strings.Join(seen.logs, "\n")
	require.Contains(t, log, "5 calls; the first 2 are left out here")
	require.Contains(t, log, "  5 GET  /balance")
}

func TestANegativeRetentionIsAnError(t *testing.T) {
	t.Parallel()
	_, err := helliotest.Start(helliotest.WithRetention(-1))
	require.ErrorContains(t, err, "-1 is negative")
}

func TestRestoredCodesLeaveInTheirOrder(t *testing.T) {
	t.Parallel()
	for seed := range 20 { // the order was that of a map
		f := helliotest.New(t, helliotest.WithSeed(uint64(seed)))
		a := newAPI(t, f)
		numbers := []string{"+233209990001", "+233209990002", "+233209990003"}
		for _, to := range numbers {
			a.sendOTP(`{"mobile_number":"` + to + `","sender":"HELLIO"}`)
		}
		again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)),
			helliotest.WithRetention(3))
		newAPI(t, again).sendOTP(`{"mobile_number":"+233209990004","sender":"HELLIO"}`)
		for i, to := range numbers {
			_, live := again.LookupOTP(to)
			require.Equal(t, i > 0, live, to)
		}
	}
}

func TestALookupInTheYear9999IsRestored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		resp := newAPI(t, f).do("POST", "/lookup",
			`{"numbers":["233209990001"],"scheduled_at":"9999-12-31T23:59:59Z"}`)
		require.Equal(t, 202, resp.status)
		f.Advance(99 * 365 * 24 * time.Hour)
		again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)))
		require.Equal(t, "0.0100", again.Balance().Reserved)
		require.Equal(t, string(snapshot(t, f)), string(snapshot(t, again)))
	})
}

func TestOnlyStoredAnswersCountAsKeys(t *testing.T) {
	forgetful(t, func(t *testing.T, _ *helliotest.Fake, a api) {
		first := a.send(textTo("233209990001", "Hi"), "Idempotency-Key", "first")
		require.Equal(t, 202, first.status)
		for i := range 5 {
			a.send(textTo("no number", "Hi"), "Idempotency-Key", fmt.Sprint("refused ", i)).
				refused(t, 422, "no_valid_recipients")
		}
		require.Equal(t, first.body,
			a.send(textTo("233209990001", "Hi"), "Idempotency-Key", "first").body)
	})
}
