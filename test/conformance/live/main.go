// Command live compares the real API with the document. It reads the token from
// HELLIO_API_TOKEN. Without flags it makes only calls that read:
//
//	go run ./test/conformance/live
//
// With -spend it asks first and then also sends one message of each kind to
// -to, which costs money. It prints every difference between API and document.
// Use them to replace what the document marks as inferred or decided. The exit
// status is 1 if there are differences. HELLIO_BASE_URL sets another address,
// such as a fake's.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/test/conformance"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	differences, err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(2)
	case differences > 0:
		os.Exit(1)
	}
}

// run makes the calls and returns the number of differences.
func run(
	ctx context.Context, args []string, in io.Reader, out io.Writer,
) (differences int, err error) {
	flags := flag.NewFlagSet("live", flag.ContinueOnError)
	flags.SetOutput(out)
	spend := flags.Bool("spend", false, "also send one message of each kind, which costs money")
	to := flags.String("to", "", "with -spend: the number that receives them; use your own")
	sender := flags.String("sender", "HELLIO", "with -spend: an approved sender name")
	yes := flags.Bool("yes", false, "with -spend: do not ask")
	if err := flags.Parse(args); err != nil {
		return 0, err
	}
	if *spend && *to == "" {
		return 0, errors.New("-spend needs -to, the number that receives the messages")
	}
	document, err := conformance.Load()
	if err != nil {
		return 0, err
	}
	recorder := conformance.NewRecorder(document, http.DefaultTransport)
	client, err := hellio.NewClientFromEnv(hellio.WithHTTPClient(&http.Client{Transport: recorder}))
	if err != nil {
		return 0, err
	}
	p := probe{client: client, recorder: recorder, out: out}
	p.run(ctx, reads())
	switch {
	case !*spend:
	case *yes || confirmed(in, out, *to, client.BaseURL()):
		p.run(ctx, sends(*to, *sender))
	default:
		fmt.Fprintln(out, "nothing was sent")
	}
	fmt.Fprintf(out, "\n%d calls, %d differences\n", p.calls, p.differences)
	return p.differences, ctx.Err()
}

func confirmed(in io.Reader, out io.Writer, to, where string) bool {
	fmt.Fprintf(out, "\nSend an SMS, a code, a call, a lookup and an address check for %s "+
		"through %s? This costs money. [y/N] ", to, where)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}

// probe makes calls and prints the differences that the recorder finds in each.
type probe struct {
	client             *hellio.Client
	recorder           *conformance.Recorder
	out                io.Writer
	calls, differences int
}

func (p *probe) run(ctx context.Context, checks []check) {
	for _, c := range checks {
		if ctx.Err() != nil {
			return
		}
		before := len(p.recorder.Differences())
		err := c.call(ctx, p.client)
		found := p.recorder.Differences()[before:]
		p.calls++
		p.differences += len(found)
		fmt.Fprintf(p.out, "%-24s %s\n", c.name, verdict(err, len(found)))
		for _, d := range found {
			fmt.Fprintln(p.out, "    "+d.String())
		}
	}
}

func verdict(err error, differences int) string {
	text := "matches the document"
	if differences > 0 {
		text = fmt.Sprintf("%d differences", differences)
	}
	if err != nil {
		text += "; " + err.Error()
	}
	return text
}
