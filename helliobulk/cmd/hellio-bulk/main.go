// Hellio-bulk sends one text, or one text with placeholders, to a list of any
// length through the Hellio Messaging API, and continues after kill -9, a full
// disk, an empty wallet or a laptop that slept.
//
//	$ export HELLIO_API_TOKEN=…
//	$ hellio-bulk send list.csv -column phone -region GH -batch fees-2026-05 \
//	    -sender ACME -message 'Dear {{name}}, fees are due.'
//
// It reads the list, shows the first text, the price and the balance, asks, and
// sends. Ctrl-C stops it after the calls in flight. Whatever stops it, it
// prints what to do next; after a crash that is
//
//	$ hellio-bulk resume -store fees-2026-05.batch
//
// HELLIO_API_TOKEN holds the token, HELLIO_BASE_URL another address than
// production's, HELLIO_DEFAULT_SENDER the sender where -sender is not given. No
// number and no token is ever printed, and a text only in the preview at a
// terminal. The store, one file per batch, holds the numbers.
//
// Results are written to standard output, all else to standard error. The exit
// status says how it ended; see hellio-bulk help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	_ "time/tzdata" // for -tz on machines without zones

	"github.com/redis/go-redis/v9"
	"golang.org/x/term"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/internal/buildversion"
)

// subcommand is one of hellio-bulk's commands.
type subcommand struct {
	name string
	what string
	run  func(context.Context, *console, []string) error
}

func commands() []subcommand {
	return []subcommand{
		{"plan", "read a list into a store and show what it costs; nothing is sent", runPlan},
		{"send", "plan, show, ask, send", runSend},
		{"resume", "continue a batch that was planned or stopped", runResume},
		{"retry", "send the chunks that the API rejected again, with their keys", runRetry},
		{"status", "show the state of a batch; no call is made", runStatus},
		{"export", "write recipients by their state into a CSV file", runExport},
		{"report", "write each recipient's state, and what became of the message", runReport},
		{"review", "list and resolve chunks whose outcome is unknown", runReview},
		{"enqueue", "pass a batch to a fleet of workers through Redis", runEnqueue},
		{"worker", "run one worker of the fleet", runWorker},
	}
}

// console is what a command has of the world.
type console struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	getenv  func(string) string
	program string     // as the user called it
	asks    bool       // a person at in can be asked
	width   func() int // columns of the terminal that err is; nil: it is none
	options []hellio.Option

	json  bool               // out is for programs
	final *helliobulk.Report // of the batch, for the last line
}

func main() {
	redis.SetLogger(silence{})
	c := &console{
		in:      os.Stdin,
		out:     os.Stdout,
		err:     os.Stderr,
		getenv:  os.Getenv,
		program: calledAs(os.Args[0]),
		asks:    term.IsTerminal(int(os.Stdin.Fd())),
	}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		c.width = func() int {
			columns, _, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 80
			}
			return columns
		}
	}
	os.Exit(run(untilSignal(), os.Args[1:], c))
}

// untilSignal returns a context that ends with the first signal: Ctrl-C, a
// terminal that is closed, or SIGTERM. A second one ends the program, which the
// store outlives. A signal that is ignored, as nohup does, stays so.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		received := <-signals
		signal.Stop(signals) // before the user reads that a second one will do
		cancel(fmt.Errorf("%v signal received", received))
	}()
	return ctx
}

// calledAs returns how the program is called again; what "go run" built is gone
// by then.
func calledAs(name string) string {
	if strings.Contains(name, "go-build") {
		return filepath.Base(name)
	}
	return name
}

// run is the program, and returns its exit status.
func run(ctx context.Context, args []string, c *console) int {
	if len(args) == 0 {
		c.help(c.err)
		return statusUsage
	}
	for _, cmd := range commands() {
		if cmd.name == args[0] {
			return c.conclude(cmd.run(ctx, c, args[1:]))
		}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		c.help(c.out)
		return statusDone
	case "version", "-version", "--version":
		fmt.Fprintln(c.out, buildversion.Line("hellio-bulk", hellio.Version))
		return statusDone
	}
	return c.conclude(&stopped{
		status: statusUsage,
		cause:  fmt.Errorf("there is no command %q", args[0]),
		next:   []step{{"see the commands", c.command("help")}},
	})
}

// say writes what programs learn otherwise.
func (c *console) say(format string, args ...any) {
	if !c.json {
		fmt.Fprintf(c.out, format, args...)
	}
}

func (c *console) help(w io.Writer) {
	fmt.Fprintf(w, "Usage: %s COMMAND …\n\n", c.program)
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", cmd.name, cmd.what)
	}
	fmt.Fprintf(w, "  version  print version and commit\n\n")
	fmt.Fprintf(w, "%s COMMAND -help lists its flags. HELLIO_API_TOKEN holds the token.\n\n"+
		"Exit status:\n", c.program)
	for _, s := range statuses() {
		fmt.Fprintf(w, "  %2d  %s\n", s.status, s.meaning)
	}
}
