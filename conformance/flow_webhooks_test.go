package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/contract"
)

func webhookFlows() []flow {
	return []flow{
		{"webhooks are created, listed and deleted", nil, func(t *testing.T, w *world) {
			for _, p := range []hellio.WebhookParams{
				{URL: "https://example.com/hooks"},
				{URL: "http://127.0.0.1:8080/hooks", Events: []string{hellio.EventMessageDelivered, hellio.EventMessageFailed}},
			} {
				_, err := w.client.Webhooks.Create(t.Context(), &p)
				require.NoError(t, err)
			}
			hooks, err := w.client.Webhooks.List(t.Context())
			require.NoError(t, err)
			require.Len(t, hooks, 2)
			for _, hook := range hooks {
				require.NoError(t, w.client.Webhooks.Delete(t.Context(), string(hook.ID)))
			}
			requireRefused(t, w.client.Webhooks.Delete(t.Context(), string(hooks[0].ID)), 404, contract.CodeNotFound)
		}},
		{"a webhook without events", nil, func(t *testing.T, w *world) {
			g := w.raw(t, "POST", "/webhooks", `{"url":"https://example.com/hooks"}`)
			require.Equal(t, 201, g.status)
		}},
		{"a webhook whose fields are wrong", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/webhooks", map[string]string{
				"url":      `{"url":"http://example.com/hooks"}`,
				"events.0": `{"url":"https://example.com/hooks","events":["message.read"]}`,
			})
		}},
	}
}
