package main

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// hookURL is where the API delivers: the fake calls the handler with its path.
const hookURL = "https://shop.example/hooks/hellio"

// sent sends a text to each number and returns the provider's ids of all
// messages.
func sent(t *testing.T, fake *helliotest.Fake, numbers ...string) []string {
	t.Helper()
	for _, number := range numbers {
		_, err := fake.Client().SMS.Send(t.Context(), &hellio.SMSSendParams{
			Recipients: []string{number},
			Sender:     "HELLIO",
			Message:    "Your parcel is here.",
		})
		require.NoError(t, err)
	}
	fake.Advance(2 * time.Hour)
	var ids []string
	for _, m := range fake.Messages() {
		ids = append(ids, m.ProviderMessageID)
	}
	return ids
}

func TestReportsArriveDespiteFaultyDeliveries(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]helliotest.Rule{
		"duplicate": helliotest.WebhookDuplicate(),
		"reordered": helliotest.WebhookReorder(),
		"forged":    helliotest.WebhookBadSignature(),
		"lost":      helliotest.WebhookLose(),
		"late":      helliotest.WebhookDelay(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := temporary(t)
				fake := helliotest.New(t,
					helliotest.WithWebhookHandler(hookURL, handlerOn(t, db, secret), secret))
				fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), fault)
				ids := sent(t, fake, "+233209990001", helliotest.NumberFailed)
				requireStatus(t, db, ids[0], hellio.MessageDelivered)
				requireStatus(t, db, ids[1], hellio.MessageFailed)
			})
		})
	}
}

func TestAReportSurvivesThreeFailuresOfTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := temporary(t)
		inner := handlerOn(t, db, secret)
		attempts := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch attempts++; attempts {
			case 1:
				_, err := db.ExecContext(t.Context(), `ALTER TABLE messages RENAME TO elsewhere`)
				require.NoError(t, err)
			case 4:
				_, err := db.ExecContext(t.Context(), `ALTER TABLE elsewhere RENAME TO messages`)
				require.NoError(t, err)
			}
			inner.ServeHTTP(w, r)
		})
		fake := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, h, secret))
		ids := sent(t, fake, "+233209990001")
		require.Equal(t, 4, attempts)
		requireStatus(t, db, ids[0], hellio.MessageDelivered)
	})
}

func TestARotationOfTheSecretLosesNoReport(t *testing.T) {
	t.Parallel()
	const next = "whsec_fedcba9876543210"
	synctest.Test(t, func(t *testing.T) {
		db := temporary(t)
		h := handlerOn(t, db, secret) // until its restart it has the first secret alone
		process := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
		})
		fake := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, process, secret),
			helliotest.WithWebhook(hookURL, next))

		requireStatus(t, db, sent(t, fake, "+233209990001")[0], hellio.MessageDelivered)
		h = handlerOn(t, db, secret, next)
		requireStatus(t, db, sent(t, fake, "+233209990002")[1], hellio.MessageDelivered)

		hooks, err := fake.Client().Webhooks.List(t.Context()) // newest first
		require.NoError(t, err)
		require.NoError(t, fake.Client().Webhooks.Delete(t.Context(), hooks[1].ID))
		h = handlerOn(t, db, next)
		requireStatus(t, db, sent(t, fake, "+233209990003")[2], hellio.MessageDelivered)
	})
}
