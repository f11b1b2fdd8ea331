package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sharing returns a state 10 s into a window of 120 that began at noon.
func sharing(rem, inflight int, s share) *tokenState {
	return &tokenState{
		token: window{
			limit:    120,
			rem:      rem,
			inflight: inflight,
			end:      noon.Add(windowLength),
		},
		last:  noon.Add(10 * time.Second),
		share: s,
	}
}

// carrying returns a share with 9 requests before its own ones.
func carrying(own int, carried float64) share {
	return share{base: 9, own: own, carried: carried}
}

func TestFractionIsTheOwnPartAndAThirtieth(t *testing.T) {
	t.Parallel()
	const extra = 1.0 / 30
	for name, c := range map[string]struct {
		state *tokenState
		want  float64
	}{
		"20 ended, 1 in flight, 30 of others": {sharing(60, 1, carrying(20, 0)), 21.0/51 + extra},
		"half of the last window":             {sharing(60, 1, carrying(20, 0.5)), 36.0/81 + extra},
		"a tenth of the last window":          {sharing(60, 1, carrying(20, 0.1)), 24.0/81 + extra},
		"no one else":                         {sharing(60, 0, share{own: 60}), 1},
		"a Remaining that is too high":        {sharing(119, 0, share{own: 20}), 1},
	} {
		require.InDelta(t, c.want, c.state.fraction(), 1e-9, name)
	}
}

func TestCallsSpreadOnlyIfOthersUseTheWindow(t *testing.T) {
	t.Parallel()
	after := func(own int) share { return share{base: 10, own: own} }
	carried := share{own: 1, carried: 0.5}
	over := noon.Add(windowLength)
	for name, c := range map[string]struct {
		state *tokenState
		now   time.Time
		want  bool
	}{
		"others took 29, less than half is left": {sharing(59, 1, after(21)), noon, true},
		"half is left":                           {sharing(60, 0, after(21)), noon, false},
		"5 are more than Remaining may be off":   {sharing(40, 1, after(64)), noon, true},
		"4 are not":                              {sharing(40, 1, after(65)), noon, false},
		"requests in flight are its own":         {sharing(40, 10, after(56)), noon, false},
		"it has no call in the window":           {sharing(40, 0, after(0)), noon, false},
		"one call is enough":                     {sharing(40, 0, after(1)), noon, true},
		"the last window was used up":            {sharing(119, 0, carried), noon, true},
		"that, and this one is over":             {sharing(119, 0, carried), over, false},
	} {
		require.Equal(t, c.want, c.state.spreading(c.now), name)
	}
	few := &tokenState{
		token: window{limit: 10, rem: 4, end: noon.Add(windowLength)},
		share: share{own: 5},
	}
	require.True(t, few.spreading(noon), "with a small limit there is no slack")
	few.share.own = 6
	require.False(t, few.spreading(noon))
}

func TestSlotsSpreadTheFractionOverTheWindow(t *testing.T) {
	t.Parallel()
	s := share{base: 10, own: 20}
	withOTPs := sharing(59, 0, s)
	withOTPs.lastOTP = noon
	for name, c := range map[string]struct {
		state *tokenState
		left  float64
	}{
		"4 are left to others": {sharing(59, 0, s), 55},
		"and 10 for OTPs":      {withOTPs, 45},
	} {
		calls := (20.0/51 + 1.0/30) * c.left
		want := noon.Add(10*time.Second + time.Duration(float64(50*time.Second)/(calls+0.5)))
		require.WithinDuration(t, want, c.state.slot(noon), time.Microsecond, name)
	}
	for _, rem := range []int{4, 1} {
		require.Equal(t, noon.Add(windowLength), sharing(rem, 0, s).slot(noon), "only that is left")
	}
	require.Zero(t, sharing(60, 0, s).slot(noon), "half is left")
}

func TestUsedUpWindowCarriesItsShareOver(t *testing.T) {
	t.Parallel()
	const minute = windowLength
	last30 := sharing(10, 0, carrying(30, 0))
	next := &window{limit: 120, rem: 110}
	for name, c := range map[string]struct {
		last  *tokenState
		after time.Duration // its end
		want  float64
	}{
		"others took 71, 30 were its own": {last30, 0, 30.0 / 101},
		"requests in flight are its own":  {sharing(10, 20, carrying(30, 0)), 0, 30.0 / 81},
		"half of the window was used":     {sharing(60, 0, carrying(30, 0)), 0, 0},
		"more than half was used":         {sharing(59, 0, carrying(30, 0)), 0, 30.0 / 52},
		"5 are more than the slack":       {sharing(10, 0, carrying(96, 0)), 0, 96.0 / 101},
		"4 are not":                       {sharing(10, 0, carrying(97, 0.5)), 0, 0},
		"it had no call in the window":    {sharing(10, 0, carrying(0, 0)), 0, 0},
		"one call is enough":              {sharing(10, 0, carrying(1, 0)), 0, 1.0 / 101},
		"it ended a minute ago":           {last30, minute - 1, 30.0 / 101},
		"a window without it followed":    {sharing(10, 0, carrying(30, 0.5)), minute, 0},
	} {
		s := c.last.share
		s.begin(&c.last.token, next, c.last.token.end.Add(c.after))
		require.InDelta(t, c.want, s.carried, 1e-9, name)
		require.Equal(t, []int{9, 1}, []int{s.base, s.own}, "1 of the 10 used is its own")
	}
}
