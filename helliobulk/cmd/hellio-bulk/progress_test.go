package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// at is a batch of 1000 recipients in 100 chunks of which some are left.
func at(left int) helliobulk.Report {
	return helliobulk.Report{

		Recipients: 1000,
		Chunks:     100,
		Open:       helliobulk.Count{Chunks: left, Recipients: 10 * left},
		Done:       helliobulk.Count{Chunks: 100 - left, Recipients: 1000 - 10*left},
	}
}

// show runs for 20 s of a batch and returns what was shown of it.
func show(t *testing.T, c *console, rl hellio.RateLimit, o helliobulk.Options) string {
	t.Helper()
	var out bytes.Buffer
	c.out = &out
	c.err = &out
	synctest.Test(t, func(t *testing.T) {
		p := newProgress(c, at(90), func() hellio.RateLimit { return rl }, o)
		p.interruptible(t.Context(), "Stopping.", "hellio-bulk resume")
		for left := 89; left >= 70; left-- {
			time.Sleep(time.Second)
			p.report(at(left))
		}
		time.Sleep(time.Second / 2)
		p.end()
	})
	return out.String()
}

func TestWithoutATerminalProgressIsALine(t *testing.T) {
	t.Parallel()
	out := show(t, &console{}, hellio.RateLimit{}, helliobulk.Options{})
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 3, "every 10 s, and at the end")
	require.Equal(t, "300 of 1,000, 10/s, nothing, 1m12s left", lines[2])
}

func TestTheTimeLeftKnowsTheRateLimit(t *testing.T) {
	t.Parallel()
	rl := hellio.RateLimit{Limit: 30, Remaining: 5}
	out := show(t, &console{}, rl, helliobulk.Options{})
	require.Contains(t, out, "2m41s left",
		"65 calls are three windows more; this one began with the first answer")
	rl = hellio.RateLimit{Limit: 120, Remaining: 100}
	require.Contains(t, show(t, &console{}, rl, helliobulk.Options{}), "1m12s left")
}

func TestOutsideOfTheWindowProgressSaysSo(t *testing.T) {
	t.Parallel()
	w, err := helliobulk.ParseWindow("08:00-20:00", "Africa/Accra") // the bubble begins at midnight
	require.NoError(t, err)
	out := show(t, &console{}, hellio.RateLimit{}, helliobulk.Options{Window: w})
	require.Contains(t, out, "waiting for 08:00-20:00 Africa/Accra")
}

func TestProgressForProgramsIsAnObjectPerSecond(t *testing.T) {
	t.Parallel()
	all := events(t, show(t, &console{json: true}, hellio.RateLimit{}, helliobulk.Options{}))
	require.LessOrEqual(t, len(all), 21)
	require.Greater(t, len(all), 10)
	last := all[len(all)-1]
	require.Equal(t, 20.5, last.Seconds.Passed)
	require.Equal(t, 9.8, last.Seconds.Rate)
	require.NotNil(t, last.Seconds.Left)
}

func TestABarFitsAnyTerminal(t *testing.T) {
	t.Parallel()
	for columns, want := range map[int]string{
		100: " 30% [=========                     ]  300 of 1,000, 10/s, nothing, 1m12s left",
		80:  " 30% [=========                     ]  300 of 1,000, 10/s, nothing, 1m12s left",
		60:  " 30% [===        ]  300 of 1,000, 10/s, nothing, 1m12s left",
		40:  " 30% 300 of 1,000, 10/s, nothing, 1m12s",
		1:   "",
	} {
		out := show(t, &console{width: func() int { return columns }}, hellio.RateLimit{},
			helliobulk.Options{})
		require.Greater(t, strings.Count(out, "\r"), 30)
		require.Equal(t, 1, strings.Count(out, "\n"))
		require.Contains(t, out, want, "%d columns", columns)
		for state := range strings.SplitSeq(out, "\r") {
			state = strings.TrimSuffix(strings.TrimSpace(state), "\x1b[K")
			require.Less(t, len(state), max(columns, 2))
		}
	}
}

func TestNumbersAreWrittenWithCommas(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, thousands(n))
	}
}
