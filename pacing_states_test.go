package hellio

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func requests(n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = fmt.Sprint("token-", i)
	}
	return tokens
}

func TestStatesAreForgottenAfterABurst(t *testing.T) {
	t.Parallel()
	var states tokenStates
	tokens, now := requests(5*maxTokens), begun
	for _, token := range tokens {
		states.Enter(token, bulkCall, time.Time{}, now)
	}
	require.Len(t, states.states, len(tokens), "a token in use is never forgotten")
	for i, token := range tokens {
		states.Observe(token, bulkCall, shows(119, 120), now.Add(time.Duration(i)*time.Millisecond))
		require.LessOrEqual(t, len(states.idle), maxTokens)
		require.Len(t, states.states, max(maxTokens, len(tokens)-i-1))
	}
	for _, token := range tokens[len(tokens)-maxTokens:] {
		require.Contains(t, states.states, token, "the windows that end last")
	}
}

func TestStatesAreForgottenInTheOrderOfTheirEnds(t *testing.T) {
	t.Parallel()
	var states tokenStates
	tokens := requests(maxTokens)
	for i, token := range tokens { // the first token ends last
		states.Enter(token, bulkCall, time.Time{}, begun)
		states.Observe(token, bulkCall, shows(119, 120), begun.Add(-time.Duration(i)*time.Millisecond))
	}
	states.Observe(tokens[maxTokens-1], otpCall, limitAnswer{Status: 429, RetryAfter: time.Minute}, begun)
	states.Observe(tokens[0], bulkCall, shows(120, 120), begun) // its window is over
	states.Enter(tokens[maxTokens-2], bulkCall, time.Time{}, begun)
	forgotten := []string{tokens[0], tokens[maxTokens-3], tokens[maxTokens-4]}
	for i, token := range forgotten {
		require.Contains(t, states.states, token)
		states.Enter(fmt.Sprint("new-", i), bulkCall, time.Time{}, begun)
		require.NotContains(t, states.states, token)
	}
	require.Contains(t, states.states, tokens[maxTokens-1], "its OTPs are blocked")
	require.Contains(t, states.states, tokens[maxTokens-2], "it is in use")
}

// The time per call does not grow with the number of tokens.
func BenchmarkStatesOfManyTokens(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		tokens := requests(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var states tokenStates
				for _, token := range tokens {
					states.Enter(token, bulkCall, time.Time{}, begun)
				}
				for _, token := range tokens {
					states.Observe(token, bulkCall, shows(119, 120), begun)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/call")
		})
	}
}
