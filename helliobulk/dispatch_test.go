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

// dispatched is a batch of three chunks of which all were handed out, as a
// queue carries them.
func dispatched(t *testing.T, fake *helliotest.Fake, client *hellio.Client) (*Batch, []Job) {
	t.Helper()
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	var jobs []Job
	n, err := b.Dispatch(t.Context(), client, Options{}, 0, func(j Job) error {
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
func deliver(t *testing.T, client *hellio.Client, j Job, resumed bool) Record {
	t.Helper()
	c, err := NewJobSender(client)
	require.NoError(t, err)
	expired, err := c.Expired(t.Context(), &j)
	require.NoError(t, err)
	require.False(t, expired)
	record, _, err := c.Send(t.Context(), t.Context(), &j, j.Record, noted(resumed))
	require.NoError(t, err)
	return record
}

// noted is an intent that is put on record.
func noted(resumed bool) func() (bool, error) {
	return func() (bool, error) { return resumed, nil }
}

func TestADispatchedChunkIsUnknownUntilSettled(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := dispatched(t, fake, client)
	require.Equal(t, Count{3, 15}, b.Report().Unknown)
	for _, j := range jobs {
		text, err := json.Marshal(deliver(t, client, j, false))
		require.NoError(t, err)
		require.NotRegexp(t, `\b23324`, string(text))
		var back Record
		require.NoError(t, json.Unmarshal(text, &back))
		require.NoError(t, b.Settle(back, back))
		require.NoError(t, b.Settle(back))
	}
	r := b.Report()
	requireEachOnce(t, fake, "100.0000", &r, numbers(15))
	require.NoError(t, r.End(nil))
}

func TestAJobsIntentIsOnDiskFirst(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	full := errors.New("the queue is full")
	n, err := b.Dispatch(t.Context(), client, Options{}, 2, func(j Job) error {
		e, err := b.store.entry(j.Chunk.Index)
		require.NoError(t, err)
		require.Equal(t, StateUnknown, e.State)
		require.Equal(t, j.Record.Dispatch(), e.Dispatch)
		require.NotEmpty(t, e.Dispatch)
		require.False(t, j.Resumed)
		return full
	})
	require.ErrorIs(t, err, full)
	require.Zero(t, n)
	require.Equal(t, Count{2, 10}, b.Report().Unknown, "a page is committed together")
	var again []Job
	require.NoError(t, b.DispatchAgain(t.Context(), client, Options{}, func(j Job) error {
		again = append(again, j)
		return nil
	}))
	require.Len(t, again, 2)
	require.True(t, again[0].Resumed, "the queue may have had it")
	for _, j := range again {
		e, err := b.store.entry(j.Chunk.Index)
		require.NoError(t, err)
		require.Equal(t, e.Dispatch, j.Record.Dispatch())
	}
	names := []string{again[0].Record.Dispatch(), again[1].Record.Dispatch()}
	again = nil
	require.NoError(t,
		b.DispatchAgain(t.Context(), client, Options{},
			func(j Job) error { again = append(again, j); return nil }))
	require.Equal(t, names, []string{again[0].Record.Dispatch(), again[1].Record.Dispatch()},
		"it is the same hand-out: what became of the first job counts")
}

func TestARecordOfAnEarlierDispatchSettlesNothing(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := dispatched(t, fake, client)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview()))
	require.Equal(t, Count{1, 5}, b.Report().NeedsReview)
	require.NoError(t, b.Resolve(0, WasNotSent))
	n, err := b.Dispatch(t.Context(), client, Options{}, 0, func(Job) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview(), jobs[0].Record.Returned()))
	require.Equal(t, Count{3, 15}, b.Report().Unknown)
}

func TestASureRecordSettlesWhatNeedsReview(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := dispatched(t, fake, client)
	record := deliver(t, client, jobs[0], false)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview()))
	require.NoError(t, b.Settle(record))
	require.Equal(t, Count{1, 5}, b.Report().Done)
	require.NoError(t, b.Settle(jobs[0].Record.NeedsReview(), jobs[0].Record.Returned()))
	require.Equal(t, Count{1, 5}, b.Report().Done, "what is done stays so")
}

func TestAReturnedJobIsOpenAgain(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, jobs := dispatched(t, fake, client)
	fake.Advance(13 * time.Hour)
	c, err := NewJobSender(client)
	require.NoError(t, err)
	expired, err := c.Expired(t.Context(), &jobs[1])
	require.NoError(t, err)
	require.True(t, expired)
	require.NoError(t, b.Settle(jobs[1].Record.Returned()))
	require.Equal(t, Count{1, 5}, b.Report().Open)
	for c, err := range b.Chunks() {
		require.NoError(t, err)
		require.Equal(t, c.Index == 1, c.Since.IsZero())
	}
}

func TestARefusedResumedJobStaysUnknown(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := dispatched(t, fake, client)
	fake.Fault(helliotest.SMSSend, helliotest.Times(2), helliotest.Status(422, "validation_failed"))
	require.Equal(t, StateUnknown, deliver(t, client, jobs[0], true).State())
	require.Equal(t, StateRejected, deliver(t, client, jobs[0], false).State())
}

func TestAWaitingCallEndsWithSoft(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := dispatched(t, fake, client)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := NewJobSender(client)
	require.NoError(t, err)
	record, result, err := c.Send(t.Context(), ended, &jobs[0], jobs[0].Record, noted(false))
	require.NoError(t, err)
	require.Equal(t, hellio.OutcomeNotSent, result.Outcome)
	require.Equal(t, Later, result.Verdict)
	require.Equal(t, jobs[0].Record, record, "no request was made: nothing new is known")
	require.Empty(t, fake.Messages())
}

func TestJobsAndRecordsPrintNoNumber(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := dispatched(t, fake, client)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		printed := fmt.Sprintf(verb+verb, jobs[0], jobs[0].Record)
		require.NotRegexp(t, `\b23324`, printed)
		require.NotContains(t, printed, "Fees")
	}
}

func TestDispatchingRefusesAnotherAccount(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b, _ := dispatched(t, fake, client)
	address := fake.Client(append(quick(), hellio.WithBaseURL("https://other.invalid/v1"))...)
	token, err := hellio.NewClient(fake.IssueToken(),
		append(quick(), hellio.WithBaseURL(client.BaseURL()),
			hellio.WithHTTPClient(fake.HTTPClient()))...)
	require.NoError(t, err)
	give := func(Job) error { t.Fatal("nothing is given"); return nil }
	for _, other := range []*hellio.Client{address, token} {
		_, err := b.Dispatch(t.Context(), other, Options{}, 0, give)
		require.ErrorIs(t, err, ErrOtherAccount)
		require.ErrorIs(t, b.DispatchAgain(t.Context(), other, Options{}, give), ErrOtherAccount)
	}
	var param *hellio.ParamError
	_, err = b.Dispatch(t.Context(), nil, Options{}, 0, give)
	require.ErrorAs(t, err, &param)
	require.ErrorAs(t, b.DispatchAgain(t.Context(), nil, Options{}, give), &param)
	_, err = NewJobSender(nil)
	require.ErrorAs(t, err, &param)
}

func TestAFleetResolvesThisMachinesUnknowns(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	b, err := Open(leftUnknown(t, fake))
	require.NoError(t, err)
	defer b.Close()
	client := fake.Client(quick()...)
	require.Equal(t, Count{1, 5}, b.Report().Unknown)
	require.NoError(t, b.DispatchAgain(t.Context(), client, Options{}, func(j Job) error {
		return b.Settle(deliver(t, client, j, false))
	}))
	require.Equal(t, Count{2, 10}, b.Report().Done)
	require.Equal(t, 1, b.Report().Replayed)
}

func TestEachChunkIsDispatchedOnce(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(5*(2*dispatchPage+3)))
	defer b.Close()
	var given []int
	give := func(j Job) error { given = append(given, j.Chunk.Index); return nil }
	for _, most := range []int{1, dispatchPage, 0, 0} {
		_, err := b.Dispatch(t.Context(), client, Options{}, most, give)
		require.NoError(t, err)
		require.Equal(t, len(given), b.Report().Unknown.Chunks)
	}
	require.Len(t, given, b.Manifest().Chunks)
	for i, index := range given {
		require.Equal(t, i, index)
	}
}

func TestAJobExpiresWithItsMargin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		margin, age time.Duration
		want        bool
	}{{time.Hour, 59 * time.Minute, false}, {time.Hour, 2 * time.Hour, true}, {0, 11 * time.Hour,
		false}, {0, 13 * time.Hour, true}, {48 * time.Hour, 13 * time.Hour, false}} {
		fake, client := newFake(t)
		b := planned(t, client, numbers(5))
		defer b.Close()
		var job Job
		_, err := b.Dispatch(t.Context(), client, Options{Margin: c.margin}, 0,
			func(j Job) error { job = j; return nil })
		require.NoError(t, err)
		require.Equal(t, orElse(c.margin, defaultMargin), job.Margin)
		if c.margin == 0 { // a job without one has the default
			job.Margin = 0
		}
		fake.Advance(c.age)
		courier, err := NewJobSender(client)
		require.NoError(t, err)
		expired, err := courier.Expired(t.Context(), &job)
		require.NoError(t, err)
		require.Equal(t, c.want, expired, "%v after %v", c.margin, c.age)
	}
}

func TestWithoutTheAPIsTimeNothingIsSent(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := dispatched(t, fake, client)
	require.NoError(t,
		fake.SetFaults(helliotest.FaultSpec{Op: helliotest.BalanceGet, Always: true,
			Effect: "reset"}))
	c, err := NewJobSender(client)
	require.NoError(t, err)
	_, err = c.Expired(t.Context(), &jobs[0])
	require.ErrorIs(t, err, errNoTime)
}

func TestAResumedJobIsNotCalledRejected(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	_, jobs := dispatched(t, fake, client)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
		helliotest.Status(422, hellio.CodeNoValidRecipients))
	jobs[0].Resumed = true
	require.Equal(t, StateUnknown, deliver(t, client, jobs[0], false).State())
}

func TestALostReplyIsUnknownSinceTheDispatch(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	client := fake.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	_, jobs := dispatched(t, fake, client)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.RateLimited(time.Second))
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	c, err := NewJobSender(client)
	require.NoError(t, err)
	record, _, err := c.Send(t.Context(), t.Context(), &jobs[0], jobs[0].Record, noted(false))
	require.NoError(t, err)
	require.Equal(t, StateOpen, record.State())
	record, _, err = c.Send(t.Context(), t.Context(), &jobs[0], record, noted(false))
	require.NoError(t, err)
	require.Equal(t, StateUnknown, record.State())
	require.Equal(t, jobs[0].Record.Status("fees").Since, record.Status("fees").Since)
}

func TestARecordSettlesOnlyNews(t *testing.T) {
	t.Parallel()
	of := func(s State,
		dispatch string) entry {
		return entry{State: s, Recipients: 5, Dispatch: dispatch}
	}
	for name, c := range map[string]struct {
		is, later entry
		news      bool
	}{
		"done":                {of(StateUnknown, "a"), of(StateDone, "a"), true},
		"done after all":      {of(StateNeedsReview, "a"), of(StateDone, "a"), true},
		"of another hand-out": {of(StateUnknown, "b"), of(StateDone, "a"), false},
		"of no hand-out":      {of(StateUnknown, ""), of(StateDone, ""), false},
		"still unknown":       {of(StateUnknown, "a"), of(StateUnknown, "a"), false},
		"needs review, as was known": {of(StateNeedsReview, "a"), of(StateNeedsReview, "a"),
			false},
		"given back, and it is done":    {of(StateDone, "a"), of(StateOpen, "a"), false},
		"done, and people settled that": {of(StateOpen, ""), of(StateDone, "a"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.is.Resent = true
			to, news := c.is.settled(Record{entry: c.later})
			require.Equal(t, c.news, news)
			if news {
				require.Equal(t, c.later.State, to.State)
				require.True(t, to.Resent)
			}
		})
	}
	_, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	require.NoError(t, b.Settle(Record{index: -1}, Record{index: 1}),
		"of a chunk that is not there")
}
