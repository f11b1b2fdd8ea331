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
		l.Observe(smsTurn, 429, RateLimit{RetryAfter: 60 * time.Second})
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
		require.Empty(t, l.paces)
	})
}

func TestTokenWhoseWindowEndsFirstIsForgottenUnlessItIsInUse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var l WindowLimiter
		token := func(i int) LimitRequest { return LimitRequest{Token: "token-" + itoa(i)} }
		for i := range maxPaces {
			once(t, &l, token(i), 202, room(5, 120))
			time.Sleep(time.Millisecond)
		}
		waited(t, &l, token(0)) // under way
		once(t, &l, token(maxPaces), 202, room(5, 120))
		require.Len(t, l.paces, maxPaces)
		require.Contains(t, l.paces, token(0).Token)
		require.NotContains(t, l.paces, token(1).Token)
		require.Contains(t, l.paces, token(2).Token)
	})
}
