// Hellio-fake is the Hellio Messaging API as a program: the fake of package
// helliotest behind a port, for people, browsers and tests in other languages.
//
//	$ hellio-fake
//	{"addr":"127.0.0.1:8420","token":"hellio_test"}
//
// It prints that one line when it listens. /v1 is the API; the Bearer token
// names a world, and worlds never see each other. /_fake is the control API, on
// the world of the Bearer token: wait for messages, look at requests, set
// faults, move the clock, make more worlds and tokens. / is the inbox, for
// people: messages as they come, codes to copy, faults, the clock and a USSD
// phone. /livez and /readyz answer without a token. SIGTERM and SIGINT end it
// with status 0. Nothing is kept on disk, and no body, code, token or number is
// logged.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/buildversion"
)

// Exit statuses.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2
)

// gcPercent is GOGC unless the environment says otherwise: what a world keeps
// makes up the heap, and half of it on top is enough.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program the hard way
	os.Exit(runProgram(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// runProgram runs the program until ctx ends, and returns its exit status.
func runProgram(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cfg, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusOK
	case err != nil:
		fmt.Fprintf(stderr, "hellio-fake: %v\nRun hellio-fake -help for its flags.\n", err)
		return statusUsage
	case cfg.version:
		fmt.Fprintln(stdout, buildversion.Line("hellio-fake", hellio.Version))
		return statusOK
	}
	if err := serve(ctx, cfg, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "hellio-fake: %v\n", err)
		return statusFailed
	}
	return statusOK
}
