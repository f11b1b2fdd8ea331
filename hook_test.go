package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestHookRunsForEachAttempt(t *testing.T) {
	for name, steps := range map[string][]step{
		"immediate success": {reply(202, sentBody)},
		"all kinds of failure": {refused, lost, reply(409, conflictBody),
			reply(429, ``, "Retry-After", "2"), reply(202, sentBody)},
		"refused each time":              {refused},
		"lost each time":                 {lost},
		"unreadable each time":           {reply(202, `{`)},
		"a conflict each time":           {reply(409, conflictBody)},
		"a refusal by the API":           {reply(422, `{}`)},
		"a Retry-After that is too long": {reply(429, ``, "Retry-After", "100")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(steps...)
				var seen []Attempt
				c := stubbed(t, s, WithAttemptHook(func(_ context.Context, a Attempt) {
					seen = append(seen, a)
				}))
				var r Response
				_, err := c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
				require.Len(t, seen, r.Attempts)
				require.Len(t, s.requests(), r.Attempts)
				for i, a := range seen {
					require.Equal(t, i+1, a.Number)
					require.Equal(t, r.IdempotencyKey, a.IdempotencyKey)
					require.Equal(t, "POST", a.Method)
					require.Equal(t, "/sms/send", a.Route)
					if i > 0 {
						require.Equal(t, s.gaps()[i-1], a.Wait, "attempt %d", a.Number)
					}
				}
				last := seen[len(seen)-1]
				require.Equal(t, err, last.Err, "the error of the last attempt is the call's")
				require.Equal(t, r.StatusCode, last.StatusCode)
				require.Zero(t, seen[0].Wait)
			})
		})
	}
}

func TestHookSeesRouteDurationContextAndLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "mine")
		slow := reply(200, `{"data":{}}`, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "5")
		var seen Attempt
		c := stubbed(t, newStub(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return slow(req)
		}),
			WithAttemptHook(func(ctx context.Context, a Attempt) {
				require.Equal(t, "mine", ctx.Value(key{}))
				seen = a
			}))
		_, err := call[noContent](ctx, c.core, request{
			op: &contract.WebhookDelete,
			id: "4711",
		}, nil)
		require.NoError(t, err)
		require.Equal(t, "/webhooks/{id}", seen.Route, "an id is not for logs")
		require.Equal(t, time.Second, seen.Duration)
		require.Equal(t, 200, seen.StatusCode)
		require.NoError(t, seen.Err)
		require.Equal(t, RateLimit{Limit: 120, Remaining: 5}, seen.RateLimit)
		require.Empty(t, seen.IdempotencyKey)
		require.Equal(t, "Attempt{1: DELETE /webhooks/{id}, status 200, 1s, after a wait of 0s}",
			fmt.Sprint(seen))
		require.NotContains(t, fmt.Sprint(seen.LogValue()), "idempotency_key",
			"absent values are not logged")
	})
}

func TestLogHasOneLineForEachAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var out syncBuffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := newStub(lost,
			reply(429, `{"message":"`+testText+`","error":"throttled"}`, "Retry-After", "2"),
			reply(202, sentBody))
		var r Response
		client := stubbed(t, s, WithLogger(logger))
		_, err := client.SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
		require.NoError(t, err)
		var lines []map[string]any
		for line := range strings.Lines(out.String()) {
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields))
			lines = append(lines, fields)
		}
		require.Len(t, lines, 3)
		for i, line := range lines {
			require.EqualValues(t, i+1, line["attempt"])
			require.Equal(t, r.IdempotencyKey, line["idempotency_key"])
			require.Equal(t, "/sms/send", line["route"])
			require.Equal(t, map[bool]string{
				true:  "INFO",
				false: "DEBUG",
			}[i < 2], line["level"], "a retry is logged at info")
		}
		require.Equal(t, "connection lost", lines[0]["retry_because"])
		require.Equal(t, "429", lines[1]["retry_because"])
		require.NotContains(t, lines[2], "retry_because")
		require.NotContains(t, lines[2], "error")
		require.Contains(t, lines[1]["error"], "throttled")
		for _, secret := range []string{testToken, testNumber, testText, testNumber[1:]} {
			require.NotContains(t, out.String(), secret)
		}
	})
}

// limiter records its calls, and fails where wait returns an error.
type limiter struct {
	waits, observed []LimitRequest
	limits          []RateLimit
	statuses        []int
	wait            func(n int) error
}

func (l *limiter) Wait(_ context.Context, r LimitRequest) error {
	l.waits = append(l.waits, r)
	if l.wait == nil {
		return nil
	}
	return l.wait(len(l.waits))
}

func (l *limiter) Observe(r LimitRequest, result LimitResult) {
	l.observed = append(l.observed, r)
	l.statuses = append(l.statuses, result.Status)
	l.limits = append(l.limits, result.RateLimit)
}

func TestLimiterBracketsEachAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := &limiter{wait: func(n int) error {
			time.Sleep(time.Duration(n) * time.Second)
			return nil
		}}
		var waits []time.Duration
		s := newStub(lost, reply(429, ``, "Retry-After", "9"),
			reply(202, sentBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "3"))
		c := stubbed(t, s, WithLimiter(l), WithAttemptHook(func(_ context.Context, a Attempt) {
			waits = append(waits, a.Wait)
		}))
		c.core.random = func() float64 { return 0 }
		require.NoError(t, sendSMS(t.Context(), c))
		print, err := c.Fingerprint(t.Context())
		require.NoError(t, err)
		want := LimitRequest{Operation: "sms_send", Token: print}
		require.Equal(t, []LimitRequest{want, want, want}, l.waits)
		require.Equal(t, l.waits, l.observed,
			"each permit is reported once, with or without a response")
		require.Equal(t, []int{0, 429, 202}, l.statuses)
		require.Equal(t, []RateLimit{{}, {RetryAfter: 9 * time.Second}, {Limit: 120, Remaining: 3}},
			l.limits)
		require.Equal(t, []time.Duration{time.Second, 2050 * time.Millisecond, 12 * time.Second},
			waits, "the wait of an attempt includes the limiter's")

		l = &limiter{}
		_, err = call[map[string]any](t.Context(),
			stubbed(t, newStub(reply(200, `{"data":{}}`)), WithLimiter(l)).core, request{
				op:   &contract.OTPSend,
				body: 1,
			}, nil)
		require.NoError(t, err)
		require.True(t, l.waits[0].OTP)
	})
}

// A permit that is not returned would block all waiters.
func TestLimiterObservesAnAttemptThatPanicked(t *testing.T) {
	t.Parallel()
	l := &limiter{}
	c := stubbed(t, newStub(func(*http.Request) (*http.Response, error) {
		panic("boom")
	}), WithLimiter(l))
	require.PanicsWithValue(t, "boom", func() { _ = sendSMS(t.Context(), c) })
	require.Equal(t, l.waits, l.observed)
	require.Equal(t, []int{0}, l.statuses)
}

func TestFailingLimiterKeepsTheOutcomeSoFar(t *testing.T) {
	tooLong := &RateLimitError{
		APIError:   &APIError{Message: "the window is full"},
		RetryAfter: 40 * time.Second,
	}
	elsewhere := &ConnectionError{
		Outcome: OutcomeUnknown,
		Err:     errors.New("the limiter's own call was lost"),
	}
	for name, c := range map[string]struct {
		first   step
		err     error
		outcome Outcome
	}{
		"before any attempt":                 {nil, tooLong, OutcomeNotSent},
		"after a lost response":              {lost, tooLong, OutcomeUnknown},
		"after a 429":                        {reply(429, ``), tooLong, OutcomeRejected},
		"an error of the limiter":            {nil, errors.New("store down"), OutcomeNotSent},
		"an error of the limiter, later":     {lost, errors.New("store down"), OutcomeUnknown},
		"an unknown outcome of another call": {nil, elsewhere, OutcomeNotSent},
		"an error without details":           {nil, &RateLimitError{}, OutcomeNotSent},
		"an unknown outcome of another call, wrapped": {nil,
			errors.Join(errors.New("x"), elsewhere),
			OutcomeNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				attempts := 1
				if c.first == nil {
					attempts = 0
				}
				s := newStub(c.first)
				l := &limiter{wait: func(n int) error {
					if n > attempts {
						return c.err
					}
					return nil
				}}
				err := sendSMS(t.Context(), stubbed(t, s, WithLimiter(l)))
				requireOutcome(t, c.outcome, err)
				require.Len(t, s.requests(), attempts)
				require.Equal(t, attempts, responseOf(t, err).Attempts)
				require.NotEmpty(t, responseOf(t, err).IdempotencyKey)
				require.Zero(t, responseOf(t, err).StatusCode,
					"no field of an earlier attempt remains")
				if c.err == error(tooLong) {
					var limited *RateLimitError
					require.ErrorAs(t, err, &limited)
					require.Zero(t, limited.Status)
					require.Equal(t, 40*time.Second, limited.RetryAfter)
					require.NotSame(t, tooLong.APIError, limited.APIError,
						"the limiter may return one error to many calls")
					require.Zero(t, tooLong.Response.Attempts)
				}
			})
		})
	}
}
