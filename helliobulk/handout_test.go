package helliobulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// handedOut is a batch of three chunks of which all were handed out, as a queue carries them.
func handedOut(t *testing.T, fake *helliotest.Fake, client *hellio.Client) (*Batch, []Job) {
	t.Helper()
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	var jobs []Job
	n, err := b.HandOut(t.Context(), client, Options{}, 0, func(j Job) error {
		text, err := json.Marshal(j)
		require.NoError(t, err)
		var carried Job
		require.NoError(t, json.Unmarshal(text, &carried))
		jobs = append(jobs, carried)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	return b, jobs
}

// deliver sends a job as a worker would.
func deliver(t *testing.T, client *hellio.Client, j Job, inDoubt bool) Record {
	t.Helper()
	c, err := NewCourier(client)
	require.NoError(t, err)
	expired, err := c.Expired(t.Context(), &j)
	require.NoError(t, err)
	require.False(t, expired)
	record, _ := c.Send(t.Context(), t.Context(), &j, j.Record, inDoubt)
	return record
}

func TestWhatIsHandedOutIsUnknownUntilItIsSettled(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := handedOut(t, fake, client)
	require.Equal(t, Count{3, 15}, b.Report().Unknown)
	for _, j := range jobs {
		text, err := json.Marshal(deliver(t, client, j, false))
		require.NoError(t, err)
		require.NotContains(t, string(text), "23324")
		var back Record
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, b.Settle(back, back))
		require.NoError(t, b.Settle(back))
	}
	r := b.Report()
	requireEachOnce(t, fake, "100.0000", &r, numbers(15))
	require.NoError(t, b.Verdict(nil))
}

func TestTheIntentIsOnDiskBeforeAJobIsGiven(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	full := errors.New("the queue is full")
	n, err := b.HandOut(t.Context(), client, Options{}, 2, func(j Job) error {
		e, err := b.store.entry(j.Chunk.Index)
		require.NoError(t, err)
		require.Equal(t, StateUnknown, e.State)
		require.Equal(t, j.Record.Handout(), e.Handout)
		require.NotEmpty(t, e.Handout)
		require.False(t, j.InDoubt)
		return full
	})
	require.ErrorIs(t, err, full)
	require.Zero(t, n)
	require.Equal(t, Count{2, 10}, b.Report().Unknown, "a page is committed together")
	var again []Job
	require.NoError(t, b.HandOutAgain(t.Context(), client, Options{}, func(j Job) error {
		again = append(again, j)
		return nil
	}))
	require.Len(t, again, 2)
	require.True(t, again[0].InDoubt, "nobody knows whether the queue had it")
}

func TestARecordOfAnEarlierHandOutSettlesNothing(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := handedOut(t, fake, client)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview()))
	require.Equal(t, Count{1, 5}, b.Report().NeedsReview)
	require.NoError(t, b.Resolve(0, WasNotSent))
	n, err := b.HandOut(t.Context(), client, Options{}, 0, func(Job) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview(), jobs[0].Record.GivenBack()))
	require.Equal(t, Count{3, 15}, b.Report().Unknown)
}

func TestASureRecordSettlesWhatNeedsReview(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := handedOut(t, fake, client)
	record := deliver(t, client, jobs[0], false)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview()))
	require.NoError(t, b.Settle(record))
	require.Equal(t, Count{1, 5}, b.Report().Done)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview(), jobs[0].Record.GivenBack()))
	require.Equal(t, Count{1, 5}, b.Report().Done, "what is done stays so")
}

func TestAJobGivenBackIsOpenAndHandedOutAnew(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := handedOut(t, fake, client)
	fake.Advance(13 * time.Hour)
	c, err := NewCourier(client)
	require.NoError(t, err)
	expired, err := c.Expired(t.Context(), &jobs[1])
	require.NoError(t, err)
	require.True(t, expired)
	require.NoError(t, b.Settle(jobs[1].Record.GivenBack()))
	require.Equal(t, Count{1, 5}, b.Report().Open)
	for c, err := range b.Chunks() {
		require.NoError(t, err)
		require.Equal(t, c.Index == 1, c.Since.IsZero())
	}
}

func TestARefusalOfAJobInDoubtLeavesItInDoubt(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := handedOut(t, fake, client)
	fake.Fault(helliotest.SMSSend, helliotest.Times(2), helliotest.Status(422, "validation_failed"))
	require.Equal(t, StateUnknown, deliver(t, client, jobs[0], true).State())
	require.Equal(t, StateRejected, deliver(t, client, jobs[0], false).State())
}

func TestACallThatWaitsIsGivenUpWhenNoFurtherMayBegin(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := handedOut(t, fake, client)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := NewCourier(client)
	require.NoError(t, err)
	record, result := c.Send(t.Context(), ended, &jobs[0], jobs[0].Record, false)
	require.Equal(t, hellio.OutcomeNotSent, result.Outcome)
	require.Equal(t, StateOpen, record.State())
	require.Empty(t, fake.Messages())
}

func TestJobsAndRecordsPrintNoNumberAndNoText(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := handedOut(t, fake, client)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		printed := fmt.Sprintf(verb+verb, jobs[0], jobs[0].Record)
		require.NotContains(t, printed, "23324")
		require.NotContains(t, printed, "Fees")
	}
}

func TestHandingOutRefusesAnotherAccount(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, _ := handedOut(t, fake, client)
	other := fake.Client(append(quick(), hellio.WithBaseURL("https://other.invalid/v1"))...)
	give := func(Job) error { t.Fatal("nothing is given"); return nil }
	_, err := b.HandOut(t.Context(), other, Options{}, 0, give)
	require.ErrorIs(t, err, ErrOtherAccount)
	require.ErrorIs(t, b.HandOutAgain(t.Context(), other, Options{}, give), ErrOtherAccount)
	var bad *hellio.ParamError
	_, err = b.HandOut(t.Context(), nil, Options{}, 0, give)
	require.ErrorAs(t, err, &bad)
	require.ErrorAs(t, b.HandOutAgain(t.Context(), nil, Options{}, give), &bad)
	_, err = NewCourier(nil)
	require.ErrorAs(t, err, &bad)
}

func TestADoubtOfThisMachineIsResolvedByTheFleet(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	b, err := Open(leftInDoubt(t, fake))
	require.NoError(t, err)
	defer b.Close()
	client := fake.Client(quick()...)
	require.Equal(t, Count{1, 5}, b.Report().Unknown)
	require.NoError(t, b.HandOutAgain(t.Context(), client, Options{}, func(j Job) error {
		return b.Settle(deliver(t, client, j, false))
	}))
	require.Equal(t, Count{2, 10}, b.Report().Done)
	require.Equal(t, 1, b.Report().Replayed)
}
