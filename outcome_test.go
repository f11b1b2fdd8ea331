package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettleKeepsDoubtUntilA2xxOrAReplayedRefusal(t *testing.T) {
	t.Parallel()
	const N, R, U, A = OutcomeNotSent, OutcomeRejected, OutcomeUnknown, OutcomeAccepted
	for _, c := range []struct {
		sofar, latest Outcome
		replayed      bool
		want          Outcome
		why           string
	}{
		{N, N, false, N, "two refused dials"},
		{N, R, false, R, "a refused dial, then a refusal"},
		{N, U, false, U, "a refused dial, then a lost answer"},
		{N, A, false, A, "a refused dial, then an unreadable 2xx"},
		{R, N, false, R, "a 429, then a refused dial"},
		{R, R, false, R, "two refusals"},
		{R, U, false, U, "a 429, then a lost answer"},
		{R, A, false, A, "a 429, then an unreadable 2xx"},
		{U, N, false, U, "a lost answer, then a refused dial"},
		{U, R, false, U, "a lost answer, then a 401, 402, 403, 422, 429 or 409"},
		{U, R, true, R, "a lost answer, then the stored refusal"},
		{U, U, false, U, "two lost answers"},
		{U, U, true, U, "a lost answer, then the stored 500"},
		{U, N, true, U, "an attempt that was not sent replays nothing"},
		{U, A, false, A, "a lost answer, then an unreadable 2xx"},
		{U, A, true, A, "a lost answer, then the stored 2xx"},
		{A, N, false, A, "a truncated 2xx, then a refused dial"},
		{A, R, false, A, "a truncated 2xx, then a refusal"},
		{A, R, true, A, "a truncated 2xx, then a stored refusal"},
		{A, U, false, A, "a truncated 2xx, then a lost answer"},
		{A, A, false, A, "two unreadable 2xx"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want.String(), settle(c.sofar, c.latest, c.replayed).String())
		})
	}
}

func TestSettleTakesTheFirstAttemptAsItIs(t *testing.T) {
	t.Parallel()
	for _, latest := range []Outcome{OutcomeNotSent, OutcomeRejected, OutcomeUnknown, OutcomeAccepted} {
		require.Equal(t, latest, settle(OutcomeNotSent, latest, false))
	}
}

func TestOutcomeOfAnError(t *testing.T) {
	t.Parallel()
	unknown := &APIError{Status: 500, Outcome: OutcomeUnknown}
	rejected := &APIError{Status: 422, Outcome: OutcomeRejected}
	for name, c := range map[string]struct {
		err  error
		want Outcome
	}{
		"nil":                                   {nil, OutcomeAccepted},
		"bad input":                             {&ParamError{Field: "message"}, OutcomeNotSent},
		"an error of another package":           {errors.New("disk full"), OutcomeUnknown},
		"a context error of the caller's own":   {context.Canceled, OutcomeUnknown},
		"a plain APIError":                      {rejected, OutcomeRejected},
		"a kind":                                {&ValidationError{rejected}, OutcomeRejected},
		"a kind with unknown outcome":           {&ServerError{unknown}, OutcomeUnknown},
		"a wrapped kind":                        {fmt.Errorf("send: %w", &ConflictError{rejected}), OutcomeRejected},
		"joined with a foreign error":           {errors.Join(errors.New("disk full"), &ValidationError{rejected}), OutcomeRejected},
		"a ConnectionError":                     {&ConnectionError{Outcome: OutcomeNotSent}, OutcomeNotSent},
		"a DecodeError":                         {&DecodeError{Outcome: OutcomeAccepted}, OutcomeAccepted},
		"an error that a user made, empty":      {&ConnectionError{}, OutcomeUnknown},
		"a kind that a user made, empty":        {&ServerError{}, OutcomeUnknown},
		"a nil *APIError":                       {(*APIError)(nil), OutcomeUnknown},
		"a connection that failed below itself": {&ConnectionError{Err: &ParamError{}, Outcome: OutcomeUnknown}, OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want.String(), OutcomeOf(c.err).String())
		})
	}
}

func TestJoinedErrorsAreInDoubtWhenOneOfThemIs(t *testing.T) {
	t.Parallel()
	doubt := &ConnectionError{Outcome: OutcomeUnknown}
	for _, certain := range []error{
		&ParamError{Field: "message"}, &ConnectionError{Outcome: OutcomeNotSent}, &ValidationError{&APIError{Status: 422, Outcome: OutcomeRejected}},
	} {
		for _, joined := range []error{errors.Join(certain, doubt), errors.Join(doubt, certain)} {
			require.ErrorIs(t, joined, ErrOutcomeUnknown)
			require.Equal(t, OutcomeUnknown, OutcomeOf(joined), "the two questions must have one answer: %v", joined)
		}
	}
}

func TestOnlyUnknownOutcomesMatchErrOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, o := range []Outcome{OutcomeUnknown, OutcomeNotSent, OutcomeRejected, OutcomeAccepted} {
		for _, err := range []error{
			&APIError{Outcome: o}, &ServerError{&APIError{Outcome: o}}, &ConnectionError{Outcome: o}, &DecodeError{Outcome: o},
			fmt.Errorf("wrapped: %w", &RateLimitError{APIError: &APIError{Outcome: o}}),
		} {
			require.Equal(t, o == OutcomeUnknown, errors.Is(err, ErrOutcomeUnknown), "%T, %s", err, o)
		}
	}
	require.NotErrorIs(t, &ParamError{}, ErrOutcomeUnknown)
	require.NotErrorIs(t, (*APIError)(nil), ErrRetryBudget)
}

func TestOutcomesHaveNames(t *testing.T) {
	t.Parallel()
	for o, name := range map[Outcome]string{
		OutcomeUnknown: "unknown", OutcomeNotSent: "not sent", OutcomeRejected: "rejected", OutcomeAccepted: "accepted", Outcome(99): "unknown",
	} {
		require.Equal(t, name, o.String())
		data, err := json.Marshal(o)
		require.NoError(t, err)
		require.Equal(t, `"`+name+`"`, string(data))
	}
	var zero Outcome
	require.Equal(t, OutcomeUnknown, zero, "the zero value promises nothing")
}
