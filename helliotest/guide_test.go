package helliotest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// Each declaration below is shown in docs/testing.md, word for word: see
// guide_page_test.go.

// Texter is what this application needs of the API: an interface of its own,
// which client.SMS satisfies.
type Texter interface {
	Send(
		ctx context.Context, p *hellio.SMSSendParams, opts ...hellio.CallOption,
	) (*hellio.SMSSendResult, error)
}

// remind is the code under test.
func remind(ctx context.Context, texter Texter, phone string) error {
	_, err := texter.Send(ctx,
		&hellio.SMSSendParams{
			Recipients: []string{phone},
			Sender:     "ACME",
			Message:    "Your table is at 8.",
		})
	return err
}

func TestAReminderIsSent(t *testing.T) {
	fake := helliotest.New(t)
	require.NoError(t, remind(t.Context(), fake.Client().SMS, "+233209990001"))
	reminder := fake.RequireMessage(t, helliotest.To("+233209990001"))
	require.Equal(t, "Your table is at 8.", reminder.Message)
}

// Login is the code under test: it sends a code to a phone, and checks the code
// that the user types.
type Login struct{ Hellio *hellio.Client }

func (l *Login) Begin(ctx context.Context, phone string) error {
	_, err := l.Hellio.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: phone, Sender: "ACME"})
	return err
}

func (l *Login) Finish(ctx context.Context, phone, code string) (bool, error) {
	return l.Hellio.OTP.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: phone, Code: code})
}

func TestOnlyTheRightCodeLogsIn(t *testing.T) {
	fake := helliotest.New(t, helliotest.WithOTP("+233209990001", "123456"))
	login := &Login{Hellio: fake.Client()}
	require.NoError(t, login.Begin(t.Context(), "+233209990001"))

	ok, err := login.Finish(t.Context(), "+233209990001", "000000")
	require.NoError(t, err)
	require.False(t, ok)

	ok, err = login.Finish(t.Context(), "+233209990001", fake.OTP("+233209990001"))
	require.NoError(t, err)
	require.True(t, ok)

	ok, err = login.Finish(t.Context(), "+233209990001", "123456") // a code works once
	require.NoError(t, err)
	require.False(t, ok)
}

func TestACodeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t) // made inside the bubble
		login := &Login{Hellio: fake.Client()}
		require.NoError(t, login.Begin(t.Context(), "+233209990001"))
		code := fake.OTP("+233209990001")

		time.Sleep(5 * time.Minute) // takes no time

		ok, err := login.Finish(t.Context(), "+233209990001", code)
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestALostReplySendsOneCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.OTPSend, helliotest.Nth(1), helliotest.LoseReply())
		login := &Login{Hellio: fake.Client()}
		require.NoError(t, login.Begin(t.Context(), "+233209990001"))
		require.Len(t, fake.Requests(), 2) // the second is a replay
		require.Len(t, fake.Messages(), 1)

		ok, err := login.Finish(t.Context(), "+233209990001", fake.OTP("+233209990001"))
		require.NoError(t, err)
		require.True(t, ok)
	})
}

// Job is a row of the outbox. Its key is stored with it, before the first call.
type Job struct {
	Key   string
	Phone string
	Tried bool // a call has begun: its outcome may be unknown
	Sent  bool
}

// Work sends a job. Tried is stored before the call: from then on the call is
// resumed.
func Work(ctx context.Context, client *hellio.Client, job *Job) error {
	key := hellio.WithIdempotencyKey(job.Key)
	if job.Tried {
		key = hellio.WithResumeKey(job.Key)
	}
	job.Tried = true
	_, err := client.SMS.Send(ctx,
		&hellio.SMSSendParams{
			Recipients: []string{job.Phone},
			Sender:     "ACME",
			Message:    "Your order is on its way.",
		}, key)
	job.Sent = err == nil
	return err
}

func TestARetryWithTheSameKeySendsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		// the API sends the message, and the worker gets no reply
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		client := fake.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
		job := &Job{Key: "order-1001", Phone: "+233209990001"}

		err := Work(t.Context(), client, job)
		require.Equal(t, hellio.OutcomeUnknown, hellio.OutcomeOf(err))
		advice, _ := hellio.RetryAdvice(err)
		require.Equal(t, hellio.AdviceResume, advice)

		require.NoError(t, Work(t.Context(), client, job))
		require.Len(t, fake.Messages(), 1)
		fake.Advance(5 * time.Second) // the message is delivered and paid for
		require.Equal(t, "99.9690", fake.Balance().Balance)
	})
}

func TestACrashAfterTheCallSendsOnce(t *testing.T) {
	fake := helliotest.New(t)
	job := &Job{Key: "order-1001", Phone: "+233209990001"}
	require.NoError(t, Work(t.Context(), fake.Client(), job))

	// the process dies before it stores Sent; the next one reads the row
	stored := &Job{Key: job.Key, Phone: job.Phone, Tried: true}
	require.NoError(t, Work(t.Context(), fake.Client(), stored))
	require.Len(t, fake.Messages(), 1)
}

func TestALostReplySendsAndChargesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		sent, err := fake.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "ACME",
				Message:    "Hi",
			})
		require.NoError(t, err)
		require.True(t, sent.Replayed)
		require.Len(t, fake.Messages(), 1)
		fake.Advance(5 * time.Second)
		require.Equal(t, "99.9690", fake.Balance().Balance)
	})
}

func TestEveryFailureLeavesOneMessageOrNone(t *testing.T) {
	for name, c := range map[string]struct {
		effect  helliotest.Rule
		outcome hellio.Outcome
		sent    int
	}{
		"busy": {helliotest.Status(503, "service_unavailable"), hellio.OutcomeUnknown, 0},
		"no money": {
			helliotest.Status(402, "insufficient_balance"), hellio.OutcomeRejected, 0,
		},
		"lost request":   {helliotest.LoseRequest(), hellio.OutcomeUnknown, 0},
		"lost reply":     {helliotest.LoseReply(), hellio.OutcomeUnknown, 1},
		"broken wire":    {helliotest.ResetConnection(), hellio.OutcomeUnknown, 0},
		"half a reply":   {helliotest.TruncateBody(20), hellio.OutcomeAccepted, 1},
		"a proxy's page": {helliotest.NotJSON(), hellio.OutcomeUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := helliotest.New(t)
				fake.Fault(helliotest.SMSSend, helliotest.Always(), c.effect)
				err := remind(t.Context(), fake.Client().SMS, "+233209990001")
				require.Equal(t, c.outcome, hellio.OutcomeOf(err))
				require.Len(t, fake.Messages(), c.sent)
			})
		})
	}
}

func TestAWorkerSendsAReminder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		client := fake.Client()
		time.AfterFunc(time.Hour, func() { // the worker
			_ = remind(t.Context(), client.SMS, "+233209990001")
		})
		reminder := fake.RequireMessage(t, helliotest.To("+233209990001"), helliotest.From("ACME"))
		require.Equal(t, "Your table is at 8.", reminder.Message)
	})
}

func TestAReportThatWasRefusedComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		handler, err := hellio.NewWebhookHandler([]string{"whsec_of_this_test"},
			func(_ context.Context, e *hellio.WebhookEvent) error {
				if seen = append(seen, e.Event); len(seen) < 3 {
					return errors.New("the database is down")
				}
				return nil
			})
		require.NoError(t, err)
		fake := helliotest.New(t,
			helliotest.WithWebhookHandler("https://shop.example/hooks/hellio", handler,
				"whsec_of_this_test"))
		require.NoError(t, remind(t.Context(), fake.Client().SMS, "+233209990001"))

		fake.Advance(2 * time.Minute) // delivered after 5 s; retries 10 s and 60 s later
		require.Equal(t, []string{"message.delivered", "message.delivered", "message.delivered"},
			seen)
		require.Equal(t, "delivered", fake.Deliveries()[0].Status)
		require.Len(t, fake.Deliveries()[0].Attempts, 3)
	})
}

func TestReportsComeTwiceAndOutOfOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		handler, err := hellio.NewWebhookHandler([]string{"whsec_of_this_test"},
			func(_ context.Context, e *hellio.WebhookEvent) error {
				seen = append(seen, e.MobileNumber)
				return nil
			})
		require.NoError(t, err)
		fake := helliotest.New(t,
			helliotest.WithWebhookHandler("https://shop.example/hooks/hellio", handler,
				"whsec_of_this_test"))
		fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1),
			helliotest.ToNumber("+233209990001"), helliotest.WebhookReorder())
		fake.Fault(helliotest.WebhookDelivery, helliotest.Nth(1),
			helliotest.ToNumber("+233209990002"), helliotest.WebhookDuplicate())
		client := fake.Client()
		require.NoError(t, remind(t.Context(), client.SMS, "+233209990001"))
		require.NoError(t, remind(t.Context(), client.SMS, "+233209990002"))

		fake.Advance(time.Minute)
		require.Equal(t, []string{"+233209990002", "+233209990001"}, seen)
		require.Len(t, fake.Deliveries()[1].Attempts, 2) // the handler's function ran once
	})
}

func TestAStormKeepsTheLimitAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(120))
		client, start := fake.Client(), time.Now()
		var wg sync.WaitGroup
		for range 300 {
			wg.Go(func() {
				if err := remind(t.Context(), client.SMS, "+233209990001"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Len(t, fake.Messages(), 300)
		require.GreaterOrEqual(t, time.Since(start), 2*time.Minute) // 120, 120 and 60 of them
	})
}

func TestTheClientWaitsAfterA429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		storm := fake.Fault(helliotest.SMSSend, helliotest.Times(3),
			helliotest.RateLimited(30*time.Second))
		start := time.Now()
		require.NoError(t, remind(t.Context(), fake.Client().SMS, "+233209990001"))
		require.Equal(t, 3, storm.Hits())
		require.GreaterOrEqual(t, time.Since(start), 90*time.Second)
		require.Len(t, fake.Messages(), 1)
	})
}

func TestAnAccountWithoutMoneySendsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		account helliotest.Option
		status  int
		code    string
	}{
		"an empty wallet": {
			helliotest.WithBalance("0"), 402, hellio.CodeInsufficientBalance,
		},
		"a spend limit": {
			helliotest.WithSpendLimit("daily", "0.0300"), 403, hellio.CodeSpendLimitExceeded,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := helliotest.New(t, c.account)
			err := remind(t.Context(), fake.Client().SMS, "+233209990001")
			var refused *hellio.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.status, refused.Status)
			require.Equal(t, c.code, refused.Code)
			require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
			require.Empty(t, fake.Messages())
		})
	}
}

func TestWorkUnderEveryFault(t *testing.T) {
	helliotest.Explore(t, func(run *helliotest.Run) error {
		job := helliotest.Keep(run, func() *Job { // the row outlives a crash
			return &Job{Key: "order-1001", Phone: "+233209990001"}
		})
		return Work(run.Context(), run.Client(), job)
	}, helliotest.ExploreReruns(3)) // the worker runs it again after an error
}

func TestEachSubtestHasAFake(t *testing.T) {
	for _, phone := range []string{"+233209990001", "+233209990002", "+233209990003"} {
		t.Run(phone, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := helliotest.New(t)
				require.NoError(t, remind(t.Context(), fake.Client().SMS, phone))
				fake.Advance(5 * time.Second)
				require.Equal(t, "delivered", fake.Messages()[0].Status)
			})
		})
	}
}

func TestSubtestsShareAFake(t *testing.T) {
	shared := helliotest.New(t) // ends after the last subtest
	for _, phone := range []string{"+233209990001", "+233209990002", "+233209990003"} {
		t.Run(phone, func(t *testing.T) {
			t.Parallel()
			fake := shared.For(t)
			require.NoError(t, remind(t.Context(), fake.Client().SMS, phone))
			require.Len(t, fake.Messages(helliotest.To(phone)), 1)
		})
	}
}

func TestManyTestsFromOnePreparedAccount(t *testing.T) {
	setUp, err := helliotest.Start(helliotest.WithSenders("ACME"), helliotest.WithBalance("3"))
	require.NoError(t, err)
	require.NoError(t, remind(t.Context(), setUp.Client().SMS, "+233209990001"))
	setUp.Advance(5 * time.Second)
	account, err := setUp.Snapshot()
	require.NoError(t, err)
	require.NoError(t, setUp.Close())

	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := helliotest.New(t, helliotest.FromSnapshot(account))
				require.Equal(t, "2.9690", fake.Balance().Balance)
				require.NoError(t, remind(t.Context(), fake.Client().SMS, "+233209990001"))
				require.Len(t, fake.Messages(), 2)
			})
		})
	}
}

func TestAdvanceMovesTheClockOfTheFake(t *testing.T) {
	fake := helliotest.New(t)
	login := &Login{Hellio: fake.Client()}
	require.NoError(t, login.Begin(t.Context(), "+233209990001"))
	code := fake.OTP("+233209990001")

	fake.Advance(5 * time.Minute)

	ok, err := login.Finish(t.Context(), "+233209990001", code)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestABadRequestIsMeant(t *testing.T) {
	fake := helliotest.New(t)
	fake.ExpectRejected(1) // without it, the unknown field would fail the test
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://api.example/v1/sms/send", strings.NewReader(`{"recipient":"+233209990001"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := fake.HTTPClient().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
}

func TestALoginThroughAServer(t *testing.T) {
	fake := helliotest.New(t)
	server := httptest.NewServer(fake.Handler()) // fake.URL() is the same in one call
	defer server.Close()
	client, err := hellio.NewClient(helliotest.DefaultToken, hellio.WithBaseURL(server.URL+"/v1"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()

	login := &Login{Hellio: client}
	require.NoError(t, login.Begin(t.Context(), "+233209990001"))
	require.NotEmpty(t, fake.OTP("+233209990001"))
}

func TestAnyHTTPClientWillDo(t *testing.T) {
	fake := helliotest.New(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://api.example/v1/sms/send",
		strings.NewReader(`{"recipients":["+233209990001"],"sender":"ACME","message":"Hi"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := fake.HTTPClient().Do(req) // answers any host, without a socket
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, resp.StatusCode, "%s", body)
	require.Equal(t, "Hi", fake.RequireMessage(t).Message)
}
