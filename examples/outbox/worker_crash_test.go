package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// crashes are the places where a process can die within Step, each as an option
// of its client. The goroutine ends there, so Step stores nothing more.
var crashes = []struct {
	name  string
	place func() hellio.Option
}{
	{"before the request leaves", func() hellio.Option {
		return behind(func(http.RoundTripper, *http.Request) (*http.Response, error) {
			runtime.Goexit()
			return nil, nil
		})
	}},
	{"after the API has acted", func() hellio.Option {
		return behind(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			_, _ = next.RoundTrip(r)
			runtime.Goexit()
			return nil, nil
		})
	}},
	{"between the reply and the commit", func() hellio.Option {
		return hellio.WithAttemptHook(func(context.Context, hellio.Attempt) { runtime.Goexit() })
	}},
}

// crashIn steps with a client that ends the process. The next process begins on
// a copy of the database as the first one left it.
func (s *shop) crashIn(place hellio.Option) {
	s.t.Helper()
	s.client = s.oneRequest(place)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := s.Step(s.t.Context())
		s.t.Errorf("Step returned %v, want no return", err)
	}()
	<-done
	next := filepath.Join(s.t.TempDir(), "outbox.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(s.path + suffix)
		require.NoError(s.t, err)
		require.NoError(s.t, os.WriteFile(next+suffix, data, 0o600))
	}
	s.start(next)
}

func TestCrashChargesOnceAndLosesNothing(t *testing.T) {
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(2)
				for range 3 { // the first call, and two that resume
					s.crashIn(c.place())
					time.Sleep(lease)
				}
				require.NoError(t, s.Drain(t.Context()))
				s.requireCharged(2)
			})
		})
	}
}

func TestCrashedCallIsNotResumedAfterTwelveHours(t *testing.T) {
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				s.crashIn(c.place())
				calls := len(s.fake.Requests())
				time.Sleep(resumeLimit)
				require.Equal(t, Inspect, s.step().State)
				require.Len(t, s.fake.Requests(), calls)
			})
		})
	}
}

func TestFailedCommitIsResumed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.client = s.oneRequest(hellio.WithAttemptHook(func(context.Context, hellio.Attempt) {
			s.exec(`ALTER TABLE outbox RENAME TO elsewhere`)
		}))
		worked, err := s.Step(t.Context())
		require.ErrorContains(t, err, "outbox")
		require.True(t, worked)
		s.exec(`ALTER TABLE elsewhere RENAME TO outbox`)
		s.client = s.oneRequest()
		s.step()
		s.requireCharged(1)
	})
}

// The variables pass the database and the API to the process that is killed.
const (
	childPath = "OUTBOX_TEST_PATH"
	childURL  = "OUTBOX_TEST_URL"
)

func TestKilledProcessChargesOnce(t *testing.T) {
	if os.Getenv(childPath) != "" {
		stepAndHang(t)
		return
	}
	s := newShop(t)
	s.place(1)
	require.NoError(t, s.store.Close())

	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program, "-test.run=^TestKilledProcessChargesOnce$")
	child.Env = append(os.Environ(), childPath+"="+s.path, childURL+"="+s.fake.URL())
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	answered, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "202\n", answered)
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())

	s.start(s.path, overSocket(s.fake.URL())...)
	require.Equal(t, Waiting, s.message(1).State)
	require.Len(t, s.fake.Messages(), 1)
	s.exec(`UPDATE outbox SET next_time = 0`) // the lease ends
	s.step()
	s.requireCharged(1)
	require.True(t, s.fake.Requests()[1].Replayed)
}

// stepAndHang is the process that is killed, after the reply and before the
// commit.
func stepAndHang(t *testing.T) {
	store, err := OpenStore(t.Context(), os.Getenv(childPath))
	require.NoError(t, err)
	hang := hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
		fmt.Println(a.StatusCode)
		select {}
	})
	opts := append(overSocket(os.Getenv(childURL)), hang)
	client, err := hellio.NewClient(helliotest.DefaultToken, opts...)
	require.NoError(t, err)
	_, err = NewWorker(store, client, slog.New(slog.DiscardHandler)).Step(t.Context())
	t.Fatalf("Step returned %v, want no return", err)
}

func overSocket(url string) []hellio.Option {
	return []hellio.Option{
		hellio.WithBaseURL(url),
		hellio.WithHTTPClient(&http.Client{Transport: &http.Transport{}}),
	}
}
