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

func TestAWebhookTellsItsSecretOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.JSONEq(t, `{"data":[]}`, a.get("/webhooks").body)
	resp := a.post("/webhooks",
		`{"url":"https://example.com/hooks","events":["message.failed","message.delivered"]}`)
	require.Equal(t, http.StatusCreated, resp.status)
	made := resp.data(t)
	require.Regexp(t, `^whsec_[A-Za-z0-9]{40}$`, made["secret"])
	require.IsType(t, 0.0, made["id"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$`, made["created_at"])
	delete(made, "secret")
	require.Equal(t, map[string]any{
		"id":            made["id"],
		"url":           "https://example.com/hooks",
		"events":        []any{"message.failed", "message.delivered"},
		"active":        true,
		"last_error":    nil,
		"failure_count": 0.0,
		"created_at":    made["created_at"],
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
	made, err := client.Webhooks.Create(t.Context(),
		&hellio.WebhookParams{URL: "https://example.com/a"})
	require.NoError(t, err)
	require.NoError(t, client.Webhooks.Delete(t.Context(), made.ID))
}

func TestAHandlerSeesTheRequestOfItsURL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		v := &receiver{answer: func(_ int, _ http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Method, r.Host, r.URL.String(), r.RequestURI)
		}}
		f := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, v, hookSecret, "message.failed"))
		_, err := f.Client().Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: hookURL})
		require.NoError(t, err)
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Equal(t,
			[]string{"POST", "app.example", "/hooks/hellio?tenant=7", "/hooks/hellio?tenant=7"}, seen)
		require.Equal(t, "hellio-fake", v.got()[0].header.Get("User-Agent"))
	})
}

func TestASecretIsRotatedInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, "old"))
		old := f.Webhooks()[0]
		made, err := f.Client().Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: hookURL})
		require.NoError(t, err)
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Len(t, v.got(), 2, "each report arrives twice")
		require.True(t, v.got()[0].genuine("old"))
		require.True(t, v.got()[1].genuine(made.Secret))

		require.NoError(t, f.Client().Webhooks.Delete(t.Context(), hellio.ID(fmt.Sprint(old.ID))))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Len(t, v.got(), 3)
		require.True(t, v.got()[2].genuine(made.Secret))
	})
}

func TestPlainHTTPIsForLoopbackUnlessAllowed(t *testing.T) {
	t.Parallel()
	for url, loopback := range map[string]bool{
		"http://localhost:9/hook": true,
		"http://LocalHost/hook":   true,
		"http://127.9.9.9/hook":   true,
		"http://[::1]:9/hook":     true,
		"http://app:3000/hook":    false,
		"http://10.0.0.1/hook":    false,
		"http://localhost.org/":   false,
	} {
		body := `{"url":"` + url + `"}`
		status := newAPI(t, helliotest.New(t)).do("POST", "/webhooks", body).status
		require.Equal(t, loopback, status == 201, url)
		allowed := helliotest.New(t, helliotest.WithWebhook(url, hookSecret),
			helliotest.AllowHTTPCallbacks())
		require.Equal(t, 201, newAPI(t, allowed).do("POST", "/webhooks", body).status, url)
	}
	newAPI(t, helliotest.New(t, helliotest.AllowHTTPCallbacks())).do("POST", "/webhooks",
		`{"url":"ftp://app/hook"}`).refused(t, 422, "invalid_request")
}

func TestASecondHandlerAtAURLIsAnError(t *testing.T) {
	t.Parallel()
	h := http.NotFoundHandler()
	_, err := helliotest.Start(helliotest.WithWebhookHandler(hookURL, h, "a"),
		helliotest.WithWebhookHandler(hookURL, h, "b"))
	require.EqualError(t, err,
		"WithWebhookHandler: "+hookURL+
			" has a handler already; WithWebhook adds another secret at this URL")
	_, err = helliotest.Start(helliotest.WithUSSDHandler(hookURL, h),
		helliotest.WithUSSDHandler(hookURL, h))
	require.EqualError(t, err, "WithUSSDHandler: "+hookURL+" has a handler already")
}

func TestADisabledWebhookCanBeEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := true
		v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			if down {
				w.WriteHeader(500)
			}
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		id := f.Webhooks()[0].ID
		for range 10 {
			sendTo(t, f, someone)
		}
		f.Advance(time.Hour)
		require.Equal(t, []helliotest.Webhook{{
			ID:           id,
			URL:          hookURL,
			Events:       []string{"*"},
			FailureCount: 10,
			LastError:    "it answered 500",
			Secret:       hookSecret,
			CreatedAt:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		}}, f.Webhooks())

		down = false
		require.NoError(t, f.EnableWebhook(id))
		require.Equal(t, []any{true, 0, "it answered 500"},
			[]any{f.Webhooks()[0].Active, f.Webhooks()[0].FailureCount, f.Webhooks()[0].LastError})
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Len(t, f.Deliveries(), 11)
		require.Equal(t, "delivered", f.Deliveries()[10].Status)
		require.Equal(t, "failed", f.Deliveries()[0].Status)
		require.NoError(t, f.EnableWebhook(id), "an active one stays")
		require.EqualError(t, f.EnableWebhook(7), "there is no webhook 7")
	})
}
