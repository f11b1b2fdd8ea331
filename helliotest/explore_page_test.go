package helliotest_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// The Go code of docs/explore.md is explore_guide_test.go.
func TestTheExplorePageShowsItsTests(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("explore_guide_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/explore.md")
	require.NoError(t, err)
	var shown strings.Builder
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1) {
		code := string(block[1])
		require.True(t, strings.Contains(string(source), code), "no test has:\n%s", code)
		shown.Write(block[1])
	}
	declarations := regexp.MustCompile(`(?m)^(?:func|type) .*$`).FindAll(source, -1)
	require.Greater(t, len(declarations), 10)
	for _, declaration := range declarations {
		require.True(t, strings.Contains(shown.String(), string(declaration)),
			"the page lacks: %s", declaration)
	}
}

func TestTheExplorePageShowsItsReports(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/explore.md")
	require.NoError(t, err)
	_, crashed := explored(t, MarkFirst, helliotest.ExploreReruns(3))
	_, repeated := explored(t, RetryWithoutKey, helliotest.ExploreNoCrash())
	for _, r := range []*recorder{crashed, repeated} {
		require.Len(t, r.errors, 1)
		report := fixed(r.errors[0])
		require.True(t, strings.Contains(string(page), report), "the page lacks:\n%s", report)
		summary := withoutDuration(r.logs[0])
		require.True(t, strings.Contains(string(page), summary), "the page lacks: %s", summary)
	}
}

// fixed replaces in a report what differs from run to run: keys and jitter.
func fixed(report string) string {
	keys := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	report = keys.ReplaceAllString(report, "…")
	times := regexp.MustCompile(`(?m)^ +\d+\.\d+s`)
	return times.ReplaceAllStringFunc(report, func(fine string) string {
		seconds, _, _ := strings.Cut(fine, ".")
		return fmt.Sprintf("%*s", len(fine), strings.TrimSpace(seconds)+"s")
	})
}

func withoutDuration(summary string) string {
	return regexp.MustCompile(`; [\d.]+m?s$`).ReplaceAllString(summary, "")
}
