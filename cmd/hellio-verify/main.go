// Hellio-verify compares the real API with the claims that package helliotest
// makes about it. It reads the token from HELLIO_API_TOKEN and, for another
// address than production, HELLIO_BASE_URL.
//
//	$ hellio-verify
//	$ hellio-verify -write -out observations.json
//	$ hellio-verify -spend 5.00 -to +233209990001
//
// Without flags it makes only calls that read, or that can't send or charge in
// any case. With -write, -spend or -disrupt it prints a plan and asks first. It
// stops at the budget, deletes the webhooks and USSD apps that it made, and
// prints one line for each claim: confirmed, refuted or not testable. -out
// writes an observation file, which the fake follows: see
// helliotest.WithObservations.
//
// The exit status is 0 if no claim is refuted, 1 if one is, 2 if nothing ran,
// and 3 if the run stopped early.
package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/buildversion"
)

// Exit statuses.
const (
	statusOK      = 0
	statusRefuted = 1
	statusNothing = 2
	statusEarly   = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program the hard way
	os.Exit(runProgram(ctx, program{
		args:      os.Args[1:],
		env:       os.Getenv,
		in:        os.Stdin,
		out:       os.Stdout,
		transport: http.DefaultTransport,
	}))
}

// program is what a run gets from its surroundings.
type program struct {
	args      []string
	env       func(string) string
	in        io.Reader
	out       io.Writer
	transport http.RoundTripper
}

// runProgram runs the program and returns its exit status.
func runProgram(ctx context.Context, p program) int {
	cfg, err := parseFlags(p)
	say := printer{p.out}
	switch {
	case cfg == nil && err == nil: // help
		return statusOK
	case err != nil:
		say.line("hellio-verify: %v", err)
		return statusNothing
	case cfg.version:
		say.line("%s", buildversion.Line("hellio-verify", hellio.Version))
		return statusOK
	}
	r, err := newRun(ctx, cfg, p)
	if err != nil {
		say.line("hellio-verify: %v; nothing was sent", err)
		return statusNothing
	}
	if !r.consent() {
		say.line("nothing was sent")
		return statusNothing
	}
	r.all()
	return r.finish()
}
