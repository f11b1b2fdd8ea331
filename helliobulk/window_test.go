package helliobulk

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAWindowIsOpenBetweenItsHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hours string
		zone  string
		now   string // UTC
		want  time.Duration
	}{
		{"08:00-20:00", "Africa/Accra", "2026-05-01T08:00:00Z", 0},
		{"08:00-20:00", "Africa/Accra", "2026-05-01T19:59:59Z", 0},
		{"08:00-20:00", "Africa/Accra", "2026-05-01T20:00:00Z", 12 * time.Hour},
		{"08:00-20:00", "Africa/Accra", "2026-05-01T07:30:00Z", 30 * time.Minute},
		{"08:00-20:00", "Africa/Lagos", "2026-05-01T07:00:00Z", 0},
		{"08:00-20:00", "Africa/Lagos", "2026-05-01T19:00:00Z", 12 * time.Hour},
		{"20:00-06:00", "UTC", "2026-05-01T23:00:00Z", 0},
		{"20:00-06:00", "UTC", "2026-05-01T05:59:00Z", 0},
		{"20:00-06:00", "UTC", "2026-05-01T06:00:00Z", 14 * time.Hour},
		{"00:00-00:01", "UTC", "2026-05-01T00:02:00Z", 23*time.Hour + 58*time.Minute},
		// Clocks in Berlin are put forward from 2:00 to 3:00 on this day.
		{"03:00-04:00", "Europe/Berlin", "2026-03-29T00:30:00Z", 30 * time.Minute},
	} {
		w, err := ParseWindow(c.hours, c.zone)
		require.NoError(t, err)
		now, err := time.Parse(time.RFC3339, c.now)
		require.NoError(t, err)
		require.Equal(t, c.want, w.OpensIn(now), "%v at %s", w, c.now)
		text, err := json.Marshal(w)
		require.NoError(t, err)
		var read Window
		require.NoError(t, json.Unmarshal(text, &read))
		require.Equal(t, w, read)
	}
	require.Zero(t, Window{}.OpensIn(time.Now()))
}

func TestAWindowThatNeverOpensIsRefused(t *testing.T) {
	t.Parallel()
	var param *hellio.ParamError
	for _, c := range [][2]string{
		{"08:00-08:00", "UTC"},
		{"", "UTC"},
		{"08:00", "UTC"},
		{"08:00-24:00", "UTC"},
		{"8-20", "UTC"},
		{"08:00-20:00", ""},
		{"08:00-20:00", "Local"},
		{"08:00-20:00", "Africa/Nowhere"},
	} {
		_, err := ParseWindow(c[0], c[1])
		require.ErrorAs(t, err, &param, "%v", c)
	}
	_, client := newFake(t)
	b := planned(t, client, numbers(5))
	defer b.Close()
	for _, w := range []Window{{From: 1, To: 1440, Zone: "UTC"}, {From: -1, To: 2, Zone: "UTC"}} {
		require.ErrorAs(t, b.Send(t.Context(), client, Options{Window: w}), &param)
	}
}

// The bubble's clock, which is the fake's too, begins at midnight UTC.
func TestCallsBeginInTheWindowAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(5))
		client := fake.Client()
		p := batchOf(t)
		w, err := ParseWindow("00:01-00:03", "UTC")
		require.NoError(t, err)
		p.Window = w
		r, err := Run(t.Context(), client, Numbers(numbers(100)...), p)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(100))
		days := map[int]int{}
		for _, request := range fake.Requests() {
			if request.Op == helliotest.SMSSend {
				late := w.OpensIn(request.At.Add(-time.Second)) // a Date is in whole seconds
				require.Zero(t, min(late, w.OpensIn(request.At)), "a call at %v", request.At)
				days[request.At.Day()]++
			}
		}
		require.Greater(t, len(days), 1, "10 calls or so fit into a day's window")
	})
}

func TestThePaceBoundsTheCallsPerMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(0))
		client := fake.Client(quick()...)
		p := batchOf(t)
		p.Pace = 6
		begin := time.Now()
		r, err := Run(t.Context(), client, Numbers(numbers(60)...), p)
		require.NoError(t, err)
		requireEachOnce(t, fake, "100.0000", r, numbers(60))
		require.Equal(t, 11*10*time.Second, time.Since(begin), "12 calls, 10 s apart")
	})
}
