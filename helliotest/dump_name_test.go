package helliotest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADumpsFileNameIsPlainAndVisible(t *testing.T) {
	t.Parallel()
	for test, name := range map[string]string{
		"TestAZ/az-09_.json":               "TestAZ_az-09_.json",
		"`{@[/:,^":                         "________",
		`C:\x y`:                           "C__x_y",
		"../../etc":                        "_.._.._etc",
		".":                                "_.",
		"":                                 "_",
		"é":                                "_",
		strings.Repeat("x", maxDumpName+1): strings.Repeat("x", 120),
	} {
		require.Equal(t, name, fileName(test))
	}
}
