// Package sched is a clock that can be moved forward, and the jobs that wait on
// it.
package sched

import "time"

// Queue is package time plus an offset, and a heap of jobs. The zero value
// shows package time and holds no job. It has no lock, goroutine or timer of
// its own: its owner guards it, and decides when to run what is due.
type Queue struct {
	offset time.Duration
	jobs   []Job // a binary heap: container/heap would allocate for each job
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

// keptJobs is the most room for jobs that an empty queue keeps.
const keptJobs = 64

// Add puts a job on the queue. Jobs due at the same instant run in the order in
// which they were added.
func (q *Queue) Add(due time.Time, run func(due time.Time)) {
	q.seq++
	q.jobs = append(q.jobs, Job{Due: due, Run: run, seq: q.seq})
	q.up(len(q.jobs) - 1)
}

// Pop takes the earliest job that is due at or before limit.
func (q *Queue) Pop(limit time.Time) (Job, bool) {
	if len(q.jobs) == 0 || q.jobs[0].Due.After(limit) {
		return Job{}, false
	}
	first, last := q.jobs[0], len(q.jobs)-1
	q.jobs[0] = q.jobs[last]
	q.jobs[last] = Job{}
	q.jobs = q.jobs[:last]
	if last == 0 && cap(q.jobs) > keptJobs {
		q.jobs = nil
	}
	q.down(0)
	return first, true
}

// Wait is how long the earliest job has still to wait; below 0 if it is
// overdue.
func (q *Queue) Wait() (time.Duration, bool) {
	if len(q.jobs) == 0 {
		return 0, false
	}
	return q.jobs[0].Due.Sub(q.Now()), true
}

// up moves a job towards the root until its parent runs before it.
func (q *Queue) up(i int) {
	for i > 0 && q.before(i, (i-1)/2) {
		q.jobs[i], q.jobs[(i-1)/2] = q.jobs[(i-1)/2], q.jobs[i]
		i = (i - 1) / 2
	}
}

// down moves a job away from the root until it runs before its children.
func (q *Queue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q.jobs) {
			return
		}
		if child+1 < len(q.jobs) && q.before(child+1, child) {
			child++
		}
		if !q.before(child, i) {
			return
		}
		q.jobs[i], q.jobs[child] = q.jobs[child], q.jobs[i]
		i = child
	}
}

// before reports whether one job runs before another.
func (q *Queue) before(a, b int) bool {
	if q.jobs[a].Due.Equal(q.jobs[b].Due) {
		return q.jobs[a].seq < q.jobs[b].seq
	}
	return q.jobs[a].Due.Before(q.jobs[b].Due)
}
