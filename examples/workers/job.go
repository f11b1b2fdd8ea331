// Package workers sends one SMS per job from the worker of a queue, and exactly
// one charge follows from each job, whatever ends a run: a lost reply, a crash,
// a rate limit, an empty wallet. README.md explains the rules.
//
//	job.go         what travels in the queue, and one run of it
//	decide.go      what a queue does after a run, the same for all of them
//	asynq.go       asynq, on Redis
//	river.go       River, on PostgreSQL or SQLite
//	activity.go    an activity with a retry policy, as Temporal has
package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	callLimit = time.Minute    // of one call, the client's own retries included
	runLimit  = 2 * callLimit  // of one run: a queue never cuts a call
	keyLife   = 12 * time.Hour // after it the API may have forgotten the key
)

var (
	errTooOld  = errors.New("the job is 12 hours old, and the API may have forgotten its key")
	errAccount = errors.New("the token or the address has changed since the job was made")
)

// Job is the payload of a queue's job: one message, complete, with its key. The
// fields never change, because every call with one key has the same body.
type Job struct {
	Key     string               `json:"key"     river:"unique"` // idempotency key, the job's id
	Made    time.Time            `json:"made"`                   // the 12 hours count from here
	Account string               `json:"account"`                // what the API knows the key by
	Params  hellio.SMSSendParams `json:"params"`
}

// NewJob makes a job with a key of its own. Store or enqueue the job itself: if
// that fails, try again with the same job, so that its key finds the duplicate.
// The params must name the sender, because the client's default may change.
func NewJob(
	ctx context.Context, client *hellio.Client, params *hellio.SMSSendParams,
) (Job, error) {
	if params.Sender == "" {
		return Job{}, errors.New("the params of a job must name the sender")
	}
	account, err := accountOf(ctx, client)
	return Job{
		Key:     rand.Text(),
		Made:    time.Now(),
		Account: account,
		Params:  *params,
	}, err
}

// accountOf returns the address and the token's fingerprint. The API knows a
// key together with its token.
func accountOf(ctx context.Context, client *hellio.Client) (string, error) {
	fingerprint, err := client.Fingerprint(ctx)
	return client.BaseURL() + " " + fingerprint, err
}

// left returns how long the key still protects the job.
func (j Job) left() time.Duration { return time.Until(j.Made.Add(keyLife)) }

// send makes the call of one run. Each run resumes, the first too, because no
// counter of a queue proves that a run is the first: asynq does not count a run
// that a stop puts back, and River does not count a run that snoozed.
func (j Job) send(ctx context.Context, client *hellio.Client) error {
	account, err := accountOf(ctx, client)
	switch {
	case err != nil: // no token, so this run sends nothing
		return &hellio.ConnectionError{Err: err, Outcome: hellio.OutcomeNotSent}
	case account != j.Account:
		return errAccount
	case j.left() <= 0:
		return errTooOld
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	_, err = client.SMS.Send(ctx, &j.Params, hellio.WithResumeKey(j.Key))
	return err
}
