package helliobulk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnIntentHasTheTimeOfBothClocks(t *testing.T) {
	t.Parallel()
	now := moment{time.UnixMilli(2000), time.UnixMilli(1000), false}
	e := entry{State: StateOpen, Recipients: 5, Tries: 2}.begun(now)
	require.Equal(t, entry{
		State:      StateUnknown,
		Recipients: 5,
		Tries:      2,
		Intent:     2000,
		Local:      1000,
	},
		e)
	now.byAPI = true
	require.True(t, entry{}.begun(now).ByAPI)
}

func TestTheAPITimeFollowsTheLocalClock(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		steady, wall time.Duration // since the last Date
		gone         time.Duration
		fresh        bool
	}{
		"just now":              {time.Second, time.Second, time.Second, true},
		"long ago":              {2 * time.Minute, 2 * time.Minute, 2 * time.Minute, false},
		"the steady one slept":  {time.Second, 13 * time.Hour, 13 * time.Hour, false},
		"the wall was put back": {13 * time.Hour, -time.Hour, 13 * time.Hour, false},
		"put back a little":     {30 * time.Second, time.Second, 30 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			clock := serverClock{
				date:  date,
				seen:  now.Add(-c.steady),
				wall:  now.Round(0).Add(-c.wall),
				known: true,
			}
			require.Equal(t, c.fresh, clock.fresh())
			require.WithinDuration(t, date.Add(c.gone), clock.now().best, 5*time.Second)
		})
	}
	now := time.Now()
	require.False(t, (&serverClock{seen: now, wall: now.Round(0)}).fresh(), "no Date has come")
}
