// Package sched is a clock that can be moved forward, and the jobs that wait on
// it.
package sched

import (
	"container/heap"
	"time"
)

// Queue is package time plus an offset, and a heap of jobs. The zero value
// shows package time and holds no job. It has no lock, goroutine or timer of
// its own: its owner guards it, and decides when to run what is due.
type Queue struct {
	offset time.Duration
	jobs   jobs
	seq    uint64
}

// Job is something to do at a time.
type Job struct {
	Due time.Time
	Run func(due time.Time)
	seq uint64
}

// Now is the clock's time, in UTC.
func (q *Queue) Now() time.Time { return time.Now().Add(q.offset).UTC() }

// Ahead returns how far the clock is ahead of package time.
func (q *Queue) Ahead() time.Duration { return q.offset }

// MoveTo moves the clock forward to t. A time that has passed changes nothing.
func (q *Queue) MoveTo(t time.Time) {
	if gap := t.Sub(q.Now()); gap > 0 {
		q.offset += gap
	}
}

// Add puts a job on the queue. Jobs due at the same instant run in the order in
// which they were added.
func (q *Queue) Add(due time.Time, run func(due time.Time)) {
	q.seq++
	heap.Push(&q.jobs, Job{Due: due, Run: run, seq: q.seq})
}

// Pop takes the earliest job that is due at or before limit.
func (q *Queue) Pop(limit time.Time) (Job, bool) {
	if len(q.jobs) == 0 || q.jobs[0].Due.After(limit) {
		return Job{}, false
	}
	return heap.Pop(&q.jobs).(Job), true
}

// Wait is how long the earliest job has still to wait; below 0 if it is
// overdue.
func (q *Queue) Wait() (time.Duration, bool) {
	if len(q.jobs) == 0 {
		return 0, false
	}
	return q.jobs[0].Due.Sub(q.Now()), true
}

type jobs []Job

func (j jobs) Len() int      { return len(j) }
func (j jobs) Swap(a, b int) { j[a], j[b] = j[b], j[a] }
func (j *jobs) Push(x any)   { *j = append(*j, x.(Job)) }

func (j jobs) Less(a, b int) bool {
	if j[a].Due.Equal(j[b].Due) {
		return j[a].seq < j[b].seq
	}
	return j[a].Due.Before(j[b].Due)
}

func (j *jobs) Pop() any {
	last := len(*j) - 1
	job := (*j)[last]
	(*j)[last] = Job{}
	*j = (*j)[:last]
	return job
}
