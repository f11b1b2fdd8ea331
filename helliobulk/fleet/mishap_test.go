package fleet

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func TestAnEmptiedRedisIsFilledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40, helliotest.WithLatency(20*time.Millisecond))
	w.work(WorkOptions{Workers: 2})
	ended := make(chan error, 1)
	go func() { ended <- w.wait(helliobulk.Options{}) }()
	for _, part := range []int{8, 20} {
		require.Eventually(t, func() bool { return len(w.fake.Messages()) >= part*chunkSize },
			20*time.Second, time.Millisecond)
		require.NoError(t, w.rdb.FlushAll(t.Context()).Err())
	}
	require.NoError(t, <-ended)
	w.requireEachOnce()
}

func TestARestartedEmptyRedisIsFilledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40, helliotest.WithLatency(20*time.Millisecond))
	w.redis.kill()
	w.redis.args = []string{"--appendonly", "no"}
	w.redis.restart()
	w.work(WorkOptions{Workers: 2})
	ended := make(chan error, 1)
	go func() { ended <- w.wait(helliobulk.Options{}) }()
	require.Eventually(t, func() bool { return len(w.fake.Messages()) >= 8*chunkSize },
		20*time.Second, time.Millisecond)
	w.redis.restart()
	require.NoError(t, <-ended)
	w.requireEachOnce()
}

// A copy of Redis from before, put back: its tasks are all to be done once
// more.
func TestAnOldCopyOfRedisSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"an hour later": time.Hour,
		"when keys are forgotten": 25 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 6)
			w.enqueue(helliobulk.Options{})
			copied := filepath.Join(t.TempDir(), "copy")
			require.NoError(t, os.CopyFS(copied, os.DirFS(w.redis.dir)))
			end := w.work(WorkOptions{})
			w.until("all done", allDone)
			end()
			w.redis.kill()
			w.redis.dir = copied
			w.redis.restart()
			w.fake.Advance(later)
			w.work(WorkOptions{})
			require.Eventually(t,
				func() bool {
					idle,
						err := w.queue().idle(t.Context())
					return err == nil && idle
				}, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, w.wait(helliobulk.Options{}))
			w.requireEachOnce()
		})
	}
}

func TestARestartOfRedisOnlyDelays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40, helliotest.WithLatency(20*time.Millisecond))
	w.work(WorkOptions{Workers: 2})
	ended := make(chan error, 1)
	go func() { ended <- w.wait(helliobulk.Options{}) }()
	require.Eventually(t, func() bool { return len(w.fake.Messages()) >= 8*chunkSize },
		20*time.Second, time.Millisecond)
	w.redis.restart()
	require.NoError(t, <-ended)
	w.requireEachOnce()
	require.Zero(t, w.batch.Report().NeedsReview.Chunks)
}

func TestWithoutRedisNothingBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.redis.kill()
	for name, err := range map[string]error{
		"work":    Work(t.Context(), w.client, w.rdb, WorkOptions{}),
		"enqueue": Enqueue(t.Context(), w.client, w.rdb, w.batch, Options{}),
		"collect": Collect(t.Context(), w.rdb, w.batch),
		"check":   firstError(CheckRedis(t.Context(), w.rdb)),
	} {
		require.ErrorIs(t, err, ErrRedis, name)
	}
	require.Equal(t, 2, w.batch.Report().Open.Chunks)
	require.Empty(t, w.sends())
}

func firstError(_ []string, err error) error { return err }

func TestAFullRedisTakesTheRestLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400)
	full := func(limit string) {
		require.NoError(t, w.rdb.ConfigSet(t.Context(), "maxmemory", limit).Err())
	}
	used, err := w.rdb.Do(t.Context(), "MEMORY", "STATS").Result()
	require.NoError(t, err)
	total := used.(map[any]any)["total.allocated"].(int64)
	full(redisBytes(total + 300_000))
	err = Enqueue(t.Context(), w.client, w.rdb, w.batch, Options{})
	require.ErrorIs(t, err, ErrRedis)
	require.ErrorContains(t, err, "OOM")
	require.Positive(t, w.batch.Report().Unknown.Chunks)
	full("0")
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}

// So it is when the clock of a worker's machine jumps ahead by a day: it takes
// everybody's leases for expired.
func TestTwoWorkersWithOneChunkChargeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6)
	w.fake.Fault(helliotest.SMSSend, helliotest.Times(6), helliotest.Delay(5*time.Second))
	w.enqueue(helliobulk.Options{})
	w.work(WorkOptions{Workers: 6})
	require.Eventually(t, func() bool { return inPhase(t, w, phaseBegun) == 6 }, time.Minute,
		time.Millisecond)
	w.forgetLeases()
	w.work(WorkOptions{Workers: 6}) // it takes them immediately
	w.until("all done", allDone)
	require.Eventually(t,
		func() bool {
			idle,
				err := w.queue().idle(t.Context())
			return err == nil && idle
		}, 20*time.Second, 10*time.Millisecond)
	w.requireEachOnce()
	require.Greater(t, len(w.sends()), 6, "each was sent by two")
}

func TestAnUnsuitableRedisIsNamed(t *testing.T) {
	t.Parallel()
	good := startRedis(t).client()
	warnings, err := CheckRedis(t.Context(), good)
	require.NoError(t, err)
	require.Empty(t, warnings)
	bad := startRedisWith(t, "--appendonly", "no", "--maxmemory-policy", "allkeys-lru").client()
	warnings, err = CheckRedis(t.Context(), bad)
	require.NoError(t, err)
	require.Len(t, warnings, 2)
}

func TestOnlyTasksHoldNumbersInRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(422, "validation_failed"))
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.LoseReply())
	log := &lines{}
	w.work(WorkOptions{Workers: 1, Logger: log.logger()})
	require.ErrorIs(t, w.wait(helliobulk.Options{}), helliobulk.ErrRejected)
	all := log.String()
	for _, key := range w.rdb.Keys(t.Context(), "hellio:*").Val() {
		kind := w.rdb.Type(t.Context(), key).Val()
		dump := map[string]func() string{
			"hash":   func() string { return join(w.rdb.HVals(t.Context(), key).Val()) },
			"list":   func() string { return join(w.rdb.LRange(t.Context(), key, 0, -1).Val()) },
			"string": func() string { return w.rdb.Get(t.Context(), key).Val() },
		}[kind]
		require.NotNil(t, dump, kind)
		all += key + dump()
	}
	require.Contains(t, all, phaseSettled)
	require.Contains(t, all, "validation_failed")
	require.NotRegexp(t, `\b23324`, all)
	require.NotContains(t, all, "Fees are due")
	require.NotContains(t, all, helliotest.DefaultToken)
}

// inPhase counts entries of the ledger.
func inPhase(t *testing.T, w *world, phase string) (n int) {
	entries, err := w.rdb.HVals(t.Context(), w.queue().ledger("fees").hash).Result()
	require.NoError(t, err)
	for _, stored := range entries {
		if h, err := parseHeld(stored); err == nil && h.phase == phase {
			n++
		}
	}
	return n
}
