package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

const (
	presetWorkers = 4
	maxWorkers    = 64
	presetGrace   = 10 * time.Second
	offerTime     = time.Minute // how long a result is offered to a Redis that is away
)

// Points at which tests stop a worker.
const (
	beforeIntent = "before the intent"
	afterIntent  = "after the intent"
	beforeResult = "before the result"
	afterResult  = "after the result"
)

// WorkOptions say how one process works.
type WorkOptions struct {
	Workers int           // calls at a time, at most 64; 0: 4. The client's limiter sets the pace
	Grace   time.Duration // how long calls in flight may take once the context has ended; 0: 10 s
	Name    string        // of this process, in logs and reasons; "": host and process id
	Logger  *slog.Logger  // a line per call, warnings, stops; no numbers, no texts. nil: none
}

func (o WorkOptions) check() (WorkOptions, error) {
	if o.Workers == 0 {
		o.Workers = presetWorkers
	}
	if o.Grace == 0 {
		o.Grace = presetGrace
	}
	if o.Name == "" {
		host, _ := os.Hostname()
		o.Name = host + ":" + strconv.Itoa(os.Getpid())
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Workers < 1 || o.Workers > maxWorkers:
		return o, &hellio.ParamError{Field: "workers", Given: strconv.Itoa(o.Workers),
			Allowed: "1 to 64, or 0 for 4"}
	case o.Grace < 0:
		return o, &hellio.ParamError{Field: "grace", Given: o.Grace.String(), Allowed: "0s or more"}
	}
	return o, nil
}

// Work sends what is in the queue of the client's token and base URL until ctx
// ends, and then returns nil: no further call begins, and those in flight get
// WorkOptions.Grace. It serves every batch that is enqueued, now or later. Pass
// the client a hellioredis.Limiter on the same Redis, so that the fleet keeps
// the token's rate together; Work adds none.
//
// A refusal that every chunk would meet (401, 402, 403, a redirect, a sender
// that is not approved) stops the whole fleet: the queue is paused and keeps
// its tasks, and the workers wait until a batch is enqueued again. Three chunks
// in a row that are refused alike stop their batch alone. While Redis is away
// nothing is sent; the workers continue when it is back. An error means that
// Work could not begin: bad options (*hellio.ParamError), or a Redis that does
// not answer.
func Work(
	ctx context.Context, client *hellio.Client, rdb redis.UniversalClient, o WorkOptions,
) error {
	w, err := newWorker(ctx, client, rdb, o)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// worker handles tasks.
type worker struct {
	queue  *queue
	sender *helliobulk.JobSender
	opts   WorkOptions
	log    *slog.Logger
	gate   *gate
	calls  context.Context // of the calls: outlives soft by the grace

	at func(point string) // tests stop here
}

func newWorker(
	ctx context.Context, client *hellio.Client, rdb redis.UniversalClient, o WorkOptions,
) (*worker, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	q, err := queueOf(ctx, client, rdb)
	if err != nil {
		return nil, err
	}
	sender, err := helliobulk.NewJobSender(client)
	if err != nil {
		return nil, err
	}
	if err := rdb.Ping(ctx).Err(); err != nil {
		return nil, away(err)
	}
	return &worker{
		queue:  q,
		sender: sender,
		opts:   o,
		log:    o.Logger.With("worker", o.Name),
		gate:   newGate(ctx),
		at:     func(string) {},
	}, nil
}

func (w *worker) run(ctx context.Context) error {
	var hardStop context.CancelFunc
	w.calls, hardStop = context.WithCancel(context.WithoutCancel(ctx))
	defer hardStop()
	w.logWarnings(ctx)
	defer w.watching(ctx)()
	server := asynq.NewServerFromRedisClient(w.queue.redis, asynq.Config{
		Concurrency:              w.opts.Workers,
		Queues:                   map[string]int{w.queue.name: 1},
		IsFailure:                isFailure,
		RetryDelayFunc:           retryDelay,
		DelayedTaskCheckInterval: time.Second,
		ShutdownTimeout:          w.opts.Grace + 2*time.Second,
		Logger:                   quiet{w.log},
		LogLevel:                 asynq.WarnLevel,
	})
	if err := server.Start(asynq.HandlerFunc(w.handle)); err != nil {
		return fmt.Errorf("fleet: start the worker: %w", err)
	}
	<-ctx.Done()
	server.Stop()
	defer time.AfterFunc(w.opts.Grace, hardStop).Stop()
	server.Shutdown()
	return nil
}

// logWarnings logs what an operator should know when a worker starts.
func (w *worker) logWarnings(ctx context.Context) {
	warnings, err := CheckRedis(ctx, w.queue.redis)
	if err != nil {
		w.log.Warn("Redis does not report its settings", "error", err)
	}
	for _, s := range warnings {
		w.log.Warn(s)
	}
	if s, err := w.queue.stopped(ctx, ""); err == nil && s != nil {
		w.log.Warn(s.Error())
	}
}

// handle brings one task as far as one call can. Asynq's own context is not the
// call's: it ends when a lease does, and a call that is cut has an unknown
// outcome.
func (w *worker) handle(_ context.Context, t *asynq.Task) error {
	var p payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil || p.Chunk.Key == "" {
		return fmt.Errorf("the task cannot be read; enqueue its batch again: %w", asynq.SkipRetry)
	}
	soft := w.gate.now()
	if soft.Err() != nil {
		return &retryTask{why: "the worker is ending or was stopped", after: soon}
	}
	stopped, err := w.queue.stopped(w.calls, p.Chunk.BatchID)
	if err != nil {
		return noRedis("it is not known whether the batch was stopped")
	}
	if stopped != nil {
		return &retryTask{why: "its batch was stopped", after: stopPause}
	}
	expired, err := w.sender.Expired(w.calls, &p.Job)
	if err != nil {
		return &retryTask{why: "the API did not report its time", fails: true}
	}
	l := w.queue.ledger(p.Chunk.BatchID)
	run, err := w.queue.run(w.calls)
	if err != nil {
		return noRedis("the run of Redis is not known")
	}
	p.Resumed = p.Resumed || run != p.Run
	h, err := l.look(w.calls, p.Record)
	switch {
	case err != nil:
		return noRedis("the ledger cannot be read")
	case h.phase == phaseSettled:
		return w.repeat(l, &p)
	case expired:
		return w.retire(l, &p, h)
	}
	p.Resumed = p.Resumed || h.phase == phaseBegun
	return w.send(soft, l, &p, h)
}

func noRedis(why string) error { return &retryTask{why: why, after: soon} }

// repeat reports a settled chunk to the enqueuer again: if the enqueuer knew of
// it, the task would not be here.
func (w *worker) repeat(l *ledger, p *payload) error {
	if err := l.report(w.calls, p.Chunk.Index); err != nil {
		return noRedis("the news cannot be noted in Redis")
	}
	return nil
}

// retire ends a job that is too old to be sent: it needs review if it may have
// been sent, else its chunk is returned to the store.
func (w *worker) retire(l *ledger, p *payload, h held) error {
	unknown := p.Resumed || h.phase == phaseBegun
	record := p.Record.Returned()
	if unknown {
		record = h.record.NeedsReview()
	}
	noted, err := l.end(w.calls, record, h.try, phaseSettled, false)
	if err != nil || !noted {
		return noRedis("the result cannot be noted in Redis")
	}
	w.log.Warn("too old to be sent",
		"batch", p.Chunk.BatchID, "chunk", p.Chunk.Index, "state", record.State())
	if unknown {
		return fmt.Errorf("unknown for longer than %v: needs review: %w", p.Margin, asynq.SkipRetry)
	}
	return nil
}

// send makes the call. Its intent is in the ledger before its first byte leaves
// the machine, and its result after it.
func (w *worker) send(soft context.Context, l *ledger, p *payload, h held) error {
	began := time.Now()
	try := uuid.NewString()
	intent := func() (resumed bool, err error) {
		w.at(beforeIntent)
		before, err := l.begin(w.calls, p.Record, try)
		w.at(afterIntent)
		return before.phase == phaseBegun || before.phase == phaseSettled, err
	}
	record, result, err := w.sender.Send(w.calls, soft, &p.Job, h.record, intent)
	if err != nil {
		return noRedis("the intent cannot be noted in Redis")
	}
	w.at(beforeResult)
	phase := phaseSettled
	switch record.State() {
	case helliobulk.StateOpen:
		phase = phaseIdle
	case helliobulk.StateUnknown:
		phase = phaseBegun
	}
	sure := record.State() == helliobulk.StateDone
	if record != h.record && !w.note(func() error {
		_, err := l.end(w.calls, record, try, phase, sure)
		return err
	}) {
		return noRedis("the result cannot be noted in Redis")
	}
	w.at(afterResult)
	w.log.Info("call",
		"batch", p.Chunk.BatchID,
		"chunk", p.Chunk.Index,
		"state", record.State(),
		"status", result.Status,
		"code", result.Code,
		"replayed", result.Replayed,
		"took", time.Since(began).Round(time.Millisecond))
	w.countRefusals(l, p, record, result.Verdict)
	return w.next(soft, &result, record.State())
}

// countRefusals stops the batch after chunks in a row that were refused alike.
func (w *worker) countRefusals(
	l *ledger, p *payload, record helliobulk.Record, v helliobulk.Verdict,
) {
	if v != helliobulk.Done && v != helliobulk.Rejected {
		return
	}
	cause := ""
	if v == helliobulk.Rejected {
		cause = record.Refusal()
	}
	n, err := l.countRefusals(w.calls, cause)
	if err != nil || n < helliobulk.MaxEqualRefusals {
		return // a count that Redis loses costs a few chunks more, which are rejected
	}
	s := Stopped{
		Reason: fmt.Sprintf("%d chunks in a row were refused with %s", n, cause),
		Status: record.Status("").Status,
		At:     time.Now().UTC().Truncate(time.Second),
		Worker: w.opts.Name,
		Batch:  p.Chunk.BatchID,
	}
	w.log.Warn(s.Error())
	w.note(func() error { return w.queue.stop(w.calls, s) })
}

// next returns what asynq is to do with the task.
func (w *worker) next(
	soft context.Context, result *helliobulk.Result, state helliobulk.State,
) error {
	why := fmt.Sprintf("%s: %s (%d %s)", state, result.Verdict, result.Status, result.Code)
	switch {
	case state == helliobulk.StateDone,
		state == helliobulk.StateRejected,
		state == helliobulk.StateNeedsReview,
		state == helliobulk.StateReused:
		return nil
	case result.Verdict == helliobulk.Stop:
		w.halt(stopReason(result), result)
		return &retryTask{why: why, after: soon}
	case result.Status == http.StatusTooManyRequests, result.RetryAfter > 0:
		return &retryTask{why: why, after: max(result.RetryAfter, firstPause)}
	case soft.Err() != nil:
		return &retryTask{why: why, after: soon}
	}
	return &retryTask{why: why, fails: true}
}

// halt stops this worker immediately and the others through Redis.
func (w *worker) halt(reason string, result *helliobulk.Result) {
	if !w.gate.shut() {
		return // another call had the same answer
	}
	defer w.gate.settled()
	s := Stopped{
		Reason: reason,
		Status: result.Status,
		Code:   result.Code,
		At:     time.Now().UTC().Truncate(time.Second),
		Worker: w.opts.Name,
	}
	w.log.Warn(s.Error())
	if !w.note(func() error { return w.queue.stop(w.calls, s) }) {
		w.log.Error("Redis does not take the stop: stop the other workers by hand")
	}
}

// note tries to write to Redis until it is back, for up to a minute.
func (w *worker) note(write func() error) bool {
	for until := time.Now().Add(offerTime); ; {
		err := write()
		if err == nil {
			return true
		}
		if time.Now().After(until) || w.calls.Err() != nil {
			return false
		}
		timer := time.NewTimer(firstPause / 2)
		select {
		case <-timer.C:
		case <-w.calls.Done():
			timer.Stop()
		}
	}
}

// stopReason names a refusal without number and text.
func stopReason(r *helliobulk.Result) string {
	switch {
	case r.Status == http.StatusPaymentRequired:
		return "402: the balance is too low"
	case r.Status == http.StatusUnauthorized:
		return "401: the token is not accepted"
	case r.Status != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.Code))
	}
	return r.Err.Error() // of this side: another token or base URL, or a bad parameter
}
