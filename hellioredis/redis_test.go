package hellioredis_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// realRedis is a redis-server that the test starts, and can stop and start
// again. It needs Debian's package redis-server.
type realRedis struct {
	t    *testing.T
	addr string
	dir  string
	cmd  *exec.Cmd
}

func startRedis(t *testing.T) *realRedis {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err,
		"these tests need the program redis-server: install the package redis-server")
	r := &realRedis{t: t, addr: freeAddr(t), dir: t.TempDir()}
	r.start(path)
	t.Cleanup(r.kill)
	return r
}

// freeAddr returns an address with a port below the ephemeral range: another
// process could take an ephemeral port before the server has started.
func freeAddr(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 20000+rand.IntN(10000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
}

func (r *realRedis) start(path string) {
	_, port, _ := net.SplitHostPort(r.addr)
	r.cmd = exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", r.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	r.cmd.Stdout = r.t.Output()
	require.NoError(r.t, r.cmd.Start())
	client := redis.NewClient(&redis.Options{Addr: r.addr})
	defer client.Close()
	require.Eventually(r.t, func() bool {
		return client.Ping(context.Background()).Err() == nil
	}, 30*time.Second, 10*time.Millisecond)
}

func (r *realRedis) kill() {
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}

func (r *realRedis) restart() {
	r.kill()
	r.start(r.cmd.Path)
}

func (r *realRedis) client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: r.addr, MaxRetries: -1, DialTimeout: time.Second})
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// inParallel runs n copies of f at once and waits for them.
func inParallel(n int, f func(i int)) {
	ended := make(chan struct{})
	for i := range n {
		go func() { defer func() { ended <- struct{}{} }(); f(i) }()
	}
	for range n {
		<-ended
	}
}

func prefixOf(t *testing.T) string { return fmt.Sprintf("test:%s:", t.Name()) }
