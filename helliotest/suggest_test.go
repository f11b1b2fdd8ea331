package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyANameThatIsNearIsSuggested(t *testing.T) {
	t.Parallel()
	known := []string{"recipients", "sender", "message", "gateway"}
	for unknown, want := range map[string]string{
		"recipient":    "recipients",
		"Sender":       "sender",
		"mesage":       "message",
		"msg":          "",
		"to":           "",
		"from":         "",
		"gatewya":      "gateway",
		"callback_url": "",
		"":             "",
		"é":            "",
		"send":         "sender",
		"end":          "sender",
		"en":           "",
		"wxtway":       "gateway",
		"wxyway":       "",
	} {
		got := suggest(unknown, known)
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		require.Equal(t, want, got, unknown)
	}
	require.Equal(t, "; did you mean bar?", suggest("bat", []string{"cat", "bar"}),
		"the first by name of those as near")
	require.Equal(t, 3, distance("kitten", "sitting"))
	require.Equal(t, 4, distance("", "four"))
	require.Equal(t, 4, distance("four", ""))
	require.Equal(t, 1, distance("xfour", "four"))
}
