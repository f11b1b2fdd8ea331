package hellio_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// sendSMS sends one text to each of the numbers, one message each.
func sendSMS(t testing.TB, fake *helliotest.Fake, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		_, err := fake.Client().SMS.Send(t.Context(), &hellio.SMSSendParams{
			Recipients: []string{number},
			Sender:     "HELLIO",
			Message:    "Your parcel is here.",
		})
		require.NoError(t, err)
	}
}

// lastDigits lists the last digit of the number of each event.
func (s *seen) lastDigits() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var digits []string
	for _, e := range s.events {
		digits = append(digits, e.MobileNumber[len(e.MobileNumber)-1:])
	}
	return digits
}

// requireDelivered checks that every delivery was acknowledged in the end.
func requireDelivered(t testing.TB, fake *helliotest.Fake, count int) {
	t.Helper()
	require.Len(t, fake.Deliveries(), count)
	for _, d := range fake.Deliveries() {
		require.Equal(t, "delivered", d.Status)
	}
}

// statuses lists the responses to the attempts of all deliveries.
func statuses(fake *helliotest.Fake) []int {
	var all []int
	for _, d := range fake.Deliveries() {
		for _, a := range d.Attempts {
			all = append(all, a.StatusCode)
		}
	}
	return all
}

const hookURL = "https://shop.example/hooks/hellio"

// fakeFor returns a fake that delivers to a handler.
func fakeFor(t *testing.T, handle webhookFunc) *helliotest.Fake {
	t.Helper()
	h := webhookHandler(t, handle)
	return helliotest.New(t, helliotest.WithWebhookHandler(hookURL, h, webhookSecret))
}

func TestAReportFailingThreeTimesIsHandledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		calls := 0
		fake := fakeFor(t, func(ctx context.Context, e *hellio.WebhookEvent) error {
			if calls++; calls <= 3 {
				return errors.New("no database")
			}
			return s.handle(ctx, e)
		})
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)

		d := fake.Deliveries()[0]
		var ladder []time.Duration
		for _, a := range d.Attempts {
			ladder = append(ladder, a.At.Sub(d.Attempts[0].At))
		}
		t.Log("attempts at", ladder)
		want := []time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute}
		require.Equal(t, want, ladder)
		require.Equal(t, []int{500, 500, 500, 200}, statuses(fake))
		require.Equal(t, []string{"1"}, s.lastDigits())
		require.Equal(t, fake.Messages()[0].ProviderMessageID, s.events[0].ProviderMessageID)

		require.NoError(t, fake.Replay(d.ID))
		require.Len(t, s.lastDigits(), 1, "a replay is not handled again")
	})
}

func TestFaultyDeliveriesAreHandledOnceEach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    helliotest.Rule
		statuses []int
		digits   []string
		early    int // messages that were handled before any second attempt
	}{
		"duplicate": {
			fault:    helliotest.WebhookDuplicate(),
			statuses: []int{200, 200, 200},
			digits:   []string{"1", "2"},
			early:    2,
		},
		"reordered": {
			fault:    helliotest.WebhookReorder(),
			statuses: []int{200, 200},
			digits:   []string{"2", "1"},
			early:    2,
		},
		"forged": {
			fault:    helliotest.WebhookBadSignature(),
			statuses: []int{401, 200, 200},
			digits:   []string{"2", "1"},
			early:    1,
		},
		"lost": {
			fault:    helliotest.WebhookLose(),
			statuses: []int{0, 200, 200},
			digits:   []string{"2", "1"},
			early:    1,
		},
		"late": {
			fault:    helliotest.WebhookDelay(time.Hour),
			statuses: []int{200, 200},
			digits:   []string{"2", "1"},
			early:    1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := new(seen)
				fake := fakeFor(t, s.handle)
				fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), c.fault)
				sendSMS(t, fake, "+233209990001", "+233209990002")
				fake.Advance(9 * time.Second)
				require.Len(t, s.lastDigits(), c.early)
				fake.Advance(2 * time.Hour)
				t.Log("responses", statuses(fake), "handled", s.lastDigits())
				require.Equal(t, c.statuses, statuses(fake))
				require.Equal(t, c.digits, s.lastDigits())
			})
		})
	}
}

func TestNoReportIsLostInARotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		secrets := []string{webhookSecret, nextSecret}
		both, err := hellio.NewWebhookHandler(secrets, s.handle, quiet())
		require.NoError(t, err)
		fake := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, both, webhookSecret),
			helliotest.WithWebhook(hookURL, nextSecret))
		client := fake.Client()

		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Minute) // both endpoints deliver together: one may have to repeat
		requireDelivered(t, fake, 2)
		require.Equal(t, []string{"1"}, s.lastDigits())

		hooks, err := client.Webhooks.List(t.Context())
		require.NoError(t, err)
		require.Len(t, hooks, 2)
		oldest := hooks[1].ID
		require.NoError(t, client.Webhooks.Delete(t.Context(), oldest))
		sendSMS(t, fake, "+233209990002")
		fake.Advance(time.Minute)
		requireDelivered(t, fake, 3)
		require.Equal(t, []string{"1", "2"}, s.lastDigits())
	})
}

func TestASlowHandlerNeverRunsTwiceInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		fake := fakeFor(t, func(ctx context.Context, e *hellio.WebhookEvent) error {
			time.Sleep(25 * time.Second) // the API hangs up after 10 s, and delivers again
			return s.handle(ctx, e)
		})
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)
		t.Log("responses", statuses(fake))
		require.Len(t, s.lastDigits(), 1)
		require.Equal(t, "delivered", fake.Deliveries()[0].Status)
	})
}

func TestAHandlerWithAnotherSecretRefusesEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		h, err := hellio.NewWebhookHandler([]string{nextSecret}, s.handle, quiet())
		require.NoError(t, err)
		fake := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, h, webhookSecret))
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)
		require.Equal(t, []int{401, 401, 401, 401, 401}, statuses(fake))
		require.Equal(t, "failed", fake.Deliveries()[0].Status)
		require.Empty(t, s.lastDigits())
	})
}
