package helliotest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAReportHasTheScheduleAndTheStory(t *testing.T) {
	t.Parallel()
	done, r := explored(t, doneBeforeSend, helliotest.ExploreReruns(3), helliotest.ExplorePairs(0))
	require.Equal(t, "helliotest: Explore: a message was lost, and fn returned nil "+
		`(2 of 42 schedules)
    fake.Fault(helliotest.SMSSend, helliotest.Nth(1),
        helliotest.ToNumber("+233209990001"), helliotest.CrashBefore())
    …0001 has 0 messages from ACME, without faults 1; spent 0.0310, without faults 0.0620
    fn returned nil; seen in 3 of 3 runs; run it alone with helliotest.ExploreOnly
    helliotest: 2 calls
              0s    1 POST /sms/send                   no answer key=order-7 fault=crash_before
              1s    2 POST /sms/send                   202 key=order-8 charge=0.0310`,
		r.all()[:strings.LastIndex(r.all(), "\n")])
	require.Equal(t, 2, done.Findings[0].Runs)
	require.NoError(t, done.Findings[0].Err)
	require.Regexp(t, `^helliotest: Explore: 42 schedules of 2 calls: 2 clean, 36 single, `+
		`4 crash, 0 pairs; 1 finding; \d+ pairs left out; [\d.]+m?s$`, r.logs[0])
}

func TestAReportHoldsNoSecret(t *testing.T) {
	t.Parallel()
	const mail = "ama@example.com"
	token := ""
	done, r := explored(t, func(run *helliotest.Run) error {
		token = run.Fake().IssueToken("*")
		client := run.Client()
		_, err := client.OTP.Send(run.Context(), &hellio.OTPSendParams{Email: mail})
		if err != nil {
			return err
		}
		code := run.Fake().OTP(mail)
		secrets := fmt.Sprint(code, " ", token, " ", phoneA, " 0209990001 ", mail, " ",
			readyFor(phoneA).Message)
		run.Log(secrets)
		if err := sendOnce(run); err != nil {
			run.Errorf("it failed: %s", secrets)
			return errors.New(secrets)
		}
		return nil
	}, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0),
		helliotest.ExploreOps(helliotest.SMSSend))
	require.Len(t, done.Findings, 1)
	require.Contains(t, done.Findings[0].What,
		"it failed: [code] [token] +…0001 …0001 …@example.com [text]")
	require.Contains(t, r.errors[0], "log of the run:\n    [code] [token]")
	text := withoutNames(r.errors[0]) + done.Findings[0].What
	secrets := []string{token, phoneA[1:], "209990001", mail, readyFor(phoneA).Message}
	for _, secret := range secrets {
		require.NotContains(t, text, secret)
	}
	require.NotRegexp(t, regexp.MustCompile(`it failed: \d`), text)
}

// withoutNames cuts the recipients from code, which needs them.
func withoutNames(report string) string {
	return regexp.MustCompile(`helliotest\.ToNumber\("[^"]*"\)`).ReplaceAllString(report, "")
}

func TestAReportKeepsKeysAndTimes(t *testing.T) {
	t.Parallel()
	_, r := explored(t, retryWithoutKey, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(0))
	journal := regexp.MustCompile(`(?m)^ +\d+\.\d{1,3}s +2 POST /sms/send +` +
		`409 idempotency_conflict key=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	require.Regexp(t, journal, r.errors[0])
}

// child runs the test again in a process of its own, where it may fail.
func child(t *testing.T, environment ...string) string {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), append(environment, childVariable+"=1")...)
	output, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	require.ErrorAs(t, err, &failed, "%s", output)
	return string(output)
}

const childVariable = "HELLIOTEST_EXPLORE_CHILD"

func TestExploreFailsAtTheCallersLine(t *testing.T) {
	t.Parallel()
	if os.Getenv(childVariable) != "" {
		helliotest.Explore(t, doneBeforeSend, helliotest.ExplorePairs(0)) // the caller's line
		helliotest.Explore(t, nil)                                        // the second line
		t.Error("a bad call ends its test")
		return
	}
	source, err := os.ReadFile("explore_report_test.go")
	require.NoError(t, err)
	before, _, _ := strings.Cut(string(source), "// the caller's line\n")
	at := 1 + strings.Count(before, "\n")
	output := child(t)
	place := func(n int) string {
		return fmt.Sprintf("explore_report_test.go:%d: helliotest: Explore: ", n)
	}
	require.Contains(t, output, place(at)+"a message was lost")
	require.Contains(t, output, place(at)+"42 schedules")
	require.Contains(t, output, place(at+1)+"fn is nil")
	require.NotContains(t, output, "a bad call ends its test")
}

func TestATraceNamesTheScheduleThatHangs(t *testing.T) {
	t.Parallel()
	if os.Getenv(childVariable) != "" {
		helliotest.Explore(t, afterFailure(func(*helliotest.Run, error) error {
			os.Exit(3) // as the end of a process that hangs
			return nil
		}))
		return
	}
	const prefix = "helliotest: Explore: TestATraceNamesTheScheduleThatHangs: run "
	runs := strings.Split(child(t, "HELLIOTEST_EXPLORE=trace"), prefix)
	require.Equal(t, []string{
		"",
		"1: no fault\n",
		"2: no fault\n",
		"3: sms_send nth 1 lose_request\n",
		"4: sms_send nth 1 lose_reply\n",
		"5: sms_send nth 1 reset\n",
		"6: sms_send nth 1 rate_limited\n",
		"7: sms_send nth 1 status\n",
	}, runs)
}
