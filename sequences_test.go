package hellio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sequenceKey is the key of the first call of a sequence.
const sequenceKey = "key-1"

// sequenceCall is one call that runs through every sequence.
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
				w.follow = 1
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

// requireTrue checks the twins, and fails if any check of the walk has failed.
func (w *sequenceWalk) requireTrue(t *testing.T) {
	t.Helper()
	unknown := w.checkTwins()
	require.Empty(t, w.first)
	require.NotZero(t, unknown)
	all, n := 0, 1
	for range w.longest {
		n *= len(w.ends)
		all += n
	}
	t.Logf("%d ends, %d sequences, %d of them differ; %d resumed calls, %d driven calls",
		len(w.ends), all, w.played, w.followed, w.driven)
	t.Logf("%d signs, %d of them unknown, each with a twin", len(w.looks), unknown)
	t.Logf("errors: %d unknown, %d not sent, %d rejected, %d accepted",
		w.outcomes[OutcomeUnknown], w.outcomes[OutcomeNotSent],
		w.outcomes[OutcomeRejected], w.outcomes[OutcomeAccepted])
}

// walkResumed plays all sequences to a call that resumes a crashed one: once if
// the API carried that one out, and once if not.
func (w *sequenceWalk) walkResumed() {
	w.resumed = true
	for _, h := range []apiHandling{notHandled, carriedOut} {
		w.crashed = ledger{}
		w.crashed.receive("/v1/sms/send", sequenceKey, h)
		w.walk(nil)
	}
}

// wrongClient is a client with one mistake, and the check that finds it.
type wrongClient struct {
	name       string
	call       *sequenceCall
	resumed    bool
	distort    func(*callView)
	middleware middleware
	check      sequenceCheck
}

var wrongClients = []wrongClient{
	{
		name:    "a refusal ends an Unknown",
		call:    &sending,
		distort: sayInstead(OutcomeUnknown, OutcomeRejected, refusedView),
		check:   checkOutcome,
	},
	{
		name:    "PROTOCOL_ERROR proves that nothing was sent",
		call:    &paying,
		distort: sayInstead(OutcomeUnknown, OutcomeNotSent, resetView),
		check:   checkOutcome,
	},
	{
		name:    "a page is a success",
		call:    &verifying,
		distort: sayInstead(OutcomeUnknown, OutcomeAccepted, successView),
		check:   checkOutcome,
	},
	{
		name:    "a proof is ignored",
		call:    &paying,
		distort: sayInstead(OutcomeNotSent, OutcomeUnknown, anyView),
		check:   checkHonest,
	},
	{
		name:    "a 2xx that is cut off is Unknown",
		call:    &deleting,
		distort: sayInstead(OutcomeAccepted, OutcomeUnknown, failedView),
		check:   checkHonest,
	},
	{
		name:    "a resumed call begins at NotSent",
		call:    &sending,
		resumed: true,
		distort: sayInstead(OutcomeUnknown, OutcomeNotSent, idleView),
		check:   checkResumed,
	},
	{
		name:    "an unknown send begins again",
		call:    &sending,
		distort: adviseInstead(AdviceResume, AdviceRetry),
		check:   checkOnce,
	},
	{
		name:    "an unknown send is abandoned",
		call:    &sending,
		distort: adviseInstead(AdviceResume, AdviceStop),
		check:   checkAdvice,
	},
	{
		name:    "an unknown send is inspected",
		call:    &sending,
		distort: adviseInstead(AdviceResume, AdviceInspect),
		check:   checkAdvice,
	},
	{
		name:    "a stored 500 is resumed",
		call:    &sending,
		distort: adviseInstead(AdviceInspect, AdviceResume),
		check:   checkAdvice,
	},
	{
		name:    "an unknown lookup begins again",
		call:    &paying,
		distort: adviseInstead(AdviceInspect, AdviceRetry),
		check:   checkOnce,
	},
	{
		name:    "Retry-After is forgotten",
		call:    &reading,
		distort: func(v *callView) { v.after = 0 },
		check:   checkWire,
	},
	{
		name: "a replay counts its cost again",
		call: &sending,
		distort: func(v *callView) {
			if v.response.Replayed {
				v.response.IdempotencyKey += "-replayed"
			}
		},
		check: checkCosts,
	},
	{
		name:       "each attempt has a key of its own",
		call:       &sending,
		middleware: newKeys,
		check:      checkOnce,
	},
	{
		name:       "a lost lookup is repeated unseen",
		call:       &paying,
		middleware: copyBodies,
		check:      checkOnce,
	},
	{
		name:       "a lost send is repeated unseen",
		call:       &sending,
		middleware: copyBodies,
		check:      checkWire,
	},
}

func TestSequencesFindAWrongClient(t *testing.T) {
	t.Parallel()
	for _, c := range wrongClients {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var opts []Option
				if c.middleware != nil {
					opts = append(opts, WithMiddleware(c.middleware))
				}
				w := newSequenceWalk(t, c.call, allEnds(), opts...)
				w.longest = 2
				w.follow = 1
				w.distort = c.distort
				if c.resumed {
					w.walkResumed()
				} else {
					w.walk(nil)
				}
				w.checkTwins()
				require.NotZero(t, w.wrong[c.check])
			})
		})
	}
}

// sayInstead changes one outcome to another in the views that match where.
func sayInstead(from, to Outcome, where func(*callView) bool) func(*callView) {
	return func(v *callView) {
		if v.outcome == from && where(v) {
			v.outcome = to
		}
	}
}

// adviseInstead changes one advice to another.
func adviseInstead(from, to Advice) func(*callView) {
	return func(v *callView) {
		if v.err != nil && v.advice == from {
			v.advice = to
		}
	}
}

func anyView(*callView) bool       { return true }
func failedView(v *callView) bool  { return v.err != nil }
func idleView(v *callView) bool    { return v.response.Attempts == 0 }
func refusedView(v *callView) bool { return v.response.StatusCode/100 == 4 }
func successView(v *callView) bool { return v.response.StatusCode/100 == 2 }

func resetView(v *callView) bool {
	var failed *ConnectionError
	return errors.As(v.err, &failed) && strings.Contains(failed.Err.Error(), "PROTOCOL_ERROR")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newKeys sets a key of its own for each request.
func newKeys(next http.RoundTripper) http.RoundTripper {
	n := 0
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		n++
		other := req.Clone(req.Context())
		other.Header.Set("Idempotency-Key", "other-"+itoa(n))
		return next.RoundTrip(other)
	})
}

// copyBodies repeats a request that fails, with a copy of its body.
func copyBodies(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		copied := func() *http.Request {
			other := req.Clone(req.Context())
			other.Body = io.NopCloser(bytes.NewReader(body))
			return other
		}
		resp, err := next.RoundTrip(copied())
		if err != nil {
			return next.RoundTrip(copied())
		}
		return resp, nil
	})
}
