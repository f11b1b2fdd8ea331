package near

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyANameThatIsNearIsFound(t *testing.T) {
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
		require.Equal(t, want, Name(unknown, known), unknown)
	}
	require.Equal(t, "bar", Name("bat", []string{"cat", "bar"}),
		"the first by name of those as near")
	long := strings.Repeat("x", 65)
	require.Empty(t, Name(long, []string{long + "y"}))
	require.Equal(t, 3, distance("kitten", "sitting"))
	require.Equal(t, 4, distance("", "four"))
	require.Equal(t, 4, distance("four", ""))
	require.Equal(t, 1, distance("xfour", "four"))
}

func TestAnUnknownNameIsQuotedShort(t *testing.T) {
	t.Parallel()
	known := []string{"login"}
	require.EqualError(t, Unknown("field", "logins", known),
		`unknown field "logins", did you mean login?`)
	require.EqualError(t, Unknown("field", "a\nb", known), `unknown field "a\nb"`)
	require.EqualError(t, Unknown("field", strings.Repeat("é", 33), known),
		`unknown field "`+strings.Repeat("é", 32)+`…"`)
}
