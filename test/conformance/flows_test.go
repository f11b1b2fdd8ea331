package conformance

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// flows lists the flows of every resource.
func flows() []flow {
	return slices.Concat(
		authFlows(), smsFlows(), reportFlows(), otpFlows(), voiceFlows(), lookupFlows(), emailFlows(), balanceFlows(), webhookFlows(), ussdFlows(),
	)
}

// unreachable are cases that the document has and that no flow can bring about on the fake.
var unreachable = map[string]string{
	"sms_send 422 invalid_recipient":     "one number among many that is not valid is counted, not refused",
	"voice_send 422 invalid_recipient":   "one number among many that is not valid is counted, not refused",
	"voice_send 422 sender_not_approved": "a call has no sender; caller_id is of no account",
}

// TestClientAndFakeKeepToTheDocument runs every flow and then looks whether each case of the document has been seen.
func TestClientAndFakeKeepToTheDocument(t *testing.T) {
	t.Parallel()
	var seen coverage
	t.Run("flows", func(t *testing.T) {
		for _, f := range flows() {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				seen.add(f.tell(t))
			})
		}
		for _, op := range routed(t) {
			for _, f := range commonFlows(t, op) {
				t.Run(op.ID+" "+f.name, func(t *testing.T) {
					t.Parallel()
					seen.add(f.tell(t))
				})
			}
		}
	})
	if t.Failed() {
		return
	}
	for _, op := range routed(t) {
		for _, c := range op.Cases {
			_, exempt := unreachable[c.String()]
			switch {
			case !seen.has(c) && !exempt:
				t.Errorf("no flow has seen %s", c)
			case seen.has(c) && exempt:
				t.Errorf("%s is listed as unreachable, but was seen", c)
			}
		}
	}
}

func TestTheFakeAnswersEveryOperationOfTheDocument(t *testing.T) {
	t.Parallel()
	var described, answered []string
	for _, op := range theDocument(t).Operations() {
		described = append(described, op.ID)
	}
	for _, op := range routed(t) {
		answered = append(answered, op.ID)
	}
	require.Equal(t, described, answered)
}

// coverage is which cases have been seen.
type coverage struct {
	mu    sync.Mutex
	cases map[Case]bool
}

func (c *coverage) add(seen []Case) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cases == nil {
		c.cases = make(map[Case]bool)
	}
	for _, s := range seen {
		c.cases[s] = true
	}
}

func (c *coverage) has(s Case) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cases[s]
}
