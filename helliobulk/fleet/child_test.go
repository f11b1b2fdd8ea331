//go:build unix

package fleet

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioredis"
	"github.com/hellio-go/hellio/helliotest"
)

// afterReply is a point that the worker knows nothing of.
const afterReply = "after the reply"

// childEnv turns the test binary into a program that is one worker.
const childEnv = "HELLIO_FLEET_TEST_CHILD"

// childJob is what the child does.
type childJob struct {
	URL     string
	Redis   string
	Name    string
	Workers int
	Paced   bool   // shares the rate, and is as patient as a client is by default
	Point   string // where it kills itself; "": nowhere
	Nth     int64  // time that the point is reached
}

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		if err := runChild(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // they mostly wait: for asynq, which counts in seconds
	os.Exit(m.Run())
}

func runChild(text string) error {
	var job childJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return err
	}
	k := &killer{job: job}
	rdb := redis.NewClient(&redis.Options{Addr: job.Redis})
	opts := append(patient(), hellio.WithHTTPClient(&http.Client{Transport: k}))
	if job.Paced {
		limiter, err := hellioredis.NewLimiter(rdb, "")
		if err != nil {
			return err
		}
		opts = []hellio.Option{hellio.WithLimiter(limiter)}
	}
	client, err := hellio.NewClient(helliotest.DefaultToken,
		append(opts, hellio.WithBaseURL(job.URL), hellio.WithAppInfo("worker-"+job.Name, "1"))...)
	if err != nil {
		return err
	}
	var log *slog.Logger
	if os.Getenv(showEnv) != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ctx := context.Background()
	w, err := newWorker(ctx, client, rdb,
		WorkOptions{Workers: job.Workers, Name: job.Name, Logger: log})
	if err != nil {
		return err
	}
	w.at = k.reach
	return w.run(ctx)
}

// killer ends the process as kill -9 does, at its point.
type killer struct {
	job     childJob
	reached atomic.Int64
	wire    http.Transport
}

func (k *killer) reach(point string) {
	if point == k.job.Point && k.reached.Add(1) == k.job.Nth {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// RoundTrip reports when the answer to a send has come.
func (k *killer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := k.wire.RoundTrip(req)
	if err == nil && req.Method == http.MethodPost {
		k.reach(afterReply)
	}
	return resp, err
}

// startChild starts a worker in a process of its own.
func startChild(t *testing.T, job childJob) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+string(text))
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	t.Cleanup(func() { killChild(child) })
	return child
}

// killChild is kill -9, for one that has not ended.
func killChild(c *exec.Cmd) {
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}
