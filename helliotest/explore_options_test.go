package helliotest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// badOption is an option, or two that contradict, and what Explore says of it.
type badOption struct {
	says string
	opt  helliotest.ExploreOption
	more helliotest.ExploreOption
}

func badFunctions() []badOption {
	noOne := func(*helliotest.Run) error { return nil }
	put := func(*helliotest.Fake) {}
	return []badOption{
		{says: "option 1 is nil"},
		{says: "ExploreRestart: the function is nil", opt: helliotest.ExploreRestart(nil)},
		{says: "ExploreAllow: the function is nil", opt: helliotest.ExploreAllow(nil)},
		{says: "ExploreOnly: the function is nil", opt: helliotest.ExploreOnly(nil)},
		{says: "ExploreOnly: the function put no rule", opt: helliotest.ExploreOnly(put)},
		{says: `ExploreCheck("a"): the check is nil`, opt: helliotest.ExploreCheck("a", nil)},
		{says: "ExploreCheck: the name is blank", opt: helliotest.ExploreCheck(" ", noOne)},
		{
			says: `ExploreCheck("a"): there are two checks of this name`,
			opt:  helliotest.ExploreCheck("a", noOne),
			more: helliotest.ExploreCheck("a", noOne),
		},
		{
			says: "ExploreNoCrash and ExploreRestart contradict each other",
			opt:  helliotest.ExploreRestart(noOne),
			more: helliotest.ExploreNoCrash(),
		},
	}
}

func badEffects() []badOption {
	lost, posted := helliotest.LoseReply(), helliotest.WebhookLose()
	return []badOption{
		{says: "ExploreEffects: no effect given", opt: helliotest.ExploreEffects()},
		{
			says: "ExploreEffects: rule 1 is not an effect",
			opt:  helliotest.ExploreEffects(helliotest.Nth(1)),
		},
		{
			says: "ExploreEffects: rule 2 is not an effect",
			opt:  helliotest.ExploreEffects(lost, helliotest.Rule{}),
		},
		{
			says: "ExploreEffects: crashes are explored without it; ExploreNoCrash leaves them out",
			opt:  helliotest.ExploreEffects(helliotest.CrashAfter()),
		},
		{
			says: "ExploreEffects: code 99 is not within 200..599",
			opt:  helliotest.ExploreEffects(helliotest.Status(99, "")),
		},
		{
			says: `ExploreEffects: duration "-1s" is not a duration`,
			opt:  helliotest.ExploreEffects(helliotest.Delay(-time.Second)),
		},
		{
			says: "ExploreEffects: helliotest.WebhookLose() acts on WebhookDelivery alone, " +
				"which ExploreOps does not name",
			opt: helliotest.ExploreEffects(posted),
		},
		{
			says: "ExploreEffects: helliotest.LoseReply() does not act on WebhookDelivery, " +
				"the one operation of ExploreOps",
			opt:  helliotest.ExploreEffects(posted, lost),
			more: helliotest.ExploreOps(helliotest.WebhookDelivery),
		},
		{
			says: "ExploreEffects: none acts on WebhookDelivery, which ExploreOps names",
			opt:  helliotest.ExploreEffects(lost),
			more: helliotest.ExploreOps(helliotest.SMSSend, helliotest.WebhookDelivery),
		},
	}
}

func badValues() []badOption {
	return []badOption{
		{says: `ExploreOps: unknown operation "sms"`, opt: helliotest.ExploreOps("sms")},
		{
			says: `ExploreOps: unknown operation "step:x"`,
			opt:  helliotest.ExploreOps(helliotest.StepNamed("x")),
		},
		{says: "ExploreOps: no operation given", opt: helliotest.ExploreOps()},
		{
			says: "fn makes no call that ExploreOps names; " +
				"webhooks count if they are posted before fn returns",
			opt:  helliotest.ExploreOps(helliotest.OTPSend),
			more: helliotest.ExploreNoCrash(),
		},
		{says: "invalid ExplorePairs: got -1, want 0 or more", opt: helliotest.ExplorePairs(-1)},
		{says: "invalid ExploreReruns: got -2, want 0 or more", opt: helliotest.ExploreReruns(-2)},
		{
			says: "ExploreWorld: WithRateLimit: -1 is negative",
			opt:  helliotest.ExploreWorld(helliotest.WithRateLimit(-1)),
		},
		{
			says: "ExploreWorld: WithRetention forgets what the checks compare",
			opt:  helliotest.ExploreWorld(helliotest.WithRetention(9)),
		},
	}
}

func TestBadExploreOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(badFunctions(), badEffects(), badValues()) {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			opts := []helliotest.ExploreOption{c.opt}
			if c.more != nil {
				opts = append(opts, c.more)
			}
			_, r := explored(t, sendKeyed, opts...)
			require.True(t, strings.HasPrefix(r.fatal, "helliotest: Explore: "+c.says), r.fatal)
		})
	}
}

func TestASnapshotThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	_, r := explored(t, sendKeyed,
		helliotest.ExploreWorld(helliotest.FromSnapshot([]byte("no snapshot"))))
	require.Contains(t, r.fatal, "helliotest: Explore: ExploreWorld: ")
}

func TestExploreOnlyRefusesRulesThatAreNeverHit(t *testing.T) {
	t.Parallel()
	_, r := explored(t, sendKeyed, helliotest.ExploreOnly(func(fake *helliotest.Fake) {
		fake.Fault(helliotest.SMSSend, helliotest.Nth(9), helliotest.LoseReply())
	}))
	require.Equal(t, "helliotest: Explore: ExploreOnly: no rule was hit", r.fatal)

	panics := func(*helliotest.Fake) { panic("oh") }
	_, r = explored(t, sendKeyed, helliotest.ExploreOnly(panics))
	require.Contains(t, r.fatal,
		"ExploreOnly: the function panicked: oh at explore_options_test.go:")
}

func TestExploreOnlyLogsItsRun(t *testing.T) {
	t.Parallel()
	done, r := explored(t, sendKeyed, helliotest.ExploreOnly(func(fake *helliotest.Fake) {
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	}))
	require.Equal(t, helliotest.Exploration{Calls: 1, Runs: 3}, done)
	require.Len(t, r.logs, 1)
	require.Contains(t, r.logs[0], "the schedule of ExploreOnly broke 0 checks\n")
	require.Contains(t, r.logs[0], "fault=lose_reply")
}

func TestExploreOpsLimitsWhatGoesWrong(t *testing.T) {
	t.Parallel()
	seen := map[helliotest.Op]bool{}
	look := helliotest.ExploreCheck("faults", func(run *helliotest.Run) error {
		for _, r := range run.Fake().Requests() {
			if r.Fault != "" {
				seen[r.Op] = true
			}
		}
		return nil
	})
	both := func(run *helliotest.Run) error {
		_, err := run.Client().Balance.Get(run.Context())
		return errors.Join(err, sendKeyed(run))
	}
	done, _ := explored(t, both, look, helliotest.ExploreOps(helliotest.BalanceGet))
	require.Equal(t, map[helliotest.Op]bool{helliotest.BalanceGet: true}, seen)
	require.Equal(t, 1, done.Crashes, "after a read nothing has changed")
	require.Equal(t, 2*7, done.Singles, "neither a lost request nor 402")

	_, _ = explored(t, both, look, helliotest.ExploreOps(helliotest.AnyOp))
	require.Len(t, seen, 2)
}

func TestExploreEffectsReplaceTheDefault(t *testing.T) {
	t.Parallel()
	balance := func(run *helliotest.Run) error {
		_, err := run.Client().Balance.Get(run.Context())
		return err
	}
	done, _ := explored(t, balance, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0),
		helliotest.ExploreEffects(helliotest.LoseRequest(), helliotest.Status(402, "")))
	require.Equal(t, 4, done.Singles, "what the caller chooses is tried")
}

func TestACarrierThatFailsIsNoLostMoney(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, sendKeyed, helliotest.ExploreNoCrash(),
		helliotest.ExploreEffects(helliotest.CarrierFail()))
	require.Empty(t, done.Findings)
}

func TestExploreAllowCountsAndFailsNothing(t *testing.T) {
	t.Parallel()
	var seen []helliotest.Finding
	done, r := explored(t, retryWithoutKey,
		helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0),
		helliotest.ExploreAllow(func(f helliotest.Finding) bool {
			seen = append(seen, f)
			return f.Kind == helliotest.FoundTwice
		}))
	require.False(t, r.Failed())
	require.Empty(t, done.Findings)
	require.Positive(t, done.Allowed)
	require.Len(t, seen, done.Allowed)
	require.Equal(t, "delay", seen[0].Faults[0].Effect)
	require.Equal(t, 1, seen[0].Runs)
}

func TestExploreWorldSetsTheFake(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, func(run *helliotest.Run) error {
		require.Equal(run, "7.0000", run.Fake().Balance().Balance)
		require.Equal(run, 9, run.Fake().Account().RateLimit)
		return sendKeyed(run)
	}, helliotest.ExplorePairs(0), helliotest.ExploreWorld(helliotest.WithBalance("7")),
		helliotest.ExploreWorld(helliotest.WithRateLimit(9)))
	require.Empty(t, done.Findings)
}

func TestTheEnvironmentLiftsTheBoundOnPairs(t *testing.T) {
	t.Setenv("HELLIOTEST_EXPLORE", " all ")
	done, _ := explored(t, sendOnce, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(3))
	require.Positive(t, done.Pairs-3)
	require.Zero(t, done.PairsLeftOut)

	t.Setenv("HELLIOTEST_EXPLORE", "all,some")
	_, r := explored(t, sendOnce)
	require.Equal(t, "helliotest: Explore: invalid HELLIOTEST_EXPLORE: "+
		`got "some", want all or trace`, r.fatal)
}
