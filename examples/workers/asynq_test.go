package workers

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// runAsynq is one run of a task, as asynq's processor makes it.
func runAsynq(ctx context.Context, c *hellio.Client, job Job, n int) (o ending) {
	worker := &AsynqWorker{Client: c, Log: quietLog}
	payload, err := json.Marshal(job)
	if err != nil {
		return ending{err: err, ended: true}
	}
	task := asynq.NewTask(asynqType, payload)
	o.err = worker.ProcessTask(ctx, task)
	o.ended = o.err == nil || errors.Is(o.err, asynq.SkipRetry)
	if !o.ended {
		at := time.Now().Add(worker.Config().RetryDelayFunc(n-1, o.err, task))
		o.wait = time.Until(at.Truncate(time.Second)) // asynq stores whole seconds
	}
	return o
}

// copied returns the job as a queue that stores JSON returns it.
func copied(job Job) (stored Job) {
	payload, err := json.Marshal(job)
	if err == nil {
		err = json.Unmarshal(payload, &stored)
	}
	if err != nil {
		panic(err)
	}
	return stored
}

func TestAsynqUnderEveryFault(t *testing.T) { exploreHandler(t, runAsynq) }

func TestUnreadableTaskIsArchived(t *testing.T) {
	worker := &AsynqWorker{Log: quietLog}
	err := worker.ProcessTask(t.Context(), asynq.NewTask(asynqType, []byte("{")))
	require.ErrorIs(t, err, asynq.SkipRetry)
}

// startRedis starts a redis-server on a socket of its own. Debian's package
// redis-server has it.
func startRedis(t *testing.T) *redis.Client {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err,
		"these tests need the program redis-server: install the package redis-server")
	dir, err := os.MkdirTemp("", "redis") // the name of a socket has at most 107 bytes
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "",
		"--loglevel", "warning")
	cmd.Stdout = t.Output()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	t.Cleanup(func() { _ = client.Close() })
	eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil })
	return client
}

// startAsynq starts a server. stop ends it as a deadline of the machine does:
// the calls in flight are cut.
func startAsynq(t *testing.T, rdb *redis.Client, client *hellio.Client) (stop func()) {
	t.Helper()
	worker := &AsynqWorker{Client: client, Log: quietLog}
	ctx, cancel := context.WithCancel(context.Background())
	config := worker.Config()
	config.BaseContext = func() context.Context { return ctx }
	config.Concurrency = 4
	config.TaskCheckInterval = 50 * time.Millisecond
	config.DelayedTaskCheckInterval = 50 * time.Millisecond
	config.LogLevel = asynq.FatalLevel
	server := asynq.NewServerFromRedisClient(rdb, config)
	require.NoError(t, server.Start(worker))
	return func() {
		cancel()
		server.Shutdown()
	}
}

func TestAsynqOnRealRedis(t *testing.T) {
	t.Parallel()
	r := newTrial(t)
	rdb := startRedis(t)
	queue := asynq.NewClientFromRedisClient(rdb)
	enqueueTwice := func() {
		for _, job := range append(r.jobs, r.jobs...) {
			require.NoError(t, EnqueueAsynq(t.Context(), queue, job))
		}
	}
	enqueueTwice()
	stop := startAsynq(t, rdb, r.firstClient())
	r.waitForFirst()
	stop()

	defer startAsynq(t, rdb, r.secondClient())()
	inspector := asynq.NewInspectorFromRedisClient(rdb)
	eventually(t, func() bool {
		info, err := inspector.GetQueueInfo("default")
		return err == nil && info.Completed == trialOrders && info.Archived == 2
	})
	r.requireSentOnce()
	for id, note := range map[string]string{r.bad.Key: badNote, r.old.Key: oldNote} {
		info, err := inspector.GetTaskInfo("default", id)
		require.NoError(t, err)
		require.Contains(t, info.LastErr, note)
	}

	enqueueTwice() // the queue still has each job
	info, err := inspector.GetQueueInfo("default")
	require.NoError(t, err)
	require.Equal(t, trialJobs, info.Size)
}
