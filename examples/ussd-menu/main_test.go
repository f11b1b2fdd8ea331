package main

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// onFake returns a phone whose fake ends with the test.
func onFake(t *testing.T, s *shop) *phone {
	t.Helper()
	start := func(opts ...helliotest.Option) (*helliotest.Fake, error) {
		return helliotest.New(t, opts...), nil
	}
	p, err := newPhone(t.Context(), s, start)
	require.NoError(t, err)
	return p
}

// dialled returns what a phone shows for these inputs, and whether the session
// continues after the last one.
func dialled(t *testing.T, p *phone, inputs ...string) (shown []string, open bool) {
	t.Helper()
	for _, input := range inputs {
		step, err := p.dial(t.Context(), input)
		require.NoError(t, err)
		shown = append(shown, step.Message)
		open = step.Continue
	}
	return shown, open
}

func TestAirtimeIsBoughtInFourSteps(t *testing.T) {
	t.Parallel()
	s := newShop()
	shown, open := dialled(t, onFake(t, s), "", "2", "501", "20", "9", "1")
	require.Equal(t, []string{
		welcome,
		"How many GHS?",
		"A whole number from 1 to 500, please.",
		"20 GHS of Telecel airtime?\n1. Yes\n0. No",
		"20 GHS of Telecel airtime?\n1. Yes\n0. No",
		"20 GHS of Telecel airtime are on their way.",
	}, shown)
	require.False(t, open)
	require.Empty(t, s.sessions)
}

func TestZeroLeavesAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, inputs := range [][]string{{"", "0"}, {"", "1", "0"}, {"", "1", "20", "0"}} {
		s := newShop()
		shown, open := dialled(t, onFake(t, s), inputs...)
		require.Equal(t, "Goodbye.", shown[len(shown)-1])
		require.False(t, open)
		require.Empty(t, s.sessions)
	}
}

func TestTwoSessionsDoNotMix(t *testing.T) {
	t.Parallel()
	one := onFake(t, newShop())
	two := *one
	dialled(t, one, "", "1")
	dialled(t, &two, "", "2")
	shown, _ := dialled(t, one, "5")
	require.Contains(t, shown[0], "MTN")
	shown, _ = dialled(t, &two, "5")
	require.Contains(t, shown[0], "Telecel")
}

func TestASessionThatWasLeftIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop()
		p := onFake(t, s)
		dialled(t, p, "", "1")
		require.Len(t, s.sessions, 1)
		time.Sleep(patience + time.Second)
		p.session = ""
		dialled(t, p, "")
		require.Len(t, s.sessions, 1, "the new one alone")
	})
}

func TestTheDemonstrationEndsWithTheAirtime(t *testing.T) {
	t.Setenv("HELLIO_USSD_SECRETS", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out))
	require.Contains(t, out.String(), "20 GHS of MTN airtime are on their way.")
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, serve(ctx, &http.Server{Addr: "127.0.0.1:0"}))
	require.Error(t, serve(t.Context(), &http.Server{Addr: "127.0.0.1:no port"}))
}

func TestASecretThatIsTooShortIsRefused(t *testing.T) {
	t.Setenv("HELLIO_USSD_SECRETS", "short")
	require.ErrorContains(t, run(t.Context(), nil, new(bytes.Buffer)), "secrets[0]")
}
