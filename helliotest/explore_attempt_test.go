package helliotest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// diary is what a function has done, whichever process it did it in.
type diary struct {
	mu    sync.Mutex
	lines []string
	began time.Time
}

func (d *diary) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, what)
}

func openDiary() *diary { return &diary{began: time.Now()} }

// exploredOnly explores one schedule, and returns the diary of its run.
func exploredOnly(
	t *testing.T, fn func(run *helliotest.Run) error, put func(fake *helliotest.Fake),
	opts ...helliotest.ExploreOption,
) []string {
	t.Helper()
	var lines []string
	opts = append(opts, helliotest.ExploreOnly(put),
		helliotest.ExploreCheck("diary", func(run *helliotest.Run) error {
			lines = helliotest.Keep(run, openDiary).lines
			return nil
		}))
	_, r := explored(t, fn, opts...)
	require.False(t, r.Failed(), r.all())
	return lines
}

func crashFirst(rule helliotest.Rule) func(fake *helliotest.Fake) {
	return func(fake *helliotest.Fake) {
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), rule)
	}
}

func TestACrashEndsTheProcessAtItsCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule     helliotest.Rule
		messages int
	}{
		"before": {helliotest.CrashBefore(), 0},
		"after":  {helliotest.CrashAfter(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := exploredOnly(t, func(run *helliotest.Run) error {
				d := helliotest.Keep(run, openDiary)
				if run.Attempt() == 2 {
					require.Len(run, run.Fake().Messages(), c.messages)
					require.Equal(run, time.Second, time.Since(d.began).Round(time.Millisecond))
					d.note("restarted")
				}
				defer func() { d.note(fmt.Sprint("deferred: ", run.Context().Err())) }()
				err := sendKeyed(run)
				d.note("sent")
				return err
			}, crashFirst(c.rule))
			require.Equal(t, []string{"deferred: context canceled",
				"restarted", "sent", "deferred: <nil>"}, lines)
		})
	}
}

func sendKeyed(run *helliotest.Run) error {
	key := hellio.WithIdempotencyKey("order-7")
	_, err := run.Client().SMS.Send(run.Context(), readyFor(phoneA), key)
	return err
}

func TestACrashEndsGoroutinesAtTheirNextCall(t *testing.T) {
	t.Parallel()
	const url = "https://fake.hellio.invalid/v1/balance"
	for name, next := range map[string]func(*helliotest.Run, *hellio.Client, *http.Client){
		"a call": func(_ *helliotest.Run, client *hellio.Client, _ *http.Client) {
			_, _ = client.Balance.Get(context.Background())
		},
		"a call by another client": func(_ *helliotest.Run, _ *hellio.Client, other *http.Client) {
			resp, err := other.Get(url)
			if err == nil {
				_ = resp.Body.Close()
			}
		},
		"a step": func(run *helliotest.Run, _ *hellio.Client, _ *http.Client) { run.Step("next") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := exploredOnly(t, func(run *helliotest.Run) error {
				d := helliotest.Keep(run, openDiary)
				client, other := run.Client(), run.Fake().HTTPClient()
				sent := make(chan struct{})
				go func() {
					select {
					case <-sent:
					case <-run.Context().Done():
						d.note("the context ended")
						next(run, client, other)
						d.note("it went on")
					}
				}()
				err := sendKeyed(run)
				close(sent)
				return err
			}, crashFirst(helliotest.CrashBefore()))
			require.Equal(t, []string{"the context ended"}, lines)
		})
	}
}

func TestTheResultOfACrashedAttemptIsIgnored(t *testing.T) {
	t.Parallel()
	done, r := explored(t, func(run *helliotest.Run) error {
		sent := make(chan error, 1)
		go func() {
			defer close(sent)
			sent <- sendKeyed(run)
		}()
		if _, whole := <-sent; !whole {
			run.Error("this is a process that has crashed")
			return errors.New("ignored")
		}
		return nil
	}, helliotest.ExploreCheck("no error", func(run *helliotest.Run) error {
		return run.Err()
	}), helliotest.ExploreOnly(crashFirst(helliotest.CrashAfter())))
	require.Empty(t, done.Findings, r.all())
}

func TestAFunctionRunsAgainAfterAnError(t *testing.T) {
	t.Parallel()
	for reruns, want := range map[int]int{0: 1, 1: 2, 3: 3} {
		lines := exploredOnly(t, func(run *helliotest.Run) error {
			helliotest.Keep(run, openDiary).note("attempt")
			_, err := run.Client().Balance.Get(run.Context(), hellio.WithMaxRetries(0))
			return err
		}, func(fake *helliotest.Fake) {
			fake.Fault(helliotest.BalanceGet, helliotest.Times(2), helliotest.LoseReply())
		}, helliotest.ExploreReruns(reruns))
		require.Len(t, lines, want, "%d reruns", reruns)
	}
}

func TestARestartRunsInPlaceOfTheFunction(t *testing.T) {
	t.Parallel()
	restart := func(run *helliotest.Run) error {
		d := helliotest.Keep(run, openDiary)
		d.note("restart")
		require.Equal(run, len(d.lines), run.Attempt())
		if len(d.lines) == 2 {
			return errors.New("once more")
		}
		return nil
	}
	lines := exploredOnly(t, func(run *helliotest.Run) error {
		helliotest.Keep(run, openDiary).note("fn")
		return sendKeyed(run)
	}, crashFirst(helliotest.CrashAfter()),
		helliotest.ExploreRestart(restart), helliotest.ExploreReruns(1))
	require.Equal(t, []string{"fn", "restart", "restart"}, lines)
}

func TestAProcessThatAlwaysCrashesIsStuck(t *testing.T) {
	t.Parallel()
	done, _ := explored(t, sendKeyed, helliotest.ExploreOnly(func(fake *helliotest.Fake) {
		fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.CrashBefore())
	}))
	require.Len(t, done.Findings, 1)
	require.Equal(t, helliotest.FoundStuck, done.Findings[0].Kind)
	require.Equal(t, "fn was started 100 times", done.Findings[0].What)
}

func TestAClientThatOutlivesACrashIsNamed(t *testing.T) {
	t.Parallel()
	done, _ := explored(t, func(run *helliotest.Run) error {
		client := helliotest.Keep(run, func() *hellio.Client { return run.Client() })
		_, err := client.Balance.Get(run.Context())
		return err
	})
	require.Len(t, done.Findings, 1)
	require.Equal(t, helliotest.FoundPanic, done.Findings[0].Kind)
	require.Equal(t, "fn used a client that it had made before a crash; "+
		"make the client in each attempt", done.Findings[0].What)
}

func TestAFailNowOfAnotherTestIsNamed(t *testing.T) {
	t.Parallel()
	other := watchNothing()
	done, _ := explored(t, afterFailure(func(*helliotest.Run, error) error {
		other.Fatalf("not run")
		return nil
	}), helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0))
	require.Len(t, done.Findings, 1)
	require.Contains(t, done.Findings[0].What,
		"fn ended its goroutine (runtime.Goexit), as FailNow does; "+
			"use run as the testing.TB")
}

// watchNothing is a test that fn does not belong to.
func watchNothing() *recorder { return &recorder{} }
