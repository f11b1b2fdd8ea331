package helliotest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// misspelt violates once per call.
const misspelt = `{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi","massage":1}`

func TestAViewReportsToItsOwnTest(t *testing.T) {
	t.Parallel()
	var sub *recorder
	parent := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		sub = watch(t, func(tb testing.TB) {
			viewed := f.For(tb)
			newAPI(t, viewed).send(misspelt)
			viewed.Fault(helliotest.OTPSend, helliotest.Nth(1), helliotest.LoseReply())
			viewed.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.NotJSON())
		})
		require.Empty(t, f.Faults(), "rules end with their view")
		require.Len(t, f.Violations(), 1)
		require.Len(t, f.Messages(), 1, "the world is the same")
	})
	require.Empty(t, parent.all())
	require.Contains(t, sub.all(),
		"helliotest: POST /v1/sms/send: body.massage: the API knows no such field; did you mean "+
			"message?")
	require.Contains(t, sub.all(),
		"helliotest: the fault {otp_send nth 1 lose_reply} (view_test.go:")
	require.Contains(t, sub.all(),
		"helliotest: the fault {sms_send always not_json} (view_test.go:")
	require.Contains(t, strings.Join(sub.logs, "\n"), "helliotest: 1 call")
}

func TestAViewLeavesTheRulesOfOthers(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	own := f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.Status(503, ""))
	require.Empty(t, watch(t, func(tb testing.TB) {
		viewed := f.For(tb)
		hit := viewed.Fault(helliotest.SMSSend, helliotest.Times(1), helliotest.NotJSON())
		newAPI(t, viewed).send(oneSMS)
		require.Equal(t, 1, hit.Hits())
	}).all())
	require.Len(t, f.Faults(), 1)
	require.Equal(t, 503, newAPI(t, f).get("/balance").status)
	require.Equal(t, 1, own.Hits())
}

func TestExpectedRejectionsCountPerView(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.ExpectRejected(1)
	first, second := newAPI(t, f.For(t)), f.For(t)
	second.ExpectRejected(2)
	first.send(oneSMS)
	newAPI(t, second).send(misspelt)
	newAPI(t, second).send(misspelt)
	newAPI(t, f).send(misspelt)
	sub := watch(t, func(tb testing.TB) {
		viewed := f.For(tb)
		viewed.ExpectRejected(2)
		newAPI(t, viewed).send(misspelt)
	})
	require.Contains(t, sub.all(),
		"ExpectRejected: 2 calls that no correct client sends should have come, and 1 did")
}

func TestCallsOverASocketBelongToTheOwner(t *testing.T) {
	t.Parallel()
	var sub *recorder
	parent := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		sub = watch(t, func(tb testing.TB) {
			viewed := f.For(tb)
			api{t, newHTTPClient(t), viewed.URL(), helliotest.DefaultToken}.send(misspelt)
		})
	})
	require.Empty(t, sub.all())
	require.Contains(t, parent.all(), "body.massage")
}

func TestAnEndedViewsCallsBelongToTheOwner(t *testing.T) {
	t.Parallel()
	var sub *recorder
	parent := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		var left api
		sub = watch(t, func(tb testing.TB) { left = newAPI(t, f.For(tb)) })
		left.send(misspelt)
	})
	require.Empty(t, sub.all())
	require.Contains(t, parent.all(), "body.massage")
}

func TestAViewOfAStartedFakeFailsTB(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	require.Panics(t, func() { f.OTP(someone) })
	sub := watch(t, func(tb testing.TB) { f.For(tb).OTP(someone) })
	require.Contains(t, sub.fatal, "helliotest: OTP(…0001): no code is live there")
	require.NoError(t, f.Close())
}

func TestForRefusesWhatCanNotBeAView(t *testing.T) {
	t.Parallel()
	owner := watch(t, func(tb testing.TB) { helliotest.New(tb).For(nil) })
	require.Equal(t, "helliotest: For: tb is nil", owner.fatal)

	f, err := helliotest.Start()
	require.NoError(t, err)
	require.PanicsWithValue(t, "helliotest: For: tb is nil", func() { f.For(nil) })
	require.NoError(t, f.Close())
	require.Equal(t, "helliotest: For: this Fake was closed",
		watch(t, func(tb testing.TB) { f.For(tb) }).fatal)

	outside := helliotest.New(t)
	synctest.Test(t, func(t *testing.T) {
		sub := watch(t, func(tb testing.TB) { outside.For(tb) })
		require.Contains(t, sub.fatal, "made outside the synctest bubble")
	})
}

func TestCloseOfAViewEndsTheWholeFake(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	newAPI(t, f).send(misspelt)
	require.ErrorContains(t, f.For(t).Close(), "body.massage")
	require.NoError(t, f.Close())
	_, err = newAPI(t, f).try("GET", "/balance", "")
	require.ErrorContains(t, err, "this Fake was closed")
}

func TestAViewWorksInItsBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		viewed := f.For(t)
		sendTo(t, viewed, someone)
		viewed.Advance(5 * time.Second)
		require.Equal(t, "delivered", f.RequireMessage(t, helliotest.To(someone)).Status)
	})
}

// sharedHelper makes this test binary run the tests that TestASharedFake… wants
// to see fail.
const sharedHelper = "HELLIOTEST_SHARED_HELPER"

func TestHelperOfSharedFakes(t *testing.T) {
	if os.Getenv(sharedHelper) == "" {
		t.SkipNow() // it fails on purpose
	}
	f := helliotest.New(t)
	for _, number := range []string{someone, secondPhone, thirdPhone} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			f := f.For(t)
			if number != secondPhone {
				newAPI(t, f).sendOTP(`{"mobile_number":"` + number + `","sender":"HELLIO"}`)
			}
			require.Len(t, f.OTP(number), 6)
		})
	}
}

func TestASharedFakeFailsOneSubtestAlone(t *testing.T) {
	t.Parallel()
	helper := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperOfSharedFakes$",
		"-test.v")
	helper.Env = append(os.Environ(), sharedHelper+"=1")
	output, err := helper.CombinedOutput()
	require.Error(t, err)
	text := string(output)
	require.NotContains(t, text, "panic")
	require.Contains(t, text, "--- PASS: TestHelperOfSharedFakes/"+someone)
	require.Contains(t, text, "--- FAIL: TestHelperOfSharedFakes/"+secondPhone)
	require.Contains(t, text, "--- PASS: TestHelperOfSharedFakes/"+thirdPhone)
	require.Contains(t, text, "OTP(…0002): no code is live there: none was ever sent")
}
