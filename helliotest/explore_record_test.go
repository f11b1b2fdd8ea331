package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSmallestFailingScheduleIsKept(t *testing.T) {
	t.Parallel()
	x := &explorer{found: make(map[findingKey]*groupedFinding)}
	one := []FaultSpec{{Op: SMSSend}}
	two := []FaultSpec{{Op: SMSSend}, {Op: OTPSend}}
	for _, acted := range [][]FaultSpec{two, one, two, one} {
		clean := x.record(&runResult{
			problems: []problem{{kind: FoundCheck, check: "rows"}},
			acted:    acted,
		}, two)
		require.False(t, clean)
	}
	require.Len(t, x.found, 1)
	for _, f := range x.found {
		require.Equal(t, one, f.faults)
		require.Equal(t, 2, f.order, "the first of the smallest")
		require.Equal(t, 4, f.runs)
	}
}

func TestAnyOpDoesNotExploreDeliveries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ops       []Op
		call      bool
		delivered bool
	}{
		{nil, true, false},
		{[]Op{AnyOp}, true, false},
		{[]Op{WebhookDelivery}, false, true},
		{[]Op{AnyOp, WebhookDelivery}, true, true},
		{[]Op{SMSSend}, true, false},
	} {
		cfg := exploreConfig{ops: c.ops}
		require.Equal(t, c.call, cfg.explores(SMSSend), c.ops)
		require.Equal(t, c.delivered, cfg.explores(WebhookDelivery), c.ops)
	}
}
