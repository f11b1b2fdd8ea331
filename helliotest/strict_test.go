package helliotest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAViolationFailsTheTestAtItsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call   func(a api) apiResponse
		status int
		says   string
	}{
		"unknown field": {func(a api) apiResponse {
			return a.send(`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi",` +
				`"massage":1}`)
		}, 202,
			"POST /v1/sms/send: body.massage: the API knows no such field; did you mean message?"},
		"wrong type": {
			func(a api) apiResponse {
				return a.send(`{"recipients":["233209990001"],"sender":5,"message":"Hi"}`)
			},
			422, "body.sender: wrong JSON type",
		},
		"wrong type in a list": {func(a api) apiResponse {
			return a.send(`{"recipients":[233209990001],"sender":"HELLIO","message":"Hi"}`)
		}, 422, "body.recipients.0: wrong JSON type"},
		"unknown field with more in it": {func(a api) apiResponse {
			return a.send(`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi",` +
				`"options":{"a":{"b":1}}}`)
		}, 202, "body.options: the API knows no such field"},
		"field in another case": {func(a api) apiResponse {
			return a.send(`{"Recipients":["233209990001"],"recipients":["233209990001"],` +
				`"sender":"HELLIO","message":"Hi"}`)
		}, 202, "body.Recipients: the API knows no such field; did you mean recipients?"},
		"object in a list": {func(a api) apiResponse {
			return a.send(`{"recipients":[{"number":"233209990001"}],"sender":"HELLIO",` +
				`"message":"Hi"}`)
		}, 422,
			"body.recipients.0: wrong JSON type"},
		"form": {func(a api) apiResponse {
			return a.do("POST", "/sms/send", "to=1", "Content-Type",
				"application/x-www-form-urlencoded")
		}, 415,
			"header.Content-Type: not application/json"},
		"no JSON": {
			func(a api) apiResponse { return a.send(`[1]`) }, 400, "body: not one JSON object",
		},
		"body of a GET": {
			func(a api) apiResponse { return a.do("GET", "/balance", `{"x":1}`) }, 200,
			"GET /v1/balance: body: the API reads none here",
		},
		"unknown route": {
			func(a api) apiResponse { return a.get("/sms") }, 404,
			"GET /v1/sms: the API has no such route; did you mean /sms/send?",
		},
		"misspelt route": {
			func(a api) apiResponse { return a.get("/mesages") }, 404,
			"GET /v1/mesages: the API has no such route; did you mean /messages?",
		},
		"route without a root": {
			func(a api) apiResponse {
				a.base = "https://fake.hellio.invalid"
				return a.get("/balance")
			},
			404, "is that missing from the base URL?",
		},
		"wrong method": {
			func(a api) apiResponse { return a.get("/sms/send") }, 405,
			"the API has no GET on this route, only POST",
		},
		"unknown parameter": {
			func(a api) apiResponse { return a.get("/messages?page=2") }, 200,
			"GET /v1/messages: query.page: the API knows no such parameter; did you mean per_page?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(opts ...helliotest.Option) *recorder {
				return watch(t, func(tb testing.TB) {
					a := newAPI(t, helliotest.New(tb, opts...))
					require.Equal(t, c.status, c.call(a).status)
					c.call(a)
				})
			}
			strict := run()
			require.Contains(t, strict.all(), c.says)
			require.Equal(t, 1, strings.Count(strict.all(), c.says), "a violation is reported once")
			require.Empty(t, run(helliotest.Lenient()).all())
		})
	}
}

func TestViolationsOfOneCallHaveAFixedOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		f := helliotest.New(t, helliotest.Lenient())
		newAPI(t, f).do("POST", "/sms/send?b=1&a=1&c=1", `{"z":1,"x":1,"y":1}`)
		require.Equal(t, []string{
			"body.x: the API knows no such field",
			"body.y: the API knows no such field",
			"body.z: the API knows no such field",
			"query.a: the API knows no such parameter",
			"query.b: the API knows no such parameter",
			"query.c: the API knows no such parameter",
		}, f.Requests()[0].Violations)
	}
}

func TestCloseReturnsTheComplaints(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	newAPI(t, f).get("/nope")
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	err = f.Close()
	require.ErrorContains(t, err, "no such route")
	require.ErrorContains(t, err, "never hit")
}

func TestAViolationQuotesAShortPath(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"/" + strings.Repeat("x", 60):          "GET /v1/" + strings.Repeat("x", 60) + ": the API",
		"/" + strings.Repeat("x", 61):          "GET /v1/" + strings.Repeat("x", 60) + "…: the API",
		"/messages?" + strings.Repeat("é", 33): "query." + strings.Repeat("é", 32) + "…: the API",
		// no half of a letter
		"/messages?x" + strings.Repeat("é", 32): "query.x" + strings.Repeat("é", 31) + "…: the API",
	} {
		f, err := helliotest.Start()
		require.NoError(t, err)
		newAPI(t, f).get(path)
		require.ErrorContains(t, f.Close(), says)
	}
}

func TestAPathWithoutTheRootIsExplained(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	a := newAPI(t, f)
	a.base = "https://fake.hellio.invalid"
	a.get("/nope")
	require.EqualError(t, f.Close(), "GET /nope: the API has no such route: it begins at /v1")
}

func TestTheNumberOfComplaintsIsBounded(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start(helliotest.WithRateLimit(0))
	require.NoError(t, err)
	a := newAPI(t, f)
	for i := range 1001 {
		a.get(fmt.Sprintf("/nope/%d", i))
	}
	require.Equal(t, 1000, strings.Count(f.Close().Error(), "no such route"))
}

func TestAFailedTestGetsAJournalWithoutSecrets(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
		a := newAPI(t, f)
		a.send(oneSMS, "Idempotency-Key", "key-1")
		_, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "key-1")
		require.Error(t, err)
		a.get("/messages/233209990001")
		a.do("GET", "/balance", "", "Authorization", "Bearer secret")
		tb.Errorf("the test's own failure")
	})
	require.Len(t, r.logs, 1)
	journal := r.logs[0]
	require.Contains(t, journal, "4 calls")
	require.Contains(t, journal, "  1 POST /sms/send                   202 key=key-1 charge=0.0310")
	require.Contains(t, journal, "202 replayed key=key-1 fault=lose_reply")
	require.Contains(t, journal, "404 not_found")
	for _, secret := range []string{helliotest.DefaultToken, "secret", "233209990001", "HELLIO"} {
		require.NotContains(t, journal, secret)
	}
	require.Empty(t,
		watch(t, func(tb testing.TB) { newAPI(t, helliotest.New(tb)).get("/balance") }).logs)
}

func TestExpectRejectedExcusesExactlyThatManyCalls(t *testing.T) {
	t.Parallel()
	run := func(expected []int, opts ...helliotest.Option) string {
		return watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, opts...)
			for _, n := range expected {
				f.ExpectRejected(n)
			}
			a := newAPI(t, f)
			a.send(`{"recipients":[1,2],"sender":3}`) // one call, whatever is wrong with it
			a.get("/nope")
			a.get("/balance")
		}).all()
	}
	require.Empty(t, run([]int{2}))
	require.Empty(t, run([]int{1, 1}))
	require.Contains(t, run([]int{1}),
		"ExpectRejected: 1 call that no correct client sends should have come, and 2 did\n"+
			"helliotest: GET /v1/nope: the API has no such route\nhelliotest: POST /v1/sms/send: "+
			"body.recipients.0: wrong JSON type")
	require.Contains(t, run([]int{3}, helliotest.Lenient()),
		"3 calls that no correct client sends should have come, and 2 did")
	require.Contains(t, run([]int{0}), "0 calls")
	require.Contains(t, run([]int{-1}), "ExpectRejected(-1): a count can't be negative")
}

func TestTheJournalListsCallsAndAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := watch(t, func(tb testing.TB) {
			f := helliotest.New(tb,
				helliotest.WithWebhookHandler(hookURL, answering(503), hookSecret))
			f.Fault(helliotest.WebhookDelivery, helliotest.Nth(2), helliotest.WebhookLose())
			sendTo(t, f, someone)
			f.Advance(16 * time.Second)
			a := newAPI(t, f)
			a.send(`{"sender":"HELLIO"}`)
			f.Advance(time.Minute)
			tb.Errorf("the test's own failure")
		})
		journal := regexp.MustCompile(`key=[0-9a-f-]{36}`).ReplaceAllString(r.logs[0], "key=…")
		require.Equal(t, unwrapped(`helliotest: 2 calls, 3 attempts at a webhook
          0s    1 POST /sms/send                   202 key=… charge=0.0310
          5s    > webhook 1001                     503 message.delivered of message 1004, attempt 1
         15s    > webhook 1001                     no answer message.delivered of message 1004, attempt 2 \
fault=webhook_lose (a fault has lost it)
         16s    2 POST /sms/send                   422 invalid_request fields=message,recipients
        1m5s    > webhook 1001                     200 message.delivered of message 1004, attempt 3`), journal)
	})
}

func TestTheJournalMarksReplaysAndLostCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret))
			f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.LoseRequest())
			_, err := newAPI(t, f).try("GET", "/balance", "")
			require.Error(t, err)
			newAPI(t, f).send(oneSMS)
			f.Advance(5 * time.Second)
			require.NoError(t, f.Replay(f.Deliveries()[0].ID))
			tb.Errorf("the test's own failure")
		})
		require.Equal(t, `helliotest: 2 calls, 2 attempts at a webhook
          0s    1 GET  /balance                    no answer fault=lose_request
          0s    2 POST /sms/send                   202 charge=0.0310
          5s    > webhook 1001                     200 message.delivered of message 1005, attempt 1
          5s    > webhook 1001                     200 message.delivered of message 1005, attempt 2 replay`, r.logs[0])
	})
}

func TestALongJournalKeepsTheNewestLines(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		for range 100 {
			newAPI(t, f).get("/balance")
		}
		tb.Errorf("the test's own failure")
	})
	require.Contains(t, r.logs[0], "helliotest: 100 calls; the first 60 are left out here\n")
	require.Equal(t, 40, strings.Count(r.logs[0], "\n"))
	require.Contains(t, r.logs[0], " 61 GET  /balance")
}
