package workers

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/hellio-go/hellio"
)

// runRiver is one run of a job, as River's executor makes it.
func runRiver(ctx context.Context, c *hellio.Client, job Job, n int) (o ending) {
	worker := &RiverWorker{Client: c, Log: quietLog}
	row := &river.Job[Job]{
		JobRow: &rivertype.JobRow{Attempt: n},
		Args:   copied(job),
	}
	o.err = worker.Work(ctx, row)
	var snooze *river.JobSnoozeError
	var cancel *river.JobCancelError
	switch {
	case o.err == nil, errors.As(o.err, &cancel):
		o.ended = true
	case errors.As(o.err, &snooze):
		o.wait = snooze.Duration
	default:
		o.wait = time.Until(worker.NextRetry(row))
	}
	return o
}

func TestRiverUnderEveryFault(t *testing.T) { exploreHandler(t, runRiver) }

// openQueue opens a SQLite database with River's tables.
func openQueue(t *testing.T) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "river.db")
	// Not synchronous, because no power fails in a test.
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // SQLite has one writer
	migrator, err := rivermigrate.New(riversqlite.New(db), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	return db
}

func newRiver(t *testing.T, db *sql.DB, client *hellio.Client) *river.Client[*sql.Tx] {
	t.Helper()
	config := (&RiverWorker{Client: client, Log: quietLog}).Config()
	config.FetchPollInterval = 100 * time.Millisecond
	config.Logger = quietLog
	config.TestOnly = true // no random wait before the start
	queue, err := river.NewClient(riversqlite.New(db), config)
	require.NoError(t, err)
	return queue
}

func TestRiverOnRealDatabase(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	db := openQueue(t)
	first := newRiver(t, db, r.firstClient())
	insert := func(known bool) {
		for _, job := range r.jobs {
			inserted, err := first.Insert(t.Context(), job, nil)
			require.NoError(t, err)
			require.Equal(t, known, inserted.UniqueSkippedAsDuplicate)
		}
	}
	insert(false)
	insert(true)
	require.NoError(t, first.Start(t.Context()))
	r.waitForFirst()
	require.NoError(t, first.StopAndCancel(t.Context()))

	second := newRiver(t, db, r.secondClient())
	require.NoError(t, second.Start(t.Context()))
	eventually(t, func() bool {
		return countJobs(t, db, "completed") == trialOrders && countJobs(t, db, "cancelled") == 2
	})
	insert(true) // River still has each job
	require.NoError(t, second.Stop(t.Context()))
	r.requireSentOnce()
	want := []string{"JobCancelError: " + badNote, "JobCancelError: " + oldNote}
	require.Equal(t, want, notesOf(t, second))
}

func countJobs(t *testing.T, db *sql.DB, state string) (n int) {
	t.Helper()
	const query = `SELECT count(*) FROM river_job WHERE state = ?`
	if err := db.QueryRowContext(t.Context(), query, state).Scan(&n); err != nil {
		t.Errorf("count jobs: %v", err)
	}
	return n
}

// notesOf returns the last error of each job that needs a person, oldest first.
func notesOf(t *testing.T, queue *river.Client[*sql.Tx]) (notes []string) {
	t.Helper()
	cancelled := river.NewJobListParams().States(rivertype.JobStateCancelled)
	list, err := queue.JobList(t.Context(), cancelled)
	require.NoError(t, err)
	for _, job := range list.Jobs {
		notes = append(notes, job.Errors[len(job.Errors)-1].Error)
	}
	return notes
}

func TestRolledBackJobIsNotQueued(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	db := openQueue(t)
	queue := newRiver(t, db, s.client)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = queue.InsertTx(t.Context(), tx, s.job, nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Zero(t, countJobs(t, db, "available"))
}
