package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryOperationHasMethodRouteAndExample(t *testing.T) {
	var out bytes.Buffer
	gaps, err := run("../../../..", &out)
	require.NoError(t, err)
	require.Zero(t, gaps, out.String())
}

func TestAMissingClientIsAnError(t *testing.T) {
	_, err := run(t.TempDir(), new(bytes.Buffer))
	require.Error(t, err)
}
