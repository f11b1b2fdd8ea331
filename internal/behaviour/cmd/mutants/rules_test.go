package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/behaviour"
)

func TestEachRuleMatchesItsSource(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, m := range mutants() {
		claim, found := behaviour.Find(m.id)
		require.True(t, found && claim.Why == "", "%s has no check", m.id)
		require.False(t, seen[m.id], "twice: %s", m.id)
		seen[m.id] = true
		source, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "helliotest", m.file))
		require.NoError(t, err)
		mutated, err := m.apply(string(source))
		require.NoError(t, err, m.id)
		require.NotEqual(t, string(source), mutated, m.id)
	}
	require.GreaterOrEqual(t, len(seen), 60)
}

func TestARuleThatMatchesTwiceIsRefused(t *testing.T) {
	t.Parallel()
	_, err := mutant{old: "a", file: "x.go"}.apply("a, a")
	require.ErrorContains(t, err, "occurs 2 times in x.go")
}
