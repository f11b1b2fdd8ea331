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
)

// again is the error that makes asynq try a task again. Its text is kept in Redis: no number and no text of a message is in it.
type again struct {
	why   string
	after time.Duration // at least; 0: by how often it failed
	fails bool          // counts as a failure: the next pause is longer
}

func (a *again) Error() string { return a.why }

// isFailure tells asynq what to count. A lease that ran out and a worker that ends are nobody's failure.
func isFailure(err error) bool {
	var a *again
	return errors.As(err, &a) && a.fails
}

// retryDelay is how long asynq keeps a task back. It cuts times to whole seconds, so that one more is needed to be never early.
func retryDelay(failures int, err error, _ *asynq.Task) time.Duration {
	var a *again
	if !errors.As(err, &a) {
		return soon
	}
	if a.after > 0 {
		return max(a.after, a.after+time.Second) // the sum may overflow
	}
	pause := min(firstPause<<min(failures, 20), lastPause)
	return pause/2 + rand.N(pause/2) + time.Second
}
