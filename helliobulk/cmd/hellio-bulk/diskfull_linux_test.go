package main

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// limitEnv says beyond how many kilobytes no file of a child may grow, which is
// what it sees of a full disk.
const limitEnv = "HELLIO_BULK_TEST_KILOBYTES"

func init() {
	kilobytes, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 32)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE,
		&syscall.Rlimit{Cur: kilobytes << 10, Max: kilobytes << 10}); err != nil {
		panic(err)
	}
}

func TestABatchContinuesAfterAFullDisk(t *testing.T) {
	t.Parallel()
	const n = 400
	seen := map[int]bool{}
	for _, kilobytes := range []int{1, 2, 4, 8, 16, 20} {
		d := newDesk(t)
		list := d.list(n)
		cmd := d.child(d.send(list, "-yes")...)
		cmd.Env = append(cmd.Env, limitEnv+"="+strconv.Itoa(kilobytes))
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "%d KB", kilobytes)
		seen[cmd.ProcessState.ExitCode()] = true
		require.Contains(t, string(out), "Next: make room on the disk, then run", "%d KB",
			kilobytes)
		e := d.run(d.send(list, "-yes")...)
		require.Equal(t, statusDone, e.status, e.err)
		d.requireEachOnce(n)
	}
	require.Equal(t, map[int]bool{statusFailed: true, statusUnfinished: true}, seen,
		"while planning, and while sending")
}
