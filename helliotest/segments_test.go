package helliotest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/warthog618/sms"
)

func TestPlainTextsHaveTheLibrarysSegments(t *testing.T) {
	t.Parallel()
	for c := range rune(0x100) {
		text := strings.Repeat(string(c), maxPlainSegment)
		parts, err := sms.Encode([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(parts), segmentsOf(text), "%q", c)
	}
	require.Equal(t, 2, segmentsOf(strings.Repeat("a", maxPlainSegment+1)))
}
