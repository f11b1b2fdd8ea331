package helliobulk

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestABatchSendsEachNumberOnce(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	var last Report
	p.Progress = func(r Report) { last = r }
	list := append(numbers(23), "junk", number(3), "024 000 0004")
	r, err := Run(t.Context(), client, Numbers(list...), p)
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(23))
	require.Equal(t, Report{

		BatchID:    "fees",
		Given:      26,
		Invalid:    1,
		Duplicates: 2,
		Recipients: 23,
		Chunks:     5,
		Done:       Count{5, 23},
		Accepted:   23,
		Costs:      r.Costs,
	}, *r)
	require.Equal(t, *r, last, "the last progress is the report")
	require.Equal(t, "0.7130", r.Costs[0].Amount.String())
}

func TestAFinishedBatchIsNotSentAgain(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	p := batchOf(t)
	first, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	again, err := Run(t.Context(), client, Numbers(numbers(7)...), p)
	require.NoError(t, err)
	require.Equal(t, first, again)
	requireEachOnce(t, fake, "100.0000", again, numbers(7))
}

func TestARefusalThatConcernsAllStopsTheBatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		status  int
		code    string
		unknown bool
	}{
		{"token", 401, "", false},
		{"balance", 402, hellio.CodeInsufficientBalance, false},
		{"spend limit", 403, hellio.CodeSpendLimitExceeded, false},
		{"sender", 422, hellio.CodeSenderNotApproved, false},
		{"redirect", 302, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake, client := newFake(t)
			refusal := helliotest.Status(c.status, c.code)
			fault := fake.Fault(helliotest.SMSSend, helliotest.Nth(2), refusal)
			p := batchOf(t)
			p.Workers = 1
			r, err := Run(t.Context(), client, Numbers(numbers(23)...), p)
			require.ErrorIs(t, err, ErrUnfinished)
			var refused *hellio.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.status, refused.Status)
			require.Equal(t, 4, r.Open.Chunks+r.Unknown.Chunks, "no other chunk was tried")
			require.Equal(t, c.unknown, r.Unknown.Chunks == 1)
			require.Equal(t, 1, fault.Hits())
			r, err = Resume(t.Context(), client, p.Store, p.Options)
			require.NoError(t, err)
			requireEachOnce(t, fake, "100.0000", r, numbers(23))
		})
	}
}

func TestAnEmptyWalletStopsTheBatch(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t, helliotest.WithBalance("0.4000"))
	p := batchOf(t)
	p.StartUnpaid = true
	r, err := Run(t.Context(), client, Numbers(numbers(23)...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	var broke *hellio.InsufficientBalanceError
	require.ErrorAs(t, err, &broke)
	require.Equal(t, "0.0000", walletDifference(t, fake, "0.4000", r))
	require.Zero(t, r.Unknown.Chunks, "a refused chunk is in no doubt")
	r, err = Resume(t.Context(), client, p.Store, Options{})
	require.ErrorAs(t, err, &broke, "a batch that has begun is stopped by the API alone")
	require.NotErrorIs(t, err, ErrCannotPay)
	full := "10.0000"
	spent := r.Costs[0].Amount.Rat()
	require.NoError(t, fake.Update(helliotest.AccountChange{Balance: &full}))
	r, err = Resume(t.Context(), client, p.Store, Options{})
	require.NoError(t, err)
	require.Equal(t, 1, spent.Sign())
	for n, count := range perNumber(fake) {
		require.Equal(t, 1, count, n)
	}
	require.Equal(t, 23, r.Accepted)
}

func TestARefusedChunkDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
	}{
		{422, hellio.CodeTrafficNotRoutable},
		{422, hellio.CodeNoValidRecipients},
		{400, ""},
		{404, ""},
		{413, ""},
	} {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprint(c.status, c.code, workers), func(t *testing.T) {
				t.Parallel()
				fake, client := newFake(t)
				poison := fake.Fault(helliotest.SMSSend, helliotest.Always(),
					helliotest.ToNumber(number(7)), helliotest.Status(c.status, c.code))
				p := batchOf(t)
				p.Workers = workers
				r, err := Run(t.Context(), client, Numbers(numbers(60)...), p)
				require.ErrorIs(t, err, ErrRejected)
				require.NotErrorIs(t, err, ErrUnfinished)
				require.Equal(t, Count{1, 5}, r.Rejected)
				require.Equal(t, 55, r.Accepted)
				require.Equal(t, 1, poison.Hits())
				_, err = Resume(t.Context(), client, p.Store, p.Options)
				require.ErrorIs(t, err, ErrRejected)
				require.Equal(t, 1, poison.Hits(), "a resume does not send it again")
			})
		}
	}
}

func TestARejectedChunkKeepsItsKey(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	refusal := helliotest.Status(422, hellio.CodeTrafficNotRoutable)
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), refusal)
	p := batchOf(t)
	_, err := Run(t.Context(), client, Numbers(numbers(23)...), p)
	require.ErrorIs(t, err, ErrRejected)
	r, err := Resume(t.Context(), client, p.Store, Options{RetryRejected: true})
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(23))
	keys := map[string]bool{}
	for _, request := range fake.Requests() {
		if request.Op == helliotest.SMSSend {
			keys[request.Header.Get("Idempotency-Key")] = true
		}
	}
	require.Len(t, keys, 5)
}

func TestARefusedBatchStopsAfterThreeChunks(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	refusal := helliotest.Status(422, hellio.CodeTrafficNotRoutable)
	fault := fake.Fault(helliotest.SMSSend, helliotest.Always(), refusal)
	p := batchOf(t)
	p.Workers = 1
	r, err := Run(t.Context(), client, Numbers(numbers(60)...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	require.ErrorIs(t, err, ErrRefusedAlike)
	require.ErrorIs(t, err, ErrRejected)
	require.ErrorContains(t, err, "3 chunks, with 422 traffic_not_routable")
	require.Equal(t, Count{3, 15}, r.Rejected)
	require.Equal(t, MaxEqualRefusals, fault.Hits())
	require.NoError(t, fake.SetFaults())
	r, err = Resume(t.Context(), client, p.Store, Options{RetryRejected: true})
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(60))
}

func TestALostReplyIsCountedOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]helliotest.Rule{
		"lost": helliotest.LoseReply(), "cut": helliotest.TruncateBody(10), "portal": helliotest.NotJSON(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, client := newFake(t)
			fake.Fault(helliotest.SMSSend, helliotest.Nth(2), fault)
			r, err := runQuickly(t, client, batchOf(t), numbers(15))
			require.NoError(t, err)
			require.Equal(t, 1, r.Replayed)
			requireEachOnce(t, fake, "100.0000", r, numbers(15))
		})
	}
}

func TestARateLimitHoldsAllWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(5))
		client := fake.Client(hellio.WithLimiter(nil),
			hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
		p := batchOf(t)
		begin := time.Now()
		r, err := Run(t.Context(), client, Numbers(numbers(60)...), p)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(60))
		refused := 0
		for _, request := range fake.Requests() {
			if request.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		require.LessOrEqual(t, refused, 3*defaultWorkers,
			"after a 429 no worker calls before its time")
		require.GreaterOrEqual(t, time.Since(begin), 2*time.Minute,
			"3 calls go to estimate and time, 12 to chunks: three windows")
	})
}

func TestAnOutageEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		client := fake.Client(hellio.WithLimiter(nil))
		require.NoError(t,
			fake.SetFaults(helliotest.FaultSpec{Op: helliotest.SMSSend, Always: true,
				Effect: "reset"}))
		p := batchOf(t)
		r, err := Run(t.Context(), client, Numbers(numbers(60)...), p)
		require.ErrorIs(t, err, ErrUnfinished)
		require.ErrorContains(t, err, "does not answer")
		require.Equal(t, 60, r.Open.Recipients+r.Unknown.Recipients)
		require.NoError(t, fake.SetFaults())
		r, err = Resume(t.Context(), client, p.Store, p.Options)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(60))
	})
}

func TestAnUnansweredChunkDoesNotStopOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		client := fake.Client(hellio.WithLimiter(nil))
		fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.ToNumber(number(7)),
			helliotest.Status(500, ""))
		r, err := Run(t.Context(), client, Numbers(numbers(60)...), batchOf(t))
		require.ErrorIs(t, err, ErrUnfinished)
		require.Equal(t, Count{1, 5}, r.Unknown)
		require.Equal(t, 55, r.Accepted)
	})
}

func TestAnInterruptedRunCanBeResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0), helliotest.WithLatency(time.Second))
		client := fake.Client(hellio.WithLimiter(nil))
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		p := batchOf(t)
		p.Workers = 1
		r, err := Run(ctx, client, Numbers(numbers(60)...), p)
		require.ErrorIs(t, err, ErrUnfinished)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, r.Unknown.Chunks, "the call in flight had its grace")
		require.Positive(t, r.Done.Chunks+r.Open.Chunks)
		r, err = Resume(t.Context(), client, p.Store, p.Options)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(60))
	})
}

func TestAnInterruptedRunDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(5))
		client := fake.Client()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p := batchOf(t)
		begin := time.Now()
		r, err := Run(ctx, client, Numbers(numbers(60)...), p)
		require.ErrorIs(t, err, ErrUnfinished)
		require.Equal(t, 10*time.Second, time.Since(begin),
			"calls that wait for a slot are not in flight")
		require.Zero(t, r.Unknown.Chunks)
		require.Positive(t, r.Done.Chunks)
		r, err = Resume(t.Context(), client, p.Store, p.Options)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(60))
	})
}

func TestAPartlyAcceptedChunkIsDone(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(4))
	require.NoError(t, b.Close())
	// The API's rule for numbers is its own; here a proxy takes its place
	// that is stricter.
	strict, err := hellio.NewClient(helliotest.DefaultToken,
		append(quick(), hellio.WithBaseURL(client.BaseURL()),
			hellio.WithHTTPClient(&http.Client{Transport: dropsARecipient{fake.RoundTripper()}}))...)
	require.NoError(t, err)
	r, err := Resume(t.Context(), strict, b.store.path, Options{})
	require.NoError(t, err)
	require.Equal(t, Count{1, 4}, r.Done)
	require.Equal(t, 3, r.Accepted)
	require.Equal(t, 1, r.InvalidAtAPI)
	require.Equal(t, "0.0000", walletDifference(t, fake, "100.0000", r))
}

func TestACallBeyondItsGraceIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Delay(time.Minute))
		client := fake.Client(hellio.WithLimiter(nil))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		p := batchOf(t)
		p.Workers, p.Grace = 1, 3*time.Second
		begin := time.Now()
		r, err := Run(ctx, client, Numbers(numbers(15)...), p)
		require.ErrorIs(t, err, ErrUnfinished)
		require.Equal(t, 8*time.Second, time.Since(begin))
		require.Equal(t, Count{1, 5}, r.Unknown)
		require.Equal(t, Count{1, 5}, r.Open)
		r, err = Resume(t.Context(), client, p.Store, Options{})
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(15))
	})
}

func TestPausesDoubleWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		client := fake.Client(hellio.WithLimiter(nil),
			hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
		fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.Status(500, ""))
		begin := time.Now()
		r, err := Run(t.Context(), client, Numbers(numbers(5)...), batchOf(t))
		require.ErrorIs(t, err, ErrUnfinished)
		require.Equal(t, Count{1, 5}, r.Unknown)
		require.Equal(t, (1+2+4+8+16+32+60)*time.Second, time.Since(begin))
	})
}

func TestOnlyAnOutageEndsTheRun(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithRateLimit(0))
	client := fake.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	var faults []helliotest.FaultSpec
	for nth := 1; nth < 4*maxOutage; nth += 2 { // every other call
		faults = append(faults,
			helliotest.FaultSpec{
				Op:     helliotest.SMSSend,
				Nth:    nth,
				Effect: "status",
				Code:   500,
			})
	}
	require.NoError(t, fake.SetFaults(faults...))
	p := batchOf(t)
	p.Workers = 1
	r, err := runQuickly(t, client, p, numbers(5*2*maxOutage))
	require.NoError(t, err)
	requireEachOnce(t, fake, "100.0000", r, numbers(5*2*maxOutage))
}

func TestChunksThatNeedReviewAreNoOutage(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(5*(maxOutage+5)))
	defer b.Close()
	_, err := b.Dispatch(t.Context(), client, Options{}, maxOutage+4,
		func(Job) error { return nil })
	require.NoError(t, err)
	fake.Advance(25 * time.Hour)
	err = b.Send(t.Context(), client, Options{Workers: 1})
	require.ErrorIs(t, err, ErrNeedsReview)
	require.NotErrorIs(t, err, ErrUnfinished)
	require.Equal(t, 1, b.Report().Done.Chunks, "what comes after them is sent")
}

func TestALongerHoldIsKept(t *testing.T) {
	t.Parallel()
	r := &runner{}
	r.holdAll(time.Hour)
	r.holdAll(time.Second)
	require.Greater(t, time.Until(r.pause), 59*time.Minute)
}

// A redirect may mean that the chunk is done, so only its key may send it
// again.
func TestARedirectedChunkIsUnknown(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	fault := fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(302, ""))
	p := batchOf(t)
	p.Workers = 1
	r, err := Run(t.Context(), client, Numbers(numbers(23)...), p)
	require.ErrorIs(t, err, ErrUnfinished)
	require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
	require.Equal(t, Count{3, 13}, r.Open, "the redirected chunk is not open again, and no other was tried")
	require.Equal(t, 1, fault.Hits())
}
