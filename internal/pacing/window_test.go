package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// windowEnd is the end of the windows of these tests.
var windowEnd = noon.Add(40 * time.Second)

func TestLowerBoundCountsWindows(t *testing.T) {
	t.Parallel()
	running := window{limit: 10, rem: 3, end: windowEnd}
	over := window{limit: 10, rem: 3, end: noon}
	only429 := window{blocked: noon.Add(time.Second)}
	low := window{limit: 10, rem: 1, end: windowEnd}
	blocked := running
	blocked.end = noon.Add(20 * time.Second)
	blocked.blocked = blocked.end
	for name, c := range map[string]struct {
		w          window
		n, reserve int
		want       time.Duration
	}{
		"nothing is known":                   {window{}, 500, 0, 0},
		"only a 429 is known":                {only429, 500, 0, time.Second},
		"the last of the window":             {running, 2, 0, 0},
		"the first of the next":              {running, 3, 0, 40 * time.Second},
		"the last of the next":               {running, 12, 0, 40 * time.Second},
		"the first of the one after":         {running, 13, 0, 100 * time.Second},
		"the last before the reserve":        {running, 0, 2, 0},
		"the first of the reserve":           {running, 1, 2, 40 * time.Second},
		"the last of the next, reserve":      {running, 8, 2, 40 * time.Second},
		"the first after that, reserve":      {running, 9, 2, 100 * time.Second},
		"the reserve is used already":        {low, 0, 3, 40 * time.Second},
		"the next window's reserve is too":   {low, 7, 3, 100 * time.Second},
		"the last after a window":            {over, 9, 0, 0},
		"the first of the one after that":    {over, 10, 0, time.Minute},
		"the last after a 429":               {blocked, 9, 0, 20 * time.Second},
		"the same with a reserve":            {blocked, 9, 1, 80 * time.Second},
		"the first of the window after that": {blocked, 10, 0, 80 * time.Second},
		"a reserve as large as the limit":    {running, 1, 10, 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.w.lowerBound(c.n, c.reserve, noon).Sub(noon))
		})
	}
}

// with returns w after change.
func (w window) with(change func(*window)) window {
	change(&w)
	return w
}

func TestWindowLearnsFromOvertakenResponses(t *testing.T) {
	t.Parallel()
	known := window{
		limit:    120,
		rem:      50,
		highest:  60,
		inflight: 4,
		end:      windowEnd,
	}
	begun := func(limit, rem int) window {
		return window{
			limit:    limit,
			rem:      rem,
			highest:  rem + 4,
			inflight: 4,
			end:      noon.Add(windowLength),
		}
	}
	for name, c := range map[string]struct {
		w        window
		response Response
		want     window
	}{
		"the first response": {window{inflight: 4}, shows(119, 120), begun(120, 119)},
		"one less": {
			known, shows(49, 120), known.with(func(w *window) { w.rem = 49 }),
		},
		"an overtaken response":         {known, shows(55, 120), known},
		"as much as in-flight ones may": {known, shows(90, 120), known},
		"more than those":               {known, shows(91, 120), begun(120, 91)},
		"another limit":                 {known, shows(40, 100), begun(100, 40)},
		"no limit":                      {known, Response{}, known},
		"a negative limit":              {known, Response{Limit: -1, Remaining: -1}, known},
		"after the window": {
			known.with(func(w *window) { w.end = noon }), shows(40, 120), begun(120, 40),
		},
		"all left: the window is over": {
			known, shows(120, 120), known.with(func(w *window) {
				w.older = 4
				w.end = time.Time{}
			}),
		},
		"a response ends a row of 429s": {
			known.with(func(w *window) { w.refusals = 2 }), shows(50, 120), known,
		},
		"even without a limit": {window{refusals: 2}, Response{}, window{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begins := c.want.end.Equal(noon.Add(windowLength))
			require.Equal(t, begins, c.w.learn(c.response, noon), "whether a window begins")
			require.Equal(t, c.want, c.w)
		})
	}
}

// answer starts a request and records its response.
func (w *window) answer(r Response) {
	w.start()
	w.inflight--
	w.learn(r, noon)
}

func TestVacancyNeedsARequestAfterTheWindow(t *testing.T) {
	t.Parallel()
	w := window{
		limit:    120,
		rem:      50,
		inflight: 4,
		end:      windowEnd,
	}
	for w.inflight > 0 {
		w.inflight--
		w.learn(shows(120, 120), noon)
		require.False(t, w.open(noon), "the request may have been counted in the last window")
	}
	w.answer(shows(120, 120))
	require.Equal(t, vacant, w.vacancy)
	require.True(t, w.open(noon.Add(windowLength-1)))
	require.False(t, w.open(noon.Add(windowLength)), "by then others may have used the token")
}

func TestVacancyBoundsTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	for _, remaining := range []int{10, 25} {
		var w window
		w.answer(shows(remaining, 10))
		for range remaining {
			require.Equal(t, noon, w.earliestStart(0, noon))
			w.start()
		}
		require.True(t, w.earliestStart(0, noon).After(noon))
		require.Equal(t, noon, w.lowerBound(500, 0, noon), "any response may release all")
	}
}

func TestExemptionNeedsARequestAfterTheProof(t *testing.T) {
	t.Parallel()
	w := window{inflight: 3}
	for range 3 { // none of these started after the first response
		w.inflight--
		w.learn(shows(120, 120), noon)
		require.Equal(t, vacant, w.vacancy)
	}
	w.answer(shows(120, 120))
	require.Equal(t, exempt, w.vacancy)
	w.inflight = 5000
	for _, now := range []time.Time{noon, noon.Add(time.Hour)} {
		require.Equal(t, now, w.earliestStart(0, now))
		require.Equal(t, now, w.lowerBound(5000, 0, now))
	}
}

func TestExemptionIsProvedUnderSteadyLoad(t *testing.T) {
	t.Parallel()
	w := window{inflight: 3}
	w.answer(shows(120, 120)) // three others are in flight
	for range 3 {
		require.Equal(t, vacant, w.vacancy)
		w.start()
		w.inflight--
		w.learn(shows(120, 120), noon)
		require.Equal(t, 3, w.inflight)
	}
	w.answer(shows(120, 120))
	require.Equal(t, exempt, w.vacancy)
}

func TestLostResponsesDoNotProveAnExemption(t *testing.T) {
	t.Parallel()
	w := window{inflight: 3}
	for _, r := range []Response{shows(120, 120), {}, shows(120, 120)} {
		w.inflight--
		w.learn(r, noon)
	}
	require.Equal(t, vacant, w.vacancy, "all three started before the first response")
	w.answer(shows(120, 120))
	require.Equal(t, exempt, w.vacancy)
}

func TestFallingRemainingIsNoExemption(t *testing.T) {
	t.Parallel()
	var w window
	for left := 70; left >= 60; left-- {
		w.answer(shows(left, 60))
		require.Equal(t, vacant, w.vacancy)
		require.Equal(t, left, w.left(noon))
	}
	w.answer(shows(60, 60))
	require.Equal(t, exempt, w.vacancy)
	w.answer(shows(61, 60))
	w.answer(shows(60, 60))
	require.Equal(t, vacant, w.vacancy, "it falls again")
	w.answer(shows(59, 60))
	want := window{limit: 60, rem: 59, highest: 59}
	want.end = noon.Add(windowLength)
	require.Equal(t, want, w)
}

func TestRefusalEndsAnExemption(t *testing.T) {
	t.Parallel()
	var w window
	w.answer(shows(120, 120))
	w.answer(shows(120, 120))
	require.Equal(t, exempt, w.vacancy)
	w.refuse(refused(20*time.Second), noon)
	require.False(t, w.open(noon))
	require.False(t, w.earliestStart(0, noon).Before(noon.Add(20*time.Second)))
}

func TestRequestAloneBoundsWhatResponsesCanReport(t *testing.T) {
	t.Parallel()
	w := window{limit: 120, rem: 50, highest: 90}
	w.start()
	require.Equal(t, []int{50, 1}, []int{w.highest, w.inflight})
	w.rem = 30
	w.start()
	require.Equal(t, []int{50, 2}, []int{w.highest, w.inflight}, "the first may still be answered")
}

func TestWindowIsUsedUpAfterARefusal(t *testing.T) {
	t.Parallel()
	now := noon
	requireBlocked := func(w window, least time.Duration) {
		t.Helper()
		require.GreaterOrEqual(t, w.blocked.Sub(now), least)
		require.Less(t, w.blocked.Sub(now), least+time.Second)
		require.Equal(t, w.blocked, w.end)
		require.Zero(t, w.rem)
		require.Equal(t, w.limit, w.highest)
	}
	w := window{limit: 120, rem: 50, end: noon.Add(5 * time.Second)}
	w.refuse(refused(20*time.Second), now)
	requireBlocked(w, 20*time.Second)
	require.Equal(t, 120, w.limit, "a 429 without a limit changes none")
	before := w.blocked
	w.refuse(Response{Status: 429, Limit: 100, RetryAfter: 10 * time.Second}, now)
	require.Equal(t, before, w.blocked, "a shorter wait does not shorten a longer one")
	require.Equal(t, 100, w.limit)

	w = window{}
	w.refuse(refused(300*time.Millisecond), now)
	requireBlocked(w, shortestBlock)
	for range 100 {
		now = w.blocked
		w.refuse(refused(0), now)
	}
	requireBlocked(w, longestBackoff)
}

// Another call reads the clock later than this one's response, and locks first.
func TestTimesMayGoBackALittle(t *testing.T) {
	d := newDriver(t)
	const limit = 30
	var began time.Time
	used := 0
	respond := func() Response {
		if d.now.Sub(began) >= windowLength {
			began = d.now
			used = 0
		}
		used++
		require.LessOrEqual(t, used, limit, "the API refuses the next request")
		return shows(limit-used, limit)
	}
	for range 10 * limit {
		d.waited(Bulk)
		first := respond()
		received := d.now
		d.now = d.now.Add(time.Millisecond)
		w, tooLong := d.tokens.Enter(testToken, Bulk, time.Time{}, d.now)
		require.Zero(t, tooLong)
		d.tokens.Observe(testToken, Bulk, first, received)
		if w != nil {
			d.wait(w)
		}
		d.observe(Bulk, respond())
	}
	require.WithinDuration(t, noon.Add(19*windowLength), began, time.Second)
}
