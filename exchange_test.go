package hellio

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThrottledCallWaitsForRetryAfter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(429, `{"error":"throttled"}`, "Retry-After", "60"), reply(202, sentBody))
		var r Response
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
		require.NoError(t, err)
		require.Equal(t, 2, r.Attempts)
		gap := s.gaps()[0]
		require.GreaterOrEqual(t, gap, 60*time.Second)
		require.LessOrEqual(t, gap, 61*time.Second)
	})
}

func TestLastingConflictLeavesTheOutcomeUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(409, conflictBody))
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS())
		var conflict *ConflictError
		require.ErrorAs(t, err, &conflict)
		requireOutcome(t, OutcomeUnknown, err)
		require.Equal(t,
			[]time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second},
			s.gaps())
		require.Equal(t, 5, conflict.Response.Attempts)
	})
}

func TestConflictEndsWithTheStoredResponse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(409, conflictBody), reply(409, conflictBody),
			reply(202, sentBody, "Idempotent-Replayed", "true"))
		result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey("order-7"))
		require.NoError(t, err)
		require.True(t, result.Replayed)
		require.Equal(t, "0b8f6c9e-7f0e-4d52-9f0c-5d8f1f6f2a11", result.Reference)
	})
}

func TestConflictsDoNotUseUpOtherRetries(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		conflict := reply(409, conflictBody)
		s := newStub(conflict, lost, conflict, lost, conflict, lost, lost)
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS())
		requireOutcome(t, OutcomeUnknown, err)
		require.Len(t, s.requests(), 7, "four attempts and three conflicts")

		s = newStub(lost, lost, lost, conflict, reply(202, sentBody))
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s)),
			"other retries do not use up the conflicts either")
	})
}

// A 409 on a keyed send whose code is lost may be a conflict: the earlier
// attempt with the key is then still in flight.
func TestKeyedConflictWithoutACodeIsUnknown(t *testing.T) {
	for name, s := range map[string]step{
		"cut off":      cutOff(409, `{"message":"A requ`),
		"empty":        reply(409, ``),
		"from a proxy": reply(409, `<html>`, "Content-Type", "text/html"),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := stubbed(t, newStub(s))
				_, err := client.SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey("resumed"))
				requireOutcome(t, OutcomeUnknown, err)
			})
		})
	}
}

func TestUnkeyedConflictIsARefusal(t *testing.T) {
	t.Parallel()
	s := newStub(reply(409, ``))
	requireOutcome(t, OutcomeRejected, verifyEmail(t.Context(), stubbed(t, s)))
	require.Len(t, s.requests(), 1)
}

func getBalance(ctx context.Context, c *Client) error {
	_, err := c.Balance.Get(ctx)
	return err
}

func sendSMS(ctx context.Context, c *Client) error {
	_, err := c.SMS.Send(ctx, oneSMS())
	return err
}

func TestMaxRetriesZeroIsExactlyOneRequest(t *testing.T) {
	for name, s := range map[string]step{
		"lost":       lost,
		"refused":    refused,
		"409":        reply(409, conflictBody),
		"429":        reply(429, `{}`, "Retry-After", "0"),
		"503":        reply(503, ``),
		"unreadable": reply(202, `{`),
		"cut off":    cutOff(202, `{`),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(s)
				start := time.Now()
				_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
				require.Error(t, err)
				require.Len(t, s.requests(), 1)
				require.Zero(t, time.Since(start), "no wait follows")

				s = newStub(s.steps[0])
				client := stubbed(t, s, WithRetryPolicy(RetryPolicy{MaxRetries: -1}))
				_, err = client.SMS.Send(t.Context(), oneSMS())
				require.Error(t, err)
				require.Len(t, s.requests(), 1)
			})
		})
	}
}

func TestWaitsBetweenAttemptsDouble(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(lost)
		c := stubbed(t, s)
		c.core.random = func() float64 { return 0.5 }
		requireOutcome(t, OutcomeUnknown, sendSMS(t.Context(), c))
		require.Equal(t,
			[]time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second}, s.gaps())
	})
}

func TestMaxRetriesBoundsConflictsAndAllows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(409, conflictBody))
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(2))
		requireOutcome(t, OutcomeUnknown, err)
		require.Len(t, s.requests(), 3)

		s = newStub(lost, lost, lost, lost, lost, lost, reply(202, sentBody))
		_, err = stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(6))
		require.NoError(t, err, "more attempts than the default")
	})
}

func TestUnreadableResponseIsRetriedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(202, `{`))
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(8))
		requireOutcome(t, OutcomeAccepted, err)
		require.Len(t, s.requests(), 2, "a limit on retries does not ask for more of them")

		s = newStub(reply(202, `{`), lost)
		requireOutcome(t, OutcomeAccepted, sendSMS(t.Context(), stubbed(t, s)))
		require.Len(t, s.requests(), 4, "it counts as one of the retries")
	})
}

func TestRetryAfterBeyondTheCapEndsTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		start := time.Now()
		for _, seconds := range []string{"66", "3600"} {
			s := newStub(reply(429, `{"error":"throttled"}`, "Retry-After", seconds))
			_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS())
			var limited *RateLimitError
			require.ErrorAs(t, err, &limited)
			want, _ := time.ParseDuration(seconds + "s")
			require.Equal(t, want, limited.RetryAfter)
			requireOutcome(t, OutcomeRejected, err)
			require.Len(t, s.requests(), 1)

			s = newStub(reply(503, ``, "Retry-After", seconds))
			err = getBalance(t.Context(), stubbed(t, s))
			require.ErrorContains(t, err, want.String())
			require.Len(t, s.requests(), 1)
		}
		require.Zero(t, time.Since(start))

		s := newStub(reply(429, ``, "Retry-After", "65"), reply(200, balanceBody))
		require.NoError(t, getBalance(t.Context(), stubbed(t, s)),
			"the client waits for a Retry-After equal to the cap")
	})
}

func TestWaitPastTheDeadlineEndsTheCall(t *testing.T) {
	for name, c := range map[string]struct {
		step    step
		left    time.Duration
		call    func(context.Context, *Client) error
		outcome Outcome
		again   bool
	}{
		"429 beyond the deadline": {reply(429, `{}`, "Retry-After", "60"),
			30 * time.Second, sendSMS, OutcomeRejected, false},
		"429 with a second for the attempt": {reply(429, `{}`, "Retry-After", "10"),
			12 * time.Second, sendSMS, OutcomeRejected, true},
		"429 with less than a second for a paid attempt": {reply(429, `{}`, "Retry-After", "10"),
			10*time.Second + 900*time.Millisecond, sendSMS, OutcomeRejected, false},
		"429 with half a second for a free attempt": {reply(429, `{}`, "Retry-After", "10"),
			11*time.Second + 500*time.Millisecond, getBalance, OutcomeRejected, true},
		"429 with 100 ms for a free attempt": {reply(429, `{}`, "Retry-After", "10"),
			10*time.Second + 100*time.Millisecond, getBalance, OutcomeRejected, false},
		"429 with just enough for a paid attempt": {reply(429, `{}`, "Retry-After", "10"),
			10*time.Second + plannedPaidAttempt, sendSMS, OutcomeRejected, true},
		"429 with a second if the timer is punctual": {reply(429, `{}`, "Retry-After", "10"),
			11 * time.Second, sendSMS, OutcomeRejected, false},
		"429 with just enough for a free attempt": {reply(429, `{}`, "Retry-After", "10"),
			10*time.Second + 250*time.Millisecond, getBalance, OutcomeRejected, true},
		"lost with no time left": {lost, 1040 * time.Millisecond, sendSMS, OutcomeUnknown, false},
		"a conflict with no time left": {reply(409, conflictBody), 1200 * time.Millisecond, sendSMS,
			OutcomeUnknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(c.step)
				client := stubbed(t, s, WithLimiter(nil))
				client.core.random = func() float64 { return 0 }
				ctx, cancel := context.WithTimeout(t.Context(), c.left)
				defer cancel()
				start := time.Now()
				err := c.call(ctx, client)
				requireOutcome(t, c.outcome, err)
				require.NotErrorIs(t, err, context.DeadlineExceeded, "the deadline has not passed")
				if c.again {
					require.Greater(t, len(s.requests()), 1)
					return
				}
				require.Len(t, s.requests(), 1)
				require.Zero(t, time.Since(start))
				require.ErrorContains(t, err, "deadline")
			})
		})
	}
}

func TestUnknownOutcomeOutlivesLaterAttempts(t *testing.T) {
	refusal := func(status int, code string, headers ...string) step {
		return reply(status, `{"message":"No.","error":"`+code+`"}`, headers...)
	}
	for name, c := range map[string]struct {
		steps   []step
		outcome Outcome
		kind    any
	}{
		"lost, then 401": {[]step{lost, refusal(401, "unauthenticated")},
			OutcomeUnknown, new(*AuthenticationError)},
		"lost, then 402": {[]step{lost, refusal(402, "insufficient_balance")},
			OutcomeUnknown, new(*InsufficientBalanceError)},
		"lost, then 403": {[]step{lost, refusal(403, "ip_not_allowed")},
			OutcomeUnknown, new(*PermissionError)},
		"lost, then 422": {[]step{lost, refusal(422, "invalid_request")},
			OutcomeUnknown, new(*ValidationError)},
		"lost, then 429 for an hour": {[]step{lost,
			refusal(429, "throttled", "Retry-After", "3600")},
			OutcomeUnknown,
			new(*RateLimitError),
		},
		"lost, then 302": {[]step{lost, refusal(302, "")}, OutcomeUnknown, new(*RedirectError)},
		"lost, refused, then 422": {[]step{lost, refused, refusal(422, "")},
			OutcomeUnknown, new(*ValidationError)},
		"lost, then refused each time": {[]step{lost, refused}, OutcomeUnknown,
			new(*ConnectionError)},
		"503, then 422": {[]step{reply(503, ``), refusal(422, "")},
			OutcomeUnknown, new(*ValidationError)},
		"408, then 402": {[]step{reply(408, ``), refusal(402, "")},
			OutcomeUnknown, new(*InsufficientBalanceError)},
		"conflict, then 402": {[]step{reply(409, conflictBody), refusal(402, "")},
			OutcomeUnknown, new(*InsufficientBalanceError)},
		"lost, then the stored 422": {[]step{lost,
			refusal(422, "", "Idempotent-Replayed", "true")},
			OutcomeRejected,
			new(*ValidationError),
		},
		"lost, then the stored 500": {[]step{lost,
			refusal(500, "", "Idempotent-Replayed", "true")}, OutcomeUnknown, new(*ServerError)},
		"lost, then an HTML page with 200": {[]step{lost,
			reply(200, `<html>`, "Content-Type", "text/html")}, OutcomeUnknown, new(*DecodeError)},
		"cut off, then refused each time": {[]step{cutOff(202, `{"da`), refused}, OutcomeAccepted,
			new(*ConnectionError)},
		"cut off, then 422": {[]step{cutOff(202, `{"da`), refusal(422, "")},
			OutcomeAccepted, new(*ValidationError)},
		"429, then refused each time": {[]step{reply(429, `{}`), refused}, OutcomeRejected,
			new(*ConnectionError)},
		"429, then lost, then 422": {[]step{reply(429, `{}`), lost, refusal(422, "")},
			OutcomeUnknown, new(*ValidationError)},
		"refused, then 422": {[]step{refused, refusal(422, "")}, OutcomeRejected,
			new(*ValidationError)},
		"refused each time": {[]step{refused}, OutcomeNotSent, new(*ConnectionError)},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				_, err := stubbed(t, newStub(c.steps...)).SMS.Send(t.Context(), oneSMS())
				require.ErrorAs(t, err, c.kind)
				requireOutcome(t, c.outcome, err)
				require.NotEmpty(t, responseOf(t, err).IdempotencyKey,
					"the caller can resume with the key")
			})
		})
	}
}

func TestReplayAfterALostResponseIsSuccess(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(lost, reply(202, sentBody, "Idempotent-Replayed", "true"))
		var r Response
		result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
		require.NoError(t, err)
		require.True(t, result.Replayed)
		require.True(t, r.Replayed)
		require.Equal(t, 2, r.Attempts)
	})
}

func TestDeleteAcceptsA404AfterAnUnknownAttempt(t *testing.T) {
	gone := reply(404, `{"error":"not_found"}`)
	for name, c := range map[string]struct {
		steps []step
		ok    bool
	}{
		"a first 404":            {[]step{gone}, false},
		"refused, then 404":      {[]step{refused, gone}, false},
		"429, then 404":          {[]step{reply(429, ``), gone}, false},
		"lost, then 404":         {[]step{lost, gone}, true},
		"503, then 404":          {[]step{reply(503, ``), gone}, true},
		"204":                    {[]step{reply(204, ``)}, true},
		"200 cut off, then 404":  {[]step{cutOff(200, `{`), gone}, true},
		"lost, 429, then 404":    {[]step{lost, reply(429, ``), gone}, true},
		"lost, refused, and 404": {[]step{lost, refused, gone}, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				err := deleteWebhook(t.Context(), stubbed(t, newStub(c.steps...)))
				if c.ok {
					require.NoError(t, err)
					return
				}
				var missing *NotFoundError
				require.ErrorAs(t, err, &missing)
				requireOutcome(t, OutcomeRejected, err)
			})
		})
	}
}

func TestEmptyBudgetReturnsTheOriginalError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(500, `{}`))
		c := stubbed(t, s)
		for range 10 {
			require.True(t, c.core.budget.take(whyServer, false))
		}
		err := getBalance(t.Context(), c)
		var failed *ServerError
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, ErrRetryBudget)
		require.Len(t, s.requests(), 1)

		require.NotErrorIs(t, getBalance(t.Context(), stubbed(t, newStub(reply(500, `{}`)))),
			ErrRetryBudget, "the call has made all its attempts")
	})
}

func TestEmptyBudgetAllowsOneRetryOfASend(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, steps := range [][]step{{lost}, {reply(429, `{}`), lost}, {reply(503, `{}`)}} {
			s := newStub(append(steps, reply(202, sentBody, "Idempotent-Replayed", "true"))...)
			c := stubbed(t, s)
			for range 49 { // the rest of the budget pays for one retry after a 429
				c.core.budget.take(whyThrottled, false)
			}
			_, err := c.SMS.Send(t.Context(), oneSMS())
			require.NoError(t, err, "the retry resolves whether money was charged")
		}
	})
}
