package hellio_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func notify(ctx context.Context, client *hellio.Client, number string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
		Recipients: []string{number}, // in international form
		Sender:     "ACME",
		Message:    "Your parcel is here.",
	})
	if err != nil {
		return fmt.Errorf("parcel notice (outcome: %s): %w", hellio.OutcomeOf(err), err)
	}
	log.Println("accepted, reference", sent.Reference)
	return nil
}

func TestNoticeIsSentOnce(t *testing.T) {
	fake := helliotest.New(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply()) // sent, but the reply is lost
	require.NoError(t, notify(t.Context(), fake.Client(), "+233209990001"))
	require.Len(t, fake.Messages(helliotest.To("+233209990001")), 1)
	require.Equal(t, "99.9690", fake.Balance().Available)
}

// statusStore is the store of the README's webhook handler.
type statusStore struct{}

func (statusStore) SetStatus(context.Context, string, hellio.MessageStatus) error { return nil }

func newReports(store statusStore, secret string) (*hellio.WebhookHandler, error) {
	reports, err := hellio.NewWebhookHandler([]string{secret}, func(ctx context.Context, e *hellio.WebhookEvent) error {
		return store.SetStatus(ctx, e.ProviderMessageID, e.Status) // only if e.Status.Rank() is above the stored one
	})
	return reports, err
}

// Each Go block of these pages is code of a file that is compiled and run.
func TestPagesShowCodeThatRuns(t *testing.T) {
	t.Parallel()
	for page, file := range map[string]string{
		"README.md":           "readme_test.go",
		"docs/agents.md":      "readme_test.go",
		"docs/migration.md":   "readme_test.go",
		"docs/reliability.md": "readme_test.go",
		"docs/reports.md":     "reports_match_example_test.go",
	} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
		require.NotEmpty(t, blocks, page)
		indent := regexp.MustCompile(`(?m)^\t*`)
		for _, block := range blocks {
			code := indent.ReplaceAll(block[1], nil)
			require.Contains(t, string(indent.ReplaceAll(source, nil)), string(code), page)
		}
	}
	handler, err := newReports(statusStore{}, "a secret of 16 bytes")
	require.NoError(t, err)
	require.NotNil(t, handler)
}

func TestResumedJobSendsOnce(t *testing.T) {
	fake := helliotest.New(t)
	client, ctx := fake.Client(), t.Context()
	params := &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "ACME",
		Message:    "Your order is ready.",
	}
	key := uuid.NewString() // stored with the order, in the same transaction
	sent, err := client.SMS.Send(ctx, params, hellio.WithIdempotencyKey(key))
	require.NoError(t, err)
	first := sent.Reference

	// on every later run of the job
	sent, err = client.SMS.Send(ctx, params, hellio.WithResumeKey(key))
	require.NoError(t, err)
	require.Equal(t, first, sent.Reference)
	require.Len(t, fake.Messages(), 1)
}

func TestNoticeUnderEveryFault(t *testing.T) {
	helliotest.Explore(t, func(run *helliotest.Run) error {
		_, err := run.Client().SMS.Send(run.Context(), &hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "ACME",
			Message:    "Your parcel is here.",
		}, hellio.WithResumeKey("parcel-7")) // stored with the parcel
		return err
	})
}
