package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// maxSize is what the stripped program may weigh, in bytes.
const maxSize = 12_000_000

func TestTheBinaryServesUntilSIGTERM(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM can be sent there")
	}
	binary := filepath.Join(t.TempDir(), "hellio-fake")
	built, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	info, err := os.Stat(binary)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(maxSize))

	cmd := exec.Command(binary, "-addr", "127.0.0.1:0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	t.Logf("%d bytes, ready in %v", info.Size(), time.Since(began))

	var ready struct{ Addr, Token string }
	require.NoError(t, json.Unmarshal(line, &ready))
	client, err := hellio.NewClient(ready.Token, hellio.WithBaseURL("http://"+ready.Addr+"/v1"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	sent, err := client.SMS.Send(t.Context(),
		&hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "HELLIO",
			Message:    "Hi",
		})
	require.NoError(t, err)
	require.Equal(t, 1, sent.AcceptedRecipients)

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "exit status 0")
	require.Empty(t, stderr.String())
}
