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

// Login is the code under test: it sends a code to a phone, and lets in who
// types it.
type Login struct{ Hellio *hellio.Client }

func (l *Login) Begin(ctx context.Context, phone string) error {
	_, err := l.Hellio.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: phone, Sender: "ACME"})
	return err
}

func (l *Login) Finish(ctx context.Context, phone, code string) (bool, error) {
	return l.Hellio.OTP.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: phone, Code: code})
}

func TestWhoTypesTheCodeIsLetIn(t *testing.T) {
	fake := helliotest.New(t)
	login := &Login{Hellio: fake.Client()}

	require.NoError(t, login.Begin(t.Context(), "+233209990001"))
	ok, err := login.Finish(t.Context(), "+233209990001", fake.OTP("+233209990001"))
	require.NoError(t, err)
	require.True(t, ok)

	ok, err = login.Finish(t.Context(), "+233209990001", "0000")
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

func TestAStormKeepsTheLimitAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(120))
		client, start := fake.Client(), time.Now()
		var wg sync.WaitGroup
		for range 300 {
			wg.Go(func() {
				_, err := client.SMS.Send(t.Context(),
					&hellio.SMSSendParams{
						Recipients: []string{"+233209990001"},
						Sender:     "ACME",
						Message:    "Hi",
					})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Len(t, fake.Messages(), 300)
		require.GreaterOrEqual(t, time.Since(start), 2*time.Minute) // 120, 120 and 60 of them
	})
}

func TestAnExhaustedLimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		storm := fake.Fault(helliotest.SMSSend, helliotest.Times(3),
			helliotest.RateLimited(30*time.Second))
		start := time.Now()
		_, err := fake.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "ACME",
				Message:    "Hi",
			})
		require.NoError(t, err)
		require.Equal(t, 3, storm.Hits())
		require.GreaterOrEqual(t, time.Since(start), 90*time.Second)
		require.Len(t, fake.Messages(), 1)
	})
}

func TestALostReplySendsAndChargesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		// the API has sent; nobody hears of it
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
		fake.Advance(5 * time.Second) // the message is delivered, and paid for
		require.Equal(t, "99.9690", fake.Balance().Balance)
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
		_, err = fake.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "ACME",
				Message:    "Hi",
			})
		require.NoError(t, err)

		fake.Advance(2 * time.Minute) // delivered after 5 s; attempts at once, 10 s and 60 s later
		require.Equal(t, []string{"message.delivered", "message.delivered", "message.delivered"},
			seen)
		require.Equal(t, "delivered", fake.Deliveries()[0].Status)
		require.Len(t, fake.Deliveries()[0].Attempts, 3)
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
				_, err := fake.Client().SMS.Send(t.Context(),
					&hellio.SMSSendParams{
						Recipients: []string{"+233209990001"},
						Sender:     "ACME",
						Message:    "Hi",
					})
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
			_, _ = client.SMS.Send(t.Context(),
				&hellio.SMSSendParams{
					Recipients: []string{"+233209990001"},
					Sender:     "ACME",
					Message:    "Your table is at 8.",
				})
		})
		reminder := fake.RequireMessage(t, helliotest.To("+233209990001"), helliotest.From("ACME"))
		require.Equal(t, "Your table is at 8.", reminder.Message)
	})
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
	// answers any host, without a socket; RoundTripper is for clients that take
	// one
	resp, err := fake.HTTPClient().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, resp.StatusCode, "%s", body)
	require.Equal(t, "Hi", fake.RequireMessage(t).Message)
}

// Texter is what this application needs of the API: an interface of its own,
// which client.SMS satisfies.
type Texter interface {
	Send(ctx context.Context, p *hellio.SMSSendParams, opts ...hellio.CallOption) (*hellio.SMSSendResult, error)
}

func remind(ctx context.Context, texter Texter, phone string) error {
	_, err := texter.Send(ctx,
		&hellio.SMSSendParams{
			Recipients: []string{phone},
			Sender:     "ACME",
			Message:    "Your table is at 8.",
		})
	return err
}

func TestAReminderThroughTheApplicationsOwnInterface(t *testing.T) {
	fake := helliotest.New(t)
	require.NoError(t, remind(t.Context(), fake.Client().SMS, "+233209990001"))
	require.Equal(t, "Your table is at 8.",
		fake.RequireMessage(t, helliotest.To("+233209990001")).Message)
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

func TestManyTestsFromOnePreparedAccount(t *testing.T) {
	setUp, err := helliotest.Start(helliotest.WithSenders("ACME"), helliotest.WithBalance("3"))
	require.NoError(t, err)
	_, err = setUp.Client().SMS.Send(t.Context(),
		&hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "ACME",
			Message:    "Welcome",
		})
	require.NoError(t, err)
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

func TestSubtestsRunAtOnce(t *testing.T) {
	for _, phone := range []string{"+233209990001", "+233209990002", "+233209990003"} {
		t.Run(phone, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := helliotest.New(t) // a world of its own: no test sees another's messages
				require.NoError(t, remind(t.Context(), fake.Client().SMS, phone))
				fake.Advance(5 * time.Second)
				require.Equal(t, "delivered", fake.Messages()[0].Status)
			})
		})
	}
}
