package hellio

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnlyFirstTrySuccessRefundsTheBudget(t *testing.T) {
	for name, c := range map[string]struct {
		steps []step
		spent int // of 50 before
	}{
		"immediate success":         {[]step{reply(202, sentBody)}, 49},
		"success at the second try": {[]step{refused, reply(202, sentBody)}, 60},
		"success after a 429":       {[]step{reply(429, ``), reply(202, sentBody)}, 52},
		"success after a conflict":  {[]step{reply(409, conflictBody), reply(202, sentBody)}, 50},
		"the caller cancels":        {[]step{hangs}, 50},
		"the caller cancels within a body": {[]step{replyBody(202,
			func(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} })}, 50},
		"a refusal":                  {[]step{reply(422, refusalBody)}, 50},
		"a refusal at the third try": {[]step{lost, lost, reply(422, refusalBody)}, 70},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := stubbed(t, newStub(c.steps...))
				client.core.budget.spent.Store(budgetSize / 2)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(20*time.Second, cancel)
				_ = sendSMS(ctx, client)
				require.EqualValues(t, c.spent, client.core.budget.spent.Load())
			})
		})
	}
}

func TestEmptyBudgetAllowsOneRetryThatResolvesMoney(t *testing.T) {
	for name, c := range map[string]struct {
		steps    []step
		outcome  Outcome
		requests int
	}{
		"lost each time":       {[]step{lost}, OutcomeUnknown, 2},
		"503 each time":        {[]step{reply(503, ``)}, OutcomeUnknown, 2},
		"cut off, so accepted": {[]step{cutOff(202, `{`)}, OutcomeAccepted, 1},
		"refused, so not sent": {[]step{refused}, OutcomeNotSent, 1},
		"429, so not sent":     {[]step{reply(429, ``)}, OutcomeRejected, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(c.steps...)
				client := stubbed(t, s)
				client.core.budget.spent.Store(budgetSize)
				err := sendSMS(t.Context(), client)
				require.ErrorIs(t, err, ErrRetryBudget)
				requireOutcome(t, c.outcome, err)
				require.Len(t, s.requests(), c.requests)
			})
		})
	}
}
