package hellio

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asks makes a call whose limiter holds it up for so long, and whose token is another one each time it is asked for.
func asks(t *testing.T, held time.Duration, source *tokens) (*limiter, *stub, error) {
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

func TestTokenThatChangesInALongWaitNeedsALeaveOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{give: func(n int64) (string, error) { return "token-" + itoa(int(n)), nil }}
		l, s, err := asks(t, time.Second, source)
		require.NoError(t, err)
		require.Equal(t, "Bearer token-2", s.requests()[0].header.Get("Authorization"), "the old one may have been revoked")
		require.Len(t, l.waits, 2)
		require.NotEqual(t, l.waits[0].Token, l.waits[1].Token)
		require.Equal(t, l.waits, l.observed)
		require.Equal(t, []int{0, 202}, l.statuses, "the leave of the old one is given back")
	})
}

func TestTokenIsNotAskedForAgainAfterAShortWaitNorLeaveWhereItIsTheSame(t *testing.T) {
	for held, asked := range map[time.Duration]int64{0: 1, time.Second - 1: 1, time.Second: 2} {
		t.Run(held.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				source := &tokens{give: func(int64) (string, error) { return "token", nil }}
				l, _, err := asks(t, held, source)
				require.NoError(t, err)
				require.Equal(t, asked, source.asked.Load())
				require.Len(t, l.waits, 1)
				require.Equal(t, []int{202}, l.statuses)
			})
		})
	}
}

func TestFailuresAfterALongWaitGiveTheLeaveBackAndSendNothing(t *testing.T) {
	errVault, errStore := errors.New("the vault is sealed"), errors.New("store down")
	t.Run("token source", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			l, s, err := asks(t, time.Second, &tokens{give: func(n int64) (string, error) {
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
			source := &tokens{give: func(n int64) (string, error) { return "token-" + itoa(int(n)), nil }}
			err := sendSMS(t.Context(), stubbed(t, s, WithLimiter(l), WithTokenSource(source)))
			require.ErrorIs(t, err, errStore)
			requireOutcome(t, OutcomeNotSent, err)
			require.Empty(t, s.requests())
			require.Equal(t, l.waits[:1], l.observed, "the one leave that was given")
		})
	})
}

func TestLeaveThatComesAfterTheContextHasEndedIsGivenBack(t *testing.T) {
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

func TestEachLeaveIsToldOfOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := &limiter{}
		s := newStub(reply(429, ``), refused, reply(202, sentBody))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithLimiter(l))))
		require.Equal(t, []int{429, 0, 202}, l.statuses)
	})
}
