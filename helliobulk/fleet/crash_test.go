//go:build unix

package fleet

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

// TestDyingWorkersDoubleAndLoseNothing kills a worker at
// each point of its work on an API that spoils three calls in ten, and lets
// another continue.
func TestDyingWorkersDoubleAndLoseNothing(t *testing.T) {
	t.Parallel()
	seeds := 2
	if testing.Short() {
		seeds = 1
	}
	for _, point := range []string{beforeIntent, afterIntent, afterReply, beforeResult,
		afterResult} {
		for seed := range seeds {
			t.Run(fmt.Sprint(point, " ", seed), func(t *testing.T) {
				t.Parallel()
				dieOnce(t, point, uint64(seed))
			})
		}
	}
}

func dieOnce(t *testing.T, point string, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, uint64(len(point))))
	w := newWorld(t, 12, helliotest.AllowUnusedFaults())
	require.NoError(t, w.fake.SetFaults(threeInTen(rng)...))
	w.client = w.fake.Client(append(patient(), hellio.WithBaseURL(w.fake.URL()))...)
	w.enqueue(helliobulk.Options{})
	child := startChild(t,
		childJob{
			URL:     w.fake.URL(),
			Redis:   w.redis.addr,
			Name:    "a",
			Workers: 3,
			Point:   point,
			Nth:     1 + rng.Int64N(4),
		})
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case <-ended:
	case <-time.After(3 * time.Minute):
		t.Fatal("it did not come to its point")
	}
	require.Equal(t, syscall.SIGKILL, child.ProcessState.Sys().(syscall.WaitStatus).Signal(),
		"it ended on its own")
	w.forgetLeases()
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}

// threeInTen spoils three of ten sends.
func threeInTen(rng *rand.Rand) (faults []helliotest.FaultSpec) {
	effects := []helliotest.FaultSpec{
		{Effect: "lose_request"},
		{Effect: "lose_reply"},
		{Effect: "lose_reply"},
		{Effect: "reset"},
		{Effect: "truncate_body", Bytes: 20},
		{Effect: "not_json"},
		{Effect: "status", Code: 500},
		{Effect: "status", Code: 503},
		{Effect: "delay", Duration: "5ms"},
	}
	for nth := 1; nth <= 400; nth++ {
		if rng.IntN(10) < 3 {
			f := effects[rng.IntN(len(effects))]
			f.Op, f.Nth = helliotest.SMSSend, nth
			faults = append(faults, f)
		}
	}
	return faults
}
