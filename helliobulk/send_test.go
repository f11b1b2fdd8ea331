package helliobulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAVerdictFollowsFromWhatIsKnown(t *testing.T) {
	t.Parallel()
	const unknown, notSent, rejected, accepted = hellio.OutcomeUnknown, hellio.OutcomeNotSent, hellio.OutcomeRejected, hellio.OutcomeAccepted
	api := func(status int, code string, o hellio.Outcome) error {
		return &hellio.APIError{Status: status, Code: code, Outcome: o}
	}
	for _, c := range []struct {
		name     string
		err      error
		status   int
		replayed bool
		inDoubt  bool
		verdict  Verdict
		outcome  hellio.Outcome
	}{
		{"accepted", nil, 202, false, false, Done, accepted},
		{"accepted, in doubt before", nil, 202, true, true, Done, accepted},
		{"accepted, unreadable", &hellio.DecodeError{Outcome: accepted}, 202, false, false, SameKey, accepted},
		{"portal", &hellio.DecodeError{Outcome: unknown}, 200, false, false, SameKey, unknown},
		{"never left", &hellio.ConnectionError{Err: io.EOF, Outcome: notSent}, 0, false, false, Later, notSent},
		{"never left, in doubt before", &hellio.ConnectionError{Err: io.EOF, Outcome: notSent}, 0, false, true, SameKey, unknown},
		{"lost", &hellio.ConnectionError{Err: io.EOF, Outcome: unknown}, 0, false, false, SameKey, unknown},
		{"500", api(500, "", unknown), 500, false, false, SameKey, unknown},
		{"in progress", api(409, hellio.CodeIdempotencyConflict, unknown), 409, false, false, SameKey, unknown},
		{"throttled", api(429, "", rejected), 429, false, false, Later, rejected},
		{"throttled, in doubt before", api(429, "", rejected), 429, false, true, SameKey, unknown},
		{"content", api(422, hellio.CodeNoValidRecipients, rejected), 422, false, false, Rejected, rejected},
		{"content, in doubt before", api(422, hellio.CodeNoValidRecipients, rejected), 422, false, true, SameKey, unknown},
		{"content, replayed", api(422, hellio.CodeNoValidRecipients, rejected), 422, true, true, Rejected, rejected},
		{"400", api(400, "", rejected), 400, false, false, Rejected, rejected},
		{"token", api(401, "", rejected), 401, false, false, Stop, rejected},
		{"token, in doubt before", api(401, "", rejected), 401, false, true, Stop, unknown},
		{"balance", api(402, "", rejected), 402, false, false, Stop, rejected},
		{"balance, stored", api(402, "", rejected), 402, true, false, Rejected, rejected},
		{"limit", api(403, hellio.CodeSpendLimitExceeded, rejected), 403, false, false, Stop, rejected},
		{"sender", api(422, hellio.CodeSenderNotApproved, rejected), 422, false, false, Stop, rejected},
		{"address", api(404, "", rejected), 404, false, false, Stop, rejected},
		{"method", api(405, "", rejected), 405, false, false, Stop, rejected},
		{"params", &hellio.ParamError{Field: "message"}, 0, false, false, Stop, notSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := classify(&hellio.SMSSendResult{}, c.err, &hellio.Response{StatusCode: c.status, Replayed: c.replayed}, c.inDoubt)
			require.Equal(t, c.verdict, r.Verdict)
			require.Equal(t, c.outcome, r.Outcome)
		})
	}
}

func TestAChunkGoesThroughAQueueAndIsSentOnce(t *testing.T) {
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

func TestAWorkerIsToldHowLongToWait(t *testing.T) {
	t.Parallel()
	fake, _ := newFake(t)
	client := fake.Client(hellio.WithLimiter(nil), hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
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
	for _, inDoubt := range []bool{false, true} {
		r := SendChunk(t.Context(), client, chunk, inDoubt)
		require.Equal(t, Stop, r.Verdict)
		require.ErrorIs(t, r.Err, ErrOtherAccount)
		require.Equal(t, inDoubt, r.Outcome == hellio.OutcomeUnknown)
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
	values := []any{batchOf(t), b.Manifest(), *chunk, chunk, Recipient{Number: number(0), Fields: map[string]string{"a": "Fees"}}, b.Report()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range values {
			require.NotRegexp(t, `Fees are|2332|24000`, fmt.Sprintf(verb, v))
		}
	}
	_, err = Run(t.Context(), client, Numbers(number(1)), Params{Store: b.store.path, Sender: "ACME", Message: "Secret text"})
	require.True(t, errors.Is(err, ErrLocked))
	require.NotContains(t, err.Error(), "Secret")
}
