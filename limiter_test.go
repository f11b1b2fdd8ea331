package hellio

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

const (
	windowLength = contract.RateLimitWindow
	otpMemory    = 10 * time.Minute
	longestBlock = 65 * time.Second
)

var (
	smsTurn = LimitRequest{Operation: "sms_send", Token: "0123456789abcdef"}
	otpTurn = LimitRequest{Operation: "otp_send", Token: smsTurn.Token, OTP: true}
)

// room is what an answer tells of the window.
func room(remaining, limit int) RateLimit { return RateLimit{Limit: limit, Remaining: remaining} }

func limitResult(status int, rl RateLimit) LimitResult {
	return LimitResult{Status: status, RateLimit: rl}
}

// waited asks for leave and gives how long that took.
func waited(t testing.TB, l *WindowLimiter, r LimitRequest) time.Duration {
	t.Helper()
	start := time.Now()
	require.NoError(t, l.Wait(t.Context(), r))
	return time.Since(start)
}

// once makes one call that is answered at once.
func once(t testing.TB, l *WindowLimiter, r LimitRequest, status int, rl RateLimit) time.Duration {
	t.Helper()
	d := waited(t, l, r)
	l.Observe(r, limitResult(status, rl))
	return d
}

func TestCallsWithinTheWindowDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		for left := 119; left >= 0; left-- {
			require.Zero(t, once(t, &l, smsTurn, 202, room(left, 120)))
		}
	})
}

func TestAUsedUpWindowIsWaitedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 2))
		time.Sleep(10 * time.Second)
		once(t, &l, smsTurn, 202, room(0, 2))
		require.Equal(t, 50*time.Second, once(t, &l, smsTurn, 202, room(1, 2)), "until a minute after the window's first answer")
		require.Zero(t, once(t, &l, smsTurn, 202, room(0, 2)))
	})
}

func TestCallsUnderWayAreCounted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(2, 3))
		require.Zero(t, waited(t, &l, smsTurn))
		require.Zero(t, waited(t, &l, smsTurn))
		require.Equal(t, windowLength, waited(t, &l, smsTurn), "two of two are under way")
	})
}

func TestAnswersThatAreOvertakenBeginNoWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(119, 120))
		for range 119 {
			require.Zero(t, waited(t, &l, smsTurn))
		}
		var took time.Duration
		go func() { took = waited(t, &l, smsTurn) }()
		for left := range 119 { // the last answer comes first
			l.Observe(smsTurn, limitResult(202, room(left, 120)))
		}
		time.Sleep(2 * windowLength)
		synctest.Wait()
		require.Equal(t, windowLength, took)
	})
}

func TestAnAnswerThatSaysMuchMoreIsLeftBeginsAWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 120)) // others have begun the window, and it ends before this limiter thinks
		require.Zero(t, once(t, &l, smsTurn, 202, room(119, 120)))
		for left := 118; left >= 0; left-- {
			require.Zero(t, once(t, &l, smsTurn, 202, room(left, 120)))
		}
		require.Equal(t, windowLength, waited(t, &l, smsTurn))
	})
}

func TestAnAnswerThatSaysLessWasUsedLetsCallsGo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 2))
		waited(t, &l, smsTurn)
		var took time.Duration
		go func() { took = waited(t, &l, smsTurn) }()
		time.Sleep(5 * time.Second)
		l.Observe(smsTurn, LimitResult{}) // it did not get through
		synctest.Wait()
		require.Equal(t, 5*time.Second, took)
	})
}

func TestWhereNothingIsKnownOneCallGoesAhead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		waited(t, &l, smsTurn)
		require.Equal(t, time.Second, waited(t, &l, smsTurn), "no answer within a second: the next goes")
		took := make(chan time.Duration, 5)
		for range 5 {
			go func() { took <- waited(t, &l, smsTurn) }()
		}
		time.Sleep(300 * time.Millisecond)
		l.Observe(smsTurn, limitResult(202, room(119, 120)))
		for range 5 {
			require.Equal(t, 300*time.Millisecond, <-took, "the answer opens the window for all")
		}
	})
}

// together makes n calls at the same time, each of which takes 100 ms, and
// returns how long they took in all.
func together(t *testing.T, l *WindowLimiter, n int, r LimitRequest, rl RateLimit) time.Duration {
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

func TestAnExemptAccountIsNotSerialised(t *testing.T) {
	for name, c := range map[string]struct {
		rl            RateLimit
		first, second time.Duration
	}{
		"all of the limit left":      {room(120, 120), 200 * time.Millisecond, 100 * time.Millisecond},
		"more than the limit left":   {room(500, 120), 200 * time.Millisecond, 100 * time.Millisecond},
		"fewer than the calls":       {room(10, 10), 300 * time.Millisecond, 100 * time.Millisecond},
		"a limit of one":             {room(1, 1), 300 * time.Millisecond, 100 * time.Millisecond},
		"more left than a small one": {room(1000, 1), 200 * time.Millisecond, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				require.Equal(t, c.first, together(t, &l, 100, smsTurn, c.rl), "one goes ahead")
				for _, idle := range []time.Duration{0, time.Second, time.Hour} {
					time.Sleep(idle)
					require.Equal(t, c.second, together(t, &l, 100, smsTurn, c.rl))
				}
				require.LessOrEqual(t, together(t, &l, 100, otpTurn, c.rl), c.second)
				once(t, &l, smsTurn, 202, room(0, 120))
				require.Equal(t, windowLength, waited(t, &l, smsTurn), "no longer exempt")
			})
		})
	}
}

func TestCallsOfAnExemptAccountAreNotTurnedAway(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		results := make(chan error, 100)
		for range cap(results) {
			go func() {
				err := l.Wait(ctx, smsTurn)
				time.Sleep(100 * time.Millisecond)
				l.Observe(smsTurn, limitResult(200, room(10, 10)))
				results <- err
			}()
		}
		for range cap(results) {
			require.NoError(t, <-results)
		}
	})
}

func TestClientOfAnExemptAccountIsNotSerialised(t *testing.T) {
	for _, remaining := range []string{"120", "500"} {
		t.Run(remaining, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := stubbed(t, newStub(func(req *http.Request) (*http.Response, error) {
					time.Sleep(100 * time.Millisecond)
					return reply(200, balanceBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", remaining)(req)
				}))
				start := time.Now()
				var calls sync.WaitGroup
				for range 100 {
					calls.Go(func() { _ = getBalance(t.Context(), c) })
				}
				calls.Wait()
				require.Equal(t, 200*time.Millisecond, time.Since(start))
			})
		})
	}
}

func TestAnAPIThatTellsNoLimitIsNotPaced(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, RateLimit{})
		for range 500 {
			require.Zero(t, waited(t, &l, smsTurn))
		}
	})
}

func TestA429StopsAllCallsOfTheToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(100, 120))
		waited(t, &l, smsTurn)
		l.Observe(smsTurn, limitResult(429, RateLimit{Limit: 120, RetryAfter: 30 * time.Second}))
		for _, r := range []LimitRequest{smsTurn, otpTurn} {
			ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
			var limited *RateLimitError
			require.ErrorAs(t, l.Wait(ctx, r), &limited)
			cancel()
		}
		require.Zero(t, waited(t, &l, LimitRequest{Token: "another"}))
		took := waited(t, &l, smsTurn)
		require.GreaterOrEqual(t, took, 30*time.Second)
		require.Less(t, took, 31*time.Second, "within a second, so that clients do not come back together")
	})
}

func TestA429WithoutRetryAfterWaitsLongerEachTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		for _, atLeast := range []time.Duration{0, 1, 2, 4, 8, 8} {
			took := waited(t, &l, smsTurn)
			require.GreaterOrEqual(t, took, atLeast*time.Second)
			require.LessOrEqual(t, took, (atLeast+1)*time.Second)
			l.Observe(smsTurn, limitResult(429, RateLimit{}))
		}
	})
}

func TestNo429StopsATokenForLongerThanAWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 429, RateLimit{RetryAfter: 24 * time.Hour})
		require.LessOrEqual(t, waited(t, &l, smsTurn), longestBlock+time.Second)
	})
}

func TestWaitersGoInTheOrderTheyCame(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 1))
		order := make(chan int, 10)
		for i := range cap(order) {
			go func() {
				waited(t, &l, smsTurn)
				order <- i
				l.Observe(smsTurn, limitResult(202, room(0, 1)))
			}()
			synctest.Wait()
		}
		for i := range cap(order) {
			require.Equal(t, i, <-order)
		}
	})
}

func TestAWaiterWhoseContextEndsLeavesTheLine(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 120))
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- l.Wait(ctx, smsTurn) }()
		took := make(chan time.Duration)
		go func() { took <- waited(t, &l, smsTurn) }()
		time.Sleep(time.Second)
		cancel()
		require.ErrorIs(t, <-gone, context.Canceled)
		require.Equal(t, windowLength, <-took)
	})
}

func TestAWaitPastTheDeadlineIsToldAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 120))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		var limited *RateLimitError
		require.ErrorAs(t, l.Wait(ctx, smsTurn), &limited)
		require.Zero(t, time.Since(start))
		require.Equal(t, windowLength, limited.RetryAfter)
		require.Zero(t, limited.Status)
		require.Equal(t, OutcomeNotSent, OutcomeOf(limited))
	})
}

func TestACallThatIsTurnedAwayEndsAsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(202, sentBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0"))
		c := stubbed(t, s)
		require.NoError(t, sendSMS(t.Context(), c))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		err := sendSMS(ctx, c)
		var limited *RateLimitError
		require.ErrorAs(t, err, &limited)
		requireOutcome(t, OutcomeNotSent, err)
		require.Len(t, s.requests(), 1)
		require.NotEmpty(t, limited.Response.IdempotencyKey)
	})
}

func TestALaneIsKeptFreeForOTPs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(12, 120))
		once(t, &l, otpTurn, 201, room(11, 120))
		once(t, &l, smsTurn, 202, room(10, 120))
		took := make(chan time.Duration)
		go func() { took <- waited(t, &l, smsTurn) }()
		synctest.Wait()
		for left := range 10 {
			require.Zero(t, once(t, &l, otpTurn, 201, room(9-left, 120)), "an OTP does not queue behind the SMS")
		}
		require.Equal(t, windowLength, <-took, "the last twelfth is for OTPs")
	})
}

func TestTheLaneIsGivenUpTenMinutesAfterTheLastOTP(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, otpTurn, 201, RateLimit{})
		time.Sleep(otpMemory)
		once(t, &l, smsTurn, 202, room(1, 120))
		require.Zero(t, waited(t, &l, smsTurn))
	})
}

func TestTheLimitOfAnAddressIsNotTakenForTheTokens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(100, 120))
		once(t, &l, otpTurn, 201, room(0, 10))
		require.Zero(t, once(t, &l, smsTurn, 202, room(98, 120)))
		require.Equal(t, windowLength, waited(t, &l, otpTurn), "OTPs alone wait for the address")
		l.Observe(otpTurn, limitResult(429, RateLimit{Limit: 10, RetryAfter: 20 * time.Second}))
		require.Zero(t, waited(t, &l, smsTurn))
		took := waited(t, &l, otpTurn)
		require.GreaterOrEqual(t, took, 20*time.Second)
		require.Less(t, took, 21*time.Second, "what it asks, and no window more")
	})
}

func TestOthersOnTheTokenMakeCallsSpreadOverTheWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(110, 120))
		time.Sleep(5 * time.Second)
		once(t, &l, smsTurn, 202, room(50, 120)) // the others took 59
		took := waited(t, &l, smsTurn)
		require.Greater(t, took, time.Second)
		require.Less(t, took, 55*time.Second)
	})
}

func TestOneLimiterServesSeveralClients(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(202, sentBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0"))
		l := new(WindowLimiter)
		one, other := stubbed(t, s, WithLimiter(l)), stubbed(t, s, WithLimiter(l))
		start := time.Now()
		require.NoError(t, sendSMS(t.Context(), one))
		require.NoError(t, sendSMS(t.Context(), other))
		require.Equal(t, windowLength, time.Since(start))
	})
}

func TestANilLimiterSwitchesPacingOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubbed(t, newStub(reply(202, sentBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0")), WithLimiter(nil))
		start := time.Now()
		for range 10 {
			require.NoError(t, sendSMS(t.Context(), c))
		}
		require.Zero(t, time.Since(start))
		_, err := NewClient(testToken, WithLimiter((*WindowLimiter)(nil)))
		requireParamError(t, err, "limiter")
	})
}

func TestALimiterThatNeverAnswersEndsWithTheContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubbed(t, newStub(reply(202, sentBody)), WithLimiter(blockingLimiter{}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := sendSMS(ctx, c)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		requireOutcome(t, OutcomeNotSent, err)
	})
}

type blockingLimiter struct{}

func (blockingLimiter) Wait(ctx context.Context, _ LimitRequest) error {
	<-ctx.Done()
	return ctx.Err()
}
func (blockingLimiter) Observe(LimitRequest, LimitResult) {}

func TestPacingHoldsUnderARush(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Second)
				defer cancel()
				if err := l.Wait(ctx, smsTurn); err == nil {
					time.Sleep(time.Duration(i) * time.Millisecond)
					l.Observe(smsTurn, limitResult(202, room(max(0, 60-i), 60)))
				}
			})
		}
		wg.Wait()
	})
}

func TestPacingAllocatesNothingWhereNobodyWaits(t *testing.T) {
	var l WindowLimiter
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = l.Wait(ctx, smsTurn)
		l.Observe(smsTurn, limitResult(202, room(1000, 2000)))
	}))
}
