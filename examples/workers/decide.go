package workers

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/hellio-go/hellio"
)

const maxBackoff = 5 * time.Minute // between two runs

// action is what a queue does with a job after a run.
type action int

const (
	actionInspect action = iota // end the job: it may have been sent, and no key protects it
	actionStop                  // end the job: the next run would fail in the same way
	actionAgain                 // run the job again, with the same key
	actionDone                  // end the job: the API accepted the message
)

// String returns the name that logs and queues show.
func (a action) String() string {
	return [...]string{"inspect", "stop", "again", "done"}[a]
}

// verdict is an action, and how long to wait before it. A wait of 0 leaves the
// wait to the queue's own backoff.
type verdict struct {
	action action
	wait   time.Duration
}

// decide returns what to do after a run that returned err, for a job whose key
// protects it for the time left. No wait is longer than that time, so that the
// run after it reports the job.
func decide(err error, left time.Duration) verdict {
	if err == nil {
		return verdict{action: actionDone}
	}
	switch advice, wait := hellio.RetryAdvice(err); {
	case advice == hellio.AdviceStop:
		return verdict{action: actionStop}
	case advice == hellio.AdviceInspect || left <= 0:
		return verdict{action: actionInspect}
	default: // AdviceRetry or AdviceResume: the next run resumes either way
		return verdict{
			action: actionAgain,
			wait:   min(wait, left),
		}
	}
}

// backoff returns the wait after a number of runs: 1 s, 2 s, 4 s and so on.
func backoff(runs int) time.Duration {
	return min(time.Second<<min(max(runs, 1)-1, 30), maxBackoff)
}

// ended returns the note that a queue keeps with a job that it has ended. The
// client's errors name no number, text or token.
func (v verdict) ended(err error) error { return fmt.Errorf("%v: %w", v.action, err) }

// report logs what becomes of a job. A job to inspect is an error, because a
// person has to look at it.
func (v verdict) report(log *slog.Logger, job Job, err error) {
	switch v.action {
	case actionDone:
		log.Info("sent", "key", job.Key)
	case actionAgain:
		log.Info("again", "key", job.Key, "wait", v.wait, "reason", err)
	default:
		log.Error(v.action.String(), "key", job.Key, "reason", err)
	}
}
