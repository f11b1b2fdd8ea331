package conformance

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// flows returns the flows of every resource.
func flows() []flow {
	return slices.Concat(
		authFlows(),
		smsFlows(),
		reportFlows(),
		otpFlows(),
		voiceFlows(),
		lookupFlows(),
		emailFlows(),
		balanceFlows(),
		webhookFlows(),
		ussdFlows(),
	)
}

// unreachable lists the cases of the document that no flow can cause on the
// fake, with the reason.
var unreachable = map[string]string{
	"sms_send 422 invalid_recipient":     "an invalid number among valid ones is counted, not refused",
	"voice_send 422 invalid_recipient":   "an invalid number among valid ones is counted, not refused",
	"voice_send 422 sender_not_approved": "a call has no sender, and the fake ignores caller_id",
}

// The test runs every flow. Then it checks that each case of the document was
// seen.
func TestClientAndFakeMatchTheDocument(t *testing.T) {
	t.Parallel()
	var seen coverage
	t.Run("flows", func(t *testing.T) {
		for _, f := range flows() {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				seen.add(f.check(t))
			})
		}
		for _, op := range routed(t) {
			for _, f := range commonFlows(t, op) {
				t.Run(op.ID+" "+f.name, func(t *testing.T) {
					t.Parallel()
					seen.add(f.check(t))
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
				t.Errorf("no flow caused %s", c)
			case seen.has(c) && exempt:
				t.Errorf("%s is listed as unreachable but was seen", c)
			}
		}
	}
}

func TestFakeRoutesEveryOperationOfTheDocument(t *testing.T) {
	t.Parallel()
	var described, served []string
	for _, op := range theDocument(t).Operations() {
		described = append(described, op.ID)
	}
	for _, op := range routed(t) {
		served = append(served, op.ID)
	}
	require.Equal(t, described, served)
}

// coverage is the set of cases that were seen.
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
