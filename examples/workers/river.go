package workers

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/hellio-go/hellio"
)

// Kind implements river.JobArgs.
func (Job) Kind() string { return "sms" }

// InsertOpts makes the key unique: a job that River still has in any state is
// not added again.
func (Job) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 10_000, // the age of the key ends the retries
		UniqueOpts: river.UniqueOpts{
			ByArgs:  true,
			ByState: rivertype.JobStates(),
		},
	}
}

// RiverWorker is a river.Worker.
type RiverWorker struct {
	river.WorkerDefaults[Job]
	Client *hellio.Client
	Log    *slog.Logger
}

// Config returns the settings that the worker relies on.
func (w *RiverWorker) Config() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	return &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		Workers:                     workers,
		JobTimeout:                  runLimit,
		RescueStuckJobsAfter:        2 * runLimit, // so that a job of a crashed worker resumes soon
		CancelledJobRetentionPeriod: -1,           // a person deletes the jobs that need one
	}
}

// Work sends the message of a job.
func (w *RiverWorker) Work(ctx context.Context, row *river.Job[Job]) error {
	job := row.Args
	err := job.send(ctx, w.Client)
	v := decide(err, job.left())
	v.report(w.Log, job, err)
	switch {
	case v.action == actionDone:
		return nil
	case v.action == actionAgain && v.wait > 0:
		return river.JobSnooze(v.wait)
	case v.action == actionAgain:
		return err
	default: // River cancels the job, and keeps this text in its errors
		return river.JobCancel(v.ended(err))
	}
}

// NextRetry returns when a job is run after an error.
func (w *RiverWorker) NextRetry(row *river.Job[Job]) time.Time {
	return time.Now().Add(backoff(row.Attempt))
}
