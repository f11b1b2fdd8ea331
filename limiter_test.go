package hellio

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

const windowLength = contract.RateLimitWindow

var (
	smsRequest = LimitRequest{Operation: "sms_send", Token: "0123456789abcdef"}
	otpRequest = LimitRequest{Operation: "otp_send", Token: smsRequest.Token, OTP: true}
)

// room is what a response reports of the window.
func room(remaining, limit int) RateLimit { return RateLimit{Limit: limit, Remaining: remaining} }

func limitResult(status int, rl RateLimit) LimitResult {
	return LimitResult{Status: status, RateLimit: rl}
}

// waited returns how long an attempt waits.
func waited(t testing.TB, l *WindowLimiter, r LimitRequest) time.Duration {
	t.Helper()
	start := time.Now()
	require.NoError(t, l.Wait(t.Context(), r))
	return time.Since(start)
}

// once makes one call that is answered immediately.
func once(t testing.TB, l *WindowLimiter, r LimitRequest, status int, rl RateLimit) time.Duration {
	t.Helper()
	d := waited(t, l, r)
	l.Observe(r, limitResult(status, rl))
	return d
}

// background starts waited and returns a channel with its result.
func background(t *testing.T, l *WindowLimiter, r LimitRequest) chan time.Duration {
	t.Helper()
	took := make(chan time.Duration, 1)
	go func() { took <- waited(t, l, r) }()
	synctest.Wait()
	return took
}

func TestCallsWithinTheWindowDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		for left := 119; left >= 0; left-- {
			require.Zero(t, once(t, &l, smsRequest, 202, room(left, 120)))
		}
	})
}

func TestCallsWaitForTheNextWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(1, 2))
		time.Sleep(10 * time.Second)
		once(t, &l, smsRequest, 202, room(0, 2))
		took := once(t, &l, smsRequest, 202, room(1, 2))
		require.Equal(t, 50*time.Second, took, "60 s after the first response")
		require.Zero(t, once(t, &l, smsRequest, 202, room(0, 2)))
	})
}

func TestCallsInFlightAreCounted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(2, 3))
		require.Zero(t, waited(t, &l, smsRequest))
		require.Zero(t, waited(t, &l, smsRequest))
		require.Equal(t, windowLength, waited(t, &l, smsRequest), "two of two are in flight")
	})
}

func TestOvertakenResponsesBeginNoWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(119, 120))
		for range 119 {
			require.Zero(t, waited(t, &l, smsRequest))
		}
		took := background(t, &l, smsRequest)
		for left := range 119 { // the last response comes first
			l.Observe(smsRequest, limitResult(202, room(left, 120)))
		}
		require.Equal(t, windowLength, <-took)
	})
}

func TestAttemptWithoutResponseReleasesAWaiter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(1, 2))
		waited(t, &l, smsRequest)
		took := background(t, &l, smsRequest)
		time.Sleep(5 * time.Second)
		l.Observe(smsRequest, LimitResult{})
		require.Equal(t, 5*time.Second, <-took)
	})
}

func TestResponseOpensTheWindowForAllWaiters(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		waited(t, &l, smsRequest)
		var waiters [5]chan time.Duration
		for i := range waiters {
			waiters[i] = background(t, &l, smsRequest)
		}
		time.Sleep(300 * time.Millisecond)
		l.Observe(smsRequest, limitResult(202, room(119, 120)))
		for _, took := range waiters {
			require.Equal(t, 300*time.Millisecond, <-took)
		}
	})
}

func TestOneCallStartsEachSecondWithoutResponses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		waited(t, &l, smsRequest)
		var waiters [3]chan time.Duration
		for i := range waiters {
			waiters[i] = background(t, &l, smsRequest)
		}
		for i, took := range waiters {
			require.Equal(t, time.Duration(i+1)*time.Second, <-took)
		}
	})
}

// concurrent makes n calls of 100 ms and returns how long all of them took.
func concurrent(
	t *testing.T, l *WindowLimiter, n int, r LimitRequest, rl RateLimit,
) time.Duration {
	t.Helper()
	start := time.Now()
	var calls sync.WaitGroup
	for range n {
		calls.Go(func() {
			if l.Wait(t.Context(), r) == nil {
				time.Sleep(100 * time.Millisecond)
				l.Observe(r, limitResult(200, rl))
			}
		})
	}
	calls.Wait()
	return time.Since(start)
}

func TestExemptAccountIsNotSerialised(t *testing.T) {
	for name, c := range map[string]struct {
		rl    RateLimit
		first time.Duration
	}{
		"all of the limit left":      {room(120, 120), 200 * time.Millisecond},
		"more than the limit left":   {room(500, 120), 200 * time.Millisecond},
		"a limit below the calls":    {room(10, 10), 300 * time.Millisecond},
		"a limit of one":             {room(1, 1), 300 * time.Millisecond},
		"much more than a small one": {room(1000, 1), 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				require.Equal(t, c.first, concurrent(t, &l, 100, smsRequest, c.rl))
				for _, idle := range []time.Duration{0, time.Second, time.Hour} {
					time.Sleep(idle)
					took := concurrent(t, &l, 100, smsRequest, c.rl)
					require.Equal(t, 100*time.Millisecond, took)
				}
				took := concurrent(t, &l, 100, otpRequest, c.rl)
				require.Equal(t, 100*time.Millisecond, took)
				once(t, &l, smsRequest, 202, room(0, 120))
				require.Equal(t, windowLength, waited(t, &l, smsRequest), "no longer exempt")
			})
		})
	}
}

func TestCallsOfAnExemptAccountAreNotRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		results := make(chan error, 100)
		for range cap(results) {
			go func() {
				err := l.Wait(ctx, smsRequest)
				time.Sleep(100 * time.Millisecond)
				l.Observe(smsRequest, limitResult(200, room(10, 10)))
				results <- err
			}()
		}
		for range cap(results) {
			require.NoError(t, <-results)
		}
	})
}

func TestA429BlocksAllCallsOfTheToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(100, 120))
		once(t, &l, smsRequest, 429, RateLimit{Limit: 120, RetryAfter: 30 * time.Second})
		for _, r := range []LimitRequest{smsRequest, otpRequest} {
			ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
			var limited *RateLimitError
			require.ErrorAs(t, l.Wait(ctx, r), &limited)
			cancel()
		}
		require.Zero(t, waited(t, &l, LimitRequest{Token: "another"}))
		took := waited(t, &l, smsRequest)
		require.GreaterOrEqual(t, took, 30*time.Second)
		require.Less(t, took, 31*time.Second, "clients do not return at the same moment")
	})
}

func TestWaitersStartInOrderOfArrival(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(0, 1))
		order := make(chan int, 10)
		for i := range cap(order) {
			go func() {
				waited(t, &l, smsRequest)
				order <- i
				l.Observe(smsRequest, limitResult(202, room(0, 1)))
			}()
			synctest.Wait()
		}
		for i := range cap(order) {
			require.Equal(t, i, <-order)
		}
	})
}

func TestOTPsDoNotQueueBehindOtherCalls(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, otpRequest, 201, RateLimit{})
		once(t, &l, smsRequest, 202, room(10, 120))
		took := background(t, &l, smsRequest)
		require.Zero(t, once(t, &l, otpRequest, 201, room(9, 120)))
		require.Equal(t, windowLength, <-took, "the last twelfth is for OTPs")
	})
}

func TestWaiterLeavesTheQueueWhenItsContextEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(1, 120))
		waited(t, &l, smsRequest)
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() { first <- l.Wait(ctx, smsRequest) }()
		synctest.Wait()
		time.Sleep(20 * time.Second)
		next := background(t, &l, smsRequest)
		time.Sleep(10 * time.Second)
		cancel()
		require.ErrorIs(t, <-first, context.Canceled)
		require.Equal(t, 40*time.Second, <-next, "60 s after the first response")
	})
}

func TestWaitOfAnEndedContextTakesNoPermit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, l.Wait(ctx, smsRequest), context.Canceled)
		require.Zero(t, waited(t, &l, smsRequest), "no call went first")
	})
}

func TestWaitPastTheDeadlineIsRefusedImmediately(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(0, 120))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		var limited *RateLimitError
		require.ErrorAs(t, l.Wait(ctx, smsRequest), &limited)
		require.Zero(t, time.Since(start))
		require.Equal(t, windowLength, limited.RetryAfter)
		require.Zero(t, limited.Status)
		require.Equal(t, OutcomeNotSent, OutcomeOf(limited))
	})
}

func TestLastSecondIsKeptForTheAttempt(t *testing.T) {
	for left, starts := range map[time.Duration]bool{
		windowLength + plannedPaidAttempt:     true,
		windowLength + plannedPaidAttempt - 1: false,
	} {
		t.Run(left.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				once(t, &l, smsRequest, 202, room(0, 120))
				ctx, cancel := context.WithTimeout(t.Context(), left)
				defer cancel()
				if err := l.Wait(ctx, smsRequest); starts {
					require.NoError(t, err)
				} else {
					requireOutcome(t, OutcomeNotSent, err)
				}
			})
		})
	}
}

func TestWaiterIsRefusedWhenItsStartMoves(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsRequest, 202, room(1, 120))
		waited(t, &l, smsRequest)
		ctx, cancel := context.WithTimeout(t.Context(), 62*time.Second)
		defer cancel()
		start := time.Now()
		hurried := make(chan error, 1)
		go func() { hurried <- l.Wait(ctx, smsRequest) }()
		synctest.Wait()
		patient := background(t, &l, smsRequest)
		time.Sleep(10 * time.Second)
		l.Observe(smsRequest, limitResult(429, RateLimit{RetryAfter: 60 * time.Second}))
		var limited *RateLimitError
		require.ErrorAs(t, <-hurried, &limited)
		require.Equal(t, 10*time.Second, time.Since(start))
		took := <-patient
		require.GreaterOrEqual(t, took, 70*time.Second)
		require.Less(t, took, 71*time.Second)
	})
}

func TestCallsWithoutATokenAreNotPaced(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		login := LimitRequest{Operation: "auth_token"}
		for range 3 {
			rl := RateLimit{Limit: 5, RetryAfter: 30 * time.Second}
			require.Zero(t, once(t, &l, login, 429, rl))
		}
	})
}

func TestPacingHoldsUnderARush(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		var calls sync.WaitGroup
		for i := range 200 {
			calls.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Second)
				defer cancel()
				if err := l.Wait(ctx, smsRequest); err == nil {
					time.Sleep(time.Duration(i) * time.Millisecond)
					l.Observe(smsRequest, limitResult(202, room(max(0, 60-i), 60)))
				}
			})
		}
		calls.Wait()
		time.Sleep(windowLength)
		once(t, &l, smsRequest, 202, room(59, 60))
		for range 59 {
			require.Zero(t, waited(t, &l, smsRequest), "none of the rush is in flight")
		}
		require.Equal(t, windowLength, waited(t, &l, smsRequest))
	})
}

func TestPacingAllocatesNothingIfNoCallWaits(t *testing.T) {
	var l WindowLimiter
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = l.Wait(ctx, smsRequest)
		l.Observe(smsRequest, limitResult(202, room(1000, 2000)))
	}))
}
