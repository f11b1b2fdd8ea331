package fleet

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

// leftUnknown is a world in which the reply to the second chunk of three was
// lost, whereupon the only worker ended.
func leftUnknown(t *testing.T) *world {
	w := newWorld(t, 3)
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	w.enqueue(helliobulk.Options{})
	end := w.work(WorkOptions{Workers: 1})
	require.Eventually(t, func() bool { return len(w.fake.Messages()) >= 2*chunkSize },
		10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return unknownInLedger(t, w) == 1 }, time.Minute,
		time.Millisecond)
	end()
	return w
}

// unknownInLedger counts the chunks whose outcome the ledger does not know.
func unknownInLedger(t *testing.T, w *world) (n int) {
	entries, err := w.rdb.HVals(t.Context(), w.queue().ledger("fees").hash).Result()
	require.NoError(t, err)
	for _, stored := range entries {
		h, err := parseHeld(stored)
		require.NoError(t, err)
		if h.phase == phaseBegun && h.record.Status("fees").Tries > 0 {
			n++
		}
	}
	return n
}

func TestAnUnknownWithinTheMarginIsResolved(t *testing.T) {
	t.Parallel()
	w := leftUnknown(t)
	w.fake.Advance(11 * time.Hour)
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	require.Equal(t, 1, w.batch.Report().Replayed)
	w.requireEachOnce()
}

// The fake's clock moves and this machine's does not: so it is with machines
// that slept, or whose clocks were put back.
func TestAnUnknownBeyondTheMarginIsArchived(t *testing.T) {
	t.Parallel()
	w := leftUnknown(t)
	w.fake.Advance(25 * time.Hour) // the fake forgets keys after 24
	w.work(WorkOptions{})
	require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrNeedsReview)
	require.Equal(t, 1, w.batch.Report().NeedsReview.Chunks)
	require.Equal(t, 2, w.batch.Report().Done.Chunks)
	require.Len(t, w.fake.Messages(), 3*chunkSize)
	q := w.queue()
	require.Eventually(t, func() bool { // asynq ends a task after its result is noted
		archived, err := q.inspector.ListArchivedTasks(q.name)
		return err == nil && len(archived) == 1
	}, 30*time.Second, 10*time.Millisecond)

	require.NoError(t, w.batch.Resolve(1, helliobulk.WasSent))
	require.NoError(t, w.wait(helliobulk.Options{}))
	require.Len(t, w.fake.Messages(), 3*chunkSize)
}

// storedFailure is an API that has stored a 500 for one key.
type storedFailure struct {
	next http.RoundTripper
	key  string
}

func (s *storedFailure) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err == nil && req.Header.Get("Idempotency-Key") == s.key {
		resp.StatusCode = http.StatusInternalServerError
		resp.Header.Set("Idempotent-Replayed", "true")
	}
	return resp, err
}

func TestAStoredFailureNeedsReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	stored := &storedFailure{
		next: w.fake.RoundTripper(),
		key:  helliobulk.ChunkKey("fees", 1),
	}
	wired := hellio.WithHTTPClient(&http.Client{Transport: stored})
	w.client = w.fake.Client(append(quick(), wired, hellio.WithBaseURL(w.client.BaseURL()))...)
	w.work(WorkOptions{})
	require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrNeedsReview)
	require.Equal(t, 1, w.batch.Report().NeedsReview.Chunks)
	require.Equal(t, 2, w.batch.Report().Done.Chunks)
	require.Len(t, w.sends(), 3, "its key can never resolve it")
}

func TestAChunkFoundUnsentIsEnqueuedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseRequest())
	w.enqueue(helliobulk.Options{})
	end := w.work(WorkOptions{Workers: 1})
	require.Eventually(t, func() bool { return unknownInLedger(t, w) == 1 }, time.Minute,
		time.Millisecond)
	end()
	w.fake.Advance(25 * time.Hour)
	w.work(WorkOptions{})
	require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrNeedsReview)
	require.NoError(t, w.batch.Resolve(1, helliobulk.WasNotSent))
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}

func TestResendUnknownEnqueuesWhatNeedsReview(t *testing.T) {
	t.Parallel()
	w := leftUnknown(t)
	w.fake.Advance(25 * time.Hour)
	w.work(WorkOptions{})
	require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrNeedsReview)
	require.NoError(t, w.wait(helliobulk.Options{ResendUnknown: true}))
	require.Len(t, w.fake.Messages(), 4*chunkSize, "as it was asked to")
	for c, err := range w.batch.Chunks() {
		require.NoError(t, err)
		require.Equal(t, c.Index == 1, c.Resent)
	}
}

func TestAnUntriedOldChunkIsReturnedAndSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.enqueue(helliobulk.Options{})
	w.fake.Advance(30 * time.Hour) // a weekend without workers
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
	require.Zero(t, w.batch.Report().Replayed)
}

// Redis may have lost that a call was begun: a chunk that was there before it
// restarted, or was put there once more, counts as unknown.
func TestWhatRedisMayForgetIsUnknown(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*world){
		"restarted": func(w *world) { w.redis.restart() },
		"emptied, and filled again": func(w *world) {
			require.NoError(t, w.rdb.FlushAll(t.Context()).Err())
			w.enqueue(helliobulk.Options{})
		},
	} {
		t.Run(name+", too old", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 2)
			w.enqueue(helliobulk.Options{})
			forget(w)
			w.fake.Advance(30 * time.Hour)
			w.work(WorkOptions{})
			require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrNeedsReview)
			require.Equal(t, 2, w.batch.Report().NeedsReview.Chunks)
			require.Empty(t, w.sends())
		})
		t.Run(name+", refused", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.enqueue(helliobulk.Options{})
			forget(w)
			w.fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
				helliotest.Status(422, hellio.CodeNoValidRecipients))
			w.work(WorkOptions{})
			require.NoError(t, w.wait(helliobulk.Options{}))
			require.Zero(t, w.batch.Report().Rejected.Chunks)
			w.requireEachOnce()
		})
	}
}

func TestWaitResendsOnlyEarlierReviews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	_, err := w.batch.Dispatch(t.Context(), w.client, helliobulk.Options{}, 1,
		func(j helliobulk.Job) error { return w.batch.Settle(j.Record.NeedsReview()) })
	require.NoError(t, err)
	require.Equal(t, 1, w.batch.Report().NeedsReview.Chunks)
	ended := make(chan error, 1)
	go func() {
		ended <- Wait(t.Context(), w.client, w.rdb, w.batch,
			Options{Options: helliobulk.Options{ResendUnknown: true}, Ahead: 1})
	}()
	require.Eventually(t, func() bool {
		info, err := w.queue().inspector.GetQueueInfo(w.queue().name)
		return err == nil && info.Pending == 1
	}, time.Minute, 10*time.Millisecond)
	w.fake.Advance(25 * time.Hour) // it is resent too late, and needs review again
	w.work(WorkOptions{})
	require.ErrorIs(t, <-ended, helliobulk.ErrNeedsReview)
	require.Equal(t, 1, w.batch.Report().NeedsReview.Chunks)
	require.Equal(t, 1, w.batch.Report().Done.Chunks)
	require.Len(t, w.sends(), 1)
}
