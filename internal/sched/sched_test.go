package sched

import (
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
