package hellio_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleVoiceService_Send() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	calls, err := client.Voice.Send(context.Background(), &hellio.VoiceSendParams{
		Recipients: []string{"+233249990001", "+233209990002"},
		Text:       "Your car is here",
		Voice:      hellio.VoiceNova,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		calls.Status,
		calls.AcceptedRecipients,
		"calls, at most",
		calls.EstimatedCost,
		calls.Currency,
	)
	// Output: queued 2 calls, at most 0.1800 GHS
}

func ExampleVoiceService_Wait() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()

	calls, err := client.Voice.Send(ctx, &hellio.VoiceSendParams{
		Recipients: []string{"+233249990001", helliotest.NumberUnreachable},
		AudioURL:   "https://example.com/ready.mp3",
	})
	if err != nil {
		log.Fatal(err)
	}
	fake.Advance(time.Minute) // the time that calls take
	over, err := client.Voice.Wait(ctx, calls.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		over.Status,
		over.Answered,
		"answered",
		over.Failed,
		"failed",
		over.Cost,
		over.Currency,
	)
	// Output: completed 1 answered 1 failed 1.3500 GHS
}

func ExampleVoiceService_Get() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()

	calls, err := client.Voice.Send(
		ctx,
		&hellio.VoiceSendParams{Recipients: []string{"+233249990001"}, Text: "Your car is here"},
	)
	if err != nil {
		log.Fatal(err)
	}
	now, err := client.Voice.Get(ctx, calls.ID) // or calls.Reference
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(now.Status, now.Answered, "of", now.TotalRecipients)
	// Output: queued 0 of 1
}

func TestVoiceRefusesBadInput(t *testing.T) {
	t.Parallel()
	to := []string{"233209990001"}
	sending := func(p *hellio.VoiceSendParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.Voice.Send(context.Background(), p)
			return err
		}
	}
	refusals := map[string]refusal{
		"nil params":    {"params", sending(nil)},
		"no recipients": {"recipients", sending(&hellio.VoiceSendParams{Text: "a"})},
		"a blank recipient": {
			"recipients[1]",
			sending(&hellio.VoiceSendParams{Recipients: []string{"233209990001", " "}, Text: "a"}),
		},
		"both": {
			"text",
			sending(&hellio.VoiceSendParams{
				Recipients: to,
				Text:       "a",
				AudioURL:   "https://example.com/a.mp3",
			}),
		},
		"neither": {"text", sending(&hellio.VoiceSendParams{Recipients: to})},
		"a path": {
			"audio_url",
			sending(&hellio.VoiceSendParams{Recipients: to, AudioURL: "/a.mp3"}),
		},
		"another scheme": {
			"audio_url",
			sending(&hellio.VoiceSendParams{Recipients: to, AudioURL: "ftp://example.com/a.mp3"}),
		},
		"no URL": {"audio_url", sending(&hellio.VoiceSendParams{Recipients: to, AudioURL: ":"})},
		"no host": {
			"audio_url",
			sending(&hellio.VoiceSendParams{Recipients: to, AudioURL: "https:///a.mp3"}),
		},
		"a broken URL": {
			"audio_url",
			sending(&hellio.VoiceSendParams{
				Recipients: to,
				AudioURL:   "https://example.com/caf\xe9.mp3",
			}),
		},
		"a broken voice": {
			"voice",
			sending(&hellio.VoiceSendParams{Recipients: to, Text: "a", Voice: "\xff"}),
		},
		"a broken text": {"text", sending(&hellio.VoiceSendParams{
			Recipients: to,
			Text:       "caf\xe9",
		})},
		"a broken name": {
			"name",
			sending(&hellio.VoiceSendParams{Recipients: to, Text: "a", Name: "\xff"}),
		},
		"a broken caller": {
			"caller_id",
			sending(&hellio.VoiceSendParams{Recipients: to, Text: "a", CallerID: "\xff"}),
		},
	}
	for _, id := range badIDs {
		refusals[fmt.Sprintf("get %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.Voice.Get(context.Background(), id)
			return err
		}}
		refusals[fmt.Sprintf("wait %q", id)] = refusal{"id", func(c *hellio.Client) error {
			_, err := c.Voice.Wait(context.Background(), id)
			return err
		}}
	}
	requireRefused(t, refusals)
}

func TestVoiceLeavesOtherLimitsToTheAPI(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	long := make([]byte, 1601)
	for i := range long {
		long[i] = 'a'
	}
	_, err := fake.Client().Voice.Send(
		t.Context(),
		&hellio.VoiceSendParams{Recipients: []string{"233209990001"}, Text: string(long)},
	)
	var invalid *hellio.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Contains(t, invalid.Fields, "text")
	require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
}

func TestRecordingsMayHaveAPlainHTTPURL(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"https", "http"} {
		_, err := helliotest.New(
			t,
		).Client().Voice.Send(
			t.Context(),
			&hellio.VoiceSendParams{
				Recipients: []string{"233209990001"},
				AudioURL:   scheme + "://example.com/a.mp3",
			},
		)
		require.NoError(t, err, "the API alone fetches the URL, so it decides")
	}
}

func TestVoiceReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	sent, err := client.Voice.Send(t.Context(), &hellio.VoiceSendParams{
		Recipients: []string{
			"+233209990001",
			"nope",
		},
		Text:     "Your car is here",
		Voice:    hellio.VoiceEcho,
		Name:     "Cars",
		CallerID: "HELLIO",
	}, hellio.WithIdempotencyKey("k"))
	require.NoError(t, err)
	require.Equal(
		t,
		[]any{"k", hellio.VoiceQueued, 1, 1, "0.0900", "GHS"},
		[]any{
			sent.IdempotencyKey,
			sent.Status,
			sent.AcceptedRecipients,
			sent.InvalidRecipients,
			sent.EstimatedCost.String(),
			sent.Currency,
		},
	)
	require.NotEmpty(t, sent.CampaignID)
	byID, err := client.Voice.Get(t.Context(), sent.ID)
	require.NoError(t, err)
	byReference, err := client.Voice.Get(t.Context(), hellio.ID(sent.Reference))
	require.NoError(t, err)
	require.Equal(t, byID, byReference)
	require.Equal(
		t,
		[]any{"Cars", hellio.VoiceQueued, 2, 0},
		[]any{byID.Name, byID.Status, byID.TotalRecipients, byID.Answered},
	)
	require.False(t, byID.CreatedAt.IsZero())
	require.True(t, byID.CompletedAt.IsZero())
	_, err = client.Voice.Get(t.Context(), "999999")
	var missing *hellio.NotFoundError
	require.ErrorAs(t, err, &missing)
}

func TestCallsWithLostRepliesAreMadeOnce(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	fake.Fault(helliotest.VoiceSend, helliotest.Nth(1), helliotest.LoseReply())
	quick := hellio.WithRetryPolicy(
		hellio.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond},
	)
	sent, err := fake.Client(
		quick,
	).Voice.Send(
		t.Context(),
		&hellio.VoiceSendParams{Recipients: []string{"233209990001"}, Text: "Your car is here"},
	)
	require.NoError(t, err)
	require.True(t, sent.Replayed)
	require.Len(t, fake.Requests(), 2)
	require.Equal(t, "0.0900", fake.Balance().Reserved)
}

func TestUnreachableAudioIsAnAudioError(t *testing.T) {
	t.Parallel()
	_, err := helliotest.New(
		t,
	).Client().Voice.Send(
		t.Context(),
		&hellio.VoiceSendParams{
			Recipients: []string{"233209990001"},
			AudioURL:   helliotest.AudioError,
		},
	)
	var invalid *hellio.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, hellio.CodeAudioError, invalid.Code)
	require.Equal(t, http.StatusUnprocessableEntity, invalid.Status)
}
