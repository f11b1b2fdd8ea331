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
	maxFailures = 6  // calls for one chunk without an answer, after which this run lets it be
	maxOutage   = 20 // such calls in a row, of all chunks, after which this run ends
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

// runner sends the chunks of one batch with some workers.
type runner struct {
	batch   *Batch
	client  *hellio.Client
	opts    Options
	clock   *serverClock
	journal *journal

	ctx  context.Context // of the calls: outlives the caller's by the grace
	soft context.Context // ends when no further call may begin
	stop context.CancelCauseFunc

	mu     sync.Mutex
	next   int       // first chunk that no worker has taken
	outage int       // calls in a row without an answer
	pause  time.Time // no call before that
}

func newRunner(b *Batch, client *hellio.Client, o Options) *runner {
	return &runner{batch: b, client: client, opts: o, clock: &serverClock{}}
}

// run sends what is to be sent and says why it ended.
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
	r.journal = newJournal(r.batch, r.opts.Workers, func() {
		if r.opts.Progress != nil {
			r.opts.Progress(r.batch.Report())
		}
	})
	var workers sync.WaitGroup
	for range r.opts.Workers {
		workers.Go(r.work)
	}
	workers.Wait()
	r.journal.close()
	return r.verdict(ctx)
}

// verdict turns the end of a run into its error.
func (r *runner) verdict(ctx context.Context) error {
	cause := context.Cause(r.soft)
	switch {
	case ctx.Err() != nil && errors.Is(cause, context.Cause(ctx)):
		cause = fmt.Errorf("it was interrupted; resume to go on: %w", cause)
	case cause != nil:
		cause = fmt.Errorf("it was stopped; when that is mended, resume: %w", cause)
	}
	return r.batch.Verdict(cause)
}

// Verdict is the error that a run which ends now returns: nil if all was seen to. stopped says what ended it early; nil: nothing did.
func (b *Batch) Verdict(stopped error) error {
	report := b.Report()
	var errs []error
	if stopped != nil {
		errs = append(errs, fmt.Errorf("%w: %w", ErrUnfinished, stopped))
	} else if n := report.Open.Chunks + report.Unknown.Chunks; n > 0 {
		errs = append(errs, fmt.Errorf("%w: %d chunks got no answer; resume soon, while their keys live", ErrUnfinished, n))
	}
	if n := report.NeedsReview.Chunks; n > 0 {
		errs = append(errs, fmt.Errorf("%w: %d of %d; find out whether they were sent, then settle each or resend them all", ErrNeedsReview, n, report.Chunks))
	}
	if n := report.Reused.Chunks; n > 0 && !errors.Is(stopped, ErrBatchReused) {
		errs = append(errs, reused(n))
	}
	return errors.Join(errs...)
}

func reused(chunks int) error {
	return fmt.Errorf("%w: for %d chunks the API gave an old answer and sent nothing; plan the batch anew with another id, or accept the replays if its store was lost",
		ErrBatchReused, chunks)
}

func (r *runner) work() {
	for r.soft.Err() == nil {
		index, ok := r.take()
		if !ok {
			return
		}
		if err := r.see(index); err != nil {
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

// see brings one chunk as far as this run can. An error stops all workers.
func (r *runner) see(index int) error {
	e, err := r.batch.store.entry(index)
	if err != nil {
		return err
	}
	var chunk *Chunk
	for failures := 0; failures < maxFailures; {
		if !r.wants(&e) || !r.waitForTurn(failures) {
			return nil
		}
		if chunk == nil {
			if chunk, err = r.batch.store.chunk(&r.batch.manifest, index); err != nil {
				return err
			}
		}
		inDoubt, ready, err := r.begin(index, &e)
		if err != nil || e.State == StateNeedsReview {
			return err
		}
		if !ready { // the API's time is not known: as good as no answer
			failures++
			if err := r.count(false, errNoTime); err != nil {
				return err
			}
			continue
		}
		result := r.send(chunk, inDoubt)
		failed, err := r.end(index, &e, result, inDoubt)
		if err != nil {
			return err
		}
		if failed {
			failures++
		}
	}
	return nil
}

// send makes the call. Once no further call may begin, one that still waits for its turn is given up.
func (r *runner) send(chunk *Chunk, inDoubt bool) Result {
	ctx, done := untilSent(r.ctx, r.soft)
	defer done()
	return SendChunk(ctx, r.client, chunk, inDoubt)
}

var errNoTime = errors.New("the API did not tell its time, without which nothing in doubt is sent again")

// wants tells whether the chunk is to be sent.
func (r *runner) wants(e *entry) bool {
	switch e.State {
	case StateOpen, StateUnknown:
		return true
	case StateNeedsReview:
		return r.opts.ResendUnknown
	case StateReused:
		return r.opts.AcceptReplays
	default:
		return false
	}
}

// begin puts the intent on disk. A chunk in doubt has one: it is asked whether it may still be sent with its key.
func (r *runner) begin(index int, e *entry) (inDoubt, ready bool, err error) {
	inDoubt = e.State == StateUnknown || e.State == StateNeedsReview
	if e.State == StateUnknown {
		if !r.clock.fresh() && r.clock.ask(r.ctx, r.client) != nil {
			return inDoubt, false, nil
		}
		if !e.expired(r.clock.now(), r.opts.Margin) {
			return inDoubt, true, nil
		}
		to := *e
		to.State = StateNeedsReview
		if !r.opts.ResendUnknown {
			return inDoubt, false, r.write(index, e, to)
		}
	}
	to := e.begun(r.clock.now())
	to.Resent = e.Resent || inDoubt
	r.opts.at(beforeIntent, index)
	err = r.write(index, e, to)
	r.opts.at(afterIntent, index)
	return inDoubt, err == nil, err
}

// write commits an entry and makes it the current one.
func (r *runner) write(index int, e *entry, to entry) error {
	if err := r.journal.put(change{index, *e, to}); err != nil {
		return err
	}
	*e = to
	return nil
}

// end puts the result on disk. An error stops all workers; failed says that the call counts as one without an answer.
func (r *runner) end(index int, e *entry, result Result, inDoubt bool) (failed bool, err error) {
	r.clock.observe(result.Header)
	to := e.ended(result, inDoubt, r.opts.AcceptReplays)
	r.opts.at(beforeResult, index)
	if err := r.write(index, e, to); err != nil {
		return false, err
	}
	r.opts.at(afterResult, index)
	switch {
	case to.State == StateReused:
		return false, reused(1)
	case result.Verdict == Stop:
		return false, result.Err
	case result.Status == http.StatusTooManyRequests:
		r.holdAll(max(result.RetryAfter, firstPause))
		return false, nil
	}
	answered := result.Verdict == Done || result.Verdict == Rejected
	return !answered, r.count(answered, result.Err)
}

// ended is the entry after a call.
func (e entry) ended(result Result, inDoubt, acceptReplays bool) entry {
	to := e
	first := e.Tries == 0 && !inDoubt
	to.Tries++
	to.Status, to.Code, to.Outcome, to.Replayed = result.Status, result.Code, result.Outcome.String(), result.Replayed
	switch {
	case result.Verdict == Done && result.Replayed && first && result.Attempts == 1 && !acceptReplays:
		to.State = StateReused
	case result.Verdict == Done:
		s := result.Sent
		to.State, to.Reference, to.Campaign, to.Accepted, to.Invalid = StateDone, s.Reference, s.CampaignID, s.AcceptedRecipients, s.InvalidRecipients
		to.Segments, to.Cost, to.Currency = s.Segments, s.EstimatedCost, s.Currency
	case result.Verdict == Rejected:
		to.State = StateRejected
	case result.Outcome == hellio.OutcomeNotSent, result.Outcome == hellio.OutcomeRejected:
		to.State, to.Intent, to.Local, to.Told = StateOpen, 0, 0, false
	}
	return to
}

// count keeps account of calls without an answer; too many in a row end the run.
func (r *runner) count(answered bool, cause error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answered {
		r.outage = 0
		return nil
	}
	if r.outage++; r.outage >= maxOutage && r.soft.Err() == nil {
		return fmt.Errorf("the API does not answer: %w", cause)
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

// waitForTurn waits after failures, each time twice as long, and while all are held. It returns false when no further call may begin.
func (r *runner) waitForTurn(failures int) bool {
	wait := time.Duration(0)
	if failures > 0 {
		wait = min(r.opts.firstPause<<(failures-1), lastPause)
	}
	for {
		r.mu.Lock()
		wait = max(wait, time.Until(r.pause))
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
