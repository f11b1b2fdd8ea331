package helliotest_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const (
	phoneA = "+233209990001"
	phoneB = "+233209990002"
)

func readyFor(number string) *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: []string{number},
		Sender:     "ACME",
		Message:    "Your table is ready.",
	}
}

// explored explores fn and returns what a test would see of it.
func explored(
	t *testing.T, fn func(run *helliotest.Run) error, opts ...helliotest.ExploreOption,
) (done helliotest.Exploration, r *recorder) {
	r = watch(t, func(tb testing.TB) { done = helliotest.ExploreOn(tb, t, fn, opts...) })
	return done, r
}

// tryThrice is the retry loop that most applications have.
func tryThrice(send func() error) (err error) {
	for range 3 {
		if err = send(); err == nil {
			return nil
		}
		time.Sleep(time.Second)
	}
	return err
}

// retryWithoutKey is wrong: the client makes a new key for each call.
func retryWithoutKey(run *helliotest.Run) error {
	return tryThrice(func() error {
		_, err := run.Client().SMS.Send(run.Context(), readyFor(phoneA))
		return err
	})
}

// newKeyPerTry is wrong: no try knows what the one before has sent.
func newKeyPerTry(run *helliotest.Run) error {
	return tryThrice(func() error {
		key := hellio.WithIdempotencyKey(uuid.NewString())
		_, err := run.Client().SMS.Send(run.Context(), readyFor(phoneA), key)
		return err
	})
}

// keptKey is right: one key for all tries, resumed where the outcome is
// unknown.
func keptKey(run *helliotest.Run) error {
	key := uuid.NewString()
	option := hellio.WithIdempotencyKey(key)
	var err error
	for range 5 {
		_, err = run.Client().SMS.Send(run.Context(), readyFor(phoneA), option)
		advice, wait := hellio.RetryAdvice(err)
		switch advice {
		case hellio.AdviceRetry:
		case hellio.AdviceResume:
			option = hellio.WithResumeKey(key)
		default:
			return err
		}
		time.Sleep(max(wait, time.Second))
	}
	return err
}

// queueRow is a message that a worker has to send.
type queueRow struct {
	id    string
	to    string
	key   string
	tried bool
	done  bool
}

// queueRows is a worker's table. A write is on disk when it returns.
type queueRows []*queueRow

func twoRows() queueRows {
	return queueRows{
		{id: "order-7", to: phoneA},
		{id: "order-8", to: phoneB},
	}
}

func (q queueRows) due() (due queueRows) {
	for _, r := range q {
		if !r.done {
			due = append(due, r)
		}
	}
	return due
}

// keyAfterSend is wrong: a crash between the send and the write loses the key.
func keyAfterSend(run *helliotest.Run) error {
	for _, r := range helliotest.Keep(run, twoRows).due() {
		option := hellio.WithResumeKey(r.key)
		if r.key == "" {
			option = hellio.WithIdempotencyKey(uuid.NewString())
		}
		sent, err := run.Client().SMS.Send(run.Context(), readyFor(r.to), option)
		if resp, known := hellio.ResponseOf(err); known {
			r.key = resp.IdempotencyKey
		}
		if err != nil {
			return err
		}
		r.key = sent.IdempotencyKey
		r.done = true
	}
	return nil
}

// doneBeforeSend is wrong: a crash after the write leaves a message unsent.
func doneBeforeSend(run *helliotest.Run) error {
	for _, r := range helliotest.Keep(run, twoRows).due() {
		r.done = true
		key := hellio.WithIdempotencyKey(r.id)
		if _, err := run.Client().SMS.Send(run.Context(), readyFor(r.to), key); err != nil {
			r.done = false
			return err
		}
	}
	return nil
}

// keyBeforeSend is right.
func keyBeforeSend(run *helliotest.Run) error {
	for _, r := range helliotest.Keep(run, twoRows).due() {
		option := hellio.WithIdempotencyKey(r.id)
		if r.tried {
			option = hellio.WithResumeKey(r.id)
		}
		r.tried = true
		run.Step("key stored")
		if _, err := run.Client().SMS.Send(run.Context(), readyFor(r.to), option); err != nil {
			return err
		}
		run.Step("sent")
		r.done = true
	}
	return nil
}

// logIn is the login service of docs/testing.md, with the code that was sent.
func logIn(run *helliotest.Run) error {
	login := &Login{Hellio: run.Client()}
	if err := login.Begin(run.Context(), phoneA); err != nil {
		return err
	}
	verified, err := login.Finish(run.Context(), phoneA, run.Fake().OTP(phoneA))
	if err != nil {
		return err
	}
	require.True(run, verified)
	return nil
}
