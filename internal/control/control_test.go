package control

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimesAreWholeSecondsInUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 890, time.FixedZone("", 3600))
	text, err := json.Marshal(map[string]any{
		"at":   At(at),
		"none": AtOrNull(time.Time{}),
		"some": AtOrNull(at),
	})
	require.NoError(t, err)
	require.JSONEq(t,
		`{"at":"2026-03-04T04:06:07+00:00","none":null,"some":"2026-03-04T04:06:07+00:00"}`, string(text))
	var read struct{ At, None, Some *Time }
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC), read.At.Time)
	require.Nil(t, read.None)
	require.True(t, Or(read.None).IsZero())
	require.Error(t, json.Unmarshal([]byte(`{"at":"yesterday"}`), &read))
}

func TestTheZeroValueIsNull(t *testing.T) {
	t.Parallel()
	require.Nil(t, OrNull(""))
	require.Equal(t, "x", *OrNull("x"))
	require.Equal(t, 7, Or(OrNull(7)))
	require.Zero(t, Or[int](nil))
}
