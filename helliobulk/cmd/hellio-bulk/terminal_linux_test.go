package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo terminal of 100 columns.
func openTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here: ", err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t,
		unix.IoctlSetWinsize(int(theirs.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}))
	return ours, theirs
}

func TestATerminalGetsAQuestionAndABar(t *testing.T) {
	t.Parallel()
	d, g := gated(t)
	keys, terminal := openTerminal(t)
	cmd := d.child(d.send(d.list(60), "-workers", "1")...)
	cmd.Stdin = terminal
	cmd.Stdout = terminal
	cmd.Stderr = terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	require.NoError(t, terminal.Close())
	seen := newScreen()
	// ends with an error when the program's side is closed
	go func() { _, _ = io.Copy(seen, keys) }()
	seen.wait(t, "Send to 60 recipients as ACME? [y/N] ")
	enter := func(words string) {
		_, err := keys.WriteString(words)
		require.NoError(t, err)
	}
	enter("y\n")
	<-g.reached
	seen.wait(t, "25% [") // three chunks of twelve
	enter("\x03")
	seen.wait(t, "Stopping after the calls in flight")
	close(g.release)
	seen.wait(t, "Next: to continue, run")
	_ = cmd.Wait() // its status is looked at
	require.Equal(t, statusUnfinished, cmd.ProcessState.ExitCode(), seen)
	require.False(t, secret.MatchString(strings.ReplaceAll(seen.String(), text, "")))
	require.Equal(t, statusDone, d.run("resume", "-store", d.store()).status)
	d.requireEachOnce(60)
}
