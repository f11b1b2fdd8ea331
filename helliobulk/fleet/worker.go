package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
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
	persistence   = time.Minute // how long a result is offered to a Redis that is away
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
	Grace   time.Duration // how long calls under way may take once the context has ended; 0: 10 s
	Name    string        // of this process, in logs and reasons; "": host and process id
	Logger  *slog.Logger  // one line a call, warnings and stops, without numbers and texts; nil: none

	at func(point string) // tests stop here; nil: nobody does
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
	if o.at == nil {
		o.at = func(string) {}
	}
	switch {
	case o.Workers < 1 || o.Workers > maxWorkers:
		return o, &hellio.ParamError{Field: "workers", Given: strconv.Itoa(o.Workers), Allowed: "1 to 64, or 0 for 4"}
	case o.Grace < 0:
		return o, &hellio.ParamError{Field: "grace", Given: o.Grace.String(), Allowed: "0s or more"}
	}
	return o, nil
}

// Work sends what is in the queue of the client's token and address until ctx ends, and then returns nil: no further call begins, and those
// under way get WorkOptions.Grace. It serves whatever batch is enqueued, now or later. Give the client a hellioredis.Limiter on the same
// Redis, so that the fleet keeps the token's rate together; Work adds none.
//
// A refusal that would befall every chunk (401, 402, 403, a wrong address, a sender that is not approved) stops the whole fleet: the queue
// is paused and keeps its tasks, and the workers wait until somebody enqueues again. While Redis is away nothing is sent; the workers go on
// when it is back. An error means that Work could not begin: bad options (*hellio.ParamError), or a Redis that does not answer.
func Work(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient, o WorkOptions) error {
	o, err := o.check()
	if err != nil {
		return err
	}
	q, err := queueOf(ctx, client, rdb)
	if err != nil {
		return err
	}
	courier, err := helliobulk.NewCourier(client)
	if err != nil {
		return err
	}
	if err := rdb.Ping(ctx).Err(); err != nil {
		return away(err)
	}
	w := &worker{queue: q, courier: courier, opts: o, log: o.Logger.With("worker", o.Name), gate: newGate(ctx)}
	var hardStop context.CancelFunc
	w.calls, hardStop = context.WithCancel(context.WithoutCancel(ctx))
	defer hardStop()
	w.greet(ctx)
	defer w.watching(ctx)()
	server := asynq.NewServerFromRedisClient(rdb, asynq.Config{
		Concurrency: o.Workers, Queues: map[string]int{q.name: 1}, IsFailure: isFailure, RetryDelayFunc: retryDelay,
		DelayedTaskCheckInterval: time.Second, ShutdownTimeout: o.Grace + 2*time.Second, Logger: quiet{w.log}, LogLevel: asynq.WarnLevel,
	})
	if err := server.Start(asynq.HandlerFunc(w.handle)); err != nil {
		return fmt.Errorf("fleet: start the worker: %w", err)
	}
	<-ctx.Done()
	server.Stop()
	defer time.AfterFunc(o.Grace, hardStop).Stop()
	server.Shutdown()
	return nil
}

// greet logs what whoever runs the fleet should know at once.
func (w *worker) greet(ctx context.Context) {
	warnings, err := CheckRedis(ctx, w.queue.redis)
	if err != nil {
		w.log.Warn("Redis does not tell how it is set up", "error", err)
	}
	for _, s := range warnings {
		w.log.Warn(s)
	}
	if s, err := w.queue.stopped(ctx); err == nil && s != nil {
		w.log.Warn(s.Error())
	}
}

// worker handles tasks.
type worker struct {
	queue   *queue
	courier *helliobulk.Courier
	opts    WorkOptions
	log     *slog.Logger
	gate    *gate
	calls   context.Context // of the calls: outlives soft by the grace
}

// handle brings one task as far as one call can. Asynq's own context is not the call's: it ends when a lease does, and a call that is cut is
// in doubt.
func (w *worker) handle(_ context.Context, t *asynq.Task) error {
	var p payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil || p.Chunk.Key == "" {
		return fmt.Errorf("the task can't be read; enqueue its batch again: %w", asynq.SkipRetry)
	}
	turn := w.gate.now()
	if turn.Err() != nil {
		return &again{why: "the worker is ending or was stopped", after: soon}
	}
	expired, err := w.courier.Expired(w.calls, &p.Job)
	if err != nil {
		return &again{why: "the API did not tell its time, without which nothing is sent", fails: true}
	}
	l := w.queue.ledger(p.Chunk.BatchID)
	run, err := w.queue.run(w.calls)
	if err != nil {
		return noRedis("the run of Redis is not known")
	}
	if expired {
		return w.retire(l, &p, run)
	}
	w.opts.at(beforeIntent)
	try := uuid.NewString()
	h, err := l.begin(w.calls, p.Record, try)
	if err != nil {
		return noRedis("the intent can't be noted in Redis")
	}
	w.opts.at(afterIntent)
	if h.phase == phaseSettled {
		return w.repeat(l, &p)
	}
	return w.send(turn, l, &p, h, h.phase == phaseBegun || run != p.Run)
}

func noRedis(why string) error { return &again{why: why, after: soon} }

// repeat tells the enqueuer once more of a chunk that is settled: the task would not be here if it knew.
func (w *worker) repeat(l *ledger, p *payload) error {
	if err := l.tell(w.calls, p.Chunk.Index); err != nil {
		return noRedis("the news can't be noted in Redis")
	}
	return nil
}

// retire ends a job that is too old to be sent: it needs review if it may have been sent, else its chunk is given back.
func (w *worker) retire(l *ledger, p *payload, run string) error {
	h, err := l.look(w.calls, p.Record)
	if err != nil {
		return noRedis("the ledger can't be read")
	}
	if h.phase == phaseSettled {
		return w.repeat(l, p)
	}
	doubt := p.InDoubt || h.phase == phaseBegun || run != p.Run
	record := p.Record.GivenBack()
	if doubt {
		record = h.record.NeedsReview()
	}
	noted, err := l.end(w.calls, record, h.try, phaseSettled, false)
	if err != nil || !noted {
		return noRedis("the result can't be noted in Redis")
	}
	w.log.Warn("too old to be sent", "batch", p.Chunk.BatchID, "chunk", p.Chunk.Index, "state", record.State())
	if doubt {
		return fmt.Errorf("in doubt for longer than %v: needs review: %w", p.Margin, asynq.SkipRetry)
	}
	return nil
}

// send makes the call and notes what came of it.
func (w *worker) send(turn context.Context, l *ledger, p *payload, h held, inDoubt bool) error {
	began := time.Now()
	record, result := w.courier.Send(w.calls, turn, &p.Job, h.record, inDoubt)
	w.opts.at(beforeResult)
	phase, sure := phaseSettled, false
	switch record.State() {
	case helliobulk.StateOpen:
		phase = phaseIdle
	case helliobulk.StateUnknown:
		phase = phaseBegun
	case helliobulk.StateDone:
		sure = true
	}
	if !w.note(func() error { _, err := l.end(w.calls, record, h.try, phase, sure); return err }) {
		return noRedis("the result can't be noted in Redis")
	}
	w.opts.at(afterResult)
	w.log.Info("call", "batch", p.Chunk.BatchID, "chunk", p.Chunk.Index, "state", record.State(), "status", result.Status, "code", result.Code,
		"replayed", result.Replayed, "took", time.Since(began).Round(time.Millisecond))
	return w.next(turn, &result, record.State())
}

// next is what asynq is to do with the task.
func (w *worker) next(turn context.Context, result *helliobulk.Result, state helliobulk.State) error {
	why := fmt.Sprintf("%s: %s (%d %s)", state, result.Verdict, result.Status, result.Code)
	switch {
	case state == helliobulk.StateDone, state == helliobulk.StateRejected, state == helliobulk.StateReused:
		return nil
	case result.Verdict == helliobulk.Stop:
		w.halt(stopReason(result), result.Status)
		return &again{why: why, after: soon}
	case result.Status == http.StatusTooManyRequests:
		return &again{why: why, after: max(result.RetryAfter, firstPause)}
	case turn.Err() != nil:
		return &again{why: why, after: soon}
	}
	return &again{why: why, fails: true}
}

// halt stops this worker at once and the others through Redis.
func (w *worker) halt(reason string, status int) {
	if !w.gate.shut() {
		return // another call had the same answer
	}
	defer w.gate.settled()
	s := Stopped{Reason: reason, Status: status, At: time.Now().UTC().Truncate(time.Second), Worker: w.opts.Name}
	w.log.Warn(s.Error())
	if !w.note(func() error { return w.queue.stop(w.calls, s) }) {
		w.log.Error("Redis does not take the stop: stop the other workers by hand")
	}
}

// note tries to write to Redis until it is back, for as long as that may take.
func (w *worker) note(write func() error) bool {
	for until := time.Now().Add(persistence); ; {
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

// stopReason is the refusal in words that hold no number and no text.
func stopReason(r *helliobulk.Result) string {
	switch {
	case r.Status == http.StatusPaymentRequired:
		return "402: the balance is too low; top up"
	case r.Status == http.StatusUnauthorized:
		return "401: the token is not accepted"
	case r.Status != 0:
		return fmt.Sprintf("%d %s", r.Status, r.Code)
	}
	return r.Err.Error() // of this side: another token or address, or a parameter that is refused
}
