// The USSD menu is the callback of a USSD app: it sells airtime in four steps
// and keeps the state of each session in memory. Without HELLIO_USSD_SECRETS it
// dials itself on the bundled fake and prints what a phone would show; with
// it, it listens.
//
//	go run ./examples/ussd-menu
//	HELLIO_USSD_SECRETS=ussk_test_…,ussk_live_… go run ./examples/ussd-menu
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ussd-menu:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("ussd-menu", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on, behind an https proxy")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secrets := os.Getenv("HELLIO_USSD_SECRETS")
	if secrets == "" {
		return onTheFake(ctx, out)
	}
	handler, err := hellio.NewUSSDHandler(strings.Split(secrets, ","), newShop().step)
	if err != nil {
		return fmt.Errorf("HELLIO_USSD_SECRETS: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/ussd", handler)
	return serve(ctx, &http.Server{
		Addr:         *addr,
		Handler:      mux,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: 15 * time.Second,
	})
}

// serve runs until ctx ends, and then waits for the steps in flight.
func serve(ctx context.Context, s *http.Server) error {
	ended := make(chan error, 1)
	go func() { ended <- s.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := s.Shutdown(last); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
