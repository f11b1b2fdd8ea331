package generators

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedoclyWarnsOfNothing(t *testing.T) {
	t.Parallel()
	dir := withPackages(t)
	var report struct {
		Totals   struct{ Errors, Warnings, Ignored int }
		Problems []struct{ Message string }
	}
	out := npx(t, dir, "redocly", "lint", "--format=json", document(t))
	require.NoError(t, json.Unmarshal([]byte(out), &report), out)
	require.Zero(t, report.Totals, "%v", report.Problems)
}

func TestSpectralWarnsOfNothing(t *testing.T) {
	t.Parallel()
	dir := withPackages(t)
	npx(t, dir, "spectral", "lint", "--ruleset=spectral.yaml", "--fail-severity=hint", document(t))
}
