package fleet

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/hibiken/asynq"
)

const (
	firstPause = time.Second
	lastPause  = 5 * time.Minute
	soon       = time.Second
	stopPause  = 30 * time.Second // how long a task of a stopped batch is kept back
)

// retryTask is the error that makes asynq try a task again. Its text is kept in
// Redis: it holds no number and no text of a message.
type retryTask struct {
	why   string
	after time.Duration // at least; 0: by how often it failed
	fails bool          // counts as a failure: the next pause is longer
}

func (r *retryTask) Error() string { return r.why }

// isFailure says what asynq is to count: not a lease that ran out, nor a worker
// that ends.
func isFailure(err error) bool {
	var r *retryTask
	return errors.As(err, &r) && r.fails
}

// retryDelay returns how long asynq keeps a task back. Asynq cuts times to
// whole seconds, so one more is needed to be never early.
func retryDelay(failures int, err error, _ *asynq.Task) time.Duration {
	var r *retryTask
	if !errors.As(err, &r) {
		return soon
	}
	if r.after > 0 {
		return max(r.after, r.after+time.Second) // the sum may overflow
	}
	pause := min(firstPause<<min(failures, 20), lastPause)
	return pause/2 + rand.N(pause/2) + time.Second
}
