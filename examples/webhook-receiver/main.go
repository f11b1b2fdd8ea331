// The webhook receiver takes delivery reports and keeps the status of each message in SQLite. It can be stopped, killed and started again at
// any time: an event that was handled stays handled, and one that was not is delivered again.
//
//	HELLIO_WEBHOOK_SECRETS=whsec_… go run . -addr 127.0.0.1:8080 -db reports.db
//
// Two secrets, parted by a comma, while one is rotated.
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
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "webhook-receiver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("webhook-receiver", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; the API needs https, so put a proxy with a certificate in front")
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
		return err
	}
	return serve(ctx, &http.Server{Addr: *addr, Handler: handler, ReadTimeout: 5 * time.Second, WriteTimeout: 40 * time.Second})
}

// newHandler makes the endpoint: each event is claimed in the database, applied, and committed there.
func newHandler(db *database, secrets []string, opts ...hellio.WebhookOption) (http.Handler, error) {
	webhook, err := hellio.NewWebhookHandler(secrets, db.apply, append([]hellio.WebhookOption{hellio.WithDedupeStore(db)}, opts...)...)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/hellio", webhook)
	return mux, nil
}

// serve runs until ctx ends, and lets deliveries that are being handled finish.
func serve(ctx context.Context, s *http.Server) error {
	ended := make(chan error, 1)
	go func() { ended <- s.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 35*time.Second)
	defer cancel()
	if err := s.Shutdown(last); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
