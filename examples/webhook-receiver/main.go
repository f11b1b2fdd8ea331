// The webhook receiver accepts delivery reports and keeps the status of each
// message in SQLite. It can be stopped, killed and started again at any time:
// handled events stay handled, and the API delivers all others again.
//
//	HELLIO_WEBHOOK_SECRETS=whsec_… go run . -db reports.db
//
// While you rotate a secret, list both, separated by a comma.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hellio-go/hellio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "webhook-receiver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("webhook-receiver", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on, behind an https proxy")
	path := flags.String("db", "reports.db", "SQLite database")
	if err := flags.Parse(args); err != nil {
		return err
	}
	db, err := openDatabase(ctx, *path)
	if err != nil {
		return err
	}
	defer db.Close()
	handler, err := newHandler(db, strings.Split(os.Getenv("HELLIO_WEBHOOK_SECRETS"), ","))
	if err != nil {
		return fmt.Errorf("HELLIO_WEBHOOK_SECRETS: %w", err)
	}
	return serve(ctx, &http.Server{
		Addr:         *addr,
		Handler:      handler,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: 50 * time.Second, // longer than claim, handler and commit
	})
}

// newHandler returns the endpoint, which claims, applies and commits each event
// in the database.
func newHandler(
	db *database,
	secrets []string,
	opts ...hellio.WebhookOption,
) (http.Handler, error) {
	opts = append([]hellio.WebhookOption{hellio.WithDedupeStore(db)}, opts...)
	webhook, err := hellio.NewWebhookHandler(secrets, db.apply, opts...)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/hellio", webhook)
	return mux, nil
}

// serve runs until ctx ends, and then waits for the deliveries in flight.
func serve(ctx context.Context, s *http.Server) error {
	ended := make(chan error, 1)
	go func() { ended <- s.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 45*time.Second)
	defer cancel()
	if err := s.Shutdown(last); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
