package helliotest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func sendCode(t *testing.T, client *hellio.Client) error {
	t.Helper()
	_, err := client.OTP.Send(t.Context(),
		&hellio.OTPSendParams{MobileNumber: someone, Sender: "ACME"})
	return err
}

func TestALongRealWaitIsRefused(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]func(f *helliotest.Fake) func() *hellio.Client{
		"one client": func(f *helliotest.Fake) func() *hellio.Client {
			client := f.Client()
			return func() *hellio.Client { return client }
		},
		"a client for each call": func(f *helliotest.Fake) func() *hellio.Client {
			return func() *hellio.Client { return f.Client() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var err error
			r := watch(t, func(tb testing.TB) {
				f := helliotest.New(tb)
				next := client(f)
				for range 10 {
					require.NoError(t, sendCode(t, next()))
				}
				err = sendCode(t, next())
				require.Len(t, f.Messages(), 10)
			})
			var limited *hellio.RateLimitError
			require.ErrorAs(t, err, &limited)
			require.Regexp(t,
				`OTP.Send would wait (59|60|61)s for the fake's limit of 10 codes per minute`, err.Error())
			require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err))
			require.Zero(t, limited.Status)
			require.InDelta(t, time.Minute, limited.RetryAfter, float64(2*time.Second))
			require.Contains(t, strings.Join(r.logs, "\n"), "or use WithOTPLimit(0)")
			require.Empty(t, r.all())
		})
	}
}

func TestTheLimitOfRequestsIsNamedToo(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithRateLimit(2))
	client := f.Client()
	for range 2 {
		_, err := client.Balance.Get(t.Context())
		require.NoError(t, err)
	}
	_, err := client.Balance.Get(t.Context())
	require.Regexp(t,
		`Balance.Get would wait \S+ for the fake's limit of 2 requests per minute: .* or use `+
			`WithRateLimit\(0\)`, err.Error())
}

func TestAWaitIsRefusedDespiteAdvance(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	client := f.Client()
	for range 10 {
		require.NoError(t, sendCode(t, client))
	}
	f.Advance(2 * time.Minute) // the client's own view of the window stays
	require.ErrorContains(t, sendCode(t, client), "for the fake's limit of 10 codes per minute")
}

// In a bubble, so that the real waits take no time.
func TestOnlyWaitsOverThreeSecondsAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithRateLimit(1))
		client := f.Client(hellio.WithLimiter(helliotest.NewClientLimiter(f)))
		balance := func() error {
			_, err := client.Balance.Get(t.Context())
			return err
		}
		require.NoError(t, balance())
		start := time.Now()
		time.Sleep(56 * time.Second)
		require.ErrorContains(t, balance(),
			"Balance.Get would wait 4s for the fake's limit of 1 requests per minute")
		require.Equal(t, 56*time.Second, time.Since(start))
		time.Sleep(time.Second)
		require.NoError(t, balance())
		require.Equal(t, time.Minute, time.Since(start).Truncate(time.Second))

		f.Advance(10 * time.Minute)
		f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.RateLimited(20*time.Second))
		start = time.Now()
		require.NoError(t, balance(), "a wait after a fault")
		require.GreaterOrEqual(t, time.Since(start), 20*time.Second)
	})
}

func TestWaitsInABubbleAreWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, start := helliotest.New(t).Client(), time.Now()
		for range 11 {
			require.NoError(t, sendCode(t, client))
		}
		require.GreaterOrEqual(t, time.Since(start), time.Minute)
	})
}

func TestWaitsAfterAFaultAreNotRefused(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]helliotest.Rule{
		"rate limited": helliotest.RateLimited(20 * time.Second),
		"status 429":   helliotest.Status(429, "throttled"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			f.Fault(helliotest.SMSSend, helliotest.Nth(1), rule)
			once := hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})
			client := f.Client(once)
			_, err := client.SMS.Send(t.Context(),
				&hellio.SMSSendParams{Recipients: []string{someone}, Sender: "ACME", Message: "Hi"})
			var limited *hellio.RateLimitError
			require.ErrorAs(t, err, &limited)
			require.Equal(t, 429, limited.Status, "the fault's own answer")
			require.NotContains(t, err.Error(), "would wait")
		})
	}
}

func TestALimiterOfTheCallersIsKept(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithRateLimit(1))
	client := f.Client(hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	_, err := client.Balance.Get(t.Context())
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	var limited *hellio.RateLimitError
	require.ErrorAs(t, err, &limited)
	require.Equal(t, 429, limited.Status)
}

func TestTheWarningIsInTheViewsLog(t *testing.T) {
	t.Parallel()
	var sub *recorder
	owner := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb, helliotest.WithRateLimit(1))
		sub = watch(t, func(tb testing.TB) {
			client := f.For(tb).Client()
			for range 2 {
				_, _ = client.Balance.Get(t.Context())
			}
		})
	})
	require.Contains(t, fmt.Sprint(sub.logs), "WithRateLimit(0)")
	require.NotContains(t, fmt.Sprint(owner.logs), "WithRateLimit(0)")
}
