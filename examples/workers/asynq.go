package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/hellio-go/hellio"
)

const asynqType = "sms"

// EnqueueAsynq adds a job. Its key is the task's id: a job that is in the queue
// already, or ended less than 12 hours ago, is not added again.
func EnqueueAsynq(ctx context.Context, queue *asynq.Client, job Job) error {
	payload, err := json.Marshal(job)
	if err != nil {
		return err
	}
	_, err = queue.EnqueueContext(ctx, asynq.NewTask(asynqType, payload),
		asynq.TaskID(job.Key),
		asynq.MaxRetry(1<<30), // the age of the key ends the retries
		asynq.Timeout(runLimit),
		asynq.Retention(keyLife))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// AsynqWorker is an asynq.Handler.
type AsynqWorker struct {
	Client *hellio.Client
	Log    *slog.Logger
}

// Config returns the settings that the handler relies on.
func (w *AsynqWorker) Config() asynq.Config {
	return asynq.Config{
		RetryDelayFunc:  asynqDelay,
		ShutdownTimeout: runLimit, // a stop lets the calls in flight end
	}
}

// ProcessTask sends the message of a task.
func (w *AsynqWorker) ProcessTask(ctx context.Context, task *asynq.Task) error {
	var job Job
	if err := json.Unmarshal(task.Payload(), &job); err != nil {
		return fmt.Errorf("the payload is not a job: %w: %w", err, asynq.SkipRetry)
	}
	err := job.send(ctx, w.Client)
	v := decide(err, job.left())
	v.report(w.Log, job, err)
	switch v.action {
	case actionDone:
		return nil
	case actionAgain:
		return &asynqRetry{error: err, wait: v.wait}
	default: // asynq archives the task, with this text
		return fmt.Errorf("%w: %w", v.ended(err), asynq.SkipRetry)
	}
}

// asynqRetry is the error of a run that another follows, not before the wait.
type asynqRetry struct {
	error
	wait time.Duration
}

// asynqDelay is the RetryDelayFunc. The error of a run that asynq has cut short
// is asynq's own, and the job resumes as after any other.
func asynqDelay(retried int, err error, _ *asynq.Task) time.Duration {
	wait := backoff(retried + 1)
	var retry *asynqRetry
	if errors.As(err, &retry) {
		wait = max(wait, retry.wait)
	}
	return wait + time.Second // asynq cuts times to seconds
}
