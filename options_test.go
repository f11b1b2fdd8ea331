package hellio

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptionsRefuseBadInputByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option Option
		field  string
		names  []string
	}{
		"nil option":      {nil, "option", []string{"nil"}},
		"nil http.Client": {WithHTTPClient(nil), "http client", []string{"nil"}},
		"nil TokenSource": {WithTokenSource(nil), "token source", []string{"nil"}},
		"empty sender":    {WithDefaultSender(""), "sender", []string{"an empty string", "11"}},
		"blank sender":    {WithDefaultSender("  "), "sender", []string{"2 characters", "11"}},
		"long sender": {WithDefaultSender("TWELVE-CHARS"), "sender",
			[]string{"12 characters", "11"}},
		"sender of broken UTF-8":    {WithDefaultSender("\xff"), "sender", []string{"UTF-8"}},
		"app info without a name":   {WithAppInfo("", "1"), "app info", nil},
		"app info with a space":     {WithAppInfo("my app", "1"), "app info", nil},
		"app info with CRLF":        {WithAppInfo("app\r\nX-Evil: 1", "1"), "app info", nil},
		"app info with bad version": {WithAppInfo("app", "1 (beta)"), "app info", nil},
		"no response bytes": {WithMaxResponseBytes(0), "max response bytes",
			[]string{"0 bytes", "1"}},
		"negative response bytes": {WithMaxResponseBytes(-1), "max response bytes", []string{"-1"}},
		"too many response bytes": {WithMaxResponseBytes(1 << 50), "max response bytes",
			[]string{"1 TiB"}},
		"a negative wait": {WithRetryPolicy(RetryPolicy{MaxWait: -time.Second}),
			"RetryPolicy.MaxWait", []string{"-1s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := NewClient(testToken, c.option)
			require.Nil(t, client)
			requireParamError(t, err, c.field, c.names...)
			require.NotContains(t, err.Error(), "Evil")
		})
	}
}

func TestOptionsAcceptADocumentedNil(t *testing.T) {
	t.Parallel()
	c := stubbed(t, newStub(reply(200, balanceBody)), WithLimiter(nil), WithLogger(nil),
		WithAttemptHook(nil))
	require.NoError(t, getBalance(t.Context(), c))
}

func TestOptionsAcceptTheEndsOfTheirRanges(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 1 << 40} {
		_, err := NewClient(testToken, WithMaxResponseBytes(n))
		require.NoError(t, err)
	}
	_, err := NewClient(testToken, WithMaxResponseBytes(1<<40+1))
	requireParamError(t, err, "max response bytes")
}

func TestLastOptionOfAKindWins(t *testing.T) {
	t.Parallel()
	c := stubbed(t, newStub(reply(200, balanceBody)), WithBaseURL("https://one.example"),
		WithBaseURL("https://two.example"))
	require.Equal(t, "https://two.example", c.BaseURL())
}

func TestTokenSourceTakesPrecedenceOverTheToken(t *testing.T) {
	t.Parallel()
	s := newStub(reply(200, balanceBody))
	c, err := NewClient("", WithTokenSource(staticToken(func() string {
		return "from-the-source"
	})), WithHTTPClient(&http.Client{Transport: s}))
	require.NoError(t, err)
	require.NoError(t, getBalance(t.Context(), c))
	require.Equal(t, "Bearer from-the-source", s.requests()[0].header.Get("Authorization"))
}

func TestSmallResponseLimitKeepsAConflictUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(409, conflictBody+strings.Repeat(" ", 100)))
		requireOutcome(t, OutcomeUnknown,
			sendSMS(t.Context(), stubbed(t, s, WithMaxResponseBytes(20))))
	})
}
