package helliotest_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// mistake is a wrong program, and the schedule that shows it.
type mistake struct {
	fn   func(run *helliotest.Run) error
	opts []helliotest.ExploreOption
	kind helliotest.FindingKind
	put  func(fake *helliotest.Fake)
}

func fourMistakes() map[string]mistake {
	return map[string]mistake{
		"a retry loop without a key": {
			fn:   retryWithoutKey,
			opts: []helliotest.ExploreOption{helliotest.ExploreNoCrash()},
			kind: helliotest.FoundTwice,
			put: func(fake *helliotest.Fake) {
				fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Minute))
			},
		},
		"a new key for each try": {
			fn: newKeyPerTry,
			opts: []helliotest.ExploreOption{
				helliotest.ExploreNoCrash(),
				helliotest.ExploreEffects(helliotest.LoseReply()),
			},
			kind: helliotest.FoundTwice,
			put: func(fake *helliotest.Fake) {
				for n := 1; n <= 4; n++ {
					fake.Fault(helliotest.SMSSend, helliotest.Nth(n), helliotest.LoseReply())
				}
			},
		},
		"a key stored after the send": {
			fn:   keyAfterSend,
			opts: []helliotest.ExploreOption{helliotest.ExploreReruns(3)},
			kind: helliotest.FoundTwice,
			put: func(fake *helliotest.Fake) {
				fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
					helliotest.ToNumber("+233209990001"), helliotest.CrashAfter())
			},
		},
		"a row marked as done before the send": {
			fn:   doneBeforeSend,
			opts: []helliotest.ExploreOption{helliotest.ExploreReruns(3)},
			kind: helliotest.FoundLost,
			put: func(fake *helliotest.Fake) {
				fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
					helliotest.ToNumber("+233209990001"), helliotest.CrashBefore())
			},
		},
	}
}

func TestExploreFindsFourMistakes(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("explore_test.go")
	require.NoError(t, err)
	for name, c := range fourMistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done, r := explored(t, c.fn, c.opts...)
			require.Len(t, done.Findings, 1)
			require.Equal(t, c.kind, done.Findings[0].Kind)
			require.Len(t, r.errors, 1)
			require.Contains(t, r.errors[0], "seen in 3 of 3 runs")
			t.Log(r.errors[0])

			code := codeIn(r.errors[0])
			require.Contains(t, withoutIndent(string(source)), withoutIndent(code))
			only, pasted := explored(t, c.fn, append(c.opts, helliotest.ExploreOnly(c.put))...)
			require.Equal(t, c.kind, only.Findings[0].Kind)
			require.Equal(t, code, codeIn(pasted.errors[0]), "the pasted code shows the same")
		})
	}
}

// codeIn returns the Go code in a report.
func codeIn(report string) string {
	lines := strings.Split(report, "\n")[1:]
	end := slices.IndexFunc(lines, func(text string) bool {
		return strings.HasPrefix(text, "    …")
	})
	return strings.Join(lines[:end], "\n")
}

func withoutIndent(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

func TestExploreFindsNothingInRightPrograms(t *testing.T) {
	t.Parallel()
	noCrash := helliotest.ExploreNoCrash()
	for name, c := range map[string]struct {
		fn  func(run *helliotest.Run) error
		opt helliotest.ExploreOption
	}{
		"a loop that keeps its key":            {keptKey, noCrash},
		"the login service":                    {logIn, noCrash},
		"a worker that stores the key first":   {keyBeforeSend, helliotest.ExploreReruns(0)},
		"the same, run again after each error": {keyBeforeSend, helliotest.ExploreReruns(3)},
		"one call, whose key the client keeps": {sendOnce, noCrash},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := helliotest.Explore(t, c.fn, c.opt)
			require.Empty(t, done.Findings)
			require.Positive(t, done.Pairs)
		})
	}
}

func sendOnce(run *helliotest.Run) error {
	_, err := run.Client().SMS.Send(run.Context(), readyFor(phoneA))
	return err
}

func sendTwo(run *helliotest.Run) error {
	for _, number := range []string{phoneA, phoneB} {
		key := hellio.WithIdempotencyKey("order-" + number)
		if _, err := run.Client().SMS.Send(run.Context(), readyFor(number), key); err != nil {
			return err
		}
	}
	return nil
}

func TestExploreCountsWhatItRuns(t *testing.T) {
	t.Parallel()
	done, r := explored(t, sendTwo, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0))
	require.Empty(t, r.errors)
	require.Equal(t, 2, done.Calls)
	require.Equal(t, 36, done.Singles, "9 effects, at 2 calls, once and as an outage")
	require.Equal(t, 38, done.Runs)
	require.Zero(t, done.Crashes+done.Pairs)
	require.Positive(t, done.PairsLeftOut)

	all, _ := explored(t, sendTwo, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(100_000))
	require.Equal(t, done.PairsLeftOut, all.Pairs)
	require.Zero(t, all.PairsLeftOut)

	some, r := explored(t, sendTwo, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(7))
	require.Equal(t, 7, some.Pairs)
	require.Equal(t, all.Pairs-7, some.PairsLeftOut)
	require.Contains(t, strings.Join(r.logs, "\n"), "45 schedules of 2 calls: 2 clean, 36 single, "+
		"0 crash, 7 pairs; 0 findings; ")
}

func TestACrashStrikesEachCallAndStep(t *testing.T) {
	t.Parallel()
	done, _ := explored(t, keyBeforeSend, helliotest.ExplorePairs(0))
	require.Equal(t, 2, done.Calls)
	require.Equal(t, 8, done.Crashes, "before and after each of 2 calls, and at 4 steps")
}

func TestTheSecondFaultComesAfterTheFirst(t *testing.T) {
	t.Parallel()
	effects := helliotest.ExploreEffects(helliotest.LoseReply())
	done, _ := explored(t, sendOnce, helliotest.ExploreNoCrash(), effects)
	require.Equal(t, 2, done.Singles)
	// After one lost reply there is one call left, to fail once or as an
	// outage. After an outage there is none.
	require.Equal(t, 2, done.Pairs)
}

func TestAFailingSingleStartsNoPairs(t *testing.T) {
	t.Parallel()
	effects := helliotest.ExploreEffects(helliotest.LoseReply())
	failed := errors.New("failed")
	check := helliotest.ExploreCheck("no error", func(run *helliotest.Run) error {
		if len(run.Fake().Requests()) > 1 {
			return failed
		}
		return nil
	})
	done, r := explored(t, sendOnce, helliotest.ExploreNoCrash(), effects, check)
	require.Len(t, r.errors, 1)
	require.Equal(t, 2, done.Findings[0].Runs)
	require.Zero(t, done.Pairs+done.PairsLeftOut)
}

func TestASmallerScheduleReplacesALarger(t *testing.T) {
	t.Parallel()
	lost := helliotest.ExploreEffects(helliotest.LoseReply(), helliotest.Status(503, ""))
	check := helliotest.ExploreCheck("at most two failures", func(run *helliotest.Run) error {
		failures := 0
		for _, r := range run.Fake().Requests() {
			if r.Fault != "" {
				failures++
			}
		}
		if failures >= 2 {
			return errors.New("more")
		}
		return nil
	})
	done, _ := explored(t, sendOnce, helliotest.ExploreNoCrash(), lost, check)
	require.Len(t, done.Findings, 1)
	require.Equal(t, []helliotest.FaultSpec{
		{Op: helliotest.SMSSend, Nth: 1, Effect: "lose_reply"},
		{Op: helliotest.SMSSend, Nth: 2, Effect: "lose_reply"},
	}, done.Findings[0].Faults)
}

func TestExploreIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	var texts []string
	var all []helliotest.Exploration
	for range 2 {
		done, r := explored(t, doneBeforeSend,
			helliotest.ExploreReruns(3), helliotest.ExplorePairs(100))
		all = append(all, done)
		texts = append(texts, r.errors...)
	}
	require.Equal(t, all[0], all[1])
	require.Len(t, texts, 2)
	require.Equal(t, texts[0], texts[1])
}

// unexplorable is a function that Explore refuses.
type unexplorable struct {
	fn   func(run *helliotest.Run) error
	says string
}

func endless() map[string]unexplorable {
	return map[string]unexplorable{
		"never ends": {func(*helliotest.Run) error { select {} },
			"a run without faults breaks a check: fn did not end: " +
				"fn did not return within 24h0m0s of the bubble's clock"},
		"sleeps for ever": {func(*helliotest.Run) error {
			for {
				time.Sleep(time.Hour)
			}
		}, "fn did not return within 24h0m0s of the bubble's clock"},
		"ends with its context": {func(run *helliotest.Run) error {
			<-run.Context().Done()
			return nil
		}, "fn did not return within 24h0m0s of the bubble's clock"},
		"calls for ever": {func(run *helliotest.Run) error {
			for {
				_, _ = run.Client().Balance.Get(run.Context())
			}
		}, "fn made more than 1000 calls"},
		"leaves a goroutine": {func(run *helliotest.Run) error {
			go func() { select {} }()
			return sendOnce(run)
		}, "goroutines were left after fn had returned: begun at explore_test.go:"},
	}
}

func unable() map[string]unexplorable {
	return map[string]unexplorable{
		"nil": {nil, "helliotest: Explore: fn is nil"},
		"no call": {func(*helliotest.Run) error { return nil },
			"helliotest: Explore: fn makes no call of the API; does it use run.Client?"},
		"panics": {func(*helliotest.Run) error { panic("oh") },
			"a run without faults breaks a check: fn panicked or failed: " +
				"fn panicked: oh at explore_test.go:"},
		"fails the run": {func(run *helliotest.Run) error {
			run.Error("no rows")
			return sendOnce(run)
		}, "fn failed the run: no rows"},
		"skips": {func(run *helliotest.Run) error {
			run.Skip("not here")
			return nil
		}, "a run can't be skipped: not here"},
		"returns an error": {func(run *helliotest.Run) error {
			return errors.Join(sendOnce(run), errors.New("no rows"))
		}, "without faults fn returned an error: no rows"},
		"forgets what it did": {func(run *helliotest.Run) error {
			defer run.Fake().Reset()
			return sendOnce(run)
		}, "fn called Reset"},
	}
}

func TestExploreRefusesAFunctionThatCannotBeExplored(t *testing.T) {
	t.Parallel()
	for _, rows := range []map[string]unexplorable{endless(), unable()} {
		for name, c := range rows {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, r := explored(t, c.fn)
				require.Contains(t, r.fatal, c.says)
				require.Empty(t, r.errors)
			})
		}
	}
}

func TestExploreRefusesRunsThatDiffer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second func(run *helliotest.Run) error
		says   string
	}{
		"another recipient": {func(run *helliotest.Run) error {
			_, err := run.Client().SMS.Send(run.Context(), readyFor(phoneB))
			return err
		}, "call 1 was POST /sms/send to …0001, then POST /sms/send to …0002"},
		"a call more": {func(run *helliotest.Run) error {
			_, err := run.Client().Balance.Get(run.Context())
			return errors.Join(sendOnce(run), err)
		}, "call 1 was POST /sms/send to …0001, then GET /balance"},
		"a step more": {func(run *helliotest.Run) error {
			err := sendOnce(run)
			run.Step("sent")
			return err
		}, `call 2 was missing, then the step "sent"`},
		"a longer text": {func(run *helliotest.Run) error {
			params := readyFor(phoneA)
			params.Message = strings.Repeat("long ", 40)
			_, err := run.Client().SMS.Send(run.Context(), params)
			return err
		}, "two runs without faults spent 0.0310 and 0.0620"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			_, r := explored(t, func(run *helliotest.Run) error {
				if runs++; runs == 1 {
					return sendOnce(run)
				}
				return c.second(run)
			})
			require.Contains(t, r.fatal, "helliotest: Explore: fn is not deterministic: ")
			require.Contains(t, r.fatal, c.says)
		})
	}
}

func TestExploreNoticesRemovedRules(t *testing.T) {
	t.Parallel()
	_, r := explored(t, func(run *helliotest.Run) error {
		require.NoError(run, run.Fake().SetFaults())
		return sendOnce(run)
	})
	require.Contains(t, r.fatal, "the rule {sms_send nth 1 lose_request} was never hit")
	require.Contains(t, r.fatal, "SetFaults")
}

func TestExploreNoticesAClosedFake(t *testing.T) {
	t.Parallel()
	_, r := explored(t, func(run *helliotest.Run) error {
		defer run.Fake().Close()
		return sendOnce(run)
	})
	require.Contains(t, r.fatal, "fn called Close, which ends the fake before the checks")
}

func TestExploreIsRefusedInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, r := explored(t, sendOnce)
		require.Contains(t, r.fatal, "it runs inside a synctest bubble")
	})
}
