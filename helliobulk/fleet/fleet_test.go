package fleet

import (
	"net/http"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAFleetFinishesABatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	w.work(WorkOptions{Name: "a"})
	w.work(WorkOptions{Name: "b"})
	var reports []helliobulk.Report
	require.NoError(t,
		w.wait(helliobulk.Options{Progress: func(r helliobulk.Report) { reports = append(reports, r) }}))
	w.requireEachOnce()
	require.NotEmpty(t, reports)
	require.Equal(t, 30, reports[len(reports)-1].Done.Chunks)
}

func TestALargeBatchIsQueuedInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	for range 2 { // the second time it is full
		require.NoError(t, Enqueue(t.Context(), w.client, w.rdb, w.batch, Options{Ahead: 3}))
		require.Equal(t, 3, w.batch.Report().Unknown.Chunks)
		require.Equal(t, 17, w.batch.Report().Open.Chunks)
	}
	w.work(WorkOptions{})
	require.NoError(t, Wait(t.Context(), w.client, w.rdb, w.batch, Options{Ahead: 3}))
	w.requireEachOnce()
}

func TestEnqueuingAgainSendsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.enqueue(helliobulk.Options{})
	w.enqueue(helliobulk.Options{})
	info, err := w.queue().inspector.GetQueueInfo(w.queue().name)
	require.NoError(t, err)
	require.Equal(t, 6, info.Pending)
	w.work(WorkOptions{})
	require.Eventually(t, func() bool { return inPhase(t, w, phaseSettled) == 6 }, time.Minute,
		10*time.Millisecond)
	w.enqueue(helliobulk.Options{})
	require.True(t, allDone(w.batch.Report()), "what the fleet has done is collected first")
	info, err = w.queue().inspector.GetQueueInfo(w.queue().name)
	require.NoError(t, err)
	require.Zero(t, info.Size-info.Completed)
	require.Len(t, w.sends(), 6)
	w.requireEachOnce()
}

func allDone(r helliobulk.Report) bool { return r.Done.Chunks == r.Chunks }

func TestASettledTaskIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.enqueue(helliobulk.Options{})
	tasks, err := w.queue().inspector.ListPendingTasks(w.queue().name)
	require.NoError(t, err)
	w.work(WorkOptions{})
	w.until("all done", allDone)
	require.NoError(t, w.rdb.Del(t.Context(), w.queue().ledger("fees").news).Err())
	for _, task := range tasks { // as after a lease that ran out
		require.Eventually(t,
			func() bool {
				return w.queue().inspector.DeleteTask(w.queue().name,
					task.ID) == nil
			}, time.Minute, time.Millisecond)
		_, err := asynq.NewClientFromRedisClient(w.rdb).Enqueue(asynq.NewTask(task.Type,
			task.Payload), asynq.TaskID(task.ID), asynq.Queue(task.Queue))
		require.NoError(t, err)
	}
	news := func() int64 { return w.rdb.LLen(t.Context(), w.queue().ledger("fees").news).Val() }
	require.Eventually(t, func() bool { return news() == 2 }, time.Minute, 10*time.Millisecond,
		"the enqueuer learns of it once more")
	require.Len(t, w.sends(), 2)
}

func TestARefusalOfAllStopsTheFleet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.Status(402, ""))
	w.work(WorkOptions{Name: "a", Workers: 1})
	w.work(WorkOptions{Name: "b", Workers: 1})
	err := w.wait(helliobulk.Options{})
	require.ErrorIs(t, err, helliobulk.ErrUnfinished)
	var stopped *Stopped
	require.ErrorAs(t, err, &stopped)
	require.Equal(t, 402, stopped.Status)
	require.Contains(t, err.Error(), "its tasks are kept")
	require.LessOrEqual(t, len(w.sends()), 2, "one of each worker at most")
	require.Equal(t, 10, w.batch.Report().Unknown.Chunks)
	info, err := w.queue().inspector.GetQueueInfo(w.queue().name)
	require.NoError(t, err)
	require.True(t, info.Paused)
	require.Equal(t, 10, info.Size)
	require.NoError(t, w.fake.SetFaults())
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}

func TestARefusedChunkStopsNeitherBatchNorFleet(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 4} {
		w := newWorld(t, 8)
		poison := w.fake.Fault(helliotest.SMSSend, helliotest.Always(),
			helliotest.ToNumber(number(7)), helliotest.Status(422, hellio.CodeTrafficNotRoutable))
		w.work(WorkOptions{Workers: workers})
		err := w.wait(helliobulk.Options{})
		require.ErrorIs(t, err, helliobulk.ErrRejected)
		require.NotErrorIs(t, err, helliobulk.ErrUnfinished)
		r := w.batch.Report()
		require.Equal(t, 1, r.Rejected.Chunks)
		require.Equal(t, 7, r.Done.Chunks)
		require.Equal(t, "0.0000", w.difference())
		require.Equal(t, 1, poison.Hits())
		require.NoError(t, w.fake.SetFaults())
		require.NoError(t, w.wait(helliobulk.Options{RetryRejected: true}))
		w.requireEachOnce()
	}
}

func TestEqualRefusalsStopTheirBatchAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8)
	other := *w
	other.store = w.store + "-other"
	other.planAs("other", 1, chunkSize, 100)
	w.fake.Fault(helliotest.SMSSend, helliotest.Times(3),
		helliotest.Status(422, hellio.CodeTrafficNotRoutable))
	w.work(WorkOptions{Workers: 1})
	err := w.wait(helliobulk.Options{})
	require.ErrorIs(t, err, helliobulk.ErrRefusedAlike)
	require.ErrorIs(t, err, helliobulk.ErrUnfinished)
	require.Len(t, w.sends(), 3)
	require.NoError(t, other.wait(helliobulk.Options{}))
	require.Equal(t, 1, other.batch.Report().Done.Chunks)
	require.Len(t, w.sends(), 4)
	require.NoError(t, w.batch.Send(t.Context(), w.client, helliobulk.Options{RetryRejected: true}))
	require.Equal(t, 8, w.batch.Report().Done.Chunks)
}

// Asynq does not find such a task: it looks for leases that have run out
// (hibiken/asynq#1144).
func TestATaskWithoutALeaseIsPutBack(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"enqueued again", "waited for"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 4)
			w.enqueue(helliobulk.Options{})
			q := w.queue()
			require.NoError(t, w.rdb.LMove(t.Context(),
				q.asynqKey("pending"), q.asynqKey("active"), "RIGHT", "LEFT").Err())
			id := w.rdb.LIndex(t.Context(), q.asynqKey("active"), 0).Val()
			require.NoError(t,
				w.rdb.HSet(t.Context(), q.asynqKey("t:"+id), "state", "active").Err())
			w.work(WorkOptions{})
			if how == "enqueued again" {
				w.enqueue(helliobulk.Options{})
				w.until("all done", allDone)
			} else {
				require.NoError(t, w.wait(helliobulk.Options{}))
			}
			w.requireEachOnce()
			require.Eventually(t, func() bool { // asynq ends a task after its result is noted
				return w.rdb.LLen(t.Context(), q.asynqKey("active")).Val() == 0
			}, 30*time.Second, 10*time.Millisecond)
		})
	}
}

func TestA429IsRetriedNoSoonerThanItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	// asynq alone takes up to three
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.RateLimited(5*time.Second))
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	calls := w.sends()
	require.Len(t, calls, 2)
	require.GreaterOrEqual(t, calls[1].At.Sub(calls[0].At), 5*time.Second)
	require.False(t, isFailure(&retryTask{after: time.Second}))
	w.requireEachOnce()
}

func TestNothingIsTriedAgainEarly(t *testing.T) {
	t.Parallel()
	require.Equal(t, 31*time.Second, retryDelay(0, &retryTask{after: 30 * time.Second}, nil),
		"asynq cuts a moment to whole seconds")
	last := time.Duration(0)
	for failures := range 100 {
		d := retryDelay(failures, &retryTask{fails: true}, nil)
		require.GreaterOrEqual(t, d, min(firstPause<<min(failures, 20), lastPause)/2)
		require.LessOrEqual(t, d, lastPause+time.Second)
		last = d
	}
	require.GreaterOrEqual(t, last, lastPause/2)
	require.False(t, isFailure(asynq.ErrLeaseExpired))
	require.Equal(t, soon, retryDelay(5, asynq.ErrLeaseExpired, nil))
}

func TestABatchIDUsedBeforeStopsItsBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	end := w.work(WorkOptions{Workers: 1})
	require.NoError(t, w.wait(helliobulk.Options{}))
	end()
	require.NoError(t, w.batch.Close())
	w.store += "-tomorrow"
	w.plan(6)
	w.work(WorkOptions{Workers: 1})
	err := w.wait(helliobulk.Options{})
	require.ErrorIs(t, err, helliobulk.ErrBatchReused)
	require.ErrorIs(t, err, helliobulk.ErrUnfinished)
	require.Positive(t, w.batch.Report().Reused.Chunks)
	stop, err := w.queue().stopped(t.Context(), "fees")
	require.NoError(t, err)
	require.ErrorIs(t, stop, helliobulk.ErrBatchReused)
}

func TestALostStoreIsPlannedAgainWithoutDoubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.enqueue(helliobulk.Options{})
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.Status(402, ""))
	end := w.work(WorkOptions{Workers: 1})
	require.Eventually(t,
		func() bool {
			s,
				err := w.queue().stopped(t.Context(),
				"")
			return err == nil && s != nil
		}, time.Minute, 10*time.Millisecond)
	end()
	require.NoError(t, w.batch.Close())
	w.store += "-again"
	w.plan(6)
	w.work(WorkOptions{Workers: 1})
	require.NoError(t, w.wait(helliobulk.Options{AcceptReplays: true}))
	require.Equal(t, 2, w.batch.Report().Replayed)
	w.requireEachOnce()
}

func TestOneMachineFinishesAnEnqueuedBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.enqueue(helliobulk.Options{})
	require.NoError(t, w.batch.Send(t.Context(), w.client, helliobulk.Options{}))
	w.work(WorkOptions{}) // the tasks are still there
	require.Eventually(t,
		func() bool {
			idle,
				err := w.queue().idle(t.Context())
			return err == nil && idle
		}, time.Minute, 10*time.Millisecond)
	require.NoError(t, Collect(t.Context(), w.rdb, w.batch))
	require.Len(t, w.sends(), 12)
	w.requireEachOnce()
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	var bad *hellio.ParamError
	require.ErrorAs(t, Work(t.Context(), nil, w.rdb, WorkOptions{}), &bad)
	require.ErrorAs(t, Work(t.Context(), w.client, nil, WorkOptions{}), &bad)
	require.ErrorAs(t, Work(t.Context(), w.client, w.rdb, WorkOptions{Workers: 65}), &bad)
	require.ErrorAs(t, Work(t.Context(), w.client, w.rdb, WorkOptions{Grace: -1}), &bad)
	require.ErrorAs(t, Enqueue(t.Context(), w.client, nil, w.batch, Options{}), &bad)
	require.ErrorAs(t, Enqueue(t.Context(), w.client, w.rdb, w.batch, Options{Ahead: -1}), &bad)
	require.ErrorAs(t,
		Enqueue(t.Context(), w.client, w.rdb, w.batch,
			Options{Options: helliobulk.Options{Margin: 1}}), &bad)
	require.ErrorAs(t, Collect(t.Context(), nil, w.batch), &bad)
	other, err := hellio.NewClient("another", hellio.WithBaseURL(w.client.BaseURL()),
		hellio.WithHTTPClient(&http.Client{Transport: w.fake.RoundTripper()}))
	require.NoError(t, err)
	require.ErrorIs(t, Enqueue(t.Context(), other, w.rdb, w.batch, Options{}),
		helliobulk.ErrOtherAccount)
	require.Equal(t, 1, w.batch.Report().Open.Chunks, "no intent")
}

func TestACallBeyondItsGraceIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Hour))
	w.enqueue(helliobulk.Options{})
	end := w.work(WorkOptions{Grace: time.Second})
	require.Eventually(t, func() bool { return len(w.sends()) == 1 }, time.Minute,
		time.Millisecond)
	began := time.Now()
	end()
	require.Less(t, time.Since(began), time.Minute, "it does not wait for the call")
	require.Equal(t, 1, inPhase(t, w, phaseBegun))
}

func TestAnUnreadableTaskIsArchived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	q := w.queue()
	for _, text := range []string{"junk", "{}"} {
		_, err := asynq.NewClientFromRedisClient(w.rdb).Enqueue(asynq.NewTask(taskType,
			[]byte(text)), asynq.Queue(q.name), asynq.MaxRetry(noLimit))
		require.NoError(t, err)
	}
	w.work(WorkOptions{})
	require.Eventually(t, func() bool {
		archived, err := q.inspector.ListArchivedTasks(q.name)
		return err == nil && len(archived) == 2
	}, 20*time.Second, 10*time.Millisecond)
	require.Empty(t, w.sends())
}
