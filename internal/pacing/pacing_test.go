package pacing

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func tokenNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("token-", i)
	}
	return names
}

func TestIdleTokensAreForgotten(t *testing.T) {
	t.Parallel()
	var tokens Tokens
	for _, name := range tokenNames(10 * maxTokens) {
		tokens.Enter(name, Bulk, time.Time{}, noon)
		tokens.Observe(name, Bulk, shows(119, 120), noon)
		require.LessOrEqual(t, len(tokens.states), maxTokens)
	}
}

func TestTokensAreForgottenAfterABurst(t *testing.T) {
	t.Parallel()
	var tokens Tokens
	names := tokenNames(5 * maxTokens)
	for _, name := range names {
		tokens.Enter(name, Bulk, time.Time{}, noon)
	}
	require.Len(t, tokens.states, len(names), "a token in use is never forgotten")
	for i, name := range names {
		now := noon.Add(time.Duration(i) * time.Millisecond)
		tokens.Observe(name, Bulk, shows(119, 120), now)
		require.LessOrEqual(t, len(tokens.idle), maxTokens)
		require.Len(t, tokens.states, max(maxTokens, len(names)-i-1))
	}
	for _, name := range names[len(names)-maxTokens:] {
		require.Contains(t, tokens.states, name, "the windows that end last")
	}
}

func TestTokensAreForgottenInOrderOfTheirEnds(t *testing.T) {
	t.Parallel()
	var tokens Tokens
	names := tokenNames(maxTokens)
	last := len(names) - 1
	for i, name := range names { // the first token ends last
		tokens.Enter(name, Bulk, time.Time{}, noon)
		began := noon.Add(-time.Duration(i) * time.Millisecond)
		tokens.Observe(name, Bulk, shows(119, 120), began)
	}
	tokens.Observe(names[last], OTP, refused(time.Minute), noon)
	tokens.Observe(names[0], Bulk, shows(120, 120), noon) // its window is over
	tokens.Enter(names[last-1], Bulk, time.Time{}, noon)
	for i, name := range []string{names[0], names[last-2], names[last-3]} {
		require.Contains(t, tokens.states, name)
		tokens.Enter(fmt.Sprint("new-", i), Bulk, time.Time{}, noon)
		require.NotContains(t, tokens.states, name)
	}
	require.Contains(t, tokens.states, names[last], "its OTPs are blocked")
	require.Contains(t, tokens.states, names[last-1], "it is in use")
}

func TestTokenWithAWaiterIsNotForgotten(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 120))
	w := d.queued(Bulk, time.Time{})
	for _, name := range tokenNames(2 * maxTokens) {
		d.tokens.Enter(name, Bulk, time.Time{}, d.now)
	}
	require.Contains(t, d.tokens.states, testToken)
	d.tokens.Remove(w, d.now)
	require.NotContains(t, d.tokens.states, testToken, "there are too many others")
}

// The time per call does not grow with the number of tokens.
func BenchmarkTokensInFlight(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		names := tokenNames(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var tokens Tokens
				for _, name := range names {
					tokens.Enter(name, Bulk, time.Time{}, noon)
				}
				for _, name := range names {
					tokens.Observe(name, Bulk, shows(119, 120), noon)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/call")
		})
	}
}
