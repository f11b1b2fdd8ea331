package helliotest

import "testing"

// ExploreOn is Explore that reports to tb.
func ExploreOn(
	tb testing.TB, t *testing.T, fn func(run *Run) error, opts ...ExploreOption,
) Exploration {
	tb.Helper()
	return explore(tb, t, fn, opts)
}
