package helliobulk

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// leftUnknown sends 15 numbers in 3 chunks; of one the reply is lost, and the
// process ends. It returns the store.
func leftUnknown(t *testing.T, fake *helliotest.Fake) string {
	t.Helper()
	client := fake.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	require.NoError(t,
		fake.SetFaults(helliotest.FaultSpec{Op: helliotest.SMSSend, Nth: 2, Effect: "lose_reply"}))
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	o, err := Options{Workers: 1, StartUnpaid: true}.check()
	require.NoError(t, err)
	r := newRunner(b, client, o)
	r.ctx = t.Context()
	r.soft = t.Context()
	for index := range 2 { // the third is never tried
		e, err := b.store.entry(index)
		require.NoError(t, err)
		job, err := b.job(index, e, o)
		require.NoError(t, err)
		_, err = r.send(job)
		require.NoError(t, err)
	}
	require.Equal(t, Count{1, 5}, b.Report().Unknown)
	require.NoError(t, b.Close())
	return p.Store
}

func TestAYoungUnknownIsResolvedByItsKey(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(11 * time.Hour)
	r, err := Resume(t.Context(), fake.Client(quick()...), path, Options{})
	require.NoError(t, err)
	require.Equal(t, 1, r.Replayed)
	requireEachOnce(t, fake, "100.0000", r, numbers(15))
}

// storedFailure is an API that has stored a 500 for one key.
type storedFailure struct {
	next  http.RoundTripper
	key   string
	calls atomic.Int64
}

func (s *storedFailure) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err == nil && req.Header.Get("Idempotency-Key") == s.key {
		s.calls.Add(1)
		resp.StatusCode = http.StatusInternalServerError
		resp.Header.Set("Idempotent-Replayed", "true")
	}
	return resp, err
}

func TestAStoredFailureNeedsReview(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	stored := &storedFailure{next: fake.RoundTripper(), key: ChunkKey("fees", 1)}
	wired := hellio.WithHTTPClient(&http.Client{Transport: stored})
	client := fake.Client(append(quick(), wired)...)
	p := batchOf(t)
	for range 2 {
		r, err := Run(t.Context(), client, Numbers(numbers(15)...), p)
		require.ErrorIs(t, err, ErrNeedsReview)
		require.NotErrorIs(t, err, ErrUnfinished)
		require.Equal(t, Count{1, 5}, r.NeedsReview)
		require.Equal(t, 10, r.Accepted)
	}
	require.EqualValues(t, 1, stored.calls.Load(), "its key can never resolve it")
}

// The fake's clock moves and this machine's does not: so it is with a laptop
// that slept, or whose clock was put back.
func TestAnOldUnknownIsNotSentAgain(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(25 * time.Hour) // the fake forgets keys after 24
	for range 2 {
		options := Options{SendUnseen: true}
		r, err := Resume(t.Context(), fake.Client(quick()...), path, options)
		require.ErrorIs(t, err, ErrNeedsReview)
		require.NotErrorIs(t, err, ErrUnfinished, "the chunk that was never tried is sent")
		require.Equal(t, Count{1, 5}, r.NeedsReview)
		require.Equal(t, 10, r.Accepted)
	}
	count := perNumber(fake)
	require.Len(t, count, 15)
	for n, c := range count {
		require.Equal(t, 1, c, n)
	}
	t.Logf("the key of 1 chunk of 3 forgotten: it needs review, %d messages to %d numbers, "+
		"0 doubles", len(fake.Messages()), len(count))
}

func TestAnUnknownWaitsForTheAPIsTime(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(25 * time.Hour)
	b, err := Open(path)
	require.NoError(t, err)
	defer b.Close()
	o, err := Options{}.check()
	require.NoError(t, err)
	r := newRunner(b, fake.Client(quick()...), o) // which has heard nothing from the API
	r.ctx = t.Context()
	e, err := b.store.entry(1)
	require.NoError(t, err)
	require.NoError(t,
		fake.SetFaults(helliotest.FaultSpec{Op: helliotest.BalanceGet, Times: 1, Effect: "reset"}))
	unreachable := fake.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	r.sender.client = unreachable
	job, err := b.job(1, e, o)
	require.NoError(t, err)
	ready, err := r.ready(job)
	require.NoError(t, err)
	require.False(t, ready, "no time, no send")
	require.Equal(t, StateUnknown, job.Record.entry.State)
	ready, err = r.ready(job)
	require.NoError(t, err)
	require.False(t, ready)
	require.Equal(t, StateNeedsReview, job.Record.entry.State, "a day later by the API's clock")
}

func TestReviewListsUnresolvedChunks(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(25 * time.Hour)
	_, err := Resume(t.Context(), fake.Client(quick()...), path, Options{SendUnseen: true})
	require.ErrorIs(t, err, ErrNeedsReview)
	b, err := Open(path)
	require.NoError(t, err)
	defer b.Close()
	var listed []ChunkStatus
	for c, err := range b.Review(0) {
		require.NoError(t, err)
		listed = append(listed, c)
	}
	require.Len(t, listed, 1)
	require.Equal(t, 1, listed[0].Index)
	require.Equal(t, ChunkKey("fees", 1), listed[0].Key)
	require.False(t, listed[0].Since.IsZero())

	require.NoError(t, b.mark(0, StateReused))
	now := entry{Recipients: 5}.begun(moment{time.Now(), time.Now(), true})
	for margin, want := range map[time.Duration]int{0: 2, time.Nanosecond: 3} {
		e, err := b.store.entry(2)
		require.NoError(t, err)
		require.NoError(t, b.commit([]change{{2, e, now}}))
		n := 0
		for _, err := range b.Review(margin) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, want, n,
			"one marked, one reused, and one unknown for longer than the margin")
	}
}

func TestAChunkIsResolvedEitherWay(t *testing.T) {
	t.Parallel()
	for _, found := range []Resolution{WasSent, WasNotSent} {
		t.Run(string(found), func(t *testing.T) {
			t.Parallel()
			fake := helliotest.New(t, helliotest.WithRateLimit(0))
			client := fake.Client(quick()...)
			path := leftUnknown(t, fake)
			b, err := Open(path)
			require.NoError(t, err)
			var param *hellio.ParamError
			for _, index := range []int{-1, 0, 3} { // not there, done, not there
				require.ErrorAs(t, b.Resolve(index, found), &param)
			}
			require.ErrorAs(t, b.Resolve(2, WasNotSent), &param, "it is open")
			require.NoError(t, b.mark(2, StateRejected))
			require.ErrorAs(t, b.Resolve(2, found), &param,
				"what was refused was not sent, and needs no review")
			require.NoError(t, b.mark(2, StateOpen))
			require.Error(t, b.Resolve(1, "perhaps"))
			require.NoError(t, b.Resolve(1, found))
			require.NoError(t, b.Close())
			r, err := Resume(t.Context(), client, path, Options{})
			require.NoError(t, err)
			require.Equal(t, 15, r.Accepted)
			for n, c := range perNumber(fake) {
				require.Equal(t, 1, c, "%s: the key still lives, so that a mistake costs nothing",
					n)
			}
		})
	}
}

func TestAForeignKeyIsNeverUsedAgain(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t, helliotest.Lenient()) // a key comes again with another text
	_, err := Run(t.Context(), client, Numbers(numbers(5)...), batchOf(t))
	require.NoError(t, err)
	p := batchOf(t)
	p.Message = "Another text."
	_, err = Run(t.Context(), client, Numbers(numbers(5)...), p)
	require.ErrorIs(t, err, ErrBatchReused)
	b, err := Open(p.Store)
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.Resolve(0, WasNotSent))
	calls := len(fake.Requests())
	for _, o := range []Options{{}, {AcceptReplays: true}, {RetryRejected: true}} {
		require.ErrorIs(t, b.Send(t.Context(), client, o), ErrBatchReused)
		require.Equal(t, Count{1, 5}, b.Report().Reused)
	}
	require.Len(t, fake.Requests(), calls+3, "the API is asked for its time, and no more")
}

func TestResolvingByHandLeavesTheCostUnknown(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	b := planned(t, client, numbers(7))
	defer b.Close()
	require.NoError(t, b.Resolve(0, WasSent))
	r := b.Report()
	require.Equal(t, Count{1, 5}, r.ByHand)
	require.Equal(t, 5, r.Accepted)
	require.Empty(t, r.Costs)
}

func TestResendUnknownSendsAgain(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(25 * time.Hour)
	r, err := Resume(t.Context(), fake.Client(quick()...), path,
		Options{ResendUnknown: true, SendUnseen: true})
	require.NoError(t, err)
	require.Equal(t, 15, r.Accepted)
	require.Equal(t, 2, perNumber(fake)[number(5)], "as it was asked to")
	b, err := Open(path)
	require.NoError(t, err)
	defer b.Close()
	for c, err := range b.Chunks() {
		require.NoError(t, err)
		require.Equal(t, c.Index == 1, c.Resent)
	}
}

func TestAUsedBatchIDIsFoundImmediately(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t, helliotest.Lenient()) // keys come again with another text
	p := batchOf(t)
	_, err := Run(t.Context(), client, Numbers(numbers(15)...), p)
	require.NoError(t, err)
	tomorrow := batchOf(t) // the same id in another store
	tomorrow.Message, tomorrow.Workers = "Fees were due yesterday.", 1
	r, err := Run(t.Context(), client, Numbers(numbers(30)...), tomorrow)
	require.ErrorIs(t, err, ErrBatchReused)
	require.ErrorIs(t, err, ErrUnfinished)
	require.Equal(t, Count{1, 5}, r.Reused)
	require.Empty(t, r.Costs, "the old answer's cost is not this batch's")
	require.Zero(t, r.Replayed)
	require.Len(t, fake.Messages(), 15)
	b, err := Open(tomorrow.Store)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	for range 2 { // the second chunk and the third were used as well
		_, err = Resume(t.Context(), client, tomorrow.Store, Options{Workers: 1})
		require.ErrorIs(t, err, ErrBatchReused)
	}
	r, err = Resume(t.Context(), client, tomorrow.Store, Options{})
	require.ErrorIs(t, err, ErrBatchReused,
		"an old answer does not become this batch's by asking again")
	require.NotErrorIs(t, err, ErrUnfinished)
	require.Equal(t, Count{3, 15}, r.Reused)
	r, err = Resume(t.Context(), client, tomorrow.Store, Options{AcceptReplays: true})
	require.NoError(t, err)
	require.Equal(t, 3, r.Replayed)
}

func TestALostStoreIsPlannedAgainWithoutDoubles(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.Status(402, ""))
	p.Workers = 1
	_, err := Run(t.Context(), client, Numbers(numbers(15)...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	again := p
	again.Store, again.AcceptReplays = storePath(t), true
	r, err := Run(t.Context(), client, Numbers(numbers(15)...), again)
	require.NoError(t, err)
	require.Equal(t, 2, r.Replayed)
	requireEachOnce(t, fake, "100.0000", r, numbers(15))
}

func TestAnAgeIsMeasuredByTheKnownClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(server, local time.Duration, byAPI bool) moment {
		return moment{start.Add(server), start.Add(local), byAPI}
	}
	for name, c := range map[string]struct {
		byAPI bool // the intent's time
		now   moment
		want  bool
	}{
		"young":              {true, at(time.Hour, time.Hour, true), false},
		"old":                {true, at(13*time.Hour, 13*time.Hour, true), true},
		"this machine slept": {true, at(30*time.Hour, 0, true), true},
		"this machine's clock jumped a day ahead": {true, at(time.Hour, 25*time.Hour, true),
			false},
		"this machine's clock was put back": {true, at(time.Hour, -24*time.Hour, true),
			false},
		"the API's clock was put back": {true, at(-time.Hour, time.Hour, true),
			true},
		"intent by this machine's, young": {false, at(time.Hour, time.Hour, true),
			false},
		"intent by this machine's, old": {false,
			at(13*time.Hour, 13*time.Hour, true), true},
		"intent by this machine's, whose clock is wrong": {false, at(13*time.Hour, time.Hour, true),
			false},
		"at the margin": {true,
			at(12*time.Hour, 12*time.Hour, true), false},
		"just past it": {true,
			at(12*time.Hour+time.Second, 12*time.Hour, true), true},
		"no Date at all, put back": {true, at(0, -time.Hour, false), true},
		"no Date at all, old":      {true, at(0, 13*time.Hour, false), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := entry{Intent: start.UnixMilli(), Local: start.UnixMilli(), ByAPI: c.byAPI}
			require.Equal(t, c.want, e.expired(c.now, 12*time.Hour))
		})
	}
}

func TestTheMarginIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(2 * time.Hour)
	r, err := Resume(t.Context(), fake.Client(quick()...), path,
		Options{Margin: time.Hour, SendUnseen: true})
	require.ErrorIs(t, err, ErrNeedsReview)
	require.Equal(t, Count{1, 5}, r.NeedsReview)
}

func TestARefusedResendProvesNothing(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	path := leftUnknown(t, fake)
	fake.Advance(25 * time.Hour)
	client := fake.Client(quick()...)
	_, err := Resume(t.Context(), client, path, Options{SendUnseen: true})
	require.ErrorIs(t, err, ErrNeedsReview)
	fake.Fault(helliotest.SMSSend, helliotest.Times(maxFailures),
		helliotest.Status(422, hellio.CodeNoValidRecipients))
	b, err := Open(path)
	require.NoError(t, err)
	defer b.Close()
	b.hooks.firstPause = 1
	err = b.Send(t.Context(), client, Options{ResendUnknown: true})
	require.ErrorIs(t, err, ErrUnfinished)
	require.Equal(t, Count{1, 5}, b.Report().Unknown)
}

func TestAResentChunkStaysMarked(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	b, err := Open(leftUnknown(t, fake))
	require.NoError(t, err)
	defer b.Close()
	client := fake.Client(quick()...)
	require.NoError(t, b.mark(1, StateNeedsReview))
	o := Options{ResendUnknown: true}
	var given []Job
	give := func(j Job) error { given = append(given, j); return nil }
	for round := range 2 { // handed out, settled by people, handed out once more
		given = nil
		_, err = b.Dispatch(t.Context(), client, o, 1, give)
		require.NoError(t, err)
		require.Equal(t, 1, given[0].Chunk.Index)
		require.Equal(t, round == 0, given[0].Resumed)
		e, err := b.store.entry(1)
		require.NoError(t, err)
		require.True(t, e.Resent)
		require.NoError(t, b.Resolve(1, WasNotSent))
	}
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	e, err := b.store.entry(1)
	require.NoError(t, err)
	require.True(t, e.Resent)
}
