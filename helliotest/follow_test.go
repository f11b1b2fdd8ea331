package helliotest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// observing returns an observation file with these observations.
func observing(observations string) []byte {
	return []byte(`{"format":"hellio observations","version":1,"source":"test","api":"test",
"from":"2026-11-27T20:00:00+00:00","to":"2026-11-27T20:09:00+00:00",
"observations":[` + observations + `]}`)
}

func behaviourOf(t *testing.T, f *helliotest.Fake, id string) helliotest.Behaviour {
	t.Helper()
	for _, b := range f.Behaviours() {
		if b.ID == id {
			return b
		}
	}
	require.Fail(t, "no such claim", id)
	return helliotest.Behaviour{}
}

func TestObservedClaimsHaveTheBasisObserved(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithObservations(observing(
		`{"id":"otp.tries","result":"confirmed","count":1},
		{"id":"otp.length","result":"refuted","value":4},
		{"id":"webhook.order","result":"refuted"},
		{"id":"otp.expiry","result":"mixed"},
		{"id":"token.scope","result":"not_testable","reason":"needs settings"}`)))
	for id, want := range map[string]*helliotest.Observed{
		"otp.tries":     {Result: "confirmed", Applied: true},
		"otp.length":    {Result: "refuted", Applied: true},
		"webhook.order": {Result: "refuted"},
		"otp.expiry":    nil,
		"token.scope":   nil,
	} {
		b := behaviourOf(t, f, id)
		require.Equal(t, want, b.Observed, id)
		require.Equal(t, want != nil, b.Basis == "observed", id)
	}
}

func TestWhatIsNotFollowedIsLoggedOnce(t *testing.T) {
	t.Parallel()
	tb := watch(t, func(tb testing.TB) {
		helliotest.New(tb, helliotest.WithObservations(observing(
			`{"id":"webhook.order","result":"refuted"},{"id":"no.such","result":"mixed"}`)))
	})
	log := strings.Join(tb.logs, "\n")
	require.Equal(t, 1, strings.Count(log, "observed, not followed: webhook.order"), log)
	require.Contains(t, log, "unknown claim no.such")
}

func TestOptionsWinOverObservations(t *testing.T) {
	t.Parallel()
	file := helliotest.WithObservations(observing(
		`{"id":"otp.requests","result":"refuted","value":3},
		{"id":"ratelimit.requests","result":"refuted","value":60}`))
	require.Equal(t, 3, helliotest.New(t, file).Account().OTPLimit)
	require.Equal(t, 60, helliotest.New(t, file).Account().RateLimit)
	require.Equal(t, 10, helliotest.New(t, helliotest.WithOTPLimit(10), file).Account().OTPLimit)
	require.Zero(t, helliotest.New(t, file, helliotest.WithRateLimit(0)).Account().RateLimit)
}

func TestFaultsAnswerAsTheirRuleSays(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithObservations(observing(
		`{"id":"error.sender","result":"refuted","value":{"status":403,"code":"blocked"}}`)))
	f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Status(422, "sender_not_approved"))
	caller := newAPI(t, f)
	require.Equal(t, http.StatusUnprocessableEntity, caller.send(oneSMS).status)
}

func TestBadObservationFilesAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{": "WithObservations: line 1: ",
		`{"format":"hellio observations","version":9}`:                         "version: got 9",
		string(observing(`{"id":"otp.tries","result":"refuted","value":"x"}`)): "observations[0] (otp.tries): value: ",
	} {
		_, err := helliotest.Start(helliotest.WithObservations([]byte(text)))
		require.ErrorContains(t, err, want)
	}
	file := helliotest.WithObservations(observing(`{"id":"otp.tries","result":"mixed"}`))
	_, err := helliotest.Start(file, file)
	require.ErrorContains(t, err, "given twice")
}
