//go:build unix

package helliobulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// Points that the engine knows nothing of.
const (
	afterWrite = "after the write"
	afterReply = "after the reply"
)

// childEnv turns the test binary into a program that sends a batch and is
// killed on the way.
const childEnv = "HELLIOBULK_TEST_CHILD"

// childJob is what the child does.
type childJob struct {
	URL    string
	Token  string // "": the fake's own
	Store  string
	Point  string
	Nth    int64 // time that the point is reached
	Count  int   // of recipients
	Resume bool
	Limit  uint64 // bytes that no file may grow beyond; 0: none
}

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		if err := runChild(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runChild(text string) error {
	var job childJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return err
	}
	if job.Limit > 0 {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE,
			&syscall.Rlimit{Cur: job.Limit, Max: job.Limit}); err != nil {
			return err
		}
	}
	k := &killer{job: job}
	client, err := hellio.NewClient(orElse(job.Token, helliotest.DefaultToken),
		append(quick(), hellio.WithBaseURL(job.URL),
			hellio.WithHTTPClient(&http.Client{Transport: k}))...)
	if err != nil {
		return err
	}
	if !job.Resume {
		list := Numbers(crashList(job.Count)...)
		if _, err := Plan(context.Background(), client, list, crashBatch(job.Store)); err != nil {
			return err
		}
	}
	b, err := Open(job.Store)
	if err != nil {
		return err
	}
	b.hooks = hooks{at: k.reach, firstPause: time.Millisecond}
	return errors.Join(b.Send(context.Background(), client, Options{Workers: 3}), b.Close())
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

// RoundTrip sends through connections that report a written send, and reports
// its answer.
func (k *killer) RoundTrip(req *http.Request) (*http.Response, error) {
	if k.wire.DialContext == nil {
		k.wire.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return &reportingConn{conn, k}, err
		}
	}
	resp, err := k.wire.RoundTrip(req)
	if err == nil && req.Method == http.MethodPost {
		k.reach(afterReply)
	}
	return resp, err
}

type reportingConn struct {
	net.Conn
	k *killer
}

func (c *reportingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err == nil && bytes.HasPrefix(p, []byte("POST ")) {
		c.k.reach(afterWrite)
	}
	return n, err
}
