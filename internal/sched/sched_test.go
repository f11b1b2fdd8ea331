package sched

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestJobsRunInOrderOfTimeAndAdding(t *testing.T) {
	t.Parallel()
	var q Queue
	var got []string
	add := func(after time.Duration, name string) {
		q.Add(time.Unix(0, 0).Add(after), func(time.Time) { got = append(got, name) })
	}
	add(2*time.Second, "later")
	add(time.Second, "first")
	for _, name := range []string{"second", "third", "fourth", "fifth"} {
		add(time.Second, name)
	}
	add(time.Hour, "not due")
	for {
		job, ok := q.Pop(time.Unix(60, 0))
		if !ok {
			break
		}
		job.Run(job.Due)
	}
	require.Equal(t, []string{"first", "second", "third", "fourth", "fifth", "later"}, got)
}

func TestJobsOfAnyOrderRunSorted(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var q Queue
		var want, got []Job
		for i := range source.IntN(60) {
			due := time.Unix(source.Int64N(20), 0)
			q.Add(due, nil)
			want = append(want, Job{Due: due, seq: uint64(i + 1)})
			if job, ok := q.Pop(time.Unix(source.Int64N(4), 0)); ok { // between two that are added
				require.Equal(t, job, slices.MinFunc(want, earlier))
				want = slices.DeleteFunc(want, func(j Job) bool { return j.seq == job.seq })
			}
		}
		slices.SortFunc(want, earlier)
		for job, ok := q.Pop(time.Unix(20, 0)); ok; job, ok = q.Pop(time.Unix(20, 0)) {
			got = append(got, job)
		}
		require.Equal(t, want, got)
	}
}

// earlier compares jobs by their time, then by the order of adding.
func earlier(a, b Job) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.seq, b.seq))
}

func TestTheClockMovesForwardOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		start := q.Now()
		require.Equal(t, time.UTC, start.Location())
		q.MoveTo(start.Add(time.Hour))
		require.Equal(t, start.Add(time.Hour), q.Now())
		q.MoveTo(start)
		require.Equal(t, start.Add(time.Hour), q.Now())
		time.Sleep(time.Second)
		require.Equal(t, start.Add(time.Hour+time.Second), q.Now())
	})
}

func TestWaitFollowsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		_, ok := q.Wait()
		require.False(t, ok)
		q.Add(q.Now().Add(time.Minute), func(time.Time) {})
		q.MoveTo(q.Now().Add(20 * time.Second))
		time.Sleep(10 * time.Second)
		wait, ok := q.Wait()
		require.True(t, ok)
		require.Equal(t, 30*time.Second, wait)
	})
}
