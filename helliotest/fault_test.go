package helliotest_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// overEachWay runs a test in process, over the fake's own socket, and over a
// server of the caller's, plain and with TLS.
func overEachWay(t *testing.T, test func(t *testing.T, f *helliotest.Fake, a api)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		f := helliotest.New(t)
		test(t, f, newAPI(t, f))
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		f := helliotest.New(t)
		test(t, f, api{t, newHTTPClient(t), f.URL(), helliotest.DefaultToken})
	})
	t.Run("httptest", func(t *testing.T) {
		t.Parallel()
		f := helliotest.New(t)
		srv := httptest.NewServer(f.Handler())
		t.Cleanup(srv.Close)
		test(t, f, api{t, newHTTPClient(t), srv.URL + "/v1", helliotest.DefaultToken})
	})
	t.Run("httptest with TLS", func(t *testing.T) {
		t.Parallel()
		f := helliotest.New(t)
		srv := httptest.NewTLSServer(f.Handler())
		t.Cleanup(srv.Close)
		test(t, f, api{t, srv.Client(), srv.URL + "/v1", helliotest.DefaultToken})
	})
}

// newHTTPClient has no idle connections to reuse, so that net/http re-sends
// nothing by itself.
func newHTTPClient(t *testing.T) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestALostReplyChangesTheState(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		fault := f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		_, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "k")
		require.ErrorIs(t, err, io.EOF)
		require.Len(t, f.Messages(), 1)
		require.Equal(t, 1, fault.Hits())
		require.Equal(t, 202, f.Requests()[0].Status)
		again := a.send(oneSMS, "Idempotency-Key", "k")
		require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
		require.Len(t, f.Messages(), 1)
	})
}

func TestALostRequestLeavesNoTrace(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseRequest())
		_, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "k")
		require.ErrorIs(t, err, io.EOF)
		require.Empty(t, f.Messages())
		require.Empty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestAResetBreaksTheConnection(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ResetConnection())
		_, err := a.try("POST", "/sms/send", oneSMS)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		require.Empty(t, f.Messages())
	})
}

func TestATruncatedBodyEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.TruncateBody(5))
		resp, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "k")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, 202, resp.status)
		require.Equal(t, `{"dat`, resp.body)
		require.Len(t, f.Messages(), 1)
		require.Equal(t, "true",
			a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestNotJSONKeepsTheStatus(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.NotJSON())
		resp := a.send(oneSMS, "Idempotency-Key", "k")
		require.Equal(t, 202, resp.status)
		require.Contains(t, resp.header.Get("Content-Type"), "text/html")
		require.Contains(t, resp.body, "<html>")
		require.Equal(t, "queued", a.send(oneSMS, "Idempotency-Key", "k").data(t)["status"])
	})
}

func TestAnErrorStatusStrikesAReplayToo(t *testing.T) {
	t.Parallel()
	overEachWay(t, func(t *testing.T, f *helliotest.Fake, a api) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(2),
			helliotest.Status(503, "service_unavailable"))
		require.Equal(t, 202, a.send(oneSMS, "Idempotency-Key", "k").status)
		resp := a.send(oneSMS, "Idempotency-Key", "k")
		resp.refused(t, 503, "service_unavailable")
		require.Equal(t, "118", resp.header.Get("X-RateLimit-Remaining"))
		require.Equal(t, "true",
			a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestRateLimitedAnswersLikeTheLimiter(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.AnyOp, helliotest.Times(2), helliotest.RateLimited(1500*time.Millisecond))
	a := newAPI(t, f)
	resp := a.get("/balance")
	resp.refused(t, 429, "throttled")
	require.Equal(t, "2", resp.header.Get("Retry-After"))
	require.Equal(t, "0", resp.header.Get("X-RateLimit-Remaining"))
	require.NotEmpty(t, resp.header.Get("X-RateLimit-Reset"))
	a.send(oneSMS).refused(t, 429, "throttled")
	require.Equal(t, 202, a.send(oneSMS).status)
}

func TestRateLimitedHasTheTokensLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit      int
		wait       time.Duration
		told, says string
	}{
		{7, 2 * time.Second, "7", "2"},
		{0, 2*time.Second + 1, "120", "3"}, // no limit of its own
		{120, 0, "120", "0"},
	} {
		f := helliotest.New(t, helliotest.WithRateLimit(c.limit))
		f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.RateLimited(c.wait))
		resp := newAPI(t, f).get("/balance")
		resp.refused(t, 429, "throttled")
		require.Equal(t, []string{c.told, c.says},
			[]string{resp.header.Get("X-RateLimit-Limit"), resp.header.Get("Retry-After")})
	}
}

func TestADelayOutlastsACallerThatGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(10*time.Second))
		a := newAPI(t, f)
		a.client.Timeout = 2 * time.Second
		start := time.Now()
		_, err := a.try("POST", "/sms/send", oneSMS, "Idempotency-Key", "k")
		var timeout net.Error
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
		require.Equal(t, 2*time.Second, time.Since(start))
		a.send(oneSMS, "Idempotency-Key", "k").refused(t, 409, "idempotency_conflict")
		time.Sleep(8 * time.Second)
		synctest.Wait()
		require.Equal(t, "true",
			a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestATestsEndCutsADelay(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	f.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.Delay(time.Hour))
	a := newAPI(t, f)
	req := a.request("POST", "/sms/send", oneSMS)
	lost := make(chan error, 1)
	go func() {
		_, err := a.client.Do(req) //nolint:bodyclose // there is no response
		lost <- err
	}()
	require.Eventually(t, func() bool { return len(f.Requests()) == 1 }, time.Minute,
		time.Millisecond)
	require.NoError(t, f.Close())
	require.ErrorIs(t, <-lost, io.EOF)
}

func TestFaultsAreCountedExactly(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	third := f.Fault(helliotest.SMSSend, helliotest.Nth(3), helliotest.Status(500, ""))
	first := f.Fault(helliotest.SMSSend, helliotest.Times(1),
		helliotest.Status(503, "service_unavailable"))
	a := newAPI(t, f)
	a.get("/balance") // another operation
	a.do("POST", "/sms/send", oneSMS, "Authorization", "Bearer wrong")
	a.do("POST", "/sms/send", oneSMS, "Authorization", "Bearer "+f.IssueToken("balance")).refused(t,
		403, "insufficient_scope")
	var got []int
	for range 4 {
		got = append(got, a.send(oneSMS).status)
	}
	require.Equal(t, []int{503, 202, 500, 202}, got)
	require.Equal(t, []int{1, 1}, []int{third.Hits(), first.Hits()})
}

func TestTheFirstOfSeveralFaultsActs(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.AllowUnusedFaults())
	f.Fault(helliotest.BalanceGet, helliotest.Times(1), helliotest.Status(500, "first"))
	shadowed := f.Fault(helliotest.AnyOp, helliotest.Times(2), helliotest.Status(500, "second"))
	a := newAPI(t, f)
	a.get("/balance").refused(t, 500, "first")
	a.get("/balance").refused(t, 500, "second")
	require.Equal(t, 200, a.get("/balance").status)
	require.Equal(t, 1, shadowed.Hits())
}

func TestAFaultForANumberLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.ToNumber("+233 20 999 0001"),
		helliotest.Status(500, ""))
	a := newAPI(t, f)
	other := `{"recipients":"233209990009","sender":"HELLIO","message":"Hi"}`
	require.Equal(t, []int{202, 202, 202, 500},
		[]int{
			a.send(oneSMS).status, a.send(other).status, a.send(other).status,
			a.send(oneSMS).status,
		})
}

func TestCarrierFailStrikesAllOrTheNamedRecipient(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.CarrierFail())
	newAPI(t, f).send(`{"recipients":["233209990001","233209990002"],"sender":"HELLIO",` +
		`"message":"Hi"}`)
	f.Advance(5 * time.Second)
	for _, m := range f.Messages() {
		require.Equal(t, "failed", m.Status)
		require.Zero(t, m.DeliveredAt)
	}
	require.Equal(t, "100.0000", f.Balance().Available)
}

func TestAFaultMustSayWhenAndWhat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		on    helliotest.Op
		rules []helliotest.Rule
		says  string
	}{
		"no when": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.LoseReply()},
			"exactly one of Nth, Times and Always",
		},
		"two whens": {
			helliotest.SMSSend,
			[]helliotest.Rule{helliotest.Nth(1), helliotest.Always(), helliotest.LoseReply()},
			"exactly one of Nth",
		},
		"no effect": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Nth(1)}, "exactly one effect",
		},
		"two effects": {
			helliotest.SMSSend,
			[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseReply(), helliotest.NotJSON()},
			"exactly one effect",
		},
		"two numbers": {
			helliotest.SMSSend,
			[]helliotest.Rule{
				helliotest.Nth(1), helliotest.NotJSON(), helliotest.ToNumber("1"),
				helliotest.ToNumber("2"),
			},
			"more than one number",
		},
		"a count of 0": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Nth(0), helliotest.NotJSON()},
			"nth (1 or more)",
		},
		"a negative count": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Times(-1), helliotest.NotJSON()},
			"1 or more",
		},
		"an unknown op": {
			"sms", []helliotest.Rule{helliotest.Nth(1), helliotest.NotJSON()}, `unknown op "sms"`,
		},
		"a zero rule": {helliotest.SMSSend, []helliotest.Rule{{}}, "zero Rule"},
		"a negative wait": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Nth(1), helliotest.Delay(-1)},
			"not a duration",
		},
		"no status": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Nth(1), helliotest.Status(99, "x")},
			"200..599",
		},
		"a call's effect": {
			helliotest.WebhookDelivery, []helliotest.Rule{helliotest.Nth(1), helliotest.NotJSON()},
			"does not act on the op webhook",
		},
		"negative bytes": {
			helliotest.SMSSend, []helliotest.Rule{helliotest.Nth(1), helliotest.TruncateBody(-1)},
			"negative",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := watch(t, func(tb testing.TB) { helliotest.New(tb).Fault(c.on, c.rules...) })
			require.Contains(t, r.fatal, c.says)
			f, err := helliotest.Start()
			require.NoError(t, err)
			require.Panics(t, func() { f.Fault(c.on, c.rules...) })
			require.NoError(t, f.Close())
		})
	}
}

func TestAnUnusedFaultFailsTheTest(t *testing.T) {
	t.Parallel()
	unused := func(opts ...helliotest.Option) *recorder {
		return watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, opts...)
			f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
			newAPI(t, f).send(oneSMS)
		})
	}
	require.Regexp(t, `sms_send nth 2 lose_reply.*fault_test\.go:\d+.*never hit; 1 calls? matched`,
		unused().all())
	require.Empty(t, unused(helliotest.AllowUnusedFaults()).all())
}
