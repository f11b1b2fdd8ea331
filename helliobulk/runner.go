package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	maxFailures = 8  // calls for one chunk without an answer, after which a run leaves it
	maxOutage   = 30 // such calls in a row, of all chunks, after which a run ends
	firstPause  = time.Second
	lastPause   = time.Minute
)

// Points at which tests stop a worker.
const (
	beforeIntent = "before the intent"
	afterIntent  = "after the intent"
	beforeResult = "before the result"
	afterResult  = "after the result"
)

// hooks are what tests change in a run; the zero value changes nothing.
type hooks struct {
	at         func(point string) // called at each point; nil: none
	firstPause time.Duration      // 0: 1 s
}

func (h *hooks) reach(point string) {
	if h.at != nil {
		h.at(point)
	}
}

// runner sends the chunks of one batch with some workers.
type runner struct {
	batch  *Batch
	sender *JobSender
	opts   Options

	ctx  context.Context // of the calls: outlives the caller's by the grace
	soft context.Context // ends when no further call may begin
	stop context.CancelCauseFunc

	progress sync.Mutex // one call at a time

	mu       sync.Mutex
	next     int       // first chunk that no worker has taken
	outage   int       // calls in a row without an answer
	refusals refusals  // in a row
	pause    time.Time // no call before that
	slot     time.Time // of the next call, by Options.Pace
}

func newRunner(b *Batch, client *hellio.Client, o Options) *runner {
	return &runner{batch: b, sender: &JobSender{client: client}, opts: o}
}

// run sends what is to be sent and returns why it ended.
func (r *runner) run(ctx context.Context) error {
	r.soft, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	var hardStop context.CancelFunc
	r.ctx, hardStop = context.WithCancel(context.WithoutCancel(ctx))
	defer hardStop()
	defer context.AfterFunc(ctx, func() {
		grace := time.NewTimer(r.opts.Grace)
		defer grace.Stop()
		select {
		case <-grace.C:
			hardStop()
		case <-r.ctx.Done():
		}
	})()
	var workers sync.WaitGroup
	for range r.opts.Workers {
		workers.Go(r.work)
	}
	workers.Wait()
	report := r.batch.Report()
	return report.End(r.cause(ctx))
}

// cause returns what ended the run early; nil if nothing did.
func (r *runner) cause(ctx context.Context) error {
	cause := context.Cause(r.soft)
	if ctx.Err() != nil && errors.Is(cause, context.Cause(ctx)) {
		return fmt.Errorf("interrupted: %w", cause)
	}
	return cause
}

func (r *runner) work() {
	for r.soft.Err() == nil {
		index, ok := r.take()
		if !ok {
			return
		}
		if err := r.process(index); err != nil {
			r.stop(err)
		}
	}
}

func (r *runner) take() (index int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return r.next - 1, r.next <= r.batch.manifest.Chunks
}

// process brings one chunk as far as this run can. An error stops all workers.
func (r *runner) process(index int) error {
	e, err := r.batch.store.entry(index)
	if err != nil || !r.wants(&e) {
		return err
	}
	job, err := r.batch.job(index, e, r.opts)
	if err != nil {
		return err
	}
	for failures := 0; failures < maxFailures && r.waitForSlot(failures); {
		ready, err := r.ready(job)
		if err != nil || !ready && job.Record.entry.State == StateNeedsReview {
			return err
		}
		if !ready { // the API's time is not known, which counts as no answer
			failures++
			if err := r.count(SameKey, errNoTime, job); err != nil {
				return err
			}
			continue
		}
		result, err := r.send(job)
		if err != nil {
			return err
		}
		switch {
		case job.Record.entry.State == StateReused:
			return reused(1)
		case result.Verdict == Stop:
			return result.Err
		case result.Status == http.StatusTooManyRequests, errors.Is(result.Err, errClosed):
			r.holdAll(max(result.RetryAfter, firstPause))
			continue
		}
		err = r.count(result.Verdict, result.Err, job)
		if err != nil || result.Verdict.ends() {
			return err
		}
		failures++
	}
	return nil
}

// wants reports whether the chunk is to be sent.
func (r *runner) wants(e *entry) bool {
	switch e.State {
	case StateOpen, StateUnknown:
		return true
	case StateRejected:
		return r.opts.RetryRejected
	case StateNeedsReview:
		return r.opts.ResendUnknown
	case StateReused:
		return r.opts.AcceptReplays && !e.NotSent
	default:
		return false
	}
}

// ready prepares a call. A chunk whose outcome is unknown may be sent with its
// key while its intent is younger than the margin; an older one needs review,
// unless it is to be resent.
func (r *runner) ready(job *Job) (ready bool, err error) {
	e := job.Record.entry
	job.Resumed = e.State == StateUnknown || e.State == StateNeedsReview
	if e.State != StateUnknown {
		return true, nil
	}
	expired, err := r.sender.Expired(r.ctx, job)
	if err != nil {
		return false, nil
	}
	if !expired {
		return true, nil
	}
	to := e
	to.State = StateNeedsReview
	err = r.write(job, to)
	return err == nil && r.opts.ResendUnknown, err
}

// send makes one call. Its intent is on disk before its first byte leaves, and
// its result after it.
func (r *runner) send(job *Job) (Result, error) {
	intent := func() (bool, error) {
		if job.Record.entry.State == StateUnknown {
			return true, nil // it is on disk from before
		}
		to := job.Record.entry.begun(r.sender.clock.now())
		to.Resent = to.Resent || job.Resumed
		r.batch.hooks.reach(beforeIntent)
		err := r.write(job, to)
		r.batch.hooks.reach(afterIntent)
		return false, err
	}
	before := job.Record.entry
	record, result, err := r.sender.Send(r.ctx, r.soft, job, job.Record, intent)
	if err != nil || record.entry == before {
		return result, err
	}
	r.batch.hooks.reach(beforeResult)
	err = r.write(job, record.entry)
	r.batch.hooks.reach(afterResult)
	return result, err
}

// write commits an entry and makes it the job's.
func (r *runner) write(job *Job, to entry) error {
	c := change{
		index: job.Record.index,
		from:  job.Record.entry,
		to:    to,
	}
	if err := r.batch.commit([]change{c}); err != nil {
		return err
	}
	job.Record.entry = to
	if r.opts.Progress != nil {
		r.progress.Lock()
		defer r.progress.Unlock()
		r.opts.Progress(r.batch.Report())
	}
	return nil
}

// count keeps account of calls in a row without an answer, and of chunks in a
// row that were refused alike. Too many end the run.
func (r *runner) count(v Verdict, cause error, job *Job) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	refusal := job.Record.entry.refusal()
	if r.refusals.add(v, refusal) {
		return fmt.Errorf("%w: %d chunks, with %s", ErrRefusedAlike, r.refusals.count, refusal)
	}
	if v.ends() {
		r.outage = 0
		return nil
	}
	if r.outage++; r.outage >= maxOutage && r.soft.Err() == nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, cause)
	}
	return nil
}

// holdAll keeps every worker from calling for a while.
func (r *runner) holdAll(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := time.Now().Add(d); until.After(r.pause) {
		r.pause = until
	}
}

// waitForSlot waits after failures, each time twice as long, while all are
// held, and for the pace. It returns false when no further call may begin.
func (r *runner) waitForSlot(failures int) bool {
	wait := time.Duration(0)
	if failures > 0 {
		wait = min(orElse(r.batch.hooks.firstPause, firstPause)<<(failures-1), lastPause)
	}
	for {
		r.mu.Lock()
		wait = max(wait, time.Until(r.pause))
		if wait <= 0 {
			wait = r.takeSlot()
		}
		r.mu.Unlock()
		if wait <= 0 {
			return r.soft.Err() == nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-r.soft.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
		wait = 0
	}
}

// takeSlot takes the next slot of the pace if it has come, else it returns how
// long that takes.
func (r *runner) takeSlot() time.Duration {
	if r.opts.Pace == 0 {
		return 0
	}
	if wait := time.Until(r.slot); wait > 0 {
		return wait
	}
	r.slot = time.Now().Add(time.Minute / time.Duration(r.opts.Pace))
	return 0
}
