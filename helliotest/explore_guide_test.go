package helliotest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestLoginUnderEveryFault(t *testing.T) {
	t.Parallel()
	const phone = "+233209990001"
	helliotest.Explore(t, func(run *helliotest.Run) error {
		ctx, cancel := context.WithTimeout(run.Context(), 20*time.Second)
		defer cancel()
		login := &Login{Hellio: run.Client()}
		return login.Begin(ctx, phone)
	},
		helliotest.ExploreNoCrash(), // a web request is not run again after a crash
		helliotest.ExploreCheck("the code lets the user in", func(run *helliotest.Run) error {
			if run.Err() != nil {
				return nil // the page says: try again
			}
			login := &Login{Hellio: run.Client()}
			ok, err := login.Finish(run.Context(), phone, run.Fake().OTP(phone))
			if err == nil && !ok {
				err = errors.New("the code was refused")
			}
			return err
		}),
	)
}

// Reminder is a row of the application's table.
type Reminder struct {
	ID    string
	Phone string
	Tried bool // a send has begun: its outcome may be unknown
	Sent  bool
}

// Reminders is the table. A write to it is stored when it returns.
type Reminders []*Reminder

func (r Reminders) Due() Reminders {
	var due Reminders
	for _, row := range r {
		if !row.Sent {
			due = append(due, row)
		}
	}
	return due
}

func twoReminders() Reminders {
	return Reminders{
		{ID: "reminder-7", Phone: "+233209990001"},
		{ID: "reminder-8", Phone: "+233209990002"},
	}
}

func (r *Reminder) Params() *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: []string{r.Phone},
		Sender:     "ACME",
		Message:    "Your table is at 8.",
	}
}

// SendDue sends the reminders that are due. The row's id is the key. Tried is
// stored before the send: from then on a call is resumed.
func SendDue(ctx context.Context, rows Reminders, client *hellio.Client) error {
	for _, row := range rows.Due() {
		key := hellio.WithIdempotencyKey(row.ID)
		if row.Tried {
			key = hellio.WithResumeKey(row.ID)
		}
		row.Tried = true
		if _, err := client.SMS.Send(ctx, row.Params(), key); err != nil {
			return err
		}
		row.Sent = true
	}
	return nil
}

func TestSendDueUnderEveryFault(t *testing.T) {
	t.Parallel()
	helliotest.Explore(t, func(run *helliotest.Run) error {
		rows := helliotest.Keep(run, twoReminders)
		return SendDue(run.Context(), rows, run.Client())
	},
		helliotest.ExploreReruns(3), // the scheduler calls it again after an error
		helliotest.ExploreCheck("no row is due after nil", func(run *helliotest.Run) error {
			rows := helliotest.Keep[Reminders](run, nil)
			if n := len(rows.Due()); run.Err() == nil && n > 0 {
				return fmt.Errorf("%d rows are due", n)
			}
			return nil
		}),
	)
}

// MarkFirst is SendDue with a mistake: it stores Sent before the send.
func MarkFirst(run *helliotest.Run) error {
	for _, row := range helliotest.Keep(run, twoReminders).Due() {
		row.Sent = true
		key := hellio.WithIdempotencyKey(row.ID)
		if _, err := run.Client().SMS.Send(run.Context(), row.Params(), key); err != nil {
			row.Sent = false
			return err
		}
	}
	return nil
}

func TestSendDueAfterThatCrash(t *testing.T) {
	t.Parallel()
	helliotest.Explore(t, func(run *helliotest.Run) error {
		return SendDue(run.Context(), helliotest.Keep(run, twoReminders), run.Client())
	}, helliotest.ExploreOnly(func(fake *helliotest.Fake) {
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
			helliotest.ToNumber("+233209990001"), helliotest.CrashBefore())
	}))
}

// RetryWithoutKey is the usual loop. Each Send has a key of its own.
func RetryWithoutKey(run *helliotest.Run) error {
	var err error
	for range 3 {
		_, err = run.Client().SMS.Send(run.Context(), twoReminders()[0].Params())
		if err == nil {
			return nil
		}
		time.Sleep(time.Second)
	}
	return err
}

// RetryWithKey keeps one key for all tries, and asks the client what to do.
func RetryWithKey(ctx context.Context, client *hellio.Client, row *Reminder) error {
	key := hellio.WithIdempotencyKey(row.ID)
	for {
		_, err := client.SMS.Send(ctx, row.Params(), key)
		advice, wait := hellio.RetryAdvice(err)
		switch advice {
		case hellio.AdviceRetry: // nothing was sent
		case hellio.AdviceResume:
			key = hellio.WithResumeKey(row.ID)
		default:
			return err
		}
		select {
		case <-time.After(max(wait, time.Second)):
		case <-ctx.Done():
			return err
		}
	}
}

func TestRetryWithKeyUnderEveryFault(t *testing.T) {
	t.Parallel()
	helliotest.Explore(t, func(run *helliotest.Run) error {
		return RetryWithKey(run.Context(), run.Client(), twoReminders()[0])
	}, helliotest.ExploreNoCrash())
}

func TestADelayedSendIsSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Minute))
		require.NoError(t, RetryWithKey(t.Context(), fake.Client(), twoReminders()[0]))
		require.Len(t, fake.Messages(), 1)
	})
}
