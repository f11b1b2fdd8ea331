package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rules match source text, so a renamed variable can break one.
func TestEachRuleMatchesItsSource(t *testing.T) {
	root, err := repository()
	require.NoError(t, err)
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join(root, m.file))
		require.NoError(t, err)
		mutated, err := m.apply(string(source))
		require.NoError(t, err, m.name)
		require.NotEqual(t, string(source), mutated, m.name)
	}
}
