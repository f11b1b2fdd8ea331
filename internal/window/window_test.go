package window

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestAWindowBeginsWithItsFirstRequest(t *testing.T) {
	t.Parallel()
	w := Window{Length: time.Minute}
	require.Equal(t, 2, w.Remaining(noon, 2))
	w.Hit(noon)
	require.False(t, w.Full(noon, 2))
	require.Equal(t, 2, w.Remaining(noon.Add(time.Minute), 2),
		"a window that is over counts for nothing")
	w.Hit(noon.Add(50 * time.Second))
	require.True(t, w.Full(noon.Add(59*time.Second), 2))
	require.False(t, w.Full(noon.Add(60*time.Second), 2),
		"the window ends 60 s after its first request, not its last")
	w.Hit(noon.Add(70 * time.Second))
	require.Equal(t, 1, w.Remaining(noon.Add(71*time.Second), 2))
}

func TestRemainingNeverFallsBelowZero(t *testing.T) {
	t.Parallel()
	w := Window{Length: time.Minute}
	w.Hit(noon)
	w.Hit(noon)
	require.Zero(t, w.Remaining(noon, 1))
}

func TestRetryAfterIsCountedInFlooredSeconds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, now time.Duration
		want       int
	}{
		"whole window ahead":   {0, 0, 60},
		"half a second in":     {0, 500 * time.Millisecond, 60},
		"one second left":      {0, 59 * time.Second, 1},
		"up to a second short": {900 * time.Millisecond, time.Second, 59},
		"zero though the window is alive": {
			900 * time.Millisecond, 60*time.Second + 500*time.Millisecond, 0,
		},
		"over": {0, 61 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := Window{Length: time.Minute}
			w.Hit(noon.Add(c.first))
			require.Equal(t, c.want, w.RetryAfter(noon.Add(c.now)))
		})
	}
}

func TestARestoredWindowContinues(t *testing.T) {
	t.Parallel()
	w := Window{Length: time.Minute}
	w.Hit(noon)
	w.Hit(noon.Add(time.Second))
	start, count := w.State()
	back := Restored(w.Length, start, count)
	require.Equal(t, w, back)
	require.Equal(t, 8, back.Remaining(noon.Add(59*time.Second), 10))
	require.Equal(t, 10, back.Remaining(noon.Add(time.Minute), 10))
}
