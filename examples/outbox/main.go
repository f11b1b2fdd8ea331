// The outbox sends one SMS per order, and exactly one charge follows from each,
// through crashes, lost replies and an empty wallet. An order and its message
// are stored in one transaction; a worker sends the message later.
//
//	go run .                                # on the bundled fake, in memory
//	HELLIO_API_TOKEN=… go run . -order 1001 -to +233209990001
//
// With HELLIO_API_TOKEN set it uses the real API, and asks before it spends
// money. Run it again after a crash: it continues what the database holds.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"

	"github.com/hellio-go/hellio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "outbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("outbox", flag.ContinueOnError)
	path := flags.String("db", "outbox.db", "with HELLIO_API_TOKEN: SQLite database")
	id := flags.String("order", "", "with HELLIO_API_TOKEN: place an order with this id")
	to := flags.String("to", "", "mobile number of the order")
	yes := flags.Bool("yes", false, "with HELLIO_API_TOKEN: spend money without asking")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if (*id == "") != (*to == "") {
		return errors.New("invalid flags: got one of -order and -to, want both or neither")
	}
	if os.Getenv("HELLIO_API_TOKEN") == "" {
		return onTheFake(ctx, out)
	}
	client, err := hellio.NewClientFromEnv()
	if err != nil {
		return err
	}
	store, err := OpenStore(ctx, *path)
	if err != nil {
		return err
	}
	defer store.Close()
	if *id != "" {
		o := Order{
			ID:           *id,
			MobileNumber: *to,
			Item:         "one parcel",
		}
		if err := store.Place(ctx, o); err != nil {
			return err
		}
	}
	return sendWaiting(ctx, NewWorker(store, client, logTo(out)), *yes, in, out)
}

// sendWaiting sends what waits in the store, which costs money.
func sendWaiting(ctx context.Context, w *Worker, yes bool, in io.Reader, out io.Writer) error {
	waiting, err := w.store.count(ctx, Waiting)
	if err != nil {
		return err
	}
	if waiting == 0 {
		fmt.Fprintln(out, "No message is waiting.")
		return nil
	}
	fmt.Fprintf(out, "This sends %d waiting message(s) by %s and costs money.\n",
		waiting, w.client.BaseURL())
	if !yes && !confirmed(in, out) {
		fmt.Fprintln(out, "Nothing was sent.")
		return nil
	}
	return w.Drain(ctx)
}

func confirmed(in io.Reader, out io.Writer) bool {
	fmt.Fprint(out, "Continue? [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// logTo returns a logger whose lines have neither time nor level.
func logTo(out io.Writer) *slog.Logger {
	plain := func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: plain}))
}
