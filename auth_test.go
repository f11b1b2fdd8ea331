package hellio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tokens is a TokenSource made of a function. The function receives the number
// of the request for a token, from 1.
type tokens struct {
	fetches atomic.Int64
	fetch   func(n int64) (string, error)
}

func (s *tokens) Token(context.Context) (string, error) { return s.fetch(s.fetches.Add(1)) }

func TestTokenIsFetchedBeforeEachAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{fetch: func(n int64) (string, error) {
			return "token-" + itoa(int(n)), nil
		}}
		s := newStub(reply(429, ``, "Retry-After", "1"), refused, reply(202, sentBody))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithTokenSource(source))))
		require.EqualValues(t, 3, source.fetches.Load())
		for i, q := range s.requests() {
			require.Equal(t, "Bearer token-"+itoa(i+1), q.header.Get("Authorization"),
				"a rotated token is used immediately")
		}
	})
}

// The API may store keys per token: under another token, the same key could
// send a second message.
func TestUnknownSendStopsWhenTheTokenChanges(t *testing.T) {
	for name, first := range map[string]step{
		"lost":        lost,
		"503":         reply(503, ``),
		"2xx cut off": cutOff(202, `{`),
		"conflict":    reply(409, conflictBody),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				source := &tokens{fetch: func(n int64) (string, error) {
					return "token-" + itoa(int(n)), nil
				}}
				s := newStub(first, reply(202, sentBody))
				err := sendSMS(t.Context(), stubbed(t, s, WithTokenSource(source)))
				require.Error(t, err)
				require.Contains(t, []Outcome{OutcomeUnknown, OutcomeAccepted}, OutcomeOf(err))
				require.ErrorContains(t, err, "the token has changed")
				require.Equal(t, 1, responseOf(t, err).Attempts)
				if name != "lost" {
					require.NotZero(t, responseOf(t, err).StatusCode,
						"the error is that of the attempt that was made")
				}
				require.Len(t, s.requests(), 1)

				same := &tokens{fetch: func(int64) (string, error) { return "token", nil }}
				s = newStub(first, reply(202, sentBody))
				require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithTokenSource(same))))
			})
		})
	}
}

func TestUnknownReadContinuesUnderAnotherToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{fetch: func(n int64) (string, error) {
			return "token-" + itoa(int(n)), nil
		}}
		require.NoError(t,
			getBalance(t.Context(),
				stubbed(t, newStub(lost, reply(200, balanceBody)), WithTokenSource(source))))
	})
}

func TestRefusedTokenIsNotRetried(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{fetch: func(int64) (string, error) { return "stale", nil }}
		s := newStub(reply(401, `{"message":"Unauthenticated."}`))
		err := sendSMS(t.Context(), stubbed(t, s, WithTokenSource(source)))
		var denied *AuthenticationError
		require.ErrorAs(t, err, &denied)
		requireOutcome(t, OutcomeRejected, err)
		require.Len(t, s.requests(), 1)
	})
}

func TestFailingTokenSourceKeepsTheOutcomeSoFar(t *testing.T) {
	errVault := errors.New("the vault is sealed")
	for name, c := range map[string]struct {
		first   step
		outcome Outcome
	}{
		"at first":               {nil, OutcomeNotSent},
		"after a 429":            {reply(429, ``), OutcomeRejected},
		"after a lost response":  {lost, OutcomeUnknown},
		"after a truncated body": {cutOff(202, `{`), OutcomeAccepted},
		"after a refused dial":   {refused, OutcomeNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				good := int64(1)
				if c.first == nil {
					good = 0
				}
				source := &tokens{fetch: func(n int64) (string, error) {
					if n > good {
						return "", errVault
					}
					return "token", nil
				}}
				s := newStub(c.first)
				err := sendSMS(t.Context(), stubbed(t, s, WithTokenSource(source)))
				require.ErrorIs(t, err, errVault)
				require.NotErrorIs(t, err, ErrRetryBudget, "the error matches its own cause alone")
				requireOutcome(t, c.outcome, err)
				require.Len(t, s.requests(), int(good))
				require.Equal(t, int(good), responseOf(t, err).Attempts)
				require.NotEmpty(t, responseOf(t, err).IdempotencyKey)
			})
		})
	}
}

func TestInvalidTokenIsRefusedWithoutBeingQuoted(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{
		"empty":              "",
		"blank":              "   ",
		"CR":                 "secret\r",
		"LF":                 "secret\nX-Evil: 1",
		"a space":            "sec ret",
		"a space at the end": "secret ",
		"NUL":                "secret\x00",
		"not ASCII":          "sécret",
		"DEL":                "secret\x7f",
		"a tab":              "\tsecret",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewClient(token)
			requireParamError(t, err, "token")
			require.NotContains(t, err.Error(), "cret")

			s := newStub(reply(202, sentBody))
			c := stubbed(t, s, WithTokenSource(&tokens{fetch: func(int64) (string, error) {
				return token, nil
			}}))
			err = sendSMS(t.Context(), c)
			requireOutcome(t, OutcomeNotSent, err)
			require.NotContains(t, err.Error(), "cret")
			require.Empty(t, s.requests())
			_, err = c.Fingerprint(t.Context())
			require.Error(t, err)
		})
	}
}

// A TokenSource may itself use this package. The outcome of its call is not the
// outcome of the send.
func TestOutcomeOfTheTokenSourcesCallIsHidden(t *testing.T) {
	t.Parallel()
	inner := &AuthenticationError{&APIError{
		Status:  401,
		Code:    "invalid_credentials",
		Outcome: OutcomeUnknown,
	}}
	throttled := &RateLimitError{APIError: &APIError{Status: 429, Outcome: OutcomeUnknown}}
	for _, failure := range []error{inner, throttled} {
		s := newStub(reply(202, sentBody))
		err := sendSMS(t.Context(),
			stubbed(t, s, WithTokenSource(&tokens{fetch: func(int64) (string, error) {
				return "", failure
			}})))
		requireOutcome(t, OutcomeNotSent, err)
		require.Empty(t, s.requests())
		var connection *ConnectionError
		require.ErrorAs(t, err, &connection, "the API did not answer this call: %v", err)
	}
	own := errors.New("the vault is sealed")
	source := &tokens{fetch: func(int64) (string, error) { return "", errors.Join(own, inner) }}
	err := sendSMS(t.Context(), stubbed(t, newStub(lost), WithTokenSource(source)))
	require.ErrorIs(t, err, own)
	for _, target := range []any{new(*AuthenticationError), new(*APIError),
		new(interface{ outcome() Outcome })} {
		if errors.As(err, target) {
			require.IsType(t, new(interface{ outcome() Outcome }), target,
				"found %T of another call", target)
			require.IsType(t, &ConnectionError{}, reflect.ValueOf(target).Elem().Interface())
		}
	}
}

func TestContextCauseIsReachable(t *testing.T) {
	gaveUp := errors.New("the user left")
	other := &AuthenticationError{&APIError{Status: 401, Outcome: OutcomeUnknown}}
	for name, c := range map[string]struct {
		cause   error
		step    step
		outcome Outcome
	}{
		"before a response":         {gaveUp, hangs, OutcomeUnknown},
		"within a body":             {gaveUp, replyBody(202, hangingBody), OutcomeAccepted},
		"while dialling":            {gaveUp, neverConnects, OutcomeNotSent},
		"while waiting for a retry": {gaveUp, reply(503, ``, "Retry-After", "60"), OutcomeUnknown},
		"error of another call":     {other, neverConnects, OutcomeNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(c.cause) })
				err := sendSMS(ctx, stubbed(t, newStub(c.step), WithLimiter(nil)))
				requireOutcome(t, c.outcome, err)
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, c.cause)
				var foreign *AuthenticationError
				require.False(t, errors.As(err, &foreign), "the error of another call")
			})
		})
	}
}

func TestTokenMayHoldAnyVisibleCharacter(t *testing.T) {
	t.Parallel()
	s := newStub(reply(200, balanceBody))
	require.NoError(t,
		getBalance(t.Context(),
			stubbed(t, s, WithTokenSource(&tokens{fetch: func(int64) (string, error) {
				return "!7|~", nil
			}}))))
	require.Equal(t, "Bearer !7|~", s.requests()[0].header.Get("Authorization"))
}

func TestFingerprintOnlyDistinguishesTokens(t *testing.T) {
	t.Parallel()
	c := stubbed(t, newStub(lost))
	got, err := c.Fingerprint(t.Context())
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(testToken))
	require.Equal(t, hex.EncodeToString(sum[:])[:16], got)
	require.NotContains(t, got, strings.ToLower(testToken[2:8]))

	n := &tokens{fetch: func(n int64) (string, error) { return "token-" + itoa(int(n)), nil }}
	c = stubbed(t, newStub(lost), WithTokenSource(n))
	first, err := c.Fingerprint(t.Context())
	require.NoError(t, err)
	second, err := c.Fingerprint(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first, second, "a rotated token has its own")

	var noContext context.Context
	_, err = c.Fingerprint(noContext)
	requireParamError(t, err, "ctx", "nil")
}
