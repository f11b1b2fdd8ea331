package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
)

// The ledger's rules, one step after another: which try may speak, and what it
// may change.
func TestTheLedgerKeepsTheLatestAndTheSure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	var jobs []helliobulk.Job
	give := func(j helliobulk.Job) error { jobs = append(jobs, j); return nil }
	for range 2 { // two hand-outs of one chunk
		_, err := w.batch.Dispatch(t.Context(), w.client, helliobulk.Options{}, 0, give)
		require.NoError(t, err)
		require.NoError(t, w.batch.Settle(jobs[len(jobs)-1].Record.Returned()))
	}
	earlier, now := jobs[0].Record, jobs[1].Record
	l := w.queue().ledger("fees")
	begin := func(r helliobulk.Record, try string) string {
		h, err := l.begin(t.Context(), r, try)
		require.NoError(t, err)
		return h.phase
	}
	end := func(r helliobulk.Record, try, phase string, sure bool) bool {
		noted, err := l.end(t.Context(), r, try, phase, sure)
		require.NoError(t, err)
		return noted
	}
	stands := func(phase string, state helliobulk.State) {
		t.Helper()
		h, err := l.look(t.Context(), now)
		require.NoError(t, err)
		require.Equal(t, phase, h.phase)
		require.Equal(t, state, h.record.State())
	}
	require.Equal(t, phaseNone, begin(earlier, "0"))
	require.True(t, end(earlier, "0", phaseSettled, false))
	// what was settled then says nothing of this hand-out
	stands(phaseNone, helliobulk.StateUnknown)
	require.Equal(t, phaseNone, begin(now, "1"))
	require.False(t, end(earlier, "0", phaseSettled, true), "of an earlier hand-out")
	require.True(t, end(now.NeedsReview(), "1", phaseIdle, false))
	require.Equal(t, phaseIdle, begin(now, "2"))
	stands(phaseBegun, helliobulk.StateNeedsReview) // the record of the last try, not the job's own
	require.Equal(t, phaseBegun, begin(now, "3"))
	require.False(t, end(now, "2", phaseIdle, false), "a later try is in flight")
	require.True(t, end(now.NeedsReview(), "3", phaseSettled, false))
	require.Equal(t, phaseSettled, begin(now, "4"), "what is settled stays so")
	stands(phaseSettled, helliobulk.StateNeedsReview)
	require.False(t, end(now, "3", phaseIdle, false))
	require.True(t, end(now, "2", phaseSettled, true), "but for what is sure")
	stands(phaseSettled, helliobulk.StateUnknown)
}

func TestEveryPieceOfNewsIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	l := w.queue().ledger("fees")
	_, err := l.end(t.Context(), helliobulk.Record{}.NeedsReview(), "1", phaseSettled, false)
	require.NoError(t, err)
	for range 2 * newsPage { // one page, one more, and some that come meanwhile
		require.NoError(t, l.report(t.Context(), 0))
	}
	taken := 0
	require.NoError(t, l.latest(t.Context(), func(records ...helliobulk.Record) error {
		if taken += len(records); taken == newsPage {
			require.NoError(t, l.report(t.Context(), 0))
		}
		return nil
	}))
	require.Equal(t, 2*newsPage+2, taken)
	require.Zero(t, w.rdb.LLen(t.Context(), l.news).Val())
}

func TestOnlyWhatIsFinalIsCollected(t *testing.T) {
	t.Parallel()
	records, err := settled([]string{
		`a|1|settled|{"index":3,"entry":{"s":"done"}}`,
		`a|1|idle|{"index":4,"entry":{"s":"open"}}`,
		`a|1|begun|{"index":5,"entry":{"s":"unknown"}}`,
	})
	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Equal(t, 3, records[0].Index())
	_, err = settled([]string{"a|1|settled"})
	require.Error(t, err)
}

func TestATaskIsKeptForItsMargin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.enqueue(helliobulk.Options{Margin: 3 * time.Hour})
	tasks, err := w.queue().inspector.ListPendingTasks(w.queue().name)
	require.NoError(t, err)
	require.Len(t, tasks, 1)
	require.Equal(t, 3*time.Hour, tasks[0].Retention)
	require.Equal(t, noLimit, tasks[0].MaxRetry)
	require.Equal(t, taskTimeout, tasks[0].Timeout)
	require.Equal(t, helliobulk.ChunkKey("fees", 0), tasks[0].ID)
}
