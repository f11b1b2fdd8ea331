package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// mainEnv turns the test binary into the program.
const mainEnv = "HELLIO_BULK_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		main()
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // they mostly wait: for children and for Redis
	os.Exit(m.Run())
}

const text = "Fees are due, says the school."

// desk is a directory with a fake's API, at which a person calls the program.
type desk struct {
	t       *testing.T
	fake    *helliotest.Fake
	dir     string
	env     map[string]string
	answer  string // typed at a terminal; "": there is none
	ctx     context.Context
	options []hellio.Option
	other   int // messages that belong to another batch
}

func newDesk(t *testing.T, opts ...helliotest.Option) *desk {
	t.Helper()
	fake := helliotest.New(t, append([]helliotest.Option{helliotest.WithRateLimit(0)}, opts...)...)
	return &desk{
		t:    t,
		fake: fake,
		dir:  t.TempDir(),
		ctx:  t.Context(),
		env: map[string]string{
			"HELLIO_API_TOKEN": helliotest.DefaultToken, "HELLIO_BASE_URL": fake.URL(), "HELLIO_DEFAULT_SENDER": "ACME",
		},
		options: []hellio.Option{hellio.WithLimiter(nil),
			hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 1, MaxWait: 1})},
	}
}

// file writes a file and returns its path.
func (d *desk) file(name, content string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(d.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// list writes a list of n numbers with a name each.
func (d *desk) list(n int) string {
	d.t.Helper()
	var s strings.Builder
	s.WriteString("phone,name\n")
	for i := range n {
		fmt.Fprintf(&s, "%s,Pupil %d\n", number(i), i)
	}
	return d.file("list.csv", s.String())
}

func (d *desk) store() string { return filepath.Join(d.dir, "fees.batch") }

func number(i int) string { return fmt.Sprintf("+23324%07d", i) }

// send is the command line that sends a list in chunks of 5.
func (d *desk) send(list string, more ...string) []string {
	return append([]string{"send", list, "-column", "phone", "-message", text, "-batch", "fees",
		"-store", d.store(), "-region", "GH", "-chunk", "5"}, more...)
}

// ended is what a call left behind.
type ended struct {
	status   int
	out, err string
}

// secret is what must never be printed.
var secret = regexp.MustCompile(`(\+?233|0)24[0-9]{7}|` + text + `|` + regexp.QuoteMeta(helliotest.DefaultToken))

// run calls the program, and checks what holds for every call: nothing secret
// is printed, and what is not done says what to run next.
func (d *desk) run(args ...string) ended {
	d.t.Helper()
	var out, err bytes.Buffer
	c := &console{
		in:     strings.NewReader(d.answer),
		out:    &out,
		err:    &err,
		getenv: func(name string) string { return d.env[name] },

		program: "hellio-bulk",
		asks:    d.answer != "",
		options: d.options,
	}
	e := ended{run(d.ctx, args, c), out.String(), err.String()}
	printed := strings.ReplaceAll(e.out+e.err, d.dir, "")
	if c.asks { // at a terminal it shows the text before it asks
		printed = strings.ReplaceAll(printed, text, "")
	}
	require.False(d.t, secret.MatchString(printed), "it prints a secret: %s%s", e.out, e.err)
	if e.status != statusDone {
		require.Contains(d.t, e.err, "Next: ")
	}
	require.NotContains(d.t, e.err, "panic")
	return e
}

// requireEachOnce checks that n numbers got one message each, and that the
// wallet lost what the batch reports.
func (d *desk) requireEachOnce(n int) {
	d.t.Helper()
	count := map[string]int{}
	for _, m := range d.fake.Messages() {
		count[m.MobileNumber]++
	}
	for i := range n {
		require.Equal(d.t, 1, count[number(i)], "messages to number %d", i)
	}
	require.Len(d.t, count, n)
	require.Equal(d.t, "0.0000", d.walletDifference())
}

// walletDifference is what the wallet lost and the batch does not report.
func (d *desk) walletDifference() string {
	d.t.Helper()
	lost := new(big.Rat).Sub(rat(d.t, "100.0000"), rat(d.t, d.fake.Balance().Available))
	end := lastEvent(d.t, d.run("status", "-store", d.store(), "-json").out)
	for _, c := range end.Report.Costs {
		lost.Sub(lost, c.Amount.Rat())
	}
	return lost.FloatString(4)
}

func rat(t *testing.T, words string) *big.Rat {
	t.Helper()
	a, err := hellio.ParseAmount(words)
	require.NoError(t, err)
	return a.Rat()
}

// events reads lines of -json.
func events(t *testing.T, out string) (all []event) {
	t.Helper()
	for line := range strings.Lines(out) {
		var e event
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		all = append(all, e)
	}
	return all
}

func lastEvent(t *testing.T, out string) event {
	t.Helper()
	all := events(t, out)
	require.NotEmpty(t, all)
	last := all[len(all)-1]
	require.Equal(t, "end", last.Event)
	return last
}

func TestHelpNamesEveryCommandAndStatus(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	help := d.run("help")
	require.Equal(t, statusDone, help.status)
	for _, cmd := range commands() {
		require.Contains(t, help.out, cmd.name)
		of := d.run(cmd.name, "-help")
		require.Equal(t, statusDone, of.status)
		require.Contains(t, of.out, "Usage: hellio-bulk "+cmd.name)
		require.Contains(t, of.out, "-json", "every command has a form for programs")
	}
	for i, s := range statuses() {
		require.Equal(t, i, s.status, "they are listed in order, without a gap")
		require.Contains(t, help.out, s.meaning)
	}
}

func TestAWrongCallSaysWhereTheFlagsAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.list(1)
	for name, args := range map[string][]string{
		"command":        {"sned"},
		"flag":           {"send", "-tokn", "x"},
		"no list":        {"send", "-batch", "fees", "-message", text},
		"two lists":      d.send(list, list),
		"no store":       {"send", list, "-message", text},
		"id as a file":   {"send", list, "-message", text, "-batch", "a/b"},
		"no message":     {"send", list, "-batch", "fees"},
		"two messages":   d.send(list, "-message-file", list),
		"header":         d.send(list, "-header", "perhaps"),
		"separator":      d.send(list, "-separator", "::"),
		"encoding":       d.send(list, "-encoding", "ebcdic"),
		"region":         d.send(list, "-region", "Ghana"),
		"sender":         d.send(list, "-sender", "longer than eleven"),
		"chunk":          d.send(list, "-chunk", "10001"),
		"placeholder":    {"send", list, "-batch", "fees", "-message", "{{"},
		"three messages": d.send(list, "-message-from", list),
		"resume nothing": {"resume"},
		"unknown state":  {"export", "-store", d.store(), "-o", "x.csv", "-state", "lost"},
		"chunks":         {"review", "-store", d.store(), "-sent", "3-1"},
		"both":           {"review", "-store", d.store(), "-sent", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			e := d.run(args...)
			require.Equal(t, statusUsage, e.status, e.err)
			require.NoFileExists(t, d.store())
		})
	}
	require.Equal(t, statusUsage, run(t.Context(), nil, &console{err: &bytes.Buffer{}}))
	require.Empty(t, d.fake.Requests())
}

func TestAWordIsQuotedForTheShell(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"fees.batch": "fees.batch",
		"":           "''",
		"two words":  "'two words'",
		"it's":       `'it'\''s'`,
		"$HOME":      "'$HOME'",
		"a;b":        "'a;b'",
		"ä":          "'ä'",
	} {
		require.Equal(t, want, quote(word))
	}
}
