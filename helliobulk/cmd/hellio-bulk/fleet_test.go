package main

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk/internal/freeport"
	"github.com/hellio-go/hellio/helliotest"
)

// withRedis starts a redis-server for a desk, with settings that a fleet
// wants. Debian's package redis-server has it.
func withRedis(t *testing.T, d *desk) *redis.Client {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err,
		"these tests need the program redis-server: install the package redis-server")
	port := freeport.Get(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	server := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(),
		"--save", "", "--appendonly", "yes", "--requirepass", "hunter2")
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	d.env["HELLIO_REDIS_URL"] = "redis://:hunter2@" + addr + "/0"
	client := redis.NewClient(&redis.Options{Addr: addr, Password: "hunter2"})
	t.Cleanup(func() { _ = client.Close() })
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil },
		30*time.Second, 10*time.Millisecond)
	return client
}

// plan plans n numbers in chunks of 5.
func (d *desk) plan(n int) {
	d.t.Helper()
	args := d.send(d.list(n))
	args[0] = "plan"
	require.Equal(d.t, statusDone, d.run(args...).status)
}

// worker runs a worker until the returned function is called, which returns
// what it left behind.
func (d *desk) worker(args ...string) (end func() ended) {
	other := *d
	var cancel context.CancelFunc
	other.ctx, cancel = context.WithCancel(d.t.Context())
	left := make(chan ended, 1)
	go func() { left <- other.run(append([]string{"worker"}, args...)...) }()
	return func() ended { cancel(); return <-left }
}

func TestABatchIsEnqueuedAndWorkersSendIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	withRedis(t, d)
	d.plan(20)
	e := d.run("enqueue", "-store", d.store())
	require.Equal(t, statusNobody, e.status)
	require.Contains(t, e.err, "enqueue -store "+d.store()+" -wait -yes")
	e = d.run("enqueue", "-store", d.store(), "-yes")
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.err, "4 chunks are with the fleet")
	require.Contains(t, e.err, "No worker is listening to this queue")
	require.Empty(t, d.fake.Messages())
	end := d.worker("-name", "one")
	e = d.run("enqueue", "-store", d.store(), "-wait")
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "20 of 20 recipients")
	e = end()
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.err, "state=done")
	d.requireEachOnce(20)
}

func TestAStoppedFleetsReasonIsTheExitStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]int{402: statusUnpaid, 401: statusAccount, 403: statusAccount} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			withRedis(t, d)
			d.plan(20)
			d.fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.Status(code, ""))
			end := d.worker("-quiet", "-json")
			e := d.run("enqueue", "-store", d.store(), "-wait", "-yes")
			require.Equal(t, want, e.status, e.err)
			require.Contains(t, e.err, "enqueue -store "+d.store()+" -wait")
			require.NotContains(t, e.err, "hunter2")
			require.Contains(t, end().out, `"level":"WARN"`)
			require.NoError(t, d.fake.SetFaults())
			end = d.worker()
			require.Equal(t, statusDone, d.run("enqueue", "-store", d.store(), "-wait").status)
			end()
			d.requireEachOnce(20)
		})
	}
}

func TestAnAbsentRedisHasItsOwnStatus(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.plan(5)
	d.env["HELLIO_REDIS_URL"] = "redis://:hunter2@127.0.0.1:1/0"
	for _, e := range []ended{d.run("worker"), d.run("enqueue", "-store", d.store(), "-yes")} {
		require.Equal(t, statusRedis, e.status)
		require.NotContains(t, e.err, "hunter2")
	}
	for _, address := range []string{"ftp://:hunter2@x:1", "redis://:hunter2@x:port"} {
		d.env["HELLIO_REDIS_URL"] = address
		e := d.run("worker")
		require.Equal(t, statusUsage, e.status)
		require.NotContains(t, e.err, "hunter2")
	}
}

func TestFleetCommandsRefuseBadInput(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	withRedis(t, d)
	require.Equal(t, statusUsage, d.run("worker", "-workers", "65").status)
	require.Equal(t, statusUsage, d.run("worker", "now").status)
	require.Equal(t, statusUsage, d.run("enqueue").status)
	require.Equal(t, statusStore, d.run("enqueue", "-store", d.store()).status)
	d.plan(5)
	require.Equal(t, statusUsage,
		d.run("enqueue", "-store", d.store(), "-yes", "-ahead", "-1").status)
	delete(d.env, "HELLIO_API_TOKEN")
	require.Equal(t, statusAccount, d.run("worker").status)
	require.Empty(t, d.fake.Messages())
}
