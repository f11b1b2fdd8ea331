package helliotest_test

import (
	"net/http"
	"testing"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAWebhookTellsItsSecretOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.JSONEq(t, `{"data":[]}`, a.get("/webhooks").body)
	resp := a.post("/webhooks", `{"url":"https://example.com/hooks","events":["message.failed","message.delivered"]}`)
	require.Equal(t, http.StatusCreated, resp.status)
	made := resp.data(t)
	require.Regexp(t, `^whsec_[A-Za-z0-9]{40}$`, made["secret"])
	require.IsType(t, 0.0, made["id"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`, made["created_at"])
	delete(made, "secret")
	require.Equal(t, map[string]any{
		"id": made["id"], "url": "https://example.com/hooks", "events": []any{"message.failed", "message.delivered"}, "active": true, "last_error": nil,
		"failure_count": 0.0, "created_at": made["created_at"],
	}, made)
	second := a.post("/webhooks", `{"url":"http://127.0.0.1:9/h","events":null}`).data(t)
	require.Equal(t, []any{"*"}, second["events"])
	rows := a.get("/webhooks").rows(t)
	require.Equal(t, []any{second["id"], made["id"]}, []any{rows[0]["id"], rows[1]["id"]})
	require.Equal(t, made, rows[1])
	require.NotContains(t, rows[0], "secret")
}

func TestBadWebhooksAreRefusedByField(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"events":["*"]}`:                                   "url",
		`{"url":"","events":["*"]}`:                          "url",
		`{"url":"example.com"}`:                              "url",
		`{"url":"http://example.com/h"}`:                     "url",
		`{"url":"https:///h"}`:                               "url",
		`{"url":"https://e.com/h","events":[]}`:              "events",
		`{"url":"https://e.com/h","events":"*"}`:             "events",
		`{"url":"https://e.com/h","events":["*",""]}`:        "events.1",
		`{"url":"https://e.com/h","events":["*","message"]}`: "events.1",
		`{"url":"https://e.com/h","events":[1]}`:             "events.0",
	} {
		a := newAPI(t, helliotest.New(t, helliotest.Lenient()))
		resp := a.post("/webhooks", body)
		resp.refused(t, 422, "invalid_request")
		require.Contains(t, resp.decoded(t)["errors"], field, body)
		require.JSONEq(t, `{"data":[]}`, a.get("/webhooks").body)
	}
}

func TestADeletedWebhookIsGone(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	webhooks := f.Client().Webhooks
	kept, err := webhooks.Create(t.Context(), &hellio.WebhookParams{URL: "https://example.com/a"})
	require.NoError(t, err)
	gone, err := webhooks.Create(t.Context(), &hellio.WebhookParams{URL: "https://example.com/b"})
	require.NoError(t, err)
	require.NoError(t, webhooks.Delete(t.Context(), gone.ID))
	all, err := webhooks.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, kept.ID, all[0].ID)
	var missing *hellio.NotFoundError
	require.ErrorAs(t, webhooks.Delete(t.Context(), gone.ID), &missing)
}

func TestALostDeleteIsHealedByTheClient(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.WebhookDelete, helliotest.Nth(1), helliotest.LoseReply())
	client := f.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 1, MaxWait: 1}))
	made, err := client.Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: "https://example.com/a"})
	require.NoError(t, err)
	require.NoError(t, client.Webhooks.Delete(t.Context(), made.ID))
}
