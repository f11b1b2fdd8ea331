package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnlyA2xxOrAReplayResolvesUnknown(t *testing.T) {
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
		{N, U, false, U, "a refused dial, then a lost response"},
		{N, A, false, A, "a refused dial, then an unreadable 2xx"},
		{R, N, false, R, "a 429, then a refused dial"},
		{R, R, false, R, "two refusals"},
		{R, U, false, U, "a 429, then a lost response"},
		{R, A, false, A, "a 429, then an unreadable 2xx"},
		{U, N, false, U, "a lost response, then a refused dial"},
		{U, R, false, U, "a lost response, then a 401, 402, 403, 422, 429 or 409"},
		{U, R, true, R, "a lost response, then the stored refusal"},
		{U, U, false, U, "two lost responses"},
		{U, U, true, U, "a lost response, then the stored 500"},
		{U, N, true, U, "an attempt that was not sent replays nothing"},
		{U, A, false, A, "a lost response, then an unreadable 2xx"},
		{U, A, true, A, "a lost response, then the stored 2xx"},
		{A, N, false, A, "a truncated 2xx, then a refused dial"},
		{A, R, false, A, "a truncated 2xx, then a refusal"},
		{A, R, true, A, "a truncated 2xx, then a stored refusal"},
		{A, U, false, A, "a truncated 2xx, then a lost response"},
		{A, A, false, A, "two unreadable 2xx"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want.String(), settle(c.sofar, c.latest, c.replayed).String())
		})
	}
}

func TestFirstAttemptSetsTheOutcome(t *testing.T) {
	t.Parallel()
	for _, now := range []Outcome{OutcomeNotSent, OutcomeRejected, OutcomeUnknown,
		OutcomeAccepted} {
		require.Equal(t, now, settle(OutcomeNotSent, now, false))
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
		"nil":                                 {nil, OutcomeAccepted},
		"bad input":                           {&ParamError{Field: "message"}, OutcomeNotSent},
		"an error of another package":         {errors.New("disk full"), OutcomeUnknown},
		"a context error of the caller's own": {context.Canceled, OutcomeUnknown},
		"a plain APIError":                    {rejected, OutcomeRejected},
		"a kind":                              {&ValidationError{rejected}, OutcomeRejected},
		"a kind with unknown outcome":         {&ServerError{unknown}, OutcomeUnknown},
		"a wrapped kind": {fmt.Errorf("send: %w", &ConflictError{rejected}),
			OutcomeRejected},
		"joined with a foreign error": {errors.Join(errors.New("disk full"),
			&ValidationError{rejected}), OutcomeRejected},
		"a ConnectionError": {&ConnectionError{Outcome: OutcomeNotSent},
			OutcomeNotSent},
		"a DecodeError": {&DecodeError{Outcome: OutcomeAccepted},
			OutcomeAccepted},
		"an error that a user made, empty": {&ConnectionError{}, OutcomeUnknown},
		"a kind that a user made, empty":   {&ServerError{}, OutcomeUnknown},
		"a nil *APIError":                  {(*APIError)(nil), OutcomeUnknown},
		"an error within a connection error": {&ConnectionError{
			Err:     &ParamError{},
			Outcome: OutcomeUnknown,
		}, OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want.String(), OutcomeOf(c.err).String())
		})
	}
}

func TestJoinedErrorsAreUnknownIfOneIs(t *testing.T) {
	t.Parallel()
	doubt := &ConnectionError{Outcome: OutcomeUnknown}
	for _, certain := range []error{
		&ParamError{Field: "message"},
		&ConnectionError{Outcome: OutcomeNotSent},
		&ValidationError{&APIError{Status: 422, Outcome: OutcomeRejected}},
	} {
		for _, err := range []error{errors.Join(certain, doubt), errors.Join(doubt, certain)} {
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.Equal(t, OutcomeUnknown, OutcomeOf(err),
				"both forms must agree: %v", err)
		}
	}
}

func TestOnlyUnknownOutcomesMatchErrOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, o := range []Outcome{OutcomeUnknown, OutcomeNotSent, OutcomeRejected, OutcomeAccepted} {
		for _, err := range []error{
			&APIError{Outcome: o},
			&ServerError{&APIError{Outcome: o}},
			&ConnectionError{Outcome: o},
			&DecodeError{Outcome: o},
			fmt.Errorf("wrapped: %w", &RateLimitError{APIError: &APIError{Outcome: o}}),
		} {
			require.Equal(t, o == OutcomeUnknown, errors.Is(err, ErrOutcomeUnknown), "%T, %s", err,
				o)
		}
	}
	require.NotErrorIs(t, &ParamError{}, ErrOutcomeUnknown)
	require.NotErrorIs(t, (*APIError)(nil), ErrRetryBudget)
}

func TestAdviceAfterA429AndAnUnsentAttempt(t *testing.T) {
	for name, c := range map[string]struct {
		next step
		want Advice
	}{
		"a refused dial":                {refused, AdviceRetry},
		"a dial cut off by the context": {neverConnects, AdviceRetry},
		"a bad certificate":             {badCertificate, AdviceStop},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				client := stubbed(t, newStub(reply(429, refusalBody), c.next), WithLimiter(nil))
				_, err := client.SMS.Send(ctx, oneSMS(), WithMaxRetries(1))
				requireOutcome(t, OutcomeRejected, err)
				advice, _ := RetryAdvice(err)
				require.Equal(t, c.want.String(), advice.String())
			})
		})
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	t.Parallel()
	for o, name := range map[Outcome]string{
		OutcomeUnknown:  "unknown",
		OutcomeNotSent:  "not sent",
		OutcomeRejected: "rejected",
		OutcomeAccepted: "accepted",
		Outcome(99):     "unknown",
	} {
		require.Equal(t, name, o.String())
		data, err := json.Marshal(o)
		require.NoError(t, err)
		require.Equal(t, `"`+name+`"`, string(data))
	}
	var zero Outcome
	require.Equal(t, OutcomeUnknown, zero, "the zero value promises nothing")
}

func TestOutcomeReadsBackFromText(t *testing.T) {
	t.Parallel()
	for _, want := range []Outcome{OutcomeUnknown, OutcomeNotSent, OutcomeRejected,
		OutcomeAccepted} {
		text, err := json.Marshal(struct{ O Outcome }{want})
		require.NoError(t, err)
		got := struct{ O Outcome }{O: 99}
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, want, got.O)
	}
	o := OutcomeRejected
	for _, text := range []string{"", "Rejected", "refused", "3"} {
		requireParamError(t, o.UnmarshalText([]byte(text)), "outcome", `"rejected"`)
		require.Equal(t, OutcomeRejected, o)
	}
	require.Equal(t, "unknown", Outcome(99).String())
	require.Equal(t, "unknown", Outcome(-1).String())
	require.Equal(t, "inspect", Advice(99).String())
	require.Equal(t, "inspect", Advice(-1).String())
}

// The table of reliability.md: rows are errors, columns are classes.
func TestRetryAdviceByErrorAndClass(t *testing.T) {
	const stop, retry, resume, inspect = AdviceStop, AdviceRetry, AdviceResume, AdviceInspect
	replay := []string{"Idempotent-Replayed", "true"}
	for name, c := range map[string]struct {
		step   step
		advice [5]Advice // GET, DELETE, keyed, billable, other
		after  time.Duration
	}{
		"certificate":  {badCertificate, [5]Advice{stop, stop, stop, stop, stop}, 0},
		"400":          {reply(400, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"401":          {reply(401, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"402":          {reply(402, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"403":          {reply(403, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"404":          {reply(404, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"422":          {reply(422, refusalBody), [5]Advice{stop, stop, stop, stop, stop}, 0},
		"303":          {reply(303, refusalBody), [5]Advice{stop, stop, resume, stop, stop}, 0},
		"another 409":  {reply(409, refusalBody), [5]Advice{stop, stop, resume, stop, stop}, 0},
		"refused dial": {refused, [5]Advice{retry, retry, retry, retry, retry}, 0},
		"429": {reply(429, refusalBody, "Retry-After", "90"),
			[5]Advice{retry, retry, retry, retry, retry}, 90 * time.Second},
		"lost": {lost, [5]Advice{retry, retry, resume, inspect, inspect}, 0},
		"408":  {reply(408, refusalBody), [5]Advice{retry, retry, resume, inspect, inspect}, 0},
		"500":  {reply(500, refusalBody), [5]Advice{retry, retry, resume, inspect, inspect}, 0},
		"503": {reply(503, refusalBody, "Retry-After", "90"),
			[5]Advice{retry, retry, resume, inspect, inspect}, 90 * time.Second},
		"unreadable 2xx": {reply(200, `{"da`), [5]Advice{retry, retry, resume, inspect, inspect},
			0},
		"portal": {reply(200, `<html>`, "Content-Type", "text/html"),
			[5]Advice{retry, retry, resume, inspect, inspect}, 0},
		"stored 500": {reply(500, refusalBody, replay...),
			[5]Advice{retry, retry, inspect, inspect, inspect}, 0},
		"neither response nor error": {func(*http.Request) (*http.Response, error) {
			return nil, nil
		}, [5]Advice{retry, retry, stop, stop, stop}, 0},
	} {
		for kind, send := range classCalls {
			t.Run(name+"/"+classNames[kind], func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					err := send(t.Context(), stubbed(t, newStub(c.step), WithLimiter(nil)))
					require.Error(t, err)
					for _, err := range []error{err, fmt.Errorf("job 7: %w", err)} {
						advice, after := RetryAdvice(err)
						require.Equal(t, c.advice[kind].String(), advice.String(), "%v", err)
						if advice != AdviceStop && advice != AdviceInspect {
							require.Equal(t, c.after, after)
						}
						r, ok := ResponseOf(err)
						require.True(t, ok)
						require.Positive(t, r.Attempts)
						require.Equal(t, kind == int(classKeyed), r.IdempotencyKey != "")
					}
				})
			})
		}
	}
}

func TestRetryAdviceOfErrorsWithoutACall(t *testing.T) {
	t.Parallel()
	rejected := &ValidationError{&APIError{Status: 422, Outcome: OutcomeRejected}}
	unknown := &ConnectionError{Outcome: OutcomeUnknown}
	for name, c := range map[string]struct {
		err  error
		want Advice
	}{
		"nil":        {nil, AdviceStop},
		"bad params": {&ParamError{Field: "message"}, AdviceStop},
		"wrapped bad params": {fmt.Errorf("job: %w", &ParamError{Field: "message"}),
			AdviceStop},
		"foreign":                {errors.New("disk full"), AdviceInspect},
		"context":                {context.Canceled, AdviceInspect},
		"made by the caller":     {unknown, AdviceInspect},
		"several calls":          {errors.Join(rejected, unknown), AdviceInspect},
		"several rejected calls": {errors.Join(rejected, rejected), AdviceInspect},
		"joined bad params": {errors.Join(&ParamError{}, errors.New("disk full")),
			AdviceInspect},
		"nil pointer":           {(*APIError)(nil), AdviceInspect},
		"nil connection error":  {(*ConnectionError)(nil), AdviceInspect},
		"kind without an error": {&ServerError{}, AdviceInspect},
	} {
		advice, after := RetryAdvice(c.err)
		require.Equal(t, c.want.String(), advice.String(), name)
		require.Zero(t, after, name)
	}
	for _, err := range []error{nil, &ParamError{}, errors.New("disk full"), (*APIError)(nil),
		&ServerError{}, (*DecodeError)(nil)} {
		r, ok := ResponseOf(err)
		require.False(t, ok)
		require.Nil(t, r)
	}
}

func TestRetryAdviceAfterATokenHasChanged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		source := &tokens{fetch: func(n int64) (string, error) {
			return "token-" + itoa(int(n)), nil
		}}
		err := sendSMS(t.Context(),
			stubbed(t, newStub(lost), WithTokenSource(source), WithLimiter(nil)))
		requireOutcome(t, OutcomeUnknown, err)
		advice, _ := RetryAdvice(err)
		require.Equal(t, AdviceInspect, advice)
	})
}
