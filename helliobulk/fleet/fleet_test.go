package fleet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
)

func TestABatchGoesThroughAFleetToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	w.work(WorkOptions{Name: "a"})
	w.work(WorkOptions{Name: "b"})
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}
