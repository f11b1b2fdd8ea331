package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/shapes"
)

func TestShapesAreCurrent(t *testing.T) {
	require.NoError(t, run("../../../..", false))
}

func TestStaleShapesAreAnError(t *testing.T) {
	require.Error(t, run(t.TempDir(), false))
}

func TestShapesHoldEveryOperationAndNoLostReference(t *testing.T) {
	table, err := shapes.Load()
	require.NoError(t, err)
	require.Len(t, table.Operations, 33)
	for name, all := range table.Operations {
		require.Contains(t, all, "5XX", name)
		for status := range all {
			answer := table.Answer(name, status)
			require.NotNil(t, answer, "%s %s", name, status)
			require.NotEmpty(t, answer.Basis, "%s %s", name, status)
			require.True(t, answer.Body == nil || table.Resolve(answer.Body) != nil, name)
		}
	}
}
