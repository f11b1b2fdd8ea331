package fleet

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk/internal/freeport"
)

// realRedis is a redis-server of the test's own, to be stopped and started.
// Debian's package redis-server has it.
type realRedis struct {
	t    *testing.T
	addr string
	dir  string
	args []string
	cmd  *exec.Cmd
}

// startRedis starts one that writes each command to disk.
func startRedis(t *testing.T) *realRedis {
	t.Helper()
	return startRedisWith(t, "--appendonly", "yes", "--appendfsync", "always")
}

func startRedisWith(t *testing.T, args ...string) *realRedis {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err,
		"these tests need the program redis-server: install the package redis-server")
	r := &realRedis{
		t:    t,
		addr: net.JoinHostPort("127.0.0.1", freeport.Get(t)),
		dir:  t.TempDir(),
		args: args,
	}
	r.start(path)
	t.Cleanup(r.kill)
	return r
}

func (r *realRedis) start(path string) {
	_, port, _ := net.SplitHostPort(r.addr)
	r.cmd = exec.Command(path,
		append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", ""},
			r.args...)...)
	r.cmd.Stdout = r.t.Output()
	require.NoError(r.t, r.cmd.Start())
	client := redis.NewClient(&redis.Options{Addr: r.addr})
	defer client.Close()
	require.Eventually(r.t, func() bool { return client.Ping(r.t.Context()).Err() == nil },
		30*time.Second, 10*time.Millisecond)
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
	c := redis.NewClient(&redis.Options{Addr: r.addr, DialTimeout: time.Second})
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}
