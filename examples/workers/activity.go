package workers

import (
	"context"
	"log/slog"
	"time"

	"github.com/hellio-go/hellio"
)

// Activities has the activity of a workflow engine whose retry policy obeys the
// error, such as Temporal. The job is the workflow's input: NewJob is not for
// workflow code, which must be deterministic. The activity's options are:
//
//	StartToCloseTimeout: runLimit, so that a crashed worker's job resumes soon
//	RetryPolicy: InitialInterval 1 s, coefficient 2, MaximumInterval 5 min
//
// MaximumAttempts and ScheduleToCloseTimeout are not set: the activity ends the
// retries when the key is too old.
type Activities struct {
	Client *hellio.Client
	Log    *slog.Logger
}

// SendSMS is the activity. It returns nil or an *ActivityError.
func (a *Activities) SendSMS(ctx context.Context, job Job) error {
	err := job.send(ctx, a.Client)
	v := decide(err, job.left())
	v.report(a.Log, job, err)
	if v.action == actionDone {
		return nil
	}
	return &ActivityError{
		Type:           v.action.String(),
		NonRetryable:   v.action != actionAgain,
		NextRetryDelay: v.wait,
		Cause:          err,
	}
}

// ActivityError has the fields of Temporal's *ApplicationError. With its SDK,
// SendSMS returns for a NonRetryable error
//
//	temporal.NewNonRetryableApplicationError(e.Error(), e.Type, e.Cause)
//
// and for any other
//
//	temporal.NewApplicationErrorWithOptions(e.Error(), e.Type,
//		temporal.ApplicationErrorOptions{
//			NextRetryDelay: e.NextRetryDelay,
//			Cause:          e.Cause,
//		})
type ActivityError struct {
	Type           string        // "again", "stop" or "inspect"
	NonRetryable   bool          // the workflow gets the error, and its history keeps the text
	NextRetryDelay time.Duration // replaces the policy's interval; 0: the policy's
	Cause          error
}

// Error returns the type and the cause.
func (e *ActivityError) Error() string { return e.Type + ": " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *ActivityError) Unwrap() error { return e.Cause }
