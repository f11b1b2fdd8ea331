package helliotest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAFakeFromOutsideFailsInABubble(t *testing.T) {
	t.Parallel()
	var callErr error
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		newAPI(t, f).send(oneSMS) // its timer runs outside
		synctest.Test(t, func(t *testing.T) {
			_, callErr = newAPI(t, f).try("POST", "/sms/send", oneSMS)
		})
	})
	require.ErrorContains(t, callErr, "made outside the synctest bubble")
	require.Contains(t, r.all(), "made outside the synctest bubble", "the test fails too")
}

func TestLooksAtAnOutsideFakeFail(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start(helliotest.AllowUnusedFaults())
	require.NoError(t, err)
	fault := f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	synctest.Test(t, func(t *testing.T) {
		for name, look := range map[string]func(){
			"Messages": func() { f.Messages() },
			"Balance":  func() { f.Balance() },
			"Advance":  func() { f.Advance(time.Second) },
			"Settle":   func() { _ = f.Settle(t.Context()) },
			"Reset":    f.Reset,

			"Client":         func() { f.Client() },
			"URL":            func() { f.URL() },
			"Requests":       func() { f.Requests() },
			"Deliveries":     func() { f.Deliveries() },
			"Replay":         func() { _ = f.Replay("dlv_1") },
			"OTP":            func() { f.OTP(someone) },
			"Account":        func() { f.Account() },
			"Update":         func() { _ = f.Update(helliotest.AccountChange{}) },
			"Mark":           func() { f.Mark() },
			"WaitMessage":    func() { _, _ = f.WaitMessage(t.Context()) },
			"RequireMessage": func() { f.RequireMessage(t) },
			"Subscribe":      func() { f.Subscribe(t.Context(), "") },
			"Snapshot":       func() { _, _ = f.Snapshot() },
			"Fault": func() {
				f.Fault(helliotest.AnyOp, helliotest.Always(), helliotest.ResetConnection())
			},
			"SetFaults":      func() { _ = f.SetFaults() },
			"Faults":         func() { f.Faults() },
			"Hits":           func() { fault.Hits() },
			"ExpectRejected": func() { f.ExpectRejected(1) },
			"IssueToken":     func() { f.IssueToken() },
			"RevokeToken":    func() { f.RevokeToken("x") },
		} {
			require.PanicsWithValue(t,
				"helliotest: this Fake was made outside the synctest bubble it is used in; "+
					"call helliotest.New inside the function given to synctest.Test", look, name)
		}
	})
	require.NoError(t, f.Close())
}

func TestAFakeOfABubbleFailsOutside(t *testing.T) {
	t.Parallel()
	var f *helliotest.Fake
	synctest.Test(t, func(t *testing.T) {
		var err error
		f, err = helliotest.Start()
		require.NoError(t, err)
		newAPI(t, f).send(oneSMS)
	})
	require.PanicsWithValue(t,
		"helliotest: this Fake was made inside a synctest bubble and is used outside it; "+
			"a bubble's Fake ends with its bubble", func() { f.Messages() })
}

func TestAFakeOfTheOuterTestFailsIt(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		synctest.Test(t, func(t *testing.T) { newAPI(t, helliotest.New(tb)).send(oneSMS) })
	})
	require.Contains(t, r.all(), "made inside a synctest bubble and is used outside")
}

func TestARealSocketIsRefusedInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := helliotest.Start()
		require.NoError(t, err)
		require.Panics(t, func() { f.URL() })
		require.NoError(t, f.Close())
	})
}

func TestABubbleEndsWithJobsPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := helliotest.Start() // never closed
		require.NoError(t, err)
		require.Equal(t, 202, newAPI(t, f).send(oneSMS).status)
	})
}

func TestABubblesEndJoinsCallsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.Delay(time.Hour))
		a := newAPI(t, f)
		req := a.request("GET", "/balance", "")
		go func() {
			resp, err := a.client.Do(req)
			if err == nil {
				resp.Body.Close()
			}
		}()
		synctest.Wait()
	})
}

func TestAdvanceInABubbleSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		newAPI(t, f).send(oneSMS)
		start := time.Now()
		f.Advance(5 * time.Second)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.Equal(t, "delivered", f.Messages()[0].Status)
	})
}

func TestAnOutsideHandlerFailsInABubble(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		synctest.Test(t, func(t *testing.T) {
			rec := httptest.NewRecorder()
			f.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/v1/balance", http.NoBody))
			require.Equal(t, 500, rec.Code)
			require.Contains(t, rec.Body.String(),
				"call helliotest.New inside the function given to synctest.Test")
		})
	})
	require.Contains(t, r.all(), "made outside the synctest bubble")
}

func TestOneFakeMayServeManyTestsOutsideBubbles(t *testing.T) {
	t.Parallel()
	shared, err := helliotest.Start() // as TestMain would
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, shared.Close()) })
	for _, number := range []string{someone, secondPhone, thirdPhone} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			sendTo(t, shared, number)
			require.Equal(t, number, shared.RequireMessage(t, helliotest.To(number)).MobileNumber)
			shared.Advance(5 * time.Second)
		})
	}
}
