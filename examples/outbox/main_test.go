package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

func TestWithoutTokenTheFakeIsUsed(t *testing.T) {
	t.Setenv("HELLIO_API_TOKEN", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, strings.NewReader(""), &out))
	require.Contains(t, out.String(), "rolled back: order 1001")
	require.Contains(t, out.String(), "msg=waiting order=1002 attempts=1")
	require.Contains(t, out.String(), "msg=sent order=1002 attempts=2")
	require.Contains(t, out.String(), "2 orders, 2 messages, 3 calls")
	require.Contains(t, out.String(), "to 99.9380")
	require.NotContains(t, out.String(), "+2332")
}

func TestWithTokenConsentComesFirst(t *testing.T) {
	order := []string{"-order", "1", "-to", numberOf(1)}
	for _, c := range []struct {
		name  string
		input string
		args  []string
		sent  int
	}{
		{name: "no order", args: nil},
		{name: "no answer", args: order},
		{name: "no", args: order, input: "n\n"},
		{name: "yes", args: order, input: "y\n", sent: 1},
		{name: "the flag", args: append([]string{"-yes"}, order...), sent: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := onSocket(t)
			args := append([]string{"-db", filepath.Join(t.TempDir(), "outbox.db")}, c.args...)
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), args, strings.NewReader(c.input), &out))
			require.Len(t, fake.Messages(), c.sent, out.String())
		})
	}
}

// onSocket points the environment to a fake on a real socket.
func onSocket(t *testing.T) *helliotest.Fake {
	t.Helper()
	fake := helliotest.New(t)
	t.Setenv("HELLIO_API_TOKEN", helliotest.DefaultToken)
	t.Setenv("HELLIO_BASE_URL", fake.URL())
	return fake
}

func TestSecondRunContinuesTheFirst(t *testing.T) {
	fake := onSocket(t)
	path := filepath.Join(t.TempDir(), "outbox.db")
	var out bytes.Buffer
	place := []string{"-db", path, "-order", "1", "-to", numberOf(1)}
	require.NoError(t, run(t.Context(), place, strings.NewReader("n\n"), &out))
	require.ErrorContains(t, run(t.Context(), place, strings.NewReader("y\n"), &out), "order 1")
	require.NoError(t, run(t.Context(), []string{"-db", path}, strings.NewReader("y\n"), &out))
	require.Len(t, fake.Messages(), 1)
}

func TestBadFlagsSendNothing(t *testing.T) {
	fake := onSocket(t)
	for _, args := range [][]string{
		{"-order", "1"},
		{"-to", numberOf(1)},
		{"-nonsense"},
		{"-db", t.TempDir(), "-yes"},
	} {
		require.Error(t, run(t.Context(), args, strings.NewReader("y\n"), new(bytes.Buffer)), args)
	}
	require.Empty(t, fake.Requests())
}
