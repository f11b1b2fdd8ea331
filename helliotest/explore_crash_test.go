package helliotest_test

import (
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestCrashRulesAreRefusedOutsideExplore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		op   helliotest.Op
		rule helliotest.Rule
		says string
	}{
		"a crash before": {helliotest.SMSSend, helliotest.CrashBefore(),
			"Fault(sms_send): the effect crash_before works in Explore alone"},
		"a crash after": {helliotest.AnyOp, helliotest.CrashAfter(),
			"Fault(any): the effect crash_after works in Explore alone"},
		"a step": {helliotest.StepNamed("stored"), helliotest.LoseReply(),
			"Fault(step:stored): the op step:stored works in Explore alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := watch(t, func(tb testing.TB) {
				helliotest.New(tb).Fault(c.op, helliotest.Nth(1), c.rule)
			})
			require.Equal(t, "helliotest: "+c.says, r.fatal)
		})
	}
}

func TestBadCrashRulesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		op    helliotest.Op
		rules []helliotest.Rule
		says  string
	}{
		"another effect on a step": {helliotest.StepNamed("stored"),
			[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseReply()},
			"the effect lose_reply does not act on a step; CrashBefore does"},
		"a recipient of a step": {helliotest.StepNamed("stored"),
			[]helliotest.Rule{helliotest.Nth(1), helliotest.ToNumber(phoneA),
				helliotest.CrashBefore()},
			"a step has no recipient, and the rule names …0001"},
		"a webhook": {helliotest.WebhookDelivery,
			[]helliotest.Rule{helliotest.Nth(1), helliotest.CrashBefore()},
			`the effect crash_before does not act on the op "webhook"`},
		"an unknown operation": {"sms",
			[]helliotest.Rule{helliotest.Nth(1), helliotest.CrashBefore()},
			`the effect crash_before does not act on the op "sms"`},
		"a bad count": {helliotest.SMSSend,
			[]helliotest.Rule{helliotest.Nth(-1), helliotest.CrashBefore()},
			"it needs exactly one of nth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			put := func(fake *helliotest.Fake) { fake.Fault(c.op, c.rules...) }
			_, r := explored(t, sendKeyed, helliotest.ExploreOnly(put))
			require.Contains(t, r.fatal, "helliotest: Explore: ExploreOnly: Fault(")
			require.Contains(t, r.fatal, c.says)
		})
	}
}

func TestACrashTakesAFaultAsData(t *testing.T) {
	t.Parallel()
	specs := []helliotest.FaultSpec{
		{Op: helliotest.StepNamed("key stored"), Nth: 2, Effect: "crash_before"},
		{Op: helliotest.AnyOp, Times: 1, Effect: "crash_after"},
	}
	bad := helliotest.FaultSpec{
		Op:     helliotest.SMSSend,
		Nth:    1,
		Effect: "crash_after",
		Bytes:  1,
	}
	attempts := 0
	done, r := explored(t, func(run *helliotest.Run) error {
		attempts = run.Attempt()
		return keyBeforeSend(run)
	}, helliotest.ExploreOnly(func(fake *helliotest.Fake) {
		require.NoError(t, fake.SetFaults(specs...))
		require.Equal(t, specs, fake.Faults())
		require.ErrorContains(t, fake.SetFaults(bad), "the effect crash_after takes no bytes")
	}))
	require.Empty(t, done.Findings, r.all())
	require.Equal(t, 3, attempts)
}

func TestACrashAtAStepIsPrinted(t *testing.T) {
	t.Parallel()
	done, r := explored(t, func(run *helliotest.Run) error {
		d := helliotest.Keep(run, openDiary)
		if len(d.lines) > 0 {
			return nil // the row is marked
		}
		d.note("marked")
		run.Step(`marked "done"`)
		return sendKeyed(run)
	})
	require.Len(t, done.Findings, 1)
	require.Equal(t, helliotest.FoundLost, done.Findings[0].Kind)
	require.Contains(t, r.errors[0], `
    fake.Fault(helliotest.StepNamed("marked \"done\""), helliotest.Nth(1), helliotest.CrashBefore())
`)
}
