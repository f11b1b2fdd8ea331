package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// begun is when the windows of these tests began.
var begun = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// spreadPace is a pace 10 s into a window of 120, with what is left of it and whose calls took the rest.
func spreadPace(rem, inflight int, s share) *tokenState {
	return &tokenState{token: window{limit: 120, rem: rem, inflight: inflight, end: begun.Add(windowLength)}, last: begun.Add(10 * time.Second), share: s}
}

func TestTheShareIsWhatTheLimiterHadOfTheRequestsAndAThirtieth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pace *tokenState
		want float64
	}{
		"20 answered, one under way, 30 of others":      {spreadPace(60, 1, share{base: 9, own: 20}), 21.0/51 + 1.0/30},
		"the last window counts as a quarter of one":    {spreadPace(60, 1, share{base: 9, own: 20, carried: 0.5}), (21+0.5*30)/(51+30) + 1.0/30},
		"a small one of the last window weighs it down": {spreadPace(60, 1, share{base: 9, own: 20, carried: 0.1}), (21+0.1*30)/(51+30) + 1.0/30},
		"nobody else: all of it, and no more":           {spreadPace(60, 0, share{own: 60}), 1},
		"Remaining that is off tells of nobody":         {spreadPace(119, 0, share{own: 20}), 1},
	} {
		require.InDelta(t, c.want, c.pace.fraction(), 1e-9, name)
	}
}

func TestCallsAreSpreadOnlyWhereOthersUseTheWindowUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pace *tokenState
		now  time.Time
		want bool
	}{
		"others took 29, less than half is left":    {spreadPace(59, 1, share{base: 10, own: 21}), begun, true},
		"half is left":                              {spreadPace(60, 0, share{base: 10, own: 21}), begun, false},
		"5 are more than Remaining may be off":      {spreadPace(40, 1, share{base: 10, own: 64}), begun, true},
		"4 are not":                                 {spreadPace(40, 1, share{base: 10, own: 65}), begun, false},
		"what is under way is the limiter's own":    {spreadPace(40, 10, share{base: 10, own: 56}), begun, false},
		"it has no call in the window":              {spreadPace(40, 0, share{base: 10}), begun, false},
		"one call is enough":                        {spreadPace(40, 0, share{base: 10, own: 1}), begun, true},
		"the last window was used up":               {spreadPace(119, 0, share{own: 1, carried: 0.5}), begun, true},
		"the last window was, and this one is over": {spreadPace(119, 0, share{own: 1, carried: 0.5}), begun.Add(windowLength), false},
	} {
		require.Equal(t, c.want, c.pace.spreading(c.now), name)
	}
	few := &tokenState{token: window{limit: 10, rem: 4, end: begun.Add(windowLength)}, share: share{own: 5}}
	require.True(t, few.spreading(begun), "where the limit is small nothing is set aside")
	few.share.own = 6
	require.False(t, few.spreading(begun))
}

func TestTheShareOfWhatIsLeftIsSpreadOverTheRestOfTheWindow(t *testing.T) {
	t.Parallel()
	s := share{base: 10, own: 20}
	otp := spreadPace(59, 0, s)
	otp.lastOTP = begun
	for name, c := range map[string]struct {
		pace *tokenState
		left float64
	}{
		"4 are left to the others":            {spreadPace(59, 0, s), 55},
		"and 10 to OTPs, where there are any": {otp, 45},
	} {
		calls := (20.0/51 + 1.0/30) * c.left
		want := begun.Add(10*time.Second + time.Duration(float64(50*time.Second)/(calls+0.5)))
		require.WithinDuration(t, want, c.pace.slot(begun), time.Microsecond, name)
	}
	for _, rem := range []int{4, 1} {
		require.Equal(t, begun.Add(windowLength), spreadPace(rem, 0, s).slot(begun), "nothing is left but that")
	}
	require.Zero(t, spreadPace(60, 0, s).slot(begun), "half is left: no call is slowed")
}

func TestAWindowThatOthersUsedUpCarriesItsShareOver(t *testing.T) {
	t.Parallel()
	next := &window{limit: 120, rem: 110}
	for name, c := range map[string]struct {
		last  *tokenState
		after time.Duration // its end
		want  float64
	}{
		"others took 71, 30 were its own":       {spreadPace(10, 0, share{base: 9, own: 30}), 0, 30.0 / 101},
		"what is under way is not theirs":       {spreadPace(10, 20, share{base: 9, own: 30}), 0, 30.0 / 81},
		"a window less than half used up":       {spreadPace(60, 0, share{base: 9, own: 30}), 0, 0},
		"one a little more than half used up":   {spreadPace(59, 0, share{base: 9, own: 30}), 0, 30.0 / 52},
		"5 are more than Remaining may be off":  {spreadPace(10, 0, share{base: 9, own: 96}), 0, 96.0 / 101},
		"4 are not":                             {spreadPace(10, 0, share{base: 9, own: 97, carried: 0.5}), 0, 0},
		"it had no call in it":                  {spreadPace(10, 0, share{base: 9}), 0, 0},
		"one call is enough":                    {spreadPace(10, 0, share{base: 9, own: 1}), 0, 1.0 / 101},
		"it ended nearly a window ago":          {spreadPace(10, 0, share{base: 9, own: 30}), windowLength - 1, 30.0 / 101},
		"there was a window without it between": {spreadPace(10, 0, share{base: 9, own: 30, carried: 0.5}), windowLength, 0},
	} {
		s := c.last.share
		s.begin(&c.last.token, next, c.last.token.end.Add(c.after))
		require.InDelta(t, c.want, s.carried, 1e-9, name)
		require.Equal(t, []int{9, 1}, []int{s.base, s.own}, "of the 10 that the next window has counted one is its own")
	}
}
