package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

func TestWithoutATokenTheReplayedReplyIsPrinted(t *testing.T) {
	t.Setenv("HELLIO_API_TOKEN", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, strings.NewReader(""), &out))
	require.Contains(t, out.String(), "replayed")
	require.Contains(t, out.String(), "3 attempts, 2 messages, 0.0620 GHS in all")
}

func TestMessageToTheAPINeedsAConfirmation(t *testing.T) {
	for _, c := range []struct {
		name, input string
		args        []string
		sent        int
	}{
		{"no answer", "", nil, 0},
		{"no", "n\n", nil, 0},
		{"yes", "y\n", nil, 1},
		{"the flag", "", []string{"-yes"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := helliotest.New(t)
			server := httptest.NewServer(fake.Handler())
			defer server.Close()
			t.Setenv("HELLIO_API_TOKEN", helliotest.DefaultToken)
			t.Setenv("HELLIO_BASE_URL", server.URL+"/v1")
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), c.args, strings.NewReader(c.input), &out))
			require.Len(t, fake.Messages(), c.sent, out.String())
		})
	}
}
