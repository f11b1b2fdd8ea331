package helliobulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAQueuedChunkIsSentOnce(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	chunk, err := b.Chunk(0)
	require.NoError(t, err)
	task, err := json.Marshal(chunk)
	require.NoError(t, err)
	var taken Chunk
	require.NoError(t, json.Unmarshal(task, &taken))
	require.Equal(t, *chunk, taken)
	taken.Gateway = "direct"
	for attempt := range 2 { // the worker crashed after the first
		r := SendChunk(t.Context(), client, &taken, attempt > 0)
		require.Equal(t, Done, r.Verdict)
		require.Equal(t, attempt > 0, r.Replayed)
		require.Equal(t, "0.1550", r.Sent.EstimatedCost.String())
	}
	require.Len(t, fake.Messages(), 5)
	for _, r := range fake.Requests() {
		require.Contains(t, string(r.Body), `"gateway":"direct"`)
	}
}

func TestAChunkHasTheRouteOfItsBatch(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Gateway = "direct"
	b, err := openOrPlan(t.Context(), client, Numbers(numbers(5)...), p)
	require.NoError(t, err)
	defer b.Close()
	chunk, err := b.Chunk(0)
	require.NoError(t, err)
	require.Equal(t, "direct", chunk.Gateway)
}

func TestAResultSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	fake, _ := newFake(t)
	client := fake.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.RateLimited(40*time.Second))
	b := planned(t, client, numbers(5))
	defer b.Close()
	chunk, err := b.Chunk(0)
	require.NoError(t, err)
	r := SendChunk(t.Context(), client, chunk, false)
	require.Equal(t, Later, r.Verdict)
	require.Equal(t, 40*time.Second, r.RetryAfter)
	require.NotEmpty(t, r.Header.Get("Date"))
}

func TestAChunkIsNotSentForAnotherAccount(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	chunk, err := b.Chunk(0)
	require.NoError(t, err)
	chunk.Account = "0123456789abcdef"
	for _, resumed := range []bool{false, true} {
		r := SendChunk(t.Context(), client, chunk, resumed)
		require.Equal(t, Stop, r.Verdict)
		require.ErrorIs(t, r.Err, ErrOtherAccount)
		require.Equal(t, resumed, r.Outcome == hellio.OutcomeUnknown)
	}
	require.Empty(t, fake.Requests())
}

func TestNothingPrintsATextOrANumber(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	chunk, err := b.Chunk(0)
	require.NoError(t, err)
	preview, err := b.Preview()
	require.NoError(t, err)
	values := []any{batchOf(t), b.Manifest(), *chunk, chunk, b, preview, &preview,
		Recipient{Number: number(0), Fields: map[string]string{"a": "Fees"}}, b.Report()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range values {
			require.NotRegexp(t, `Fees are|2332|24000`, fmt.Sprintf(verb, v))
		}
	}
	_, err = Run(t.Context(), client, Numbers(number(1)),
		Params{Store: b.store.path, Sender: "ACME", Message: "Secret text"})
	require.True(t, errors.Is(err, ErrLocked))
	require.NotContains(t, err.Error(), "Secret")
}
