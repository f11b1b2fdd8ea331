package pacing

import (
	"fmt"
	"math/rand/v2"
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

// requireConsistent checks the heap of idle states against the states.
func requireConsistent(t *testing.T, tokens *Tokens) {
	t.Helper()
	busy := 0
	for name, s := range tokens.states {
		require.Equal(t, name, s.name)
		if !s.isIdle() {
			busy++
			continue
		}
		require.NotZero(t, s.place, "an idle state is in the heap")
		require.Equal(t, later(s.token.end, s.otp.end), s.idleEnd)
	}
	for i, s := range tokens.idle {
		require.Same(t, s, tokens.states[s.name], "no forgotten state is in the heap")
		require.Equal(t, i+1, s.place)
		require.False(t, s.idleEnd.Before(tokens.idle[max(0, (i-1)/2)].idleEnd))
	}
	require.LessOrEqual(t, len(tokens.states), max(maxTokens, busy))
}

func TestHeapOfIdleTokensStaysConsistent(t *testing.T) {
	t.Parallel()
	var tokens Tokens
	var waiters []*Waiter
	source := rand.New(rand.NewPCG(1, 2))
	names, now := tokenNames(2*maxTokens), noon
	responses := []Response{
		{},
		shows(1, 2),
		shows(0, 2),
		shows(2, 2),
		refused(time.Second),
		{Status: 500},
	}
	for i := range 6000 {
		name := names[source.IntN(len(names))]
		kind := Kind(source.IntN(2))
		now = now.Add(time.Duration(source.IntN(100)) * time.Millisecond)
		switch source.IntN(5) {
		case 0, 1:
			latest := now.Add(time.Duration(source.IntN(200)) * time.Second)
			if w, _ := tokens.Enter(name, kind, latest, now); w != nil {
				waiters = append(waiters, w)
			}
		case 2, 3:
			tokens.Observe(name, kind, responses[source.IntN(len(responses))], now)
		default:
			if len(waiters) > 0 {
				w := waiters[0]
				waiters = waiters[1:]
				tokens.WakeAfter(w, now)
				tokens.Remove(w, now)
			}
		}
		if i%20 == 0 {
			requireConsistent(t, &tokens)
		}
	}
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
