package helliotest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCallsOfOneInstantComeInAnyOrder(t *testing.T) {
	t.Parallel()
	began := time.Now()
	call := func(op Op, after time.Duration, to ...string) trailPoint {
		return trailPoint{
			op:   op,
			to:   to,
			what: string(op),
			at:   began.Add(after),
		}
	}
	send := call(SMSSend, 0, "+233209990001", "+233209990009")
	other := call(SMSSend, 0, "+233209990002")
	look := call(BalanceGet, 0)
	later := call(BalanceGet, time.Second)
	slow := call(SMSSend, time.Minute, "+233209990001", "+233209990009")
	for name, c := range map[string]struct {
		one  []trailPoint
		two  []trailPoint
		says string
	}{
		"the same":      {[]trailPoint{send, later}, []trailPoint{send, later}, ""},
		"another order": {[]trailPoint{send, other, look}, []trailPoint{look, other, send}, ""},
		"another pace":  {[]trailPoint{send}, []trailPoint{slow}, ""},
		"an order in time": {[]trailPoint{look, slow}, []trailPoint{send, later},
			"call 1 was balance_get, then sms_send to …0001 and 1 more"},
		"another first recipient": {[]trailPoint{send}, []trailPoint{other},
			"call 1 was sms_send to …0001 and 1 more, then sms_send to …0002"},
		"another last recipient": {
			[]trailPoint{send}, []trailPoint{call(SMSSend, 0, "+233209990001", "+233209990008")},
			"call 1 was sms_send to …0001 and 1 more, then the same to other recipients"},
		"a call less": {[]trailPoint{look, later}, []trailPoint{look},
			"call 2 was balance_get, then missing"},
		"a call more": {nil, []trailPoint{look}, "call 1 was missing, then balance_get"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := differences(c.one, c.two)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.says)
		})
	}
}

func TestSecondPartsBeginBehindTheLastStruckPoint(t *testing.T) {
	t.Parallel()
	hit, missed := trailPoint{struck: true}, trailPoint{}
	for want, trail := range [][]trailPoint{
		0: nil,
		1: {hit},
		2: {missed, hit, missed},
		3: {hit, missed, hit, missed, missed},
		4: {missed, missed, missed, missed},
	} {
		require.Equal(t, want, afterLastStruck(trail))
	}
}
