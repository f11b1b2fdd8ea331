package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// exploredBatch is a batch of two chunks of one, sent by one worker.
func exploredBatch(run *helliotest.Run) *Params {
	return helliotest.Keep(run, func() *Params {
		return &Params{
			Store:     filepath.Join(run.TempDir(), "fees.batch"),
			BatchID:   "fees",
			Sender:    "ACME",
			Message:   "Fees are due.",
			ChunkSize: 1,
			Options:   Options{Workers: 1},
		}
	})
}

func TestABatchUnderEveryFault(t *testing.T) {
	t.Parallel()
	explored := helliotest.Explore(t, func(run *helliotest.Run) error {
		list := Numbers(numbers(2)...)
		_, err := Run(run.Context(), run.Client(), list, *exploredBatch(run))
		return err
	},
		helliotest.ExploreReruns(2), // a person resumes it
		helliotest.ExplorePairs(200),
		helliotest.ExploreCheck("the report counts what was sent", func(run *helliotest.Run) error {
			b, err := OpenReadOnly(exploredBatch(run).Store)
			if errors.Is(err, ErrNoBatch) {
				return nil
			}
			if err != nil {
				return err
			}
			defer b.Close()
			accepted := b.Report().Accepted
			if sent := len(run.Fake().Messages()); run.Err() == nil && sent != accepted {
				return fmt.Errorf("%d messages were sent, the report counts %d", sent, accepted)
			}
			return nil
		}),
	)
	require.Empty(t, explored.Findings)
	require.Greater(t, explored.Crashes, 2)
}

// queuedJobs is a queue that delivers at least once, and the notes of its
// workers.
type queuedJobs struct {
	open  []Job
	last  map[string]Record // of the last call, by dispatch
	begun map[string]bool   // jobs whose intent is noted
}

// deliver makes one call for each open job and settles what has ended.
func (q *queuedJobs) deliver(ctx context.Context, sender *JobSender, b *Batch) error {
	for len(q.open) > 0 {
		job := &q.open[0]
		name := job.Record.Dispatch()
		expired, err := sender.Expired(ctx, job)
		if err != nil {
			return err
		}
		if expired {
			return errors.New("the job is too old to be sent")
		}
		job.Resumed = q.begun[name]
		last, called := q.last[name]
		if !called {
			last = job.Record
		}
		record, result, err := sender.Send(ctx, ctx, job, last, func() (bool, error) {
			earlier := q.begun[name]
			q.begun[name] = true
			return earlier, nil
		})
		if err != nil {
			return err
		}
		q.last[name] = record
		if !result.Verdict.ends() {
			return fmt.Errorf("%s: %w", result.Verdict, result.Err)
		}
		if err := b.Settle(record); err != nil {
			return err
		}
		q.open = q.open[1:]
	}
	return nil
}

func TestADispatchedJobUnderEveryFault(t *testing.T) {
	t.Parallel()
	explored := helliotest.Explore(t, func(run *helliotest.Run) error {
		p := exploredBatch(run)
		q := helliotest.Keep(run, func() *queuedJobs {
			return &queuedJobs{last: map[string]Record{}, begun: map[string]bool{}}
		})
		b, err := openOrPlan(run.Context(), run.Client(), Numbers(numbers(2)...), *p)
		if err != nil {
			return err
		}
		defer b.Close()
		sender, err := NewJobSender(run.Client())
		if err != nil {
			return err
		}
		put := func(j Job) error {
			q.open = append(q.open, j)
			return nil
		}
		if _, err := b.Dispatch(run.Context(), run.Client(), p.Options, 0, put); err != nil {
			return err
		}
		if err := q.deliver(run.Context(), sender, b); err != nil {
			return err
		}
		report := b.Report()
		return report.End(nil)
	},
		helliotest.ExploreReruns(2), // the queue delivers again
		helliotest.ExplorePairs(200),
	)
	require.Empty(t, explored.Findings)
	require.Greater(t, explored.Crashes, 2)
}
