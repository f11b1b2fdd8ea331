package fleet

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/internal/freeport"
	"github.com/hellio-go/hellio/hellioredis"
	"github.com/hellio-go/hellio/helliotest"
)

// What the primary had not yet passed on is lost with it: its chunks are made
// up from the store, and answered from memory.
func TestAReplicaFollowsADeadPrimaryWithoutDoubles(t *testing.T) {
	t.Parallel()
	primary := startRedis(t)
	host, port, _ := net.SplitHostPort(primary.addr)
	replica := startRedisWith(t, "--appendonly", "yes", "--replicaof", host+" "+port)
	sentinel := startSentinel(t, primary.addr)
	watch := redis.NewSentinelClient(&redis.Options{Addr: sentinel})
	t.Cleanup(func() { _ = watch.Close() })
	require.Eventually(t, func() bool {
		known, err := watch.Replicas(t.Context(), "hellio").Result()
		return err == nil && len(known) == 1 && known[0]["master-link-status"] == "ok"
	}, 30*time.Second, 50*time.Millisecond)
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "hellio",
		SentinelAddrs: []string{sentinel}, DialTimeout: time.Second})
	t.Cleanup(func() { _ = rdb.Close() })

	w := newWorldOn(t, rdb, 40, helliotest.WithLatency(20*time.Millisecond))
	w.work(WorkOptions{Workers: 2})
	ended := make(chan error, 1)
	go func() { ended <- w.wait(helliobulk.Options{}) }()
	require.Eventually(t, func() bool { return len(w.fake.Messages()) >= 8*chunkSize },
		20*time.Second, time.Millisecond)
	primary.kill()
	require.NoError(t, <-ended)
	w.requireEachOnce()
	role, err := replica.client().Do(t.Context(), "ROLE").Slice()
	require.NoError(t, err)
	require.Equal(t, "master", role[0])
}

// startSentinel starts one that makes the replica the primary as soon as the
// primary is away for half a second. If what it knows of the replica is too old
// just then, it ends, and tries again after twice the failover timeout,
// which is six minutes by default.
func startSentinel(t *testing.T, primary string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(primary)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	require.NoError(t,
		os.WriteFile(file,
			fmt.Appendf(nil,
				"sentinel monitor hellio %s %s 1\nsentinel down-after-milliseconds hellio 500\n"+
					"sentinel failover-timeout hellio 1000\n", host, port), 0o600))
	port = freeport.Get(t)
	cmd := exec.Command("redis-server", file, "--sentinel", "--port", port, "--bind", "127.0.0.1")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return net.JoinHostPort("127.0.0.1", port)
}

func TestABatchGoesThroughACluster(t *testing.T) {
	t.Parallel()
	rdb := startCluster(t)
	w := newWorldOn(t, rdb, 12)
	limiter, err := hellioredis.NewLimiter(rdb, "")
	require.NoError(t, err)
	w.client = w.fake.Client(append(quick(), hellio.WithBaseURL(w.fake.URL()),
		hellio.WithLimiter(limiter))...)
	w.work(WorkOptions{})
	require.NoError(t, w.wait(helliobulk.Options{}))
	w.requireEachOnce()
}

// startCluster starts the smallest that Redis calls healthy: three nodes that
// share the slots.
func startCluster(t *testing.T) *redis.ClusterClient {
	t.Helper()
	var addrs []string
	for i := range 3 {
		bus := freeport.Get(t)
		node := startRedisWith(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		require.NoError(t,
			node.client().ClusterAddSlotsRange(t.Context(), 16384*i/3, 16384*(i+1)/3-1).Err())
		if addrs = append(addrs, node.addr); i > 0 {
			_, port, _ := net.SplitHostPort(node.addr)
			first := redis.NewClient(&redis.Options{Addr: addrs[0]})
			require.NoError(t,
				first.Do(t.Context(), "CLUSTER", "MEET", "127.0.0.1", port, bus).Err())
			require.NoError(t, first.Close())
		}
	}
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	t.Cleanup(func() { _ = rdb.Close() })
	require.Eventually(t, func() bool {
		var healthy atomic.Int32
		err := rdb.ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
			info, err := node.ClusterInfo(ctx).Result()
			if strings.Contains(info, "cluster_state:ok") {
				healthy.Add(1)
			}
			return err
		})
		return err == nil && healthy.Load() == 3
	}, 30*time.Second, 50*time.Millisecond)
	return rdb
}
