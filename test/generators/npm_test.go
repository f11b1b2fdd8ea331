package generators

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// installing lets one test install the packages while the others wait.
var installing sync.Mutex

// withPackages returns a copy of testdata/typescript with the packages of its
// lock file. They are kept in the user's cache. Without npm the test fails,
// because a skipped test would prove nothing.
func withPackages(t *testing.T) string {
	t.Helper()
	_, err := exec.LookPath("npm")
	require.NoError(t, err, "these tests need node and npm: install the package npm")
	dir := copied(t, "typescript")
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	require.NoError(t, err)
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	sum := sha256.Sum256(lock)
	kept := filepath.Join(cache, "hellio-generators", hex.EncodeToString(sum[:8]))
	installing.Lock()
	defer installing.Unlock()
	if _, err := os.Stat(kept); err != nil {
		install(t, kept)
	}
	require.NoError(t, os.Symlink(filepath.Join(kept, "node_modules"),
		filepath.Join(dir, "node_modules")))
	return dir
}

// install installs the packages next to their place and then moves them there,
// so that an interrupted install leaves nothing that looks complete.
func install(t *testing.T, kept string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(kept), 0o755))
	partial, err := os.MkdirTemp(filepath.Dir(kept), "partial-")
	require.NoError(t, err)
	defer os.RemoveAll(partial)
	require.NoError(t, os.CopyFS(partial, os.DirFS("testdata/typescript")))
	run(t, partial, nil, "npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit",
		"--no-fund")
	if err := os.Rename(partial, kept); err != nil {
		require.DirExists(t, kept, "%v", err) // another process was first
	}
}

// npx runs a program of the packages and returns its standard output.
func npx(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	quiet := []string{"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"}
	return run(t, dir, quiet, filepath.Join(dir, "node_modules", ".bin", name), args...)
}
