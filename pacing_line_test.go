package hellio

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASecondOfTheDeadlineIsKeptForTheAttempt(t *testing.T) {
	for left, goes := range map[time.Duration]bool{windowLength + time.Second: true, windowLength + time.Second - 1: false} {
		t.Run(left.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				once(t, &l, smsTurn, 202, room(0, 120))
				ctx, cancel := context.WithTimeout(t.Context(), left)
				defer cancel()
				if err := l.Wait(ctx, smsTurn); goes {
					require.NoError(t, err)
				} else {
					requireOutcome(t, OutcomeNotSent, err)
				}
			})
		})
	}
}

func TestWaitersWhoseTurnMovesPastTheirDeadlineAreToldAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 120))
		waited(t, &l, smsTurn)
		ctx, cancel := context.WithTimeout(t.Context(), 62*time.Second)
		defer cancel()
		hurried, patient, start := make(chan error, 1), make(chan time.Duration, 1), time.Now()
		go func() { hurried <- l.Wait(ctx, smsTurn) }()
		synctest.Wait()
		go func() { patient <- waited(t, &l, smsTurn) }()
		time.Sleep(10 * time.Second)
		l.Observe(smsTurn, limitResult(429, RateLimit{RetryAfter: 60 * time.Second}))
		var limited *RateLimitError
		require.ErrorAs(t, <-hurried, &limited)
		require.Equal(t, 10*time.Second, time.Since(start))
		took := <-patient
		require.GreaterOrEqual(t, took, 70*time.Second, "who has time waits on")
		require.Less(t, took, 71*time.Second)
	})
}

func TestWaitOfAnEndedContextTakesNoLeave(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, l.Wait(ctx, smsTurn), context.Canceled)
		require.Zero(t, waited(t, &l, smsTurn), "nobody has gone ahead")
	})
}

func TestCallsWithoutATokenAreNotPaced(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		login := LimitRequest{Operation: "auth_token"}
		for range 3 {
			require.Zero(t, once(t, &l, login, 429, RateLimit{Limit: 5, RetryAfter: 30 * time.Second}))
		}
		require.Empty(t, l.tokens.states)
	})
}

func TestTokenWhoseWindowEndsFirstIsForgottenUnlessItIsInUse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		token := func(i int) LimitRequest { return LimitRequest{Token: "token-" + itoa(i)} }
		for i := range maxTokens {
			once(t, &l, token(i), 202, room(5, 120))
			time.Sleep(time.Millisecond)
		}
		waited(t, &l, token(0)) // under way
		once(t, &l, token(maxTokens), 202, room(5, 120))
		require.Len(t, l.tokens.states, maxTokens)
		require.Contains(t, l.tokens.states, token(0).Token)
		require.NotContains(t, l.tokens.states, token(1).Token)
		require.Contains(t, l.tokens.states, token(2).Token)
	})
}

func TestWhoeverIsNextLearnsSoWhenTheFirstGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 120))
		waited(t, &l, smsTurn)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = l.Wait(ctx, smsTurn) }()
		time.Sleep(20 * time.Second)
		took := make(chan time.Duration, 1)
		go func() { took <- waited(t, &l, smsTurn) }()
		time.Sleep(10 * time.Second)
		cancel()
		require.Equal(t, 40*time.Second, <-took, "the window's end, a minute after its first answer")
		require.Equal(t, 2, l.tokens.states[smsTurn.Token].token.inflight, "who gave up had no leave to give back")
	})
}

func TestLeaveThatComesTogetherWithTheEndIsGivenBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 120))
		p := l.tokens.states[smsTurn.Token]
		w, tooLong := p.enter(bulkCall, time.Time{}, time.Now())
		require.Zero(t, tooLong)
		time.Sleep(windowLength)
		p.serve(time.Now())
		<-w.Done
		require.Equal(t, 1, p.token.inflight)
		l.remove(w)
		require.Zero(t, p.token.inflight)
	})
}

func TestTurnedAwayWaiterHasNoLeaveToGiveBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 120))
		waited(t, &l, smsTurn)
		p := l.tokens.states[smsTurn.Token]
		ctx, cancel := context.WithTimeout(t.Context(), 65*time.Second)
		defer cancel()
		w, tooLong := p.enter(bulkCall, latestStart(ctx), time.Now())
		require.Zero(t, tooLong)
		p.token.refuse(limitAnswer{RetryAfter: longestBlock}, time.Now())
		p.refuseLate(time.Now())
		<-w.Done
		require.NotZero(t, w.TooLong)
		l.remove(w)
		require.Equal(t, 1, p.token.inflight, "the one that is under way")
	})
}

func TestNobodyOvertakesALineThatIsAboutToMove(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 120))
		p := l.tokens.states[smsTurn.Token]
		first, _ := p.enter(bulkCall, time.Time{}, time.Now())
		time.Sleep(windowLength)
		second, _ := p.enter(bulkCall, time.Time{}, time.Now())
		require.Equal(t, waitQueue{first, second}, p.queues[bulkCall])
	})
}

func TestWaitersAreTurnedAwayByTheirPlaceInLine(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(1, 2))
		waited(t, &l, smsTurn)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		p := l.tokens.states[smsTurn.Token]
		var line [3]*waiter
		for i, c := range []context.Context{t.Context(), t.Context(), ctx} {
			w, tooLong := p.enter(bulkCall, latestStart(c), time.Now())
			require.Zero(t, tooLong, i)
			if line[i] = w; i == 1 { // as if the third had come while the window took more
				p.token.limit = 20
			}
		}
		l.Observe(smsTurn, limitResult(429, RateLimit{Limit: 2, RetryAfter: 50 * time.Second}))
		require.Equal(t, waitQueue{line[0], line[1]}, p.queues[bulkCall], "the third would go a window after them")
		<-line[2].Done
		require.NotZero(t, line[2].TooLong)
	})
}

func TestOTPsUnderWayCountForTheLimitOfTheAddress(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(100, 120))
		once(t, &l, otpTurn, 201, room(2, 10))
		require.Zero(t, waited(t, &l, otpTurn))
		require.Zero(t, waited(t, &l, otpTurn))
		took := make(chan time.Duration, 2)
		for range cap(took) {
			go func() { took <- waited(t, &l, otpTurn) }()
		}
		time.Sleep(5 * time.Second)
		l.Observe(otpTurn, LimitResult{}) // it did not get through
		require.Equal(t, 5*time.Second, <-took)
		require.Equal(t, windowLength, <-took)
	})
}

func TestOTPThatShowsTheTokensLimitCountsForIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(100, 120))
		once(t, &l, otpTurn, 201, room(0, 120))
		require.Equal(t, windowLength, waited(t, &l, smsTurn))
	})
}

func TestAnAPIThatTellsItsLimitLaterIsPacedFromThenOn(t *testing.T) {
	for name, steps := range map[string][]RateLimit{
		"it begins a window":  {{}, room(119, 120)},
		"between two windows": {{}, room(120, 120)},
		"not in one answer":   {room(119, 120), {}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				for _, told := range steps {
					once(t, &l, smsTurn, 202, told)
				}
				time.Sleep(windowLength)
				require.Zero(t, waited(t, &l, smsTurn))
				require.Equal(t, time.Second, waited(t, &l, smsTurn), "where a window begins one call goes ahead")
			})
		})
	}
}

func TestAFailureThatTellsNoLimitSaysNothingOfTheAPI(t *testing.T) {
	for _, status := range []int{0, 500, 404} {
		t.Run(itoa(status), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var l WindowLimiter
				once(t, &l, smsTurn, status, RateLimit{})
				require.Zero(t, waited(t, &l, smsTurn))
				require.Equal(t, time.Second, waited(t, &l, smsTurn))
			})
		})
	}
}

func TestWhoeverIsNextKeepsTheTimeWhenTheFirstHasGone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		waited(t, &l, smsTurn)
		took := make(chan time.Duration, 3)
		for range cap(took) {
			go func() { took <- waited(t, &l, smsTurn) }()
		}
		for i := range cap(took) {
			require.Equal(t, time.Duration(i+1)*time.Second, <-took, "no answer comes: one call goes each second")
		}
	})
}

func TestTheFirstInLineIsJudgedByItsOwnTurnAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		once(t, &l, smsTurn, 202, room(0, 1))
		ctx, cancel := context.WithTimeout(t.Context(), 70*time.Second)
		defer cancel()
		done, start := make(chan error, 1), time.Now()
		go func() { done <- l.Wait(ctx, smsTurn) }()
		time.Sleep(10 * time.Second)
		l.Observe(smsTurn, limitResult(500, RateLimit{}))
		require.NoError(t, <-done, "the second in line would be too late, the first is not")
		require.Equal(t, windowLength, time.Since(start))
	})
}

func TestACallThatMayGoAnyMomentIsNotTurnedAway(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		waited(t, &l, smsTurn)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- l.Wait(ctx, smsTurn) }()
		time.Sleep(300 * time.Millisecond)
		l.Observe(smsTurn, limitResult(202, room(119, 120)))
		require.NoError(t, <-done, "the answer that it waits for may open the window before its deadline")
	})
}
