package segments

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/warthog618/sms"

	"github.com/hellio-go/hellio/internal/gsm7"
)

// requireSameSegments compares the count of a text with that of a library that
// makes the PDUs.
func requireSameSegments(t *testing.T, text string) {
	t.Helper()
	text = strings.ToValidUTF8(text, "\uFFFD")
	parts, err := sms.Encode([]byte(text))
	require.NoError(t, err)
	require.Equal(t, len(parts), gsm7.Segments(text), "%q", text)
}

func FuzzSegments(f *testing.F) {
	for _, text := range []string{
		"",
		gsm7.Basic,
		gsm7.Extension,
		"a\xff\xfe",
		strings.Repeat("a", 152) + "{" + strings.Repeat("a", 152),
		strings.Repeat("ж", 66) + "😀" + strings.Repeat("ж", 66),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, times := range []int{1, 7, 60} {
			requireSameSegments(t, strings.Repeat(text, times))
		}
	})
}
