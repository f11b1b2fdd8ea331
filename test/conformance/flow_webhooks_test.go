package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func webhookFlows() []flow {
	return []flow{
		{"webhooks are created, listed and deleted", nil, func(t *testing.T, w *world) {
			for _, p := range []hellio.WebhookParams{
				{URL: "https://example.com/hooks"},
				{
					URL:    "http://127.0.0.1:8080/hooks",
					Events: []string{hellio.EventMessageDelivered, hellio.EventMessageFailed},
				},
			} {
				_, err := w.client.Webhooks.Create(t.Context(), &p)
				require.NoError(t, err)
			}
			hooks, err := w.client.Webhooks.List(t.Context())
			require.NoError(t, err)
			require.Len(t, hooks, 2)
			for _, hook := range hooks {
				require.NoError(t, w.client.Webhooks.Delete(t.Context(), hook.ID))
			}
			err = w.client.Webhooks.Delete(t.Context(), hooks[0].ID)
			requireRefused(t, err, 404, contract.CodeNotFound)
		}},
		{"a webhook without events", nil, func(t *testing.T, w *world) {
			g := w.raw(t, "POST", "/webhooks", `{"url":"https://example.com/hooks"}`)
			require.Equal(t, 201, g.status)
		}},
		{"a webhook with invalid fields", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/webhooks", map[string]string{
				"url":      `{"url":"http://example.com/hooks"}`,
				"events.0": `{"url":"https://example.com/hooks","events":["message.read"]}`,
			})
		}},
		webhookDeliveries(),
	}
}

// webhookDeliveries makes deliveries of both kinds, first refused and then with
// each fault, until the webhook is disabled. It also checks what the receiver
// gets.
func webhookDeliveries() flow {
	var rec *Receiver
	up := false
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.ServeHTTP(w, r)
	})
	const url = "https://example.com/hooks"
	return flow{
		"deliveries of every kind",
		with(helliotest.WithWebhookHandler(url, handler, "whsec_conformance")),
		func(t *testing.T, w *world) {
			rec, up = NewReceiver(theDocument(t), "webhook_delivery", endpoint), false
			w.report(t, helliotest.NumberDelivered, helliotest.NumberFailed)
			require.Equal(t, 2, rec.Received())
			up = true
			w.fake.Advance(10 * time.Second)
			require.Equal(t, 4, rec.Received())
			for _, effect := range []helliotest.Rule{
				helliotest.WebhookLose(),
				helliotest.WebhookDuplicate(),
				helliotest.WebhookBadSignature(),
				helliotest.WebhookDelay(time.Second),
			} {
				w.fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), effect)
				w.report(t, helliotest.NumberDelivered)
				w.fake.Advance(time.Minute)
			}
			require.NoError(t, w.fake.Replay(w.fake.Deliveries()[0].ID))
			require.Equal(t, 4+5+1, rec.Received())
			w.disable(t, &up)
			for _, d := range rec.Differences() {
				t.Error(d)
			}
		},
	}
}

// report sends to numbers and advances the clock until the messages are final.
func (w *world) report(t *testing.T, numbers ...string) {
	t.Helper()
	_, err := w.client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: numbers,
		Sender:     "HELLIO",
		Message:    "Hi",
	})
	require.NoError(t, err)
	w.fake.Advance(5 * time.Second)
}

// disable makes deliveries fail until the fake disables the webhook.
func (w *world) disable(t *testing.T, up *bool) {
	t.Helper()
	*up = false
	for range 10 {
		w.report(t, helliotest.NumberDelivered)
	}
	w.fake.Advance(time.Hour)
	list, err := w.client.Webhooks.List(t.Context())
	require.NoError(t, err)
	require.False(t, list[0].Active)
	require.Equal(t, []any{10, "it answered 503"}, []any{list[0].FailureCount, list[0].LastError})
}
