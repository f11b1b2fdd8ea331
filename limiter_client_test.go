package hellio

import (
	"context"
	"errors"
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

func TestRefusalOfALimiterNeedsItsWaitAlone(t *testing.T) {
	t.Parallel()
	refusal := &RateLimitError{RetryAfter: time.Minute}
	l := &limiter{wait: func(int) error { return refusal }}
	err := sendSMS(t.Context(), stubbed(t, newStub(reply(202, sentBody)), WithLimiter(l)))
	var limited *RateLimitError
	require.ErrorAs(t, err, &limited)
	require.Equal(t, time.Minute, limited.RetryAfter)
	requireOutcome(t, OutcomeNotSent, err)
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

// rotate makes a call that waits for its limiter for the time held.
func rotate(t *testing.T, held time.Duration, source *tokens) (*limiter, *stub, error) {
	t.Helper()
	l := &limiter{wait: func(n int) error {
		if n == 1 {
			time.Sleep(held)
		}
		return nil
	}}
	s := newStub(reply(202, sentBody))
	return l, s, sendSMS(t.Context(), stubbed(t, s, WithLimiter(l), WithTokenSource(source)))
}

func TestRotatedTokenNeedsAPermitOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{fetch: func(n int64) (string, error) {
			return "token-" + itoa(int(n)), nil
		}}
		l, s, err := rotate(t, time.Second, source)
		require.NoError(t, err)
		require.Equal(t, "Bearer token-2", s.requests()[0].header.Get("Authorization"),
			"the old token may have been revoked")
		require.Len(t, l.waits, 2)
		require.NotEqual(t, l.waits[0].Token, l.waits[1].Token)
		require.Equal(t, l.waits, l.observed)
		require.Equal(t, []int{0, 202}, l.statuses, "the permit of the old token is returned")
	})
}

func TestOnlyALongWaitFetchesTheTokenAgain(t *testing.T) {
	for held, fetches := range map[time.Duration]int64{0: 1, time.Second - 1: 1, time.Second: 2} {
		t.Run(held.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				source := &tokens{fetch: func(int64) (string, error) { return "token", nil }}
				l, _, err := rotate(t, held, source)
				require.NoError(t, err)
				require.Equal(t, fetches, source.fetches.Load())
				require.Len(t, l.waits, 1)
				require.Equal(t, []int{202}, l.statuses)
			})
		})
	}
}

func TestFailureAfterALongWaitReturnsThePermit(t *testing.T) {
	errVault, errStore := errors.New("the vault is sealed"), errors.New("store down")
	t.Run("token source", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			l, s, err := rotate(t, time.Second, &tokens{fetch: func(n int64) (string, error) {
				if n > 1 {
					return "", errVault
				}
				return "token", nil
			}})
			require.ErrorIs(t, err, errVault)
			requireOutcome(t, OutcomeNotSent, err)
			require.Empty(t, s.requests())
			require.Equal(t, l.waits, l.observed)
		})
	})
	t.Run("limiter", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			l := &limiter{wait: func(n int) error {
				if n > 1 {
					return errStore
				}
				time.Sleep(time.Second)
				return nil
			}}
			s := newStub(reply(202, sentBody))
			source := &tokens{fetch: func(n int64) (string, error) {
				return "token-" + itoa(int(n)), nil
			}}
			err := sendSMS(t.Context(), stubbed(t, s, WithLimiter(l), WithTokenSource(source)))
			require.ErrorIs(t, err, errStore)
			requireOutcome(t, OutcomeNotSent, err)
			require.Empty(t, s.requests())
			require.Equal(t, l.waits[:1], l.observed, "the one permit that was granted")
		})
	})
}

func TestPermitIsReturnedAfterTheContextEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := &limiter{wait: func(int) error { time.Sleep(2 * time.Second); cancel(); return nil }}
		s := newStub(reply(202, sentBody))
		err := sendSMS(ctx, stubbed(t, s, WithLimiter(l)))
		require.ErrorIs(t, err, context.Canceled)
		requireOutcome(t, OutcomeNotSent, err)
		require.Empty(t, s.requests())
		require.Equal(t, []int{0}, l.statuses)
		require.Equal(t, l.waits, l.observed)
	})
}

func TestEachPermitIsReportedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := &limiter{}
		s := newStub(reply(429, ``), refused, reply(202, sentBody))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithLimiter(l))))
		require.Equal(t, []int{429, 0, 202}, l.statuses)
	})
}
