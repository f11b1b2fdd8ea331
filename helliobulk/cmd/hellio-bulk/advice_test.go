//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

// scenario is a way to reach a row of the table of advice.
type scenario struct {
	row     string
	build   func(d *desk) (command string)
	fix     func(d *desk) // what the words of the advice ask for; nil: nothing
	lenient bool          // a key comes again with another text
}

// sendCommand is how a person sends a list of 15 numbers in 3 chunks.
func (d *desk) sendCommand(more ...string) string {
	return d.sendOf(d.list(15), more...)
}

func (d *desk) sendOf(list string, more ...string) string {
	words := append([]string{"hellio-bulk"}, d.send(list, more...)...)
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

// shell runs a command as a person would paste it, in the desk's directory.
func (d *desk) shell(command string) ended {
	d.t.Helper()
	bin := d.t.TempDir()
	require.NoError(d.t, os.Symlink(os.Args[0], filepath.Join(bin, "hellio-bulk")))
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), mainEnv+"=1", "PATH="+bin+":"+os.Getenv("PATH"))
	for name, value := range d.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out, errs strings.Builder
	cmd.Stdout = &out
	cmd.Stderr = &errs
	_ = cmd.Run() // its status is looked at
	e := ended{status: cmd.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
	require.False(d.t, secret.MatchString(strings.ReplaceAll(e.out+e.err, d.dir, "")), e.err)
	return e
}

// steps returns the steps with commands that a run printed.
func steps(e ended) (found []step) {
	lines := strings.Split(e.err, "\n")
	for i, line := range lines {
		do, isStep := strings.CutPrefix(line, "Next: ")
		if isStep && strings.HasPrefix(lines[i+1], "  ") {
			found = append(found, step{Do: do, Command: strings.TrimSpace(lines[i+1])})
		}
	}
	return found
}

// saysSo matches a step that can send to a recipient again.
var saysSo = regexp.MustCompile(`although (up to )?[0-9,]+ recipients? may get the message (a second time|twice)`)

// requireNobodyTwice checks that no number got more than one message.
func (d *desk) requireNobodyTwice(after string) {
	d.t.Helper()
	count := map[string]int{}
	for _, m := range d.fake.Messages()[d.other:] {
		count[m.MobileNumber]++
		require.Equal(d.t, 1, count[m.MobileNumber], "a second message after %s", after)
	}
}

// refuse makes sends end in this answer, from the n-th of the desk on.
func (d *desk) refuse(n int, rule helliotest.Rule) {
	for nth := n; nth < n+20; nth++ {
		d.fake.Fault(helliotest.SMSSend, helliotest.Nth(nth), rule)
	}
}

func (d *desk) forgive() { require.NoError(d.t, d.fake.SetFaults()) }

func scenarios() []scenario {
	one := []string{"-yes", "-workers", "1"}
	refused := func(n, status int, code string) func(*desk) string {
		return func(d *desk) string {
			d.refuse(n, helliotest.Status(status, code))
			return d.sendCommand(one...)
		}
	}
	return []scenario{
		{row: "misuse", build: func(d *desk) string { return d.sendCommand("-chunk", "0x") }},
		{row: "no token", build: func(d *desk) string {
			d.env["HELLIO_API_TOKEN"] = ""
			return d.sendCommand(one...)
		}, fix: func(d *desk) { d.env["HELLIO_API_TOKEN"] = helliotest.DefaultToken }},
		{row: "another base URL", build: func(d *desk) string {
			require.Equal(d.t, statusNobody, d.shell(d.sendCommand()).status)
			d.env["HELLIO_BASE_URL"] = "http://127.0.0.1:1/v1"
			return "hellio-bulk resume -yes -store " + quote(d.store())
		}},
		{row: "another token", build: func(d *desk) string {
			d.refuse(2, helliotest.Status(402, ""))
			require.Equal(d.t, statusUnpaid, d.shell(d.sendCommand(one...)).status)
			d.forgive()
			d.env["HELLIO_API_TOKEN"] = d.fake.IssueToken()
			return "hellio-bulk resume -store " + quote(d.store())
		}},
		{row: "401", build: refused(2, 401, ""), fix: (*desk).forgive},
		{row: "403", build: refused(2, 403, hellio.CodeIPNotAllowed), fix: (*desk).forgive},
		{row: "spend limit", build: refused(2, 403, hellio.CodeSpendLimitExceeded),
			fix: (*desk).forgive},
		{row: "balance", build: refused(2, 402, ""), fix: (*desk).forgive},
		{row: "balance", build: func(d *desk) string {
			little := "0.2000"
			require.NoError(d.t, d.fake.Update(helliotest.AccountChange{Balance: &little}))
			return d.sendCommand(one...)
		}},
		{row: "no price", build: func(d *desk) string {
			list := d.file("list.csv", "phone,name\n+4915112345678,a\n"+number(1)+",b\n")
			return d.sendOf(list, one...)
		}},
		{row: "declined", build: func(d *desk) string {
			d.answer = "n\n"
			return d.sendCommand()
		}},
		{row: "no terminal", build: func(d *desk) string { return d.sendCommand() }},
		{row: "list", build: func(d *desk) string {
			return d.sendOf(d.file("list.csv", "phone,name\n"+number(1)+"\n"), one...)
		}},
		{row: "changed batch", build: func(d *desk) string {
			d.refuse(2, helliotest.Status(402, ""))
			require.Equal(d.t, statusUnpaid, d.shell(d.sendCommand(one...)).status)
			d.forgive()
			return d.sendOf(d.list(16), one...)
		}},
		{row: "maybe sent", build: func(d *desk) string {
			d.restore()
			d.fake.Advance(25 * time.Hour)
			return "hellio-bulk resume -yes -store " + quote(d.store())
		}},
		{row: "maybe sent", build: func(d *desk) string {
			require.Equal(d.t, statusDone, d.shell(d.sendCommand(one...)).status)
			require.NoError(d.t, os.Remove(d.store()))
			d.fake.Advance(25 * time.Hour)
			return d.sendCommand("-yes", "-accept-replays")
		}},
		{row: "not confirmed", build: func(d *desk) string {
			d.leaveUnknown()
			require.Equal(d.t, statusReview,
				d.shell("hellio-bulk resume -store "+quote(d.store())+" -confirm fees").status)
			return "hellio-bulk review -resend -store " + quote(d.store())
		}},
		{row: "reused keys", build: func(d *desk) string {
			d.restore()
			return "hellio-bulk resume -yes -store " + quote(d.store())
		}},
		{row: "reused keys", lenient: true, build: func(d *desk) string {
			other := strings.Replace(d.sendCommand(one...), text, "Another text", 1)
			require.Equal(d.t, statusDone, d.shell(other).status)
			require.NoError(d.t, os.Remove(d.store()))
			d.other = len(d.fake.Messages())
			return d.sendCommand(one...)
		}},
		{row: "reused keys", build: func(d *desk) string {
			require.Equal(d.t, statusDone, d.shell(d.sendCommand(one...)).status)
			require.NoError(d.t, os.Remove(d.store()))
			return d.sendCommand(one...)
		}},
		{row: "locked", build: func(d *desk) string {
			require.Equal(d.t, statusNobody, d.shell(d.sendCommand()).status)
			b, err := helliobulk.Open(d.store())
			require.NoError(d.t, err)
			d.t.Cleanup(func() { _ = b.Close() })
			return "hellio-bulk resume -yes -store " + quote(d.store())
		}},
		{row: "excepted store", build: func(d *desk) string {
			return d.sendCommand("-yes", "-except", d.store()+"x")
		}},
		{row: "no store", build: func(*desk) string { return "hellio-bulk resume -store nowhere" }},
		{row: "torn store", build: func(d *desk) string {
			d.refuse(2, helliotest.Status(402, ""))
			require.Equal(d.t, statusUnpaid, d.shell(d.sendCommand(one...)).status)
			d.forgive()
			require.NoError(d.t, os.Truncate(d.store(), 100))
			return "hellio-bulk resume -store " + quote(d.store())
		}},
		{row: "refused alike", build: func(d *desk) string {
			d.refuse(1, helliotest.Status(422, hellio.CodeTrafficNotRoutable))
			return d.sendCommand("-yes", "-workers", "1", "-chunk", "3")
		}, fix: (*desk).forgive},
		{row: "no answer", build: func(d *desk) string {
			d.env["HELLIO_BASE_URL"] = "http://127.0.0.1:1/v1"
			return d.sendCommand(one...)
		}},
		{row: "no estimate", build: func(d *desk) string {
			d.fake.Fault(helliotest.PricingGet, helliotest.Always(), helliotest.Status(404, ""))
			return d.sendCommand(one...)
		}, fix: (*desk).forgive},
		{row: "needs review", build: func(d *desk) string {
			d.leaveUnknown()
			return "hellio-bulk resume -confirm fees -store " + quote(d.store())
		}},
		{row: "rejected", build: refused(3, 422, hellio.CodeTrafficNotRoutable),
			fix: (*desk).forgive},
		{row: "anything else", build: func(d *desk) string {
			return d.sendOf("nowhere.csv", one...)
		}},
	}
}

// restore sends 15 numbers and puts a copy of the store back that was made when
// the first chunk was done.
func (d *desk) restore() {
	d.refuse(2, helliotest.Status(402, ""))
	require.Equal(d.t, statusUnpaid, d.shell(d.sendCommand("-yes", "-workers", "1")).status)
	d.forgive()
	copied, err := os.ReadFile(d.store())
	require.NoError(d.t, err)
	e := d.shell("hellio-bulk resume -store " + quote(d.store()))
	require.Equal(d.t, statusDone, e.status, e.err)
	require.NoError(d.t, os.WriteFile(d.store(), copied, 0o600))
}

// leaveUnknown sends 15 numbers, of which one chunk's reply is lost, and lets a
// day pass, after which the fake has forgotten the key.
func (d *desk) leaveUnknown() {
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	d.refuse(3, helliotest.Status(402, ""))
	e := d.shell(d.sendCommand("-yes", "-workers", "1"))
	require.Equal(d.t, statusUnpaid, e.status, e.err)
	d.forgive()
	d.fake.Advance(25 * time.Hour)
}

// TestEveryPrintedAdviceIsSafeToPaste runs each command that the program prints
// in a shell, each in a world of its own, and once follows the first of them to
// the end.
func TestEveryPrintedAdviceIsSafeToPaste(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{
		"done":                     true, // advises nothing
		"unfinished":               true, // the tests of signals run it
		"full disk":                true, // as does the test of a full disk
		"full disk, while sending": true,
		"Redis":                    true, // and the fleet's
	}
	for _, s := range scenarios() {
		rows[s.row] = true
	}
	for _, a := range advices() {
		require.True(t, rows[a.name], "no scenario for %q", a.name)
	}
	for _, s := range scenarios() {
		t.Run(s.row, func(t *testing.T) {
			t.Parallel()
			s.run(t)
		})
	}
}

func (s scenario) run(t *testing.T) {
	row := adviceNamed(t, s.row)
	_, e, _ := s.fresh(t)
	for i := range steps(e) {
		d, e, _ := s.fresh(t)
		next := steps(e)[i]
		ran := d.shell(next.Command)
		require.NotContains(t, []int{statusUsage, 126, 127}, ran.status, "%v: %s", next, ran.err)
		if saysSo.MatchString(next.Do) {
			require.Equal(t, saidSo, row.repeats)
			continue
		}
		d.requireNobodyTwice(next.Command)
		d.follow(ran, next.Command)
	}
	if s.fix == nil {
		return
	}
	d, e, called := s.fresh(t)
	s.fix(d)
	for range 5 {
		command := called
		if next := steps(e); len(next) > 0 {
			command = next[0].Command
		}
		e = d.shell(command)
		d.requireNobodyTwice(command)
	}
	require.Equal(t, statusDone, e.status, e.err)
	require.Len(t, d.fake.Messages(), 15)
}

// follow runs the first step that each end prints, unless it says that it can
// send to a recipient again, and checks that none is reached twice.
func (d *desk) follow(e ended, after string) {
	for range 3 {
		next := steps(e)
		if len(next) == 0 || saysSo.MatchString(next[0].Do) {
			return
		}
		after += "; " + next[0].Command
		e = d.shell(next[0].Command)
		d.requireNobodyTwice(after)
	}
}

// fresh is a world in which the scenario's command was called, and what it left
// behind.
func (s scenario) fresh(t *testing.T) (*desk, ended, string) {
	opts := []helliotest.Option{helliotest.AllowUnusedFaults()}
	if s.lenient {
		opts = append(opts, helliotest.Lenient())
	}
	d := newDesk(t, opts...)
	d.env["HELLIO_BASE_URL"] = d.fake.URL()
	command := s.build(d)
	var e ended
	if d.answer != "" {
		e = d.run(d.send(d.list(15))...)
	} else {
		e = d.shell(command)
	}
	row := adviceNamed(t, s.row)
	require.Equal(t, row.status, e.status, e.err)
	d.requireNobodyTwice("the scenario itself")
	return d, e, command
}

func adviceNamed(t *testing.T, name string) advice {
	t.Helper()
	for _, a := range advices() {
		if a.name == name {
			return a
		}
	}
	t.Fatalf("no row %q", name)
	return advice{}
}

func TestThePrintedCommandSendsACorrectedList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Status(402, ""))
	require.Equal(t, statusUnpaid, d.run(d.send(d.list(15), "-yes", "-workers", "1")...).status)
	e := d.run(d.send(d.list(16), "-yes")...)
	require.Equal(t, statusBatch, e.status)
	next := steps(e)
	require.Len(t, next, 2)
	e = d.shell(next[1].Command)
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "11 of 11 recipients")
	require.Contains(t, e.err, "left out       5")
	e = d.run("resume", "-store", d.store())
	require.Equal(t, statusDone, e.status, e.err)
	require.Contains(t, e.out, "passed on      10 recipients in 2 chunks")
	require.Len(t, d.fake.Messages(), 16)
	d.requireNobodyTwice("both")
}
