package hellio

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// sequenceKey is the key of the first call of a sequence.
const sequenceKey = "key-1"

// sequenceCall is one of the calls that meet every sequence.
type sequenceCall struct {
	name   string
	keyed  bool
	paid   bool
	writes bool // its requests have a body
	make   func(ctx context.Context, c *Client, opts []CallOption) (cost Amount, err error)
}

var (
	sending = sequenceCall{
		name:   "keyed",
		keyed:  true,
		paid:   true,
		writes: true,
		make: func(ctx context.Context, c *Client, opts []CallOption) (Amount, error) {
			sent, err := c.SMS.Send(ctx, oneSMS(), opts...)
			if err != nil {
				return Amount{}, err
			}
			return sent.EstimatedCost, nil
		},
	}
	paying = sequenceCall{
		name:   "unkeyed and paid",
		paid:   true,
		writes: true,
		make: func(ctx context.Context, c *Client, opts []CallOption) (Amount, error) {
			p := &LookupParams{Numbers: []string{testNumber}}
			batch, err := c.Lookup.Create(ctx, p, opts...)
			if err != nil {
				return Amount{}, err
			}
			return batch.EstimatedCost, nil
		},
	}
	verifying = sequenceCall{
		name:   "unkeyed and unpaid",
		writes: true,
		make: func(ctx context.Context, c *Client, opts []CallOption) (Amount, error) {
			p := &OTPVerifyParams{
				MobileNumber: testNumber,
				Code:         "482913",
			}
			verified, err := c.OTP.Verify(ctx, p, opts...)
			if err == nil && !verified {
				err = errors.New("a right code is refused")
			}
			return Amount{}, err
		},
	}
	deleting = sequenceCall{
		name: "delete",
		make: func(ctx context.Context, c *Client, opts []CallOption) (Amount, error) {
			return Amount{}, c.Webhooks.Delete(ctx, "12", opts...)
		},
	}
	reading = sequenceCall{
		name: "read",
		make: func(ctx context.Context, c *Client, opts []CallOption) (Amount, error) {
			_, err := c.Balance.Get(ctx, opts...)
			return Amount{}, err
		},
	}
)

// meets reports whether the call can meet the ends of a cell.
func (c *sequenceCall) meets(cell endCell) bool {
	switch cell {
	case keyedCall:
		return c.keyed
	case paidCall:
		return c.paid
	case bodyCall:
		return c.writes
	case deleteCall:
		return c == &deleting
	default:
		return true
	}
}

func allEnds() []attemptEnd { return append(coreEnds(), furtherEnds()...) }

func TestEverySequenceEndsAsTheLedgerSays(t *testing.T) {
	t.Parallel()
	for _, c := range []*sequenceCall{&sending, &paying, &verifying, &deleting, &reading} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newSequenceWalk(t, c, allEnds())
				w.follow = 2
				w.walk(nil)
				w.requireTrue(t)
				for o, n := range w.outcomes {
					require.NotZero(t, n, "no sequence ends as %s", Outcome(o))
				}
			})
		})
	}
}

func TestResumedCallsFollowSequencesOfThree(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newSequenceWalk(t, &sending, coreEnds())
		w.follow = 3
		w.walk(nil)
		w.requireTrue(t)
	})
}

func TestSequencesOfACallResumedAfterACrash(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newSequenceWalk(t, &sending, allEnds())
		w.walkResumed()
		w.requireTrue(t)
		require.Zero(t, w.outcomes[OutcomeNotSent])
	})
}

// walkResumed plays all sequences to a call that resumes one that has crashed,
// where the API has carried that one out, and where it has not.
func (w *sequenceWalk) walkResumed() {
	w.resumed = true
	for _, h := range []apiHandling{notHandled, carriedOut} {
		w.crashed = ledger{}
		w.crashed.receive("/v1/sms/send", sequenceKey, h)
		w.walk(nil)
	}
}
