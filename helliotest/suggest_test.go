package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyANameThatIsNearIsSuggested(t *testing.T) {
	t.Parallel()
	known := []string{"recipients", "sender", "message", "gateway"}
	for unknown, want := range map[string]string{
		"recipient": "recipients", "Sender": "sender", "mesage": "message", "msg": "", "to": "", "from": "", "gatewya": "gateway",
		"callback_url": "", "": "", "é": "", "send": "sender",
	} {
		got := suggest(unknown, known)
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		require.Equal(t, want, got, unknown)
	}
	require.Equal(t, 3, distance("kitten", "sitting"))
	require.Equal(t, 4, distance("", "four"))
}
