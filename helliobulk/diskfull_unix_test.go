//go:build linux

package helliobulk

import (
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// TestAFullDiskLosesNothing runs a batch where no file may grow
// beyond a size, for sizes from nothing to enough: the plan fails, or a write
// on the way. Then there is room, and the same command ends it.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	ends, sending := 0, 0
	for _, kilobytes := range []uint64{1, 2, 3, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 1024} {
		fake := helliotest.New(t, helliotest.WithRateLimit(0), helliotest.WithBalance(crashBalance))
		job := childJob{
			URL:   fake.URL(),
			Store: storePath(t),
			Count: 400,
			Limit: kilobytes << 10,
		}
		text, err := json.Marshal(job)
		require.NoError(t, err)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+string(text))
		out, err := child.CombinedOutput()
		if err != nil {
			ends++
			if len(fake.Messages()) > 0 {
				sending++
			}
			require.Contains(t, string(out), syscall.EFBIG.Error(), "%d KB", kilobytes)
			require.NotContains(t, string(out), "panic")
		}
		client := fake.Client(append(quick(), optionsFor(job)...)...)
		r, err := Run(t.Context(), client, Numbers(crashList(job.Count)...), crashBatch(job.Store))
		require.NoError(t, err, "%d KB", kilobytes)
		requireEachOnce(t, fake, crashBalance, r, numbers(job.Count))
	}
	require.Positive(t, sending, "none met it while sending")
	require.Greater(t, ends, sending, "none met it while planning")
	t.Logf("%d of 14 runs met a full disk, %d of them while sending", ends, sending)
}
