package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// sendSMS sends one text to each of the numbers, a message each.
func sendSMS(t testing.TB, fake *helliotest.Fake, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		_, err := fake.Client().SMS.Send(t.Context(), &hellio.SMSSendParams{Recipients: []string{number}, Sender: "HELLIO", Message: "Your parcel is here."})
		require.NoError(t, err)
	}
}

// numbersOf lists the last digits of the numbers of the events that a handler's function saw.
func (s *seen) numbersOf() (last []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		last = append(last, e.MobileNumber[len(e.MobileNumber)-1:])
	}
	return last
}

// requireDelivered checks that every delivery was acknowledged in the end.
func requireDelivered(t testing.TB, fake *helliotest.Fake, count int) {
	t.Helper()
	require.Len(t, fake.Deliveries(), count)
	for _, d := range fake.Deliveries() {
		require.Equal(t, "delivered", d.Status)
	}
}

// answers lists the statuses that the attempts of all deliveries got.
func answers(fake *helliotest.Fake) (all []int) {
	for _, d := range fake.Deliveries() {
		for _, a := range d.Attempts {
			all = append(all, a.StatusCode)
		}
	}
	return all
}

func TestAReportThatFailsThreeTimesIsHandledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, calls := new(seen), 0
		fake := helliotest.New(t, helliotest.WithWebhookHandler(webhookHandler(t, func(ctx context.Context, e *hellio.WebhookEvent) error {
			if calls++; calls <= 3 {
				return errors.New("no database")
			}
			return s.handle(ctx, e)
		}), webhookSecret))
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)

		d := fake.Deliveries()[0]
		var ladder []time.Duration
		for _, a := range d.Attempts {
			ladder = append(ladder, a.At.Sub(d.Attempts[0].At))
		}
		t.Log("attempts at", ladder)
		require.Equal(t, []time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute}, ladder)
		require.Equal(t, []int{500, 500, 500, 200}, answers(fake))
		require.Equal(t, []string{"1"}, s.numbersOf())
		require.Equal(t, fake.Messages()[0].ProviderMessageID, s.events[0].ProviderMessageID)

		require.NoError(t, fake.Replay(d.ID))
		require.Len(t, s.numbersOf(), 1, "it is known, whoever asks for it once more")
	})
}

func TestDeliveriesThatGoWrongAreHandledOnceEach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    helliotest.Rule
		answers  []int
		numbers  []string
		atSecond int // messages that were handled before any was tried again
	}{
		"duplicate": {helliotest.WebhookDuplicate(), []int{200, 200, 200}, []string{"1", "2"}, 2},
		"reordered": {helliotest.WebhookReorder(), []int{200, 200}, []string{"2", "1"}, 2},
		"forged":    {helliotest.WebhookBadSignature(), []int{401, 200, 200}, []string{"2", "1"}, 1},
		"lost":      {helliotest.WebhookLose(), []int{0, 200, 200}, []string{"2", "1"}, 1},
		"late":      {helliotest.WebhookDelay(time.Hour), []int{200, 200}, []string{"2", "1"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := new(seen)
				fake := helliotest.New(t, helliotest.WithWebhookHandler(webhookHandler(t, s.handle), webhookSecret))
				fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), c.fault)
				sendSMS(t, fake, "+233209990001", "+233209990002")
				fake.Advance(9 * time.Second)
				require.Len(t, s.numbersOf(), c.atSecond)
				fake.Advance(2 * time.Hour)
				t.Log("answered", answers(fake), "handled", s.numbersOf())
				require.Equal(t, c.answers, answers(fake))
				require.Equal(t, c.numbers, s.numbersOf())
			})
		})
	}
}

func TestNoReportIsLostWhileASecretIsRotated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		both, err := hellio.NewWebhookHandler([]string{webhookSecret, nextSecret}, s.handle, quiet())
		require.NoError(t, err)
		fake := helliotest.New(t, helliotest.WithWebhookHandler(both, webhookSecret), helliotest.WithWebhookHandler(both, nextSecret))
		client := fake.Client()

		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Minute) // both endpoints deliver at once: one may be told to come again
		requireDelivered(t, fake, 2)
		require.Equal(t, []string{"1"}, s.numbersOf(), "and handled once")

		hooks, err := client.Webhooks.List(t.Context())
		require.NoError(t, err)
		require.Len(t, hooks, 2)
		require.NoError(t, client.Webhooks.Delete(t.Context(), hooks[1].ID)) // newest first: the old one
		sendSMS(t, fake, "+233209990002")
		fake.Advance(time.Minute)
		requireDelivered(t, fake, 3)
		require.Equal(t, []string{"1", "2"}, s.numbersOf())
	})
}

func TestAHandlerThatOutlastsTheAPIIsNotRunTwiceAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		fake := helliotest.New(t, helliotest.WithWebhookHandler(webhookHandler(t, func(ctx context.Context, e *hellio.WebhookEvent) error {
			time.Sleep(25 * time.Second) // the API hangs up after 10 s, and tries again 10 s after its first attempt
			return s.handle(ctx, e)
		}), webhookSecret))
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)
		require.Len(t, s.numbersOf(), 1, fmt.Sprint(answers(fake)))
		require.Equal(t, "delivered", fake.Deliveries()[0].Status)
		t.Log("answered", answers(fake))
	})
}

func TestAHandlerWithAnotherSecretTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(seen)
		h, err := hellio.NewWebhookHandler([]string{nextSecret}, s.handle, quiet())
		require.NoError(t, err)
		fake := helliotest.New(t, helliotest.WithWebhookHandler(h, webhookSecret))
		sendSMS(t, fake, "+233209990001")
		fake.Advance(time.Hour)
		require.Equal(t, []int{401, 401, 401, 401, 401}, answers(fake))
		require.Equal(t, "failed", fake.Deliveries()[0].Status)
		require.Empty(t, s.numbersOf())
	})
}
