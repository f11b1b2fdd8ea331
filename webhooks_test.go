package hellio_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleWebhooksService_Create() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	webhook, err := client.Webhooks.Create(context.Background(), &hellio.WebhookParams{
		URL:    "https://example.com/hooks/hellio",
		Events: []string{hellio.EventMessageDelivered, hellio.EventMessageFailed}, // none: all
	})
	if err != nil {
		log.Fatal(err)
	}
	// Store the secret: no later call returns it.
	fmt.Println(webhook.Active, webhook.Events, strings.HasPrefix(webhook.Secret, "whsec_"))
	// Output: true [message.delivered message.failed] true
}

func ExampleWebhooksService_List() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	if _, err := client.Webhooks.Create(
		ctx,
		&hellio.WebhookParams{URL: "https://example.com/hooks/hellio"},
	); err != nil {
		log.Fatal(err)
	}
	webhooks, err := client.Webhooks.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range webhooks {
		fmt.Println(w.URL, w.Events, w.Active, w.Secret == "")
	}
	// Output: https://example.com/hooks/hellio [*] true true
}

func ExampleWebhooksService_Delete() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	webhook, err := client.Webhooks.Create(
		ctx,
		&hellio.WebhookParams{URL: "https://example.com/hooks/hellio"},
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Webhooks.Delete(ctx, webhook.ID); err != nil {
		log.Fatal(err)
	}
	webhooks, err := client.Webhooks.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(webhooks))
	// Output: 0
}

func TestWebhooksRefuseBadInput(t *testing.T) {
	t.Parallel()
	create := func(url string, events ...string) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Webhooks.Create(
				context.Background(),
				&hellio.WebhookParams{URL: url, Events: events},
			)
			return err
		}
	}
	refusals := map[string]refusal{
		"nil params": {"params", func(c *hellio.Client) error {
			_, err := c.Webhooks.Create(context.Background(), nil)
			return err
		}},
		"a blank event":  {"events[1]", create("https://example.com/h", "*", " ")},
		"a broken event": {"events[0]", create("https://example.com/h", "\xff")},
	}
	for _, url := range []string{
		"",
		"example.com/h",
		"/h",
		"http://example.com/h",
		"https://example.com/\xff",
		"https://",
		"https:///h",
		"ftp://example.com/h",
		"ftp://localhost/h",
		"http://127.0.0.1.example.com/h",
		":",
		"javascript:alert(1)",
	} {
		refusals[fmt.Sprintf("url %q", url)] = refusal{"url", create(url)}
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("delete %q", id)] = refusal{
			"id",
			func(c *hellio.Client) error { return c.Webhooks.Delete(context.Background(), id) },
		}
	}
	requireRefused(t, refusals)
}

func TestAWebhookWithoutEventsAsksForAll(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	p := &hellio.WebhookParams{URL: "http://localhost:8080/h"}
	made, err := fake.Client().Webhooks.Create(t.Context(), p)
	require.NoError(t, err)
	require.JSONEq(
		t,
		`{"url":"http://localhost:8080/h","events":["*"]}`,
		string(fake.Requests()[0].Body),
	)
	require.Empty(t, p.Events, "the caller's params are not changed")
	require.Equal(t, []string{hellio.EventAll}, made.Events)
	require.Empty(t, made.LastError)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", made, *made, *made), "whsec_")
}

func TestAWebhookIsNeverMadeTwice(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	fake.Fault(helliotest.WebhookCreate, helliotest.Nth(1), helliotest.LoseReply())
	client := fake.Client()
	_, err := client.Webhooks.Create(t.Context(),
		&hellio.WebhookParams{URL: "https://example.com/h"})
	require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
	all, err := client.Webhooks.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestADisabledWebhookSaysWhy(t *testing.T) {
	t.Parallel()
	client, _ := scripted(
		t,
		`{"data":[{"id":"12","url":"https://example.com/h","events":["message.read"],`+
			`"active":false,"last_error":"timeout","failure_count":10,"new":1}]}`,
	)
	all, err := client.Webhooks.List(t.Context())
	require.NoError(t, err)
	w := all[0]
	require.Equal(
		t,
		[]any{hellio.ID("12"), []string{"message.read"}, false, "timeout", 10},
		[]any{w.ID, w.Events, w.Active, w.LastError, w.FailureCount},
	)
	require.Contains(t, string(w.Raw), `"new":1`)
}
