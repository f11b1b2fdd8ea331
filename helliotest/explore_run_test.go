package helliotest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestKeepOutlivesACrashAndNotARun(t *testing.T) {
	t.Parallel()
	type table struct{ attempts []int }
	var last []int
	done, r := explored(t, func(run *helliotest.Run) error {
		kept := helliotest.Keep(run, func() *table { return new(table) })
		kept.attempts = append(kept.attempts, run.Attempt())
		last = kept.attempts
		return sendKeyed(run)
	}, helliotest.ExploreOnly(crashFirst(helliotest.CrashAfter())))
	require.Empty(t, done.Findings, r.all())
	require.Equal(t, []int{1, 2}, last)
}

func TestKeepHoldsOneValueOfEachType(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, func(run *helliotest.Run) error {
		text := helliotest.Keep(run, func() string {
			return fmt.Sprint("made with ", helliotest.Keep(run, func() int { return 7 }))
		})
		require.Equal(run, "made with 7", text)
		require.Equal(run, "made with 7", helliotest.Keep(run, func() string { return "again" }))
		require.Equal(run, 7, helliotest.Keep[int](run, nil))
		var nothing error
		require.Equal(run, nothing, helliotest.Keep(run, func() error { return nil }))
		return sendKeyed(run)
	}, helliotest.ExplorePairs(0))
	require.Empty(t, done.Findings)
}

func TestKeepOfNothingFailsTheRun(t *testing.T) {
	t.Parallel()
	_, r := explored(t, func(run *helliotest.Run) error {
		helliotest.Keep[*diary](run, nil)
		return nil
	})
	require.Contains(t, r.fatal, "helliotest: Keep: there is no *helliotest_test.diary yet")
}

func TestAStepNeedsAName(t *testing.T) {
	t.Parallel()
	_, r := explored(t, func(run *helliotest.Run) error {
		run.Step("")
		return nil
	})
	require.Contains(t, r.fatal, "helliotest: Step: the name is empty")
}

func TestAClientIsNewAfterACrash(t *testing.T) {
	t.Parallel()
	var clients []*hellio.Client
	done, r := explored(t, func(run *helliotest.Run) error {
		require.Same(run, run.Client(), run.Client())
		require.NotSame(run, run.Client(), run.Client(hellio.WithDefaultSender("ACME")))
		clients = append(clients, run.Client())
		return sendKeyed(run)
	}, helliotest.ExploreOnly(crashFirst(helliotest.CrashAfter())))
	require.Empty(t, done.Findings, r.all())
	require.NotSame(t, clients[len(clients)-2], clients[len(clients)-1])
}

func TestAProcessThatCrashedMakesNoCalls(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(run *helliotest.Run){
		"a new client": func(run *helliotest.Run) {
			_, _ = run.Client(hellio.WithLimiter(nil)).Balance.Get(context.Background())
		},
		"the fake": func(run *helliotest.Run) { run.Fake().Messages() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := exploredOnly(t, func(run *helliotest.Run) error {
				d := helliotest.Keep(run, openDiary)
				sent := make(chan struct{})
				go func() {
					select {
					case <-sent:
					case <-run.Context().Done():
						time.Sleep(time.Minute) // the next process runs
						d.note("late")
						next(run)
						d.note("it went on")
					}
				}()
				err := sendKeyed(run)
				close(sent)
				time.Sleep(time.Hour)
				return err
			}, crashFirst(helliotest.CrashAfter()))
			require.Equal(t, []string{"late"}, lines)
		})
	}
}

func TestErrIsNilDuringTheFirstAttempt(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, func(run *helliotest.Run) error {
		if run.Attempt() == 1 {
			require.NoError(run, run.Err())
		} else {
			require.EqualError(run, run.Err(), "helliotest: fn crashed")
		}
		return sendKeyed(run)
	}, helliotest.ExplorePairs(0))
	require.Empty(t, done.Findings)
}

func TestAContextEndsWithItsAttempt(t *testing.T) {
	t.Parallel()
	type contexts []context.Context
	done, r := explored(t, func(run *helliotest.Run) error {
		before := helliotest.Keep(run, func() *contexts { return new(contexts) })
		for _, ctx := range *before {
			require.Error(run, ctx.Err())
		}
		require.NoError(run, run.Context().Err())
		deadline, bounded := run.Context().Deadline()
		require.True(run, bounded)
		require.Equal(run, 24*time.Hour, time.Until(deadline))
		*before = append(*before, run.Context())
		return sendKeyed(run)
	}, helliotest.ExploreOnly(crashFirst(helliotest.CrashAfter())))
	require.Empty(t, done.Findings, r.all())
}

func TestCleanupsRunAfterTheChecks(t *testing.T) {
	t.Parallel()
	var order []string
	done, r := explored(t, func(run *helliotest.Run) error {
		order = nil
		run.Cleanup(func() {
			order = append(order, "first")
			run.Cleanup(func() { order = append(order, "of a cleanup") })
		})
		run.Cleanup(func() { order = append(order, "second") })
		return sendKeyed(run)
	}, helliotest.ExplorePairs(0), helliotest.ExploreNoCrash(),
		helliotest.ExploreCheck("order", func(*helliotest.Run) error {
			order = append(order, "check")
			return nil
		}))
	require.Empty(t, done.Findings, r.all())
	require.Equal(t, []string{"check", "second", "first", "of a cleanup"}, order)
}

func TestARunIsATestOfItsOwn(t *testing.T) {
	t.Parallel()
	done, r := explored(t, func(run *helliotest.Run) error {
		require.Equal(run, t.Name(), run.Name())
		require.DirExists(run, run.TempDir())
		require.False(run, run.Failed())
		require.False(run, run.Skipped())
		run.Helper()
		run.Attr("key", "value")
		run.Log("of every run")
		return sendKeyed(run)
	}, helliotest.ExplorePairs(0))
	require.Empty(t, done.Findings, r.all())
	require.Len(t, r.logs, 1, "the summary alone")
}

func TestAFunctionMayWaitForItsBubble(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, func(run *helliotest.Run) error {
		var sent error
		go func() { sent = sendKeyed(run) }()
		time.Sleep(time.Hour) // outlasts the waits of the client
		synctest.Wait()
		return sent
	}, helliotest.ExplorePairs(50), helliotest.ExploreNoCrash())
	require.Empty(t, done.Findings)
}

func TestAFindingShowsTheLogOfItsRun(t *testing.T) {
	t.Parallel()
	_, r := explored(t, afterFailure(func(run *helliotest.Run, err error) error {
		run.Log("the first", "line")
		run.Logf("the %s", "second")
		fmt.Fprintln(run.Output(), "the third")
		run.Fail()
		return err
	}), helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0))
	require.Len(t, r.errors, 1)
	require.Contains(t, r.errors[0], "\n    log of the run:\n"+
		"    the first line\n    the second\n    the third")
	require.Contains(t, r.errors[0], "fn failed the run: it failed without a reason")
}
