package helliotest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The guide's tests run, and its page shows them: neither may change without
// the other.
func TestThePageShowsTheTestsOfTheGuide(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/testing.md")
	require.NoError(t, err)
	var shown strings.Builder
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1) {
		require.Contains(t, string(source), string(block[1]),
			"docs/testing.md shows what guide_test.go does not have")
		shown.Write(block[1])
	}
	declarations := regexp.MustCompile(`(?m)^(?:func|type) .*$`).FindAll(source, -1)
	require.Greater(t, len(declarations), 15)
	for _, line := range declarations {
		require.Contains(t, shown.String(), string(line),
			"guide_test.go has what docs/testing.md does not show")
	}
}
