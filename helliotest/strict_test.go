package helliotest_test

import (
	"strings"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestWhatNoCorrectClientSendsFailsTheTestAtItsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call   func(a api) response
		status int
		says   string
	}{
		"unknown field": {func(a api) response {
			return a.send(`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi","massage":1}`)
		}, 202, "POST /sms/send: body.massage: the API knows no such field"},
		"wrong type":           {func(a api) response { return a.send(`{"recipients":["233209990001"],"sender":5,"message":"Hi"}`) }, 422, "body.sender: wrong JSON type"},
		"wrong type in a list": {func(a api) response { return a.send(`{"recipients":[233209990001],"sender":"HELLIO","message":"Hi"}`) }, 422, "body.recipients.0: wrong JSON type"},
		"unknown route":        {func(a api) response { return a.get("/sms") }, 404, "GET /v1/sms: the API has no such route"},
		"wrong method":         {func(a api) response { return a.get("/sms/send") }, 405, "the API has no GET on this route"},
		"unknown parameter":    {func(a api) response { return a.get("/messages?page=2") }, 200, "GET /messages: query.page: the API knows no such parameter"},
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
			require.Equal(t, 1, strings.Count(strict.all(), c.says), "a violation is told once")
			require.Empty(t, run(helliotest.Lenient()).all())
		})
	}
}

func TestAFakeWithoutATestTellsItsComplaintsAtClose(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	newAPI(t, f).get("/nope")
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	err = f.Close()
	require.ErrorContains(t, err, "no such route")
	require.ErrorContains(t, err, "never hit")
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
	require.Contains(t, journal, "POST /sms/send                202 key=key-1 charge=0.0310")
	require.Contains(t, journal, "202 replayed key=key-1 fault=lose_reply")
	require.Contains(t, journal, "404 not_found")
	for _, secret := range []string{helliotest.DefaultToken, "secret", "233209990001", "HELLIO"} {
		require.NotContains(t, journal, secret)
	}
	require.Empty(t, watch(t, func(tb testing.TB) { newAPI(t, helliotest.New(tb)).get("/balance") }).logs)
}
