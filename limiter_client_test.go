package hellio

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// usedUp is a response of the last call in a window.
var usedUp = reply(202, sentBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0")

func TestRefusedCallIsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(usedUp)
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

func TestClientOfAnExemptAccountIsNotSerialised(t *testing.T) {
	for _, remaining := range []string{"120", "500"} {
		t.Run(remaining, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				headers := []string{"X-RateLimit-Limit", "120", "X-RateLimit-Remaining", remaining}
				c := stubbed(t, newStub(func(req *http.Request) (*http.Response, error) {
					time.Sleep(100 * time.Millisecond)
					return reply(200, balanceBody, headers...)(req)
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

func TestOneLimiterServesSeveralClients(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(usedUp)
		l := new(WindowLimiter)
		start := time.Now()
		for range 2 {
			require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithLimiter(l))))
		}
		require.Equal(t, windowLength, time.Since(start))
	})
}

func TestNilLimiterDisablesPacing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubbed(t, newStub(usedUp), WithLimiter(nil))
		start := time.Now()
		for range 10 {
			require.NoError(t, sendSMS(t.Context(), c))
		}
		require.Zero(t, time.Since(start))
		_, err := NewClient(testToken, WithLimiter((*WindowLimiter)(nil)))
		requireParamError(t, err, "limiter")
	})
}

func TestLimiterThatNeverReturnsEndsWithTheContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubbed(t, newStub(reply(202, sentBody)), WithLimiter(&blocking{}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := sendSMS(ctx, c)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		requireOutcome(t, OutcomeNotSent, err)
	})
}
