package helliotest_test

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAnUnusedFaultNamesTheNearestCall(t *testing.T) {
	t.Parallel()
	lines := regexp.MustCompile(`\.go:\d+\)`)
	otp := `{"mobile_number":"233209990001","sender":"HELLIO"}`
	third := []helliotest.Rule{helliotest.Nth(3), helliotest.LoseReply()}
	for name, c := range map[string]struct {
		rules []helliotest.Rule
		calls func(a api)
		says  string
	}{
		"no call": {
			third, func(api) {},
			"{sms_send nth 3 lose_reply} (fault_report_test.go) was never hit; 0 calls matched " +
				"it; no call came after it was put",
		},
		"the next ones": {
			[]helliotest.Rule{helliotest.Times(2), helliotest.LoseReply()},
			func(api) {},
			"{sms_send times 2 lose_reply} (fault_report_test.go) was never hit",
		},
		"the wrong op": {third, func(a api) { a.do("POST", "/otp/send", otp); a.get("/nope") },
			"nearest was call 2, GET (unknown route): the fault is for sms_send, and this is no " +
				"operation of the API"},
		"another op": {
			third, func(a api) { a.get("/balance") },
			"nearest was call 1, GET /balance: the fault is for sms_send, and this is balance_get",
		},
		"the op before others": {third, func(a api) { a.send(oneSMS); a.get("/balance") },
			"1 call matched it; nearest was call 1, POST /sms/send: it was matching call 1, and " +
				"the fault strikes 3 alone"},
		"refused before": {third,
			func(a api) {
				a.do("POST", "/sms/send", oneSMS, "Authorization", "Bearer wrong")
				a.get("/balance")
			},
			"0 calls matched it; nearest was call 1, POST /sms/send: it was refused before " +
				"faults act: 401 unauthenticated"},
		"another number": {[]helliotest.Rule{
			helliotest.Always(), helliotest.CarrierFail(), helliotest.ToNumber("+233209990002"),
		}, func(a api) { a.send(oneSMS) },
			"{sms_send always to …0002 carrier_fail} (fault_report_test.go) was never hit; 0 " +
				"calls matched it; " +
				"nearest was call 1, POST /sms/send: the fault is for calls to …0002, whom it " +
				"does not name"},
		"the number before the count": {[]helliotest.Rule{
			helliotest.Nth(2), helliotest.ResetConnection(), helliotest.ToNumber("+233209990001"),
		}, func(a api) {
			a.send(oneSMS)
			a.send(`{"recipients":["233209990007"],"sender":"HELLIO","message":"Hi"}`)
		},
			"nearest was call 1, POST /sms/send: it was matching call 1, and the fault strikes 2 " +
				"alone"},
		"what does not match before the count": {third, func(a api) {
			a.get("/balance")
			a.do("POST", "/sms/send", oneSMS, "Authorization", "Bearer wrong")
			a.send(oneSMS)
		},
			"1 call matched it; nearest was call 3, POST /sms/send: it was matching call 1, and " +
				"the fault strikes 3 alone"},
		"a webhook that is not there": {nil, func(a api) { a.send(oneSMS) },
			"{webhook nth 1 webhook_lose} (fault_report_test.go) was never hit; 0 attempts " +
				"matched it; the account has no webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := watch(t, func(tb testing.TB) {
				f := helliotest.New(tb, helliotest.Lenient())
				addFault(f, c.rules)
				c.calls(newAPI(t, f))
			})
			require.Len(t, r.errors, 1)
			require.Contains(t, lines.ReplaceAllString(r.errors[0], ".go)"), c.says)
		})
	}
}

func TestEveryCallIsNearAnAnyOpFault(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		f.Fault(helliotest.AnyOp, helliotest.Nth(3), helliotest.LoseReply())
		newAPI(t, f).send(oneSMS)
		newAPI(t, f).get("/balance")
	})
	require.Contains(t, r.all(),
		"2 calls matched it; nearest was call 2, GET /balance: it was matching call 2, and the "+
			"fault strikes 3 alone")
}

func TestAnUnusedFaultNamesTheFaultBeforeIt(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		newAPI(t, f).get("/balance") // before the fault, so it counts for nothing
		f.Fault(helliotest.AnyOp, helliotest.Always(), helliotest.Status(500, ""))
		f.Fault(helliotest.BalanceGet, helliotest.Times(1), helliotest.NotJSON())
		newAPI(t, f).get("/balance")
	})
	require.Contains(t, r.all(),
		"1 call matched it; nearest was call 2, GET /balance: another fault, status, was put "+
			"before and acted on it")
}

func TestACallBeforeSetFaultsIsNotNearest(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		newAPI(t, f).send(oneSMS)
		require.NoError(t,
			f.SetFaults(helliotest.FaultSpec{Op: helliotest.SMSSend, Nth: 1, Effect: "lose_reply"}))
	})
	require.Equal(t,
		"helliotest: the fault {sms_send nth 1 lose_reply} was never hit; 0 calls matched it; no "+
			"call came after it was put\n", r.all())
}

func TestAnUnusedDeliveryFaultSaysWhy(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]struct {
		numbers []string
		rules   []helliotest.Rule
	}{
		"0 attempts matched it; no message was accepted": {
			nil, []helliotest.Rule{helliotest.Nth(1)},
		},
		"2 attempts matched it; the fault strikes attempt 3 alone": {
			[]string{someone, secondPhone},
			[]helliotest.Rule{helliotest.Nth(3)},
		},
		"the fault is for deliveries about …0003, and all 2 are about others": {
			[]string{someone, secondPhone},
			[]helliotest.Rule{helliotest.Nth(1), helliotest.ToNumber(thirdPhone)},
		},
		"the fault is for deliveries about …0003, and the only one is about o": {
			[]string{someone},
			[]helliotest.Rule{helliotest.Nth(1), helliotest.ToNumber(thirdPhone)},
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			r := watch(t, func(tb testing.TB) {
				f := helliotest.New(tb,
					helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
				f.Fault(helliotest.WebhookDelivery, append(c.rules, helliotest.WebhookLose())...)
				sendTo(t, f, c.numbers...)
				f.Advance(6 * time.Second)
			})
			require.Contains(t, r.all(), says)
		})
	}
}

func TestAnUnusedDeliveryFaultNamesTheNearestAttempt(t *testing.T) {
	t.Parallel()
	first := []helliotest.Rule{helliotest.Nth(1), helliotest.WebhookLose()}
	for says, run := range map[string]func(t *testing.T, f *helliotest.Fake){
		"1 attempt matched it; another fault was put before and acted on it": func(t *testing.T, f *helliotest.Fake) {
			f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), helliotest.WebhookDuplicate())
			f.Fault(helliotest.WebhookDelivery, first...)
			sendTo(t, f, someone)
			f.Advance(6 * time.Second)
		},
		"0 attempts matched it; every attempt was made before it was put": func(t *testing.T, f *helliotest.Fake) {
			sendTo(t, f, someone)
			f.Advance(6 * time.Second)
			f.Fault(helliotest.WebhookDelivery, first...)
		},
		"0 attempts matched it; no message was to be reported: a webhook hears of those that it " +
			"asks for, once they are final, which takes 5s": func(t *testing.T, f *helliotest.Fake) {
			f.Fault(helliotest.WebhookDelivery, append(first, helliotest.ToNumber(someone))...)
			sendTo(t, f, someone)
			f.Advance(4 * time.Second)
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := watch(t, func(tb testing.TB) {
					run(t,
						helliotest.New(tb,
							helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret)))
				})
				require.Contains(t, r.all(), says)
			})
		})
	}
}

func addFault(f *helliotest.Fake, rules []helliotest.Rule) *helliotest.Fault {
	if rules == nil {
		return f.Fault(helliotest.WebhookDelivery, helliotest.Nth(1), helliotest.WebhookLose())
	}
	return f.Fault(helliotest.SMSSend, rules...)
}
