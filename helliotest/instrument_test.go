package helliotest_test

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// Five hundred tests at once, each with a bubble and a fake of its own, and a
// client that waits four times 60 seconds.
func TestFiveHundredBubblesShareNothingAndLeaveNothing(t *testing.T) {
	const tests = 500
	began, before := time.Now(), runtime.NumGoroutine()
	var passed atomic.Int32
	t.Run("all", func(t *testing.T) {
		for i := range tests {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f := helliotest.New(t)
					limited := f.Fault(helliotest.SMSSend, helliotest.Times(4),
						helliotest.RateLimited(time.Minute))
					client := f.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: 4}))
					start, number := time.Now(), fmt.Sprintf("+23320999%04d", i)
					_, err := client.SMS.Send(t.Context(),
						&hellio.SMSSendParams{
							Recipients: []string{number},
							Sender:     "ACME",
							Message:    "Hi",
						})
					require.NoError(t, err)
					require.GreaterOrEqual(t, time.Since(start), 4*time.Minute)
					require.Equal(t, 4, limited.Hits())
					require.Equal(t, number, f.RequireMessage(t).MobileNumber)
					require.Len(t, f.Messages(), 1)
					passed.Add(1)
				})
			})
		}
	})
	require.EqualValues(t, tests, passed.Load())
	// 1: Eventually's own
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, time.Minute,
		10*time.Millisecond)
	t.Logf("%d tests, %d × 4 × 60 s of waiting, in %v", tests, tests,
		time.Since(began).Round(time.Millisecond))
}

// What a developer sees of five tests that fail, from the output alone.
func TestAFailingTestTellsWhy(t *testing.T) {
	t.Parallel()
	send := func(tb testing.TB, f *helliotest.Fake, number, sender string) error {
		_, err := f.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})).SMS.Send(tb.Context(),
			&hellio.SMSSendParams{
				Recipients: []string{number},
				Sender:     sender,
				Message:    "Your table is at 8.",
			})
		return err
	}
	for name, c := range map[string]struct {
		body func(tb testing.TB, f *helliotest.Fake)
		says string
	}{
		"a message that never comes": {func(tb testing.TB, f *helliotest.Fake) {
			_ = send(tb, f, "+233209990001", "ACNE")
			f.RequireMessage(tb, helliotest.To("+233209990001"))
		}, `
FATAL helliotest: RequireMessage: no message that is To(…0001): nothing in this synctest bubble \
sends it: all its goroutines wait, and so they did for 24 hours of its clock; the fake holds no \
message at all; the last call of /sms/send: 422 sender_not_approved key=KEY
LOG   helliotest: 1 call
          0s    1 POST /sms/send                   422 sender_not_approved key=KEY`},
		"a message to another": {func(tb testing.TB, f *helliotest.Fake) {
			_ = send(tb, f, "+233209990002", "ACME")
			f.RequireMessage(tb, helliotest.To("+233209990001"), helliotest.Contains("table"))
		}, `
FATAL helliotest: RequireMessage: no message that is To(…0001), Contains(a text of 5 characters): \
nothing in this synctest bubble sends it: all its goroutines wait, and so they did for 24 hours of \
its clock; the nearest of 1 message, 1003, is not To(…0001) (it goes to …0002); the last call of \
/sms/send: 202 key=KEY charge=0.0310
LOG   helliotest: 1 call
          0s    1 POST /sms/send                   202 key=KEY charge=0.0310`},
		"a fault that is never hit": {func(tb testing.TB, f *helliotest.Fake) {
			f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
			_ = send(tb, f, "+233209990001", "ACME")
		}, `
ERROR helliotest: the fault {sms_send nth 2 lose_reply} (instrument_test.go:LINE) was never hit; \
1 call matched it; nearest was call 1, POST /sms/send: it was matching call 1, and the fault \
strikes 2 alone
LOG   helliotest: 1 call
          0s    1 POST /sms/send                   202 key=KEY charge=0.0310`},
		"a misspelt field": {func(tb testing.TB, f *helliotest.Fake) {
			newAPI(tb, f).send(`{"recipient":["233209990001"],"sender":"ACME","message":"Hi"}`)
		}, `
ERROR helliotest: POST /v1/sms/send: body.recipient: the API knows no such field; did you mean recipients?
LOG   helliotest: 1 call
          0s    1 POST /sms/send                   422 invalid_request fields=recipients`},
		"a code that is used up": {func(tb testing.TB, f *helliotest.Fake) {
			_, err := f.Client().OTP.Send(tb.Context(),
				&hellio.OTPSendParams{MobileNumber: "+233209990001", Sender: "ACME"})
			require.NoError(tb, err)
			f.Advance(10 * time.Minute)
			f.OTP("+233209990001")
		}, `
FATAL helliotest: OTP(…0001): no code is live there: the last one expired 5m0s ago
LOG   helliotest: 1 call
          0s    1 POST /otp/send                   201 key=KEY charge=0.0310`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := watch(t, func(tb testing.TB) { c.body(tb, helliotest.New(tb)) })
				require.Equal(t, unwrapped(strings.TrimPrefix(c.says, "\n")), r.output())
			})
		})
	}
}

// output is what the test's user sees, in order, with keys and lines of code
// blanked out.
func (r *recorder) output() string {
	var lines []string
	if r.fatal != "" {
		lines = append(lines, "FATAL "+r.fatal)
	}
	for _, e := range r.errors {
		lines = append(lines, "ERROR "+e)
	}
	for _, l := range r.logs {
		lines = append(lines, "LOG   "+l)
	}
	text := regexp.MustCompile(`key=[0-9a-f-]{36}`).ReplaceAllString(strings.Join(lines, "\n"),
		"key=KEY")
	return regexp.MustCompile(`\.go:\d+`).ReplaceAllString(text, ".go:LINE")
}

func TestTwoFakesAreSealedWorlds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, two := helliotest.New(t), helliotest.New(t)
		sendTo(t, one, someone)
		one.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.Status(500, ""))
		token := one.IssueToken()
		require.Empty(t, two.Messages())
		require.Empty(t, two.Requests())
		require.Empty(t, two.Faults())
		require.Equal(t, "100.0000", two.Balance().Available)
		require.Equal(t, 401,
			newAPI(t, two).do("GET", "/balance", "", "Authorization", "Bearer "+token).status)
		require.Equal(t, 500, newAPI(t, one).get("/balance").status)
	})
}

func TestSleepingMovesFakeAndClientTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
		sendTo(t, f, someone)
		begun := time.Now()
		time.Sleep(time.Minute)
		require.Equal(t, time.Minute, time.Since(begun))
		require.Equal(t, 5*time.Second, f.Messages()[0].DeliveredAt.Sub(begun))
		require.Equal(t, 5*time.Second, f.Deliveries()[0].Attempts[0].At.Sub(begun))
		require.Equal(t, "Sat, 01 Jan 2000 00:01:00 GMT",
			newAPI(t, f).get("/balance").header.Get("Date"))
	})
}

func TestACodeIsAnObject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithOTP(someone, "4821"))
		otp := f.Client().OTP
		_, err := otp.Send(t.Context(),
			&hellio.OTPSendParams{MobileNumber: someone, Sender: "ACME"})
		require.NoError(t, err)
		code, live := f.LookupOTP(someone)
		require.True(t, live)
		require.Equal(t,
			helliotest.OTPCode{
				Code:      "4821",
				ExpiresAt: time.Now().Add(5 * time.Minute).UTC(),
				TriesLeft: 5,
			}, code)
		right, err := otp.Verify(t.Context(),
			&hellio.OTPVerifyParams{MobileNumber: someone, Code: "0000"})
		require.NoError(t, err)
		require.False(t, right)
		code, _ = f.LookupOTP(someone)
		require.Equal(t, 4, code.TriesLeft)
	})
}
