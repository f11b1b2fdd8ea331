package helliotest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// afterFailure returns a function that sends once, and does more if that fails.
func afterFailure(
	more func(run *helliotest.Run, err error) error,
) func(run *helliotest.Run) error {
	return func(run *helliotest.Run) error {
		err := sendOnce(run)
		if err != nil {
			return more(run, err)
		}
		return nil
	}
}

// postUnknownField calls the API as no correct client does.
func postUnknownField(run *helliotest.Run, client *http.Client) error {
	body := strings.NewReader(`{"recipients": ["` + phoneA + `"], "mesage": "Hi"}`)
	const url = "https://fake.hellio.invalid/v1/sms/send"
	req, err := http.NewRequestWithContext(run.Context(), http.MethodPost, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// callOnce makes one voice call, under a key of its own.
func callOnce(run *helliotest.Run, number string) error {
	_, err := run.Client().Voice.Send(run.Context(), &hellio.VoiceSendParams{
		Recipients: []string{number},
		Text:       "Fire!",
	})
	return err
}

// brokenProgram is a function that breaks one built-in check.
type brokenProgram struct {
	fn   func(run *helliotest.Run) error
	kind helliotest.FindingKind
	says string
}

func brokenSends() map[string]brokenProgram {
	return map[string]brokenProgram{
		"a code sent twice": {
			fn: func(run *helliotest.Run) error {
				return tryThrice(func() error {
					_, err := run.Client().OTP.Send(run.Context(), &hellio.OTPSendParams{
						MobileNumber: phoneA,
						Sender:       "ACME",
					})
					return err
				})
			},
			kind: helliotest.FoundTwice,
			says: "…0001 has 2 one-time codes, without faults 1; " +
				"spent 0.0620, without faults 0.0310",
		},
		"an error that is dropped": {
			fn: func(run *helliotest.Run) error {
				_ = sendOnce(run)
				return nil
			},
			kind: helliotest.FoundLost,
			says: "…0001 has 0 messages from ACME, without faults 1; " +
				"spent 0.0000, without faults 0.0310",
		},
		"a voice call made twice": {
			fn: func(run *helliotest.Run) error {
				return tryThrice(func() error { return callOnce(run, phoneA) })
			},
			kind: helliotest.FoundTwice,
			says: "…0001 has 2 voice calls of one text, without faults 1; " +
				"spent 0.0900, without faults 0.0450",
		},
		"a voice call that is missing": {
			fn: func(run *helliotest.Run) error {
				_ = callOnce(run, phoneA)
				return nil
			},
			kind: helliotest.FoundLost,
			says: "…0001 has 0 voice calls, without faults 1; " +
				"spent 0.0000, without faults 0.0450",
		},
		"a verification paid for twice": {
			fn: func(run *helliotest.Run) error {
				return tryThrice(func() error {
					_, err := run.Client().Email.Verify(run.Context(), &hellio.EmailVerifyParams{
						Emails: []string{helliotest.EmailDeliverable},
					})
					return err
				})
			},
			kind: helliotest.FoundMoney,
			says: "spent 0.0100, without faults 0.0050",
		},
		"a verification that is not paid for": {
			fn: func(run *helliotest.Run) error {
				_, _ = run.Client().Email.Verify(run.Context(), &hellio.EmailVerifyParams{
					Emails: []string{helliotest.EmailDeliverable},
				})
				return nil
			},
			kind: helliotest.FoundMoney,
			says: "spent 0.0000, without faults 0.0050",
		},
		"a duplicate with another text": {
			fn: func(run *helliotest.Run) error {
				return tryThrice(func() error {
					params := readyFor(phoneA)
					params.Message = "Your number is " + uuid.NewString()
					_, err := run.Client().SMS.Send(run.Context(), params)
					return err
				})
			},
			kind: helliotest.FoundMoney,
			says: "spent 0.0620, without faults 0.0310",
		},
		"an unknown field": {
			fn: afterFailure(func(run *helliotest.Run, err error) error {
				return errors.Join(err, postUnknownField(run, run.Fake().HTTPClient()))
			}),
			kind: helliotest.FoundViolation,
			says: "POST /v1/sms/send: body.mesage: the API knows no such field; did you mean " +
				"message?",
		},
		"an unknown field through a view": {
			fn: afterFailure(func(run *helliotest.Run, err error) error {
				view := run.Fake().For(run)
				return errors.Join(err, postUnknownField(run, view.HTTPClient()))
			}),
			kind: helliotest.FoundViolation,
			says: "POST /v1/sms/send: body.mesage: the API knows no such field; did you mean " +
				"message?",
		},
	}
}

func brokenEnds() map[string]brokenProgram {
	return map[string]brokenProgram{
		"a panic": {
			fn:   afterFailure(func(_ *helliotest.Run, err error) error { panic(err.Error()[:6]) }),
			kind: helliotest.FoundPanic,
			says: "fn panicked: hellio at explore_problem_test.go:",
		},
		"a nil map": {
			fn: afterFailure(func(*helliotest.Run, error) error {
				seen := noMap()
				seen["x"] = true
				return nil
			}),
			kind: helliotest.FoundPanic,
			says: "fn panicked: assignment to entry in nil map at explore_problem_test.go:",
		},
		"a failure of the run": {
			fn: afterFailure(func(run *helliotest.Run, err error) error {
				require.NoError(run, errors.New("no rows"))
				return err
			}),
			kind: helliotest.FoundPanic,
			says: "no rows",
		},
		"a function that waits for ever": {
			fn:   afterFailure(func(*helliotest.Run, error) error { select {} }),
			kind: helliotest.FoundStuck,
			says: "fn did not return within 24h0m0s of the bubble's clock",
		},
		"a function that calls for ever": {
			fn: afterFailure(func(run *helliotest.Run, _ error) error {
				for {
					_, _ = run.Client().Balance.Get(run.Context())
				}
			}),
			kind: helliotest.FoundStuck,
			says: "fn made more than 1000 calls",
		},
		"a goroutine": {
			fn: afterFailure(func(_ *helliotest.Run, err error) error {
				go func() { select {} }()
				return err
			}),
			kind: helliotest.FoundGoroutine,
			says: "goroutines were left after fn had returned: begun at explore_problem_test.go:",
		},
	}
}

func TestExploreFindsEachKind(t *testing.T) {
	t.Parallel()
	for _, rows := range []map[string]brokenProgram{brokenSends(), brokenEnds()} {
		for name, c := range rows {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				// Few effects: a run of a function that does not end is long.
				effects := helliotest.ExploreEffects(helliotest.LoseReply(),
					helliotest.Delay(time.Minute), helliotest.Status(503, ""))
				done, r := explored(t, c.fn, helliotest.ExploreNoCrash(), effects,
					helliotest.ExplorePairs(20))
				require.Len(t, done.Findings, 1, "%v", done.Findings)
				require.Equal(t, c.kind, done.Findings[0].Kind)
				require.Contains(t, done.Findings[0].What, c.says)
				require.Contains(t, r.errors[0], c.says)
				said, _, _ := strings.Cut(done.Findings[0].What, "\n")
				require.Equal(t, 1, strings.Count(r.errors[0], "\n    "+said), r.errors[0])
			})
		}
	}
}

func TestAMisdirectedVoiceCallIsFound(t *testing.T) {
	t.Parallel()
	done, _ := explored(t, func(run *helliotest.Run) error {
		due := []string{phoneA, phoneB}
		for range 2 {
			if callOnce(run, due[0]) == nil {
				due = due[1:]
			}
		}
		return nil
	}, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0),
		helliotest.ExploreEffects(helliotest.Delay(time.Minute)))
	require.Len(t, done.Findings, 2)
	require.Equal(t, helliotest.FoundTwice, done.Findings[1].Kind)
	require.Equal(t, "…0001 has 2 voice calls of one text, without faults 1", done.Findings[1].What)
	require.Equal(t, helliotest.FoundLost, done.Findings[0].Kind)
	require.Equal(t, "…0002 has 0 voice calls, without faults 1", done.Findings[0].What)
}

func TestAFailingCheckIsAFinding(t *testing.T) {
	t.Parallel()
	checks := map[string]func(run *helliotest.Run) error{
		"it returns an error": func(run *helliotest.Run) error {
			return errors.New("no rows")
		},
		"it fails the run": func(run *helliotest.Run) error {
			run.Fatal("no rows")
			return nil
		},
		"it panics": func(*helliotest.Run) error { panic("no rows") },
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done, r := explored(t, sendOnce, helliotest.ExploreNoCrash(),
				helliotest.ExploreCheck("rows", func(run *helliotest.Run) error {
					if run.Err() == nil {
						return nil
					}
					return check(run)
				}))
			require.Len(t, done.Findings, 1)
			require.Equal(t, helliotest.FoundCheck, done.Findings[0].Kind)
			require.Contains(t, done.Findings[0].What, "no rows")
			require.Contains(t, r.errors[0], `the check "rows" failed`)
		})
	}
}

func TestChecksAreSeparateFindings(t *testing.T) {
	t.Parallel()
	fails := func(run *helliotest.Run) error { return run.Err() }
	done, _ := explored(t, sendOnce, helliotest.ExploreNoCrash(),
		helliotest.ExploreCheck("one", fails), helliotest.ExploreCheck("two", fails))
	require.Len(t, done.Findings, 2)
	require.Equal(t, done.Findings[0].Runs, done.Findings[1].Runs)
}

func TestACheckMayCallTheAPI(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, sendOnce, helliotest.ExploreNoCrash(),
		helliotest.ExploreCheck("all messages are final", func(run *helliotest.Run) error {
			reports, all := run.Client().Reports, &hellio.MessageListParams{}
			for m, err := range reports.Messages(run.Context(), all) {
				if err != nil {
					return err
				}
				if m.Status != hellio.MessageDelivered {
					return fmt.Errorf("one is %s", m.Status)
				}
			}
			return nil
		}))
	require.Empty(t, done.Findings)
}

func TestACheckSeesWhyFnDidNotReturn(t *testing.T) {
	t.Parallel()
	var seen error
	_, _ = explored(t, afterFailure(func(*helliotest.Run, error) error { panic("oh") }),
		helliotest.ExploreNoCrash(),
		helliotest.ExploreCheck("never fails", func(run *helliotest.Run) error {
			if run.Err() != nil {
				seen = run.Err()
			}
			return nil
		}))
	require.ErrorContains(t, seen, "helliotest: fn panicked: oh at explore_problem_test.go:")
}

func TestAMessageThatTakesEffectLaterCounts(t *testing.T) {
	t.Parallel()
	// The client has given up on the first send when its message is accepted.
	hasty := func(run *helliotest.Run) error {
		ctx, cancel := context.WithTimeout(run.Context(), 5*time.Second)
		defer cancel()
		if _, err := run.Client().SMS.Send(ctx, readyFor(phoneA)); err != nil {
			return sendOnce(run)
		}
		return nil
	}
	done, _ := explored(t, hasty, helliotest.ExploreNoCrash(),
		helliotest.ExploreEffects(helliotest.Delay(30*time.Minute)), helliotest.ExplorePairs(0))
	require.Len(t, done.Findings, 1)
	require.Equal(t, helliotest.FoundTwice, done.Findings[0].Kind)
}

func TestAnExpectedRejectionIsNoFinding(t *testing.T) {
	t.Parallel()
	done := helliotest.Explore(t, func(run *helliotest.Run) error {
		run.Fake().ExpectRejected(1)
		return errors.Join(sendOnce(run), postUnknownField(run, run.Fake().HTTPClient()))
	}, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(20))
	require.Empty(t, done.Findings)
}

func TestAFailingCleanupIsAFinding(t *testing.T) {
	t.Parallel()
	done, _ := explored(t, afterFailure(func(run *helliotest.Run, err error) error {
		run.Cleanup(func() { run.Error("it can't be closed") })
		return err
	}), helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0))
	require.Len(t, done.Findings, 1)
	require.Equal(t, helliotest.FoundPanic, done.Findings[0].Kind)
	require.Equal(t, "a cleanup of the run: it can't be closed", done.Findings[0].What)
}

// noMap returns a nil map that staticcheck does not recognise as one.
func noMap() map[string]bool { return nil }

func TestChecksRunWithoutTheRules(t *testing.T) {
	t.Parallel()
	checked := 0
	_, r := explored(t, sendOnce,
		helliotest.ExploreOnly(func(fake *helliotest.Fake) {
			fake.Fault(helliotest.AnyOp, helliotest.Always(), helliotest.Status(503, ""))
		}),
		helliotest.ExploreCheck("the API answers", func(run *helliotest.Run) error {
			checked++
			_, err := run.Client().Balance.Get(run.Context())
			return err
		}))
	require.False(t, r.Failed(), r.all())
	require.Equal(t, 3, checked, "two clean runs and one with the rule")
}
