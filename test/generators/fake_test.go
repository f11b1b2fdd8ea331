package generators

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// startFake builds and runs hellio-fake until the test ends, and returns its
// address and token.
func startFake(t *testing.T) (url, token string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hellio-fake")
	run(t, "../..", nil, "go", "build", "-o", binary, "./cmd/hellio-fake")
	cmd := exec.Command(binary, "-addr", "127.0.0.1:0", "-rate-limit", "0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "exit status 0")
	})
	first, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err, "the ready line")
	var ready struct{ Addr, Token string }
	require.NoError(t, json.Unmarshal(first, &ready))
	return "http://" + ready.Addr, ready.Token
}

// run runs a program in dir, with further variables, and returns its standard
// output.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if failed, ok := err.(*exec.ExitError); ok {
		require.Fail(t, "failed: "+cmd.String(), "%s%s", out, failed.Stderr)
	}
	require.NoError(t, err)
	return string(out)
}

// copied returns a copy of a folder of testdata.
func copied(t *testing.T, folder string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), folder)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", folder))))
	return dir
}

// document returns the absolute path of api/openapi.yaml.
func document(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../api/openapi.yaml")
	require.NoError(t, err)
	return path
}
