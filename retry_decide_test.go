package hellio

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestDecisionTableAsARule(t *testing.T) {
	t.Parallel()
	for _, row := range decisionTable() {
		for c, want := range row.again {
			t.Run(row.name+"/"+classNames[c], func(t *testing.T) {
				t.Parallel()
				x := row.exchange(class(c))
				// unknown outcomes have tests of their own
				for _, sofar := range []Outcome{OutcomeNotSent, OutcomeRejected} {
					got, why := decide(class(c), sofar, row.status, x.errs.Error, x.response.Header,
						row.fault)
					require.Equal(t, want, got)
					require.Equal(t, row.why, why)
				}
				x.outcome = settle(x.outcome, x.attemptOutcome(), x.response.Replayed)
				err := x.failure()
				require.IsType(t, row.kind, err)
				requireOutcome(t, row.outcomeFor(class(c)), err)
			})
		}
	}
}

// classCalls makes a call of each class.
var classCalls = [5]func(context.Context, *Client) error{
	classGet:      getBalance,
	classDelete:   func(ctx context.Context, c *Client) error { return deleteWebhook(ctx, c) },
	classKeyed:    sendSMS,
	classBillable: func(ctx context.Context, c *Client) error { return verifyEmail(ctx, c) },
	classOther: func(ctx context.Context, c *Client) error {
		_, err := call[map[string]any](ctx, c.core, request{
			op:   &contract.WebhookCreate,
			body: map[string]any{"url": "https://example.com"},
		}, nil)
		return err
	},
}

func TestDecisionTableThroughTheWire(t *testing.T) {
	for _, row := range decisionTable() {
		for c, send := range classCalls {
			t.Run(row.name+"/"+classNames[c], func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					if left := row.leftFor(class(c)); left > 0 {
						ctx, cancel = context.WithTimeout(ctx, left)
					}
					defer cancel()
					s, start := newStub(row.onWire()), time.Now()
					err := send(ctx, stubbed(t, s, WithMaxResponseBytes(1<<10)))
					if class(c) == row.fine && row.fine != classGet {
						require.NoError(t, err)
						return
					}
					require.IsType(t, row.kind, err)
					requireOutcome(t, row.outcomeFor(class(c)), err)
					require.Equal(t, row.fault == faultCaller,
						errors.Is(err, context.DeadlineExceeded),
						"only the caller's own deadline is reported as one")
					require.Len(t, s.requests(), row.requests(class(c)))
					require.Equal(t, row.requests(class(c)), responseOf(t, err).Attempts)
					if row.stops {
						require.Zero(t, time.Since(start),
							"a wait that is too long returns immediately")
						return
					}
					if row.again[c] {
						requireSuccessAtTheSecondTry(t, row.onWire(), send, class(c))
					}
				})
			})
		}
	}
}

// requireSuccessAtTheSecondTry lets one attempt fail and checks that the next
// attempt sends the same request.
func requireSuccessAtTheSecondTry(
	t *testing.T, first step, send func(context.Context, *Client) error, c class,
) {
	t.Helper()
	s := newStub(first, reply(200, anyResult))
	require.NoError(t, send(t.Context(), stubbed(t, s, WithMaxResponseBytes(1<<10))))
	seen := s.requests()
	require.Len(t, seen, 2)
	require.Equal(t, seen[0].body, seen[1].body)
	require.Equal(t, seen[0].url, seen[1].url)
	require.Equal(t, seen[0].header, seen[1].header, "the key is the same")
	require.Equal(t, c == classKeyed, seen[0].header.Get("Idempotency-Key") != "",
		"only keyed operations send a key")
}

func TestDecideAcceptsA404OnlyAfterAnUnknownDelete(t *testing.T) {
	t.Parallel()
	for sofar, want := range map[Outcome]reason{
		OutcomeUnknown:  whyGone,
		OutcomeAccepted: whyGone,
		OutcomeNotSent:  whyFinal,
		OutcomeRejected: whyFinal,
	} {
		retry, why := decide(classDelete, sofar, http.StatusNotFound, contract.CodeNotFound, nil,
			faultNone)
		require.False(t, retry)
		require.Equal(t, want, why, "after an outcome of %q", sofar)
	}
	for _, c := range []class{classGet, classKeyed, classBillable, classOther} {
		_, why := decide(c, OutcomeUnknown, http.StatusNotFound, contract.CodeNotFound, nil,
			faultNone)
		require.Equal(t, whyFinal, why)
	}
}

func TestEachOperationHasItsRetryClass(t *testing.T) {
	t.Parallel()
	for want, ops := range map[class][]contract.Operation{
		classGet:      {contract.BalanceGet, contract.MessageGet, contract.USSDAvailability},
		classDelete:   {contract.WebhookDelete, contract.USSDExtDelete},
		classKeyed:    {contract.SMSSend, contract.OTPSend, contract.VoiceSend},
		classBillable: {contract.LookupCreate, contract.EmailVerify, contract.USSDExtCreate},
		classOther: {contract.OTPVerify, contract.WebhookCreate, contract.USSDAppUpdate,
			contract.AuthToken},
	} {
		for _, op := range ops {
			require.Equal(t, want, classOf(&op), op.Name)
		}
	}
}
