package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// observed writes an observation file and returns its path.
func observed(t *testing.T, observations string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "observations.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"format":"hellio observations","version":1,
"source":"test","api":"test","from":"2026-11-27T20:00:00+00:00","to":"2026-11-27T20:09:00+00:00",
"observations":[`+observations+`]}`), 0o600))
	return path
}

func TestWorldsFollowTheObservations(t *testing.T) {
	t.Parallel()
	path := observed(t, `{"id":"error.route","result":"refuted","value":{"status":410,"code":"gone"}}`)
	p := start(t, "-observations", path)
	require.Equal(t, http.StatusGone, p.get("/v1/nowhere").status)
	for _, b := range p.get("/_fake/behaviours").list() {
		if b["id"] == "error.route" {
			require.Equal(t, "observed", b["basis"])
			require.Equal(t, map[string]any{"result": "refuted", "applied": true}, b["observed"])
		}
	}
}

func TestBadObservationsAreUsageErrors(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	_, err := parseFlags([]string{"-observations",
		observed(t, `{"id":"otp.tries","result":"refuted","value":0}`)}, &stderr)
	require.ErrorContains(t, err, "observations[0] (otp.tries): value")
	_, err = parseFlags([]string{"-observations",
		observed(t, `{"id":"webhook.order","result":"refuted"}`)}, &stderr)
	require.NoError(t, err)
	require.Equal(t, "hellio-fake: observed, not followed: webhook.order\n", stderr.String())
}
