//go:build unix

package fleet

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAStalledRedisOnlyDelays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 12, helliotest.WithLatency(20*time.Millisecond))
	w.work(WorkOptions{Workers: 2})
	ended := make(chan error, 1)
	go func() { ended <- w.wait(helliobulk.Options{}) }()
	require.Eventually(t, func() bool { return len(w.fake.Messages()) >= 3*chunkSize },
		20*time.Second, time.Millisecond)
	// longer than go-redis waits, so that commands fail which Redis carries out
	// later
	w.redis.stall(7 * time.Second)
	require.Less(t, len(w.fake.Messages()), 12*chunkSize,
		"nothing more is sent while Redis does not answer")
	require.NoError(t, <-ended)
	w.requireEachOnce()
	require.Zero(t, w.batch.Report().NeedsReview.Chunks)
}

// stall keeps the server from doing anything for as long as d, in which
// connections stand.
func (r *realRedis) stall(d time.Duration) {
	require.NoError(r.t, r.cmd.Process.Signal(syscall.SIGSTOP))
	time.Sleep(d)
	require.NoError(r.t, r.cmd.Process.Signal(syscall.SIGCONT))
}
