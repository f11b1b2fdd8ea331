package fleet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

const (
	defaultAhead = 10_000
	pollEvery    = 500 * time.Millisecond
	idleEvery    = 10 * time.Second // how often an empty queue is looked into
	redisOutage  = time.Minute      // after which Wait ends; the fleet does not
)

// Options say how a batch is enqueued. Of helliobulk.Options, Workers and Grace
// mean nothing here: see WorkOptions.
type Options struct {
	helliobulk.Options
	// Ahead is how many chunks are in the queue at a time; 0: 10,000, some 100
	// MB of Redis with 500 recipients each.
	Ahead int
}

// Enqueue makes tasks of the batch's chunks, at most Options.Ahead at a time,
// and starts the fleet if it was stopped. First it collects what the fleet has
// done. Chunks that were enqueued before and whose result is not known are
// enqueued again if Redis has lost them; what is done is never enqueued again,
// and what is in the queue is not put there twice. So it may be called at any
// time, and after any mishap. For a batch of more than Ahead chunks
// call it again later, or use Wait.
//
// The errors before anything is enqueued are those of helliobulk.Batch.Send. A
// Redis that fails on the way leaves no harm: call it again.
func Enqueue(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient,
	b *helliobulk.Batch, o Options) error {
	f, err := newFeed(ctx, client, rdb, b, o)
	if err != nil {
		return err
	}
	return f.enqueue(ctx)
}

// Collect brings what the fleet has done into the batch's store. It makes no
// call and enqueues nothing.
func Collect(ctx context.Context, rdb redis.UniversalClient, b *helliobulk.Batch) error {
	if rdb == nil {
		return noRedisClient()
	}
	m := b.Manifest()
	return newQueue(rdb, m.BaseURL, m.Account).ledger(m.BatchID).all(ctx, b.Settle)
}

// Wait enqueues the batch and continues to collect, and to enqueue what is
// left, until every chunk has an end. Then it returns nil, or an error that
// matches helliobulk.ErrNeedsReview, ErrBatchReused or ErrRejected. When ctx
// ends, the fleet is stopped (a *Stopped is wrapped) or Redis is away for a
// minute, it returns an error that matches helliobulk.ErrUnfinished; the fleet
// continues with what is in the queue, and Wait or Enqueue can be called
// again.
func Wait(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient,
	b *helliobulk.Batch, o Options) error {
	f, err := newFeed(ctx, client, rdb, b, o)
	if err != nil {
		return err
	}
	if err := f.enqueue(ctx); err != nil {
		return err
	}
	f.opts.SendUnseen = true     // it was looked for
	f.opts.RetryRejected = false // each is for the chunks as they were then
	f.opts.ResendUnknown = false
	f.opts.AdoptToken = false
	return f.wait(ctx)
}

// Workers returns how many worker processes listen to the queue of the client's
// token and base URL. One that has begun reports so within 5 seconds, and one
// that died counts for half a minute.
func Workers(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient) (int, error) {
	q, err := queueOf(ctx, client, rdb)
	if err != nil {
		return 0, err
	}
	servers, err := q.inspector.Servers()
	if err != nil {
		return 0, away(err)
	}
	n := 0
	for _, s := range servers {
		if s.Queues[q.name] > 0 {
			n++
		}
	}
	return n, nil
}

// feed takes one batch to the queue and its results back.
type feed struct {
	client *hellio.Client
	queue  *queue
	ledger *ledger
	batch  *helliobulk.Batch
	opts   Options

	awaySince time.Time // of Redis; zero: it is there
	lookedAt  time.Time // whether the queue is idle
	wasIdle   bool
	seen      helliobulk.Report
	reused    int // chunks, when it began
}

func newFeed(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient,
	b *helliobulk.Batch, o Options) (*feed, error) {
	if o.Ahead == 0 {
		o.Ahead = defaultAhead
	}
	if o.Ahead < 1 {
		return nil, &hellio.ParamError{Field: "ahead", Given: strconv.Itoa(o.Ahead),
			Allowed: "1 or more, or 0 for 10000"}
	}
	q, err := queueOf(ctx, client, rdb)
	if err != nil {
		return nil, err
	}
	return &feed{
		client: client,
		queue:  q,
		ledger: q.ledger(b.Manifest().BatchID),
		batch:  b,
		opts:   o,
		reused: b.Report().Reused.Chunks,
	}, nil
}

// enqueue collects, repairs, dispatches and starts.
func (f *feed) enqueue(ctx context.Context) error {
	scopes := []string{"", f.batch.Manifest().BatchID}
	var stops []string
	for _, scope := range scopes {
		stop, err := f.queue.readStop(ctx, scope)
		if err != nil {
			return away(err)
		}
		stops = append(stops, stop)
	}
	if err := Collect(ctx, f.queue.redis, f.batch); err != nil {
		return err
	}
	if err := f.repair(ctx); err != nil {
		return err
	}
	if err := f.dispatch(ctx); err != nil {
		return err
	}
	for i, scope := range scopes {
		if err := f.queue.start(ctx, scope, stops[i]); err != nil {
			return away(err)
		}
	}
	f.progress()
	return nil
}

// repair puts back what Redis has lost, and notes which run of Redis has it
// now.
func (f *feed) repair(ctx context.Context) error {
	run, err := f.queue.run(ctx)
	if err != nil {
		return away(err)
	}
	if err := f.batch.DispatchAgain(ctx, f.client, f.opts.Options, f.giver(ctx, run)); err != nil {
		return err
	}
	if err := f.queue.redis.Set(ctx, f.marker(), "of run "+run, ledgerLife).Err(); err != nil {
		return away(err)
	}
	return nil
}

func (f *feed) marker() string { return f.queue.key("run:" + f.batch.Manifest().BatchID) }

// giver makes tasks of jobs. Its client is new: an old one would not let asynq
// know of a queue that Redis has forgotten.
func (f *feed) giver(ctx context.Context, run string) func(helliobulk.Job) error {
	client := asynq.NewClientFromRedisClient(f.queue.redis)
	return func(j helliobulk.Job) error {
		if err := f.queue.put(ctx, client, payload{j, run}); err != nil {
			return away(err)
		}
		return nil
	}
}

// dispatch fills the queue up.
func (f *feed) dispatch(ctx context.Context) error {
	most := f.opts.Ahead - f.batch.Report().Unknown.Chunks
	if most <= 0 {
		return nil
	}
	run, err := f.queue.run(ctx)
	if err != nil {
		return away(err)
	}
	_, err = f.batch.Dispatch(ctx, f.client, f.opts.Options, most, f.giver(ctx, run))
	return err
}

func (f *feed) wait(ctx context.Context) error {
	for {
		report := f.batch.Report()
		if report.Open.Chunks+report.Unknown.Chunks == 0 {
			return report.End(nil)
		}
		timer := time.NewTimer(pollEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return report.End(fmt.Errorf("interrupted; the fleet continues: %w",
				context.Cause(ctx)))
		case <-timer.C:
		}
		if err := f.poll(ctx); err != nil && ctx.Err() == nil {
			report := f.batch.Report()
			return report.End(err)
		}
	}
}

// poll does what is to be done now. An error ends the waiting; a Redis that was
// away for a short time does not.
func (f *feed) poll(ctx context.Context) error {
	err := f.look(ctx)
	switch {
	case !errors.Is(err, ErrRedis):
		f.awaySince = time.Time{}
		return err
	case f.awaySince.IsZero():
		f.awaySince = time.Now()
	case time.Since(f.awaySince) > redisOutage:
		return err
	}
	return nil
}

// look collects, and continues unless the fleet was stopped.
func (f *feed) look(ctx context.Context) error {
	err := f.ledger.latest(ctx, f.batch.Settle)
	f.progress()
	if err != nil {
		return err
	}
	if f.batch.Report().Reused.Chunks > f.reused {
		return f.stopReused(ctx)
	}
	for _, scope := range []string{"", f.batch.Manifest().BatchID} {
		stopped, err := f.queue.stopped(ctx, scope)
		if err != nil {
			return away(err)
		}
		if stopped != nil {
			return stopped
		}
	}
	return f.refill(ctx)
}

// stopReused stops the batch: the store, which knows all that was ever tried,
// has a chunk whose key the API knew before. To a worker it looks
// like a chunk that another machine has sent meanwhile.
func (f *feed) stopReused(ctx context.Context) error {
	s := Stopped{
		Reason: "the API knew a key that was never used",
		Code:   codeReused,
		At:     time.Now().UTC().Truncate(time.Second),
		Worker: "the enqueuer",
		Batch:  f.batch.Manifest().BatchID,
	}
	if err := f.queue.stop(ctx, s); err != nil {
		return away(err)
	}
	return &s
}

// refill repairs the queue if Redis has lost anything, and fills it up when it
// is half empty.
func (f *feed) refill(ctx context.Context) error {
	lost, err := f.lost(ctx)
	if err != nil {
		return err
	}
	if lost {
		if err := f.ledger.all(ctx, f.batch.Settle); err != nil {
			return err
		}
		if err := f.repair(ctx); err != nil {
			return err
		}
	}
	if report := f.batch.Report(); report.Open.Chunks > 0 && report.Unknown.Chunks <= f.opts.Ahead/2 {
		return f.dispatch(ctx)
	}
	return nil
}

// lost reports whether Redis was restarted, was emptied, or has nothing to do
// although chunks are missing.
func (f *feed) lost(ctx context.Context) (bool, error) {
	run, err := f.queue.run(ctx)
	if err != nil {
		return false, away(err)
	}
	marker, err := f.queue.redis.Get(ctx, f.marker()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, away(err)
	}
	if marker != "of run "+run {
		return true, nil
	}
	if time.Since(f.lookedAt) < idleEvery {
		return false, nil
	}
	idle, err := f.queue.idle(ctx)
	if err != nil {
		return false, away(err)
	}
	lost := idle && f.wasIdle
	f.lookedAt, f.wasIdle = time.Now(), idle
	return lost, nil
}

// progress reports a change.
func (f *feed) progress() {
	report := f.batch.Report()
	if f.opts.Progress == nil || report.Open == f.seen.Open && report.Unknown == f.seen.Unknown {
		return
	}
	f.seen = report
	f.opts.Progress(report)
}
