package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEarliestTurnInALineIsCountedByWindows(t *testing.T) {
	t.Parallel()
	now := time.Now()
	running := window{limit: 10, rem: 3, end: now.Add(40 * time.Second)}
	over := window{limit: 10, rem: 3, end: now}
	blocked := window{limit: 10, rem: 3, end: now.Add(20 * time.Second), blocked: now.Add(20 * time.Second)}
	low := window{limit: 10, rem: 1, end: now.Add(40 * time.Second)}
	for name, c := range map[string]struct {
		w          window
		n, reserve int
		want       time.Duration
	}{
		"nothing is known":                    {window{}, 500, 0, 0},
		"nothing but a 429":                   {window{blocked: now.Add(time.Second)}, 500, 0, time.Second},
		"the last that the window takes":      {running, 2, 0, 0},
		"the first of the next":               {running, 3, 0, 40 * time.Second},
		"the last of the next":                {running, 12, 0, 40 * time.Second},
		"the first of the one after":          {running, 13, 0, 100 * time.Second},
		"the last that leaves the reserve":    {running, 0, 2, 0},
		"the first that would not":            {running, 1, 2, 40 * time.Second},
		"the last of the next, with reserve":  {running, 8, 2, 40 * time.Second},
		"the first of the one after, with it": {running, 9, 2, 100 * time.Second},
		"the reserve is used already":         {low, 0, 3, 40 * time.Second},
		"so is that of the line behind":       {low, 7, 3, 100 * time.Second},
		"a window that is over is whole":      {over, 9, 0, 0},
		"and the next a minute away":          {over, 10, 0, time.Minute},
		"after a 429 a window is whole":       {blocked, 9, 0, 20 * time.Second},
		"but for the reserve":                 {blocked, 9, 1, 80 * time.Second},
		"and the next a minute from there":    {blocked, 10, 0, 80 * time.Second},
		"a reserve as large as the limit":     {running, 1, 10, 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.w.lowerBound(c.n, c.reserve, now).Sub(now))
		})
	}
}

func TestWindowLearnsFromAnswersThatOvertakeOneAnother(t *testing.T) {
	t.Parallel()
	now := time.Now()
	end := now.Add(40 * time.Second)
	known := window{limit: 120, rem: 50, highest: 60, inflight: 4, end: end}
	begun := func(limit, rem int) window {
		return window{limit: limit, rem: rem, highest: rem + 4, inflight: 4, end: now.Add(windowLength)}
	}
	for name, c := range map[string]struct {
		w    window
		told Response
		want window
	}{
		"the first answer of all":            {window{inflight: 4}, shows(119, 120), begun(120, 119)},
		"one less":                           {known, shows(49, 120), window{limit: 120, rem: 49, highest: 60, inflight: 4, end: end}},
		"one that was overtaken":             {known, shows(55, 120), known},
		"as much as may be under way":        {known, shows(90, 120), known},
		"more than that":                     {known, shows(91, 120), begun(120, 91)},
		"another limit":                      {known, shows(40, 100), begun(100, 40)},
		"after the window":                   {window{limit: 120, rem: 50, highest: 60, inflight: 4, end: now}, shows(40, 120), begun(120, 40)},
		"no limit told":                      {known, Response{}, known},
		"all left: that window is over":      {known, shows(120, 120), window{limit: 120, rem: 50, highest: 60, inflight: 4, older: 4}},
		"an answer ends a row of refusals":   {window{limit: 120, rem: 50, highest: 60, inflight: 4, end: end, refusals: 2}, shows(50, 120), known},
		"even if it tells nothing of limits": {window{refusals: 2}, Response{}, window{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want.end == now.Add(windowLength), c.w.learn(c.told, now), "whether a window has begun")
			require.Equal(t, c.want, c.w)
		})
	}
}

// answered lets a request go at now and answers it.
func (w *window) answered(rl Response, now time.Time) {
	w.start()
	w.inflight--
	w.learn(rl, now)
}

func TestVacancyNeedsARequestAfterTheWindow(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := window{limit: 120, rem: 50, highest: 60, inflight: 4, end: now.Add(40 * time.Second)}
	for w.inflight > 0 {
		w.inflight--
		w.learn(shows(120, 120), now)
		require.False(t, w.open(now), "the request may have been counted in the last window")
	}
	w.answered(shows(120, 120), now)
	require.Equal(t, vacant, w.vacancy)
	require.True(t, w.open(now.Add(windowLength-1)))
	require.False(t, w.open(now.Add(windowLength)), "by then others may have used the token")
}

func TestVacancyBoundsTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, remaining := range []int{10, 25} {
		var w window
		w.answered(shows(remaining, 10), now)
		for range remaining {
			require.Equal(t, now, w.earliestStart(0, now))
			w.start()
		}
		require.True(t, w.earliestStart(0, now).After(now))
		require.Equal(t, now, w.lowerBound(500, 0, now), "any response may let all go")
	}
}

func TestExemptionNeedsARequestAfterTheProof(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := window{inflight: 3}
	for range 3 { // none of these was let go after the first response
		w.inflight--
		w.learn(shows(120, 120), now)
		require.Equal(t, vacant, w.vacancy)
	}
	w.answered(shows(120, 120), now)
	require.Equal(t, exempt, w.vacancy)
	w.inflight = 5000
	require.Equal(t, now, w.earliestStart(0, now))
	require.Equal(t, now, w.lowerBound(5000, 0, now))
	later := now.Add(time.Hour)
	require.Equal(t, later, w.earliestStart(0, later))
}

func TestLostResponsesDoNotCountForAnExemption(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := window{inflight: 3}
	w.inflight--
	w.learn(shows(120, 120), now)
	w.inflight--
	w.learn(Response{}, now)
	w.inflight--
	w.learn(shows(120, 120), now)
	require.Equal(t, vacant, w.vacancy, "of two requests before the proof one is lost")
	w.answered(shows(120, 120), now)
	require.Equal(t, exempt, w.vacancy)
}

func TestRemainingThatFallsIsNoExemption(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var w window
	for left := 70; left >= 60; left-- {
		w.answered(shows(left, 60), now)
		require.Equal(t, vacant, w.vacancy)
		require.Equal(t, left, w.left(now))
	}
	w.answered(shows(60, 60), now)
	require.Equal(t, exempt, w.vacancy)
	w.answered(shows(59, 60), now)
	require.Equal(t, window{limit: 60, rem: 59, highest: 59, end: now.Add(windowLength)}, w)
}

func TestRefusalEndsAnExemption(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var w window
	w.answered(shows(120, 120), now)
	w.answered(shows(120, 120), now)
	require.Equal(t, exempt, w.vacancy)
	w.refuse(Response{RetryAfter: 20 * time.Second}, now)
	require.False(t, w.open(now))
	require.False(t, w.earliestStart(0, now).Before(now.Add(20*time.Second)))
}

func TestRequestThatGoesAloneSetsWhatAnAnswerMayTell(t *testing.T) {
	t.Parallel()
	w := window{limit: 120, rem: 50, highest: 90}
	w.start()
	require.Equal(t, window{limit: 120, rem: 50, highest: 50, inflight: 1}, w)
	w.rem = 30
	w.start()
	require.Equal(t, window{limit: 120, rem: 30, highest: 50, inflight: 2}, w, "the answer of the first may still come")
}

func TestWindowIsUsedUpAfterARefusal(t *testing.T) {
	t.Run("", func(t *testing.T) {
		now := time.Now()
		within := func(w window, least time.Duration) {
			t.Helper()
			require.GreaterOrEqual(t, w.blocked.Sub(now), least)
			require.Less(t, w.blocked.Sub(now), least+time.Second)
			require.Equal(t, w.blocked, w.end)
			require.Zero(t, w.rem)
			require.Equal(t, w.limit, w.highest)
		}
		w := window{limit: 120, rem: 50, highest: 60, end: now.Add(5 * time.Second)}
		w.refuse(Response{RetryAfter: 20 * time.Second}, now)
		within(w, 20*time.Second)
		require.Equal(t, 120, w.limit, "a 429 that tells no limit leaves it")
		before := w.blocked
		w.refuse(Response{Limit: 100, RetryAfter: 10 * time.Second}, now)
		require.Equal(t, before, w.blocked, "a shorter wait does not cut a longer one")
		require.Equal(t, 100, w.limit)

		w = window{}
		w.refuse(Response{RetryAfter: 300 * time.Millisecond}, now)
		within(w, shortestBlock)
		for range 100 {
			now = w.blocked
			w.refuse(Response{}, now)
		}
		within(w, longestBackoff)
	})
}
