package helliotest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/stretchr/testify/require"
)

// lateTest is a test whose end the test decides.
type lateTest struct {
	testing.TB
	cleanups []func()
	failed   bool
	over     bool
	errors   []string
}

func (l *lateTest) Helper()            {}
func (l *lateTest) Name() string       { return "TestLogin" }
func (l *lateTest) Cleanup(run func()) { l.cleanups = append(l.cleanups, run) }
func (l *lateTest) Failed() bool       { return l.failed }
func (l *lateTest) Log(...any)         {}

func (l *lateTest) Errorf(format string, _ ...any) {
	l.failed = true
	l.errors = append(l.errors, format)
}

func (l *lateTest) Fatalf(string, ...any) { panic("Fatalf of a test that has ended") }

func (l *lateTest) Fail() {
	l.failed = true // as testing.T marks the parents
	if l.over {
		panic("Fail in goroutine after TestLogin has completed")
	}
}

func (l *lateTest) end() {
	for _, run := range l.cleanups {
		run()
	}
	l.over = true
}

// endedFake is a fake of a test that has ended, and what it wrote to standard
// error since.
func endedFake(
	t *testing.T, before func(f *Fake),
) (f *Fake, tb *lateTest, stderr *strings.Builder) {
	t.Helper()
	tb = &lateTest{TB: t}
	f = New(tb)
	stderr = new(strings.Builder)
	f.stderr = stderr
	before(f)
	tb.end()
	return f, tb, stderr
}

const endedSentence = "this Fake ended with TestLogin; make one in each test"

func sendHi(t *testing.T, client *hellio.Client) error {
	t.Helper()
	_, err := client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "ACME",
		Message:    "Hi",
	})
	return err
}

func TestACallAfterTheEndIsNotRetried(t *testing.T) {
	t.Parallel()
	var client *hellio.Client
	f, tb, stderr := endedFake(t, func(f *Fake) {
		client = f.Client()
		require.NoError(t, sendHi(t, client))
	})
	require.False(t, tb.failed)
	for _, late := range []*hellio.Client{client, f.Client()} {
		err := sendHi(t, late)
		require.ErrorContains(t, err, endedSentence)
		require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err))
		response, ok := err.(*hellio.ConnectionError)
		require.True(t, ok)
		require.Zero(t, response.Response.Attempts)
	}
	require.True(t, tb.failed)
	require.Equal(t, "helliotest: "+endedSentence+"\n", stderr.String())
	require.Len(t, f.Messages(), 1)
}

func TestAnEndedFakeIsAFinalError(t *testing.T) {
	t.Parallel()
	f, _, _ := endedFake(t, func(*Fake) {})
	client, err := hellio.NewClient(DefaultToken, hellio.WithHTTPClient(f.HTTPClient()))
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"a send": func() error { return sendHi(t, client) },
		"a read": func() error {
			_, err := client.Balance.Get(t.Context())
			return err
		},
	} {
		err := call()
		require.ErrorContains(t, err, endedSentence, name)
		require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err), name)
		response, ok := err.(*hellio.ConnectionError)
		require.True(t, ok, name)
		require.Equal(t, 1, response.Response.Attempts, name)
	}
}

func TestARequestAfterTheEndNamesTheTest(t *testing.T) {
	t.Parallel()
	f, tb, stderr := endedFake(t, func(*Fake) {})
	//nolint:bodyclose // there is no response
	_, err := f.HTTPClient().Get("https://fake.hellio.invalid/v1/balance")
	require.ErrorContains(t, err, endedSentence)
	require.True(t, tb.failed)
	require.Contains(t, stderr.String(), endedSentence)
}

func TestSteeringAfterTheEndDoesNothing(t *testing.T) {
	t.Parallel()
	for name, steer := range map[string]func(f *Fake) any{
		"OTP":            func(f *Fake) any { return f.OTP("+233209990001") },
		"Advance":        func(f *Fake) any { f.Advance(time.Hour); return nil },
		"Reset":          func(f *Fake) any { f.Reset(); return nil },
		"IssueToken":     func(f *Fake) any { return f.IssueToken() },
		"RevokeToken":    func(f *Fake) any { return f.RevokeToken(DefaultToken) },
		"ExpectRejected": func(f *Fake) any { f.ExpectRejected(1); return nil },
		"Fault":          func(f *Fake) any { return f.Fault(SMSSend, Nth(1), LoseReply()).Hits() },
		"URL":            func(f *Fake) any { return f.URL() },
		"Update":         func(f *Fake) any { return f.Update(AccountChange{}) },
		"SetFaults":      func(f *Fake) any { return f.SetFaults() },
		"Replay":         func(f *Fake) any { return f.Replay("dlv_1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, tb, stderr := endedFake(t, func(*Fake) {})
			got := steer(f)
			if err, isError := got.(error); isError {
				require.EqualError(t, err, endedSentence)
			} else {
				require.Zero(t, got)
			}
			require.True(t, tb.failed)
			require.Contains(t, stderr.String(), endedSentence)
			require.Empty(t, f.Faults())
		})
	}
}

func TestWaitsAfterTheEndReturnItsError(t *testing.T) {
	t.Parallel()
	f, _, _ := endedFake(t, func(*Fake) {})
	_, err := f.WaitMessage(t.Context())
	require.ErrorContains(t, err, endedSentence)
	require.EqualError(t, f.Settle(t.Context()), endedSentence)
	for range f.Subscribe(t.Context(), "0") {
		t.Error("an event")
	}
}

func TestLookingWorksAfterTheEndOfABubble(t *testing.T) {
	t.Parallel()
	var f *Fake
	synctest.Test(t, func(t *testing.T) {
		f = New(t)
		require.NoError(t, sendHi(t, f.Client()))
		f.Advance(time.Minute)
	})
	require.Equal(t, "delivered", f.Messages()[0].Status)
	require.Len(t, f.Requests(), 1)
	require.Equal(t, "99.9690", f.Balance().Balance)
	require.Equal(t, time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC),
		f.Messages()[0].CreatedAt.Add(time.Minute))
	_, err := f.Snapshot()
	require.NoError(t, err)
}

func TestAStartedFakePanicsWhenSteeredAfterClose(t *testing.T) {
	t.Parallel()
	f, err := Start()
	require.NoError(t, err)
	f.stderr = new(strings.Builder)
	require.NoError(t, f.Close())
	require.PanicsWithValue(t, "helliotest: this Fake was closed",
		func() { f.Advance(time.Second) })
	require.EqualError(t, f.Update(AccountChange{}), "this Fake was closed")
	err = sendHi(t, f.Client())
	require.ErrorContains(t, err, "this Fake was closed")
	require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err))
}

func TestCloseDoesNotSwitchOffTheReport(t *testing.T) {
	t.Parallel()
	tb := &lateTest{TB: t}
	f := New(tb)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet,
		"https://fake.hellio.invalid/v1/nope", http.NoBody)
	require.NoError(t, err)
	resp, err := f.HTTPClient().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	f.Fault(SMSSend, Nth(1), LoseReply())
	complaints := f.Close() // as defer f.Close() would
	require.ErrorContains(t, complaints, "GET /v1/nope: the API has no such route")
	require.ErrorContains(t, complaints, "was never hit")
	require.NoError(t, f.Close())
	tb.end()
	require.Len(t, tb.errors, 1)
	require.True(t, tb.failed)
	require.Equal(t, "this Fake was closed in TestLogin", f.endedErr().Error())
}
