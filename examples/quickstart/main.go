// Quickstart sends an SMS. Without HELLIO_API_TOKEN it uses the bundled fake,
// in memory. It prints what the fake shows: the wallet, the delivery, and a
// reply that is lost on purpose. With HELLIO_API_TOKEN set it uses the real
// API, and asks before it spends money.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/hellio-go/hellio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	to := flags.String("to", "+233209990001", "number to send to")
	text := flags.String("text", "Hello from hellio.", "text to send")
	sender := flags.String("sender", "HELLIO", "approved sender name")
	yes := flags.Bool("yes", false, "with HELLIO_API_TOKEN: spend money without asking")
	if err := flags.Parse(args); err != nil {
		return err
	}
	message := &hellio.SMSSendParams{Recipients: []string{*to}, Sender: *sender, Message: *text}
	if os.Getenv("HELLIO_API_TOKEN") == "" {
		return onTheFake(ctx, message, out)
	}
	return onTheAPI(ctx, message, *yes, in, out)
}

// onTheAPI sends one message that costs money.
func onTheAPI(
	ctx context.Context,
	message *hellio.SMSSendParams,
	yes bool,
	in io.Reader,
	out io.Writer,
) error {
	client, err := hellio.NewClientFromEnv()
	if err != nil {
		return err
	}
	segments := hellio.CountSegments(message.Message).Segments
	fmt.Fprintf(out, "This sends %d segment(s) to %s through %s and costs money.\n",
		segments, message.Recipients[0], client.BaseURL())
	if !yes && !confirmed(in, out) {
		fmt.Fprintln(out, "Nothing was sent.")
		return nil
	}
	sent, err := client.SMS.Send(ctx, message)
	if err != nil {
		return fmt.Errorf("outcome %s: %w", hellio.OutcomeOf(err), err)
	}
	fmt.Fprintf(out, "Accepted: %d recipient(s), %s %s, reference %s.\n",
		sent.AcceptedRecipients, sent.EstimatedCost, sent.Currency, sent.Reference)
	return nil
}

func confirmed(in io.Reader, out io.Writer) bool {
	fmt.Fprint(out, "Continue? [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
