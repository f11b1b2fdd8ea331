//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate stands before a fake and holds one send back.
type gate struct {
	api     http.Handler
	nth     int32
	sends   atomic.Int32
	reached chan struct{}
	release chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodPost && g.sends.Add(1) == g.nth {
		// a server notices that a client is gone once it has read the body
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		close(g.reached)
		select {
		case <-g.release:
		case <-req.Context().Done(): // it never reaches the API
			return
		}
	}
	g.api.ServeHTTP(w, req)
}

// gated leads a desk to its API through a gate that holds the fourth send.
func gated(t *testing.T) (*desk, *gate) {
	t.Helper()
	d := newDesk(t)
	g := &gate{
		api:     d.fake.Handler(),
		nth:     4,
		reached: make(chan struct{}),
		release: make(chan struct{}),
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	d.env["HELLIO_BASE_URL"] = server.URL + "/v1"
	return d, g
}

// child is the program in a process of its own, which heeds Ctrl-C even where a
// shell started these tests in the background, without it.
func (d *desk) child(args ...string) *exec.Cmd {
	if signal.Ignored(os.Interrupt) {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	for name, value := range d.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// screen keeps what a program writes, and waits until a text has come.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func newScreen() *screen { return &screen{news: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) wait(t *testing.T, words string) {
	t.Helper()
	for deadline := time.After(time.Minute); !strings.Contains(s.String(), words); {
		select {
		case <-s.news:
		case <-deadline:
			t.Fatalf("%q has not come: %s", words, s)
		}
	}
}

func TestASignalStopsAfterTheCallsInFlight(t *testing.T) {
	t.Parallel()
	for _, sent := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, sent) // else the program inherits what nohup ignores
		t.Cleanup(func() { signal.Stop(caught) })
		d, g := gated(t)
		cmd := d.child(d.send(d.list(60), "-yes", "-workers", "1")...)
		stderr := newScreen()
		cmd.Stderr, cmd.Stdout = stderr, io.Discard
		require.NoError(t, cmd.Start())
		<-g.reached
		require.NoError(t, cmd.Process.Signal(sent))
		stderr.wait(t, "Stopping after the calls in flight")
		close(g.release)
		_ = cmd.Wait() // its status is looked at
		require.Equal(t, statusUnfinished, cmd.ProcessState.ExitCode(), stderr)
		require.Len(t, d.fake.Messages(), 20, "the call in flight has ended, and no other began")
		require.Equal(t, statusUnfinished, d.run("status", "-store", d.store()).status)
		_, next, found := strings.Cut(stderr.String(),
			"\nNext: to continue, run\n  "+calledAs(os.Args[0])+" ")
		require.True(t, found, stderr)
		e := d.run(strings.Fields(next)...)
		require.Equal(t, statusDone, e.status, e.err)
		d.requireEachOnce(60)
	}
}

func TestASecondSignalLosesNothing(t *testing.T) {
	t.Parallel()
	d, g := gated(t)
	cmd := d.child(d.send(d.list(60), "-yes", "-workers", "1")...)
	stderr := newScreen()
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	<-g.reached
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	stderr.wait(t, "resume -store "+d.store())
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait() // its end is looked at
	require.Equal(t, syscall.SIGINT, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
	require.Contains(t, d.run("status", "-store", d.store()).out,
		"unknown        5 recipients in 1 chunk\n")
	require.Equal(t, statusDone, d.run("resume", "-store", d.store()).status)
	d.requireEachOnce(60)
}

func TestASignalThatIsIgnoredStaysIgnored(t *testing.T) {
	t.Parallel()
	d, g := gated(t)
	words := append([]string{os.Args[0]}, d.send(d.list(60), "-yes", "-workers", "1")...)
	for i, w := range words {
		words[i] = quote(w)
	}
	cmd := exec.Command("sh", "-c", "trap '' HUP; exec "+strings.Join(words, " ")) // as nohup does
	cmd.Env = d.child().Env
	require.NoError(t, cmd.Start())
	<-g.reached
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	close(g.release)
	require.NoError(t, cmd.Wait())
	d.requireEachOnce(60)
}
