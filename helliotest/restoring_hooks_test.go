package helliotest_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestARestoredWebhookHasItsURLAndSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const nowhere, elsewhere = "http://127.0.0.1:1/hook", "http://127.0.0.1:2/hook"
		gone := new(receiver)
		f := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL+"&deleted", always(500), "deleted"),
			helliotest.WithWebhookHandler(hookURL+"&lost", gone, "lost"),
			helliotest.WithWebhookHandler(hookURL, gone, "first"),
			helliotest.WithWebhook(hookURL, "second"),
			helliotest.WithWebhook(nowhere, "real"))
		sendTo(t, f, someone)
		f.Advance(6 * time.Second) // the first webhook has a delivery that is to be tried again
		require.NoError(t,
			f.Client().Webhooks.Delete(t.Context(), hellio.ID(fmt.Sprint(f.Webhooks()[0].ID))))

		v := new(receiver)
		again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)),
			helliotest.WithWebhookHandler(hookURL, v, "first"),
			helliotest.WithWebhook(hookURL, "fresh"),
			helliotest.WithWebhook(nowhere, "real"),
			helliotest.WithWebhook(elsewhere, "real"))
		var found []string
		for _, hook := range again.Webhooks() {
			found = append(found, hook.URL+" "+hook.Secret)
		}
		require.Equal(t, []string{
			// saved and live
			hookURL + "&lost lost", hookURL + " first", hookURL + " second", nowhere + " real",
			hookURL + " fresh", elsewhere + " real",
		}, found)

		sendTo(t, again, someone)
		again.Advance(6 * time.Second)
		require.Len(t, v.got(), 3)
		for i, secret := range []string{"first", "second", "fresh"} {
			require.True(t, v.got()[i].genuine(secret))
		}
		lost := again.Deliveries()[5]
		require.Equal(t, hookURL+"&lost", lost.URL)
		require.Contains(t, lost.Attempts[0].Error, "its handler was not saved with the snapshot")
	})
}

func TestARestoredDeliveryContinuesItsAttempts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  []helliotest.Rule
		passed time.Duration
		rest   []time.Duration // the attempts to come, counted from the snapshot
	}{
		"put off": {
			[]helliotest.Rule{helliotest.Nth(1), helliotest.WebhookDelay(time.Minute)},
			10 * time.Second,
			[]time.Duration{55 * time.Second},
		},
		"held": {
			[]helliotest.Rule{helliotest.Nth(1), helliotest.WebhookReorder()},
			10 * time.Second,
			[]time.Duration{5 * time.Second, 5 * time.Second},
		},
		"lost once": {
			[]helliotest.Rule{helliotest.Nth(1), helliotest.WebhookLose()},
			10 * time.Second,
			[]time.Duration{5 * time.Second},
		},
		"lost to the end": {
			[]helliotest.Rule{helliotest.Always(), helliotest.WebhookLose()},
			time.Hour,
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := helliotest.New(t,
					helliotest.WithWebhookHandler(hookURL, new(receiver), hookSecret))
				f.Fault(helliotest.WebhookDelivery, c.fault...)
				sendTo(t, f, someone)
				f.Advance(c.passed)
				v := new(receiver)
				again := helliotest.New(t, helliotest.FromSnapshot(snapshot(t, f)),
					helliotest.WithWebhookHandler(hookURL, v, hookSecret))
				require.Equal(t, newAPI(t, f).get("/webhooks").body,
					newAPI(t, again).get("/webhooks").body, "its failures too")
				require.Equal(t, f.Deliveries(), again.Deliveries())
				began := time.Now()
				if len(c.rest) == 2 {
					sendTo(t, again, secondPhone)
				}
				again.Advance(time.Hour)
				var rest []time.Duration
				for _, r := range v.got() {
					rest = append(rest, r.at.Sub(began))
				}
				require.Equal(t, c.rest, rest)
			})
		})
	}
}

func TestASnapshotCountsAttemptsInFlightAsFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, slow, hookSecret))
		sendTo(t, f, someone)
		time.Sleep(5 * time.Second) // Advance would wait for the answer
		f.Messages()
		synctest.Wait()
		taken := snapshot(t, f)
		close(release)
		require.NoError(t, f.Settle(t.Context()))
		v := new(receiver)
		again := helliotest.New(t, helliotest.FromSnapshot(taken),
			helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		began := time.Now()
		again.Advance(time.Minute)
		require.Len(t, v.got(), 1)
		require.Equal(t, 10*time.Second, v.got()[0].at.Sub(began), "the second attempt")
		require.Equal(t, "delivered", again.Deliveries()[0].Status)
	})
}
