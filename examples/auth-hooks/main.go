// Auth-hooks sends the login codes of Supabase, Ory Kratos, Zitadel and
// Keycloak by SMS. Each platform posts its codes to a route of this server.
// One hook makes one message, however often the platform delivers it.
//
//	go run ./examples/auth-hooks
//
// README.md lists the environment variables and the platforms' settings.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "auth-hooks:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then waits for the hooks in flight.
func run(ctx context.Context, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(out, nil))
	client, err := hellio.NewClientFromEnv(hellio.WithLogger(log))
	if err != nil {
		return err
	}
	// The API knows a key together with its token, so keys may depend on it.
	s := &sender{client: client, secret: []byte(os.Getenv("HELLIO_API_TOKEN"))}
	routes, err := newRoutes(os.Getenv, s, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("AUTH_HOOKS_ADDR"), "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	for _, to := range routes {
		fmt.Fprintf(out, "serving http://%s/%s\n", listener.Addr(), to.name)
	}
	return serve(ctx, listener, &http.Server{
		Handler:        newMux(routes),
		ReadTimeout:    5 * time.Second,
		WriteTimeout:   5*time.Second + 2*timeLimit, // from the end of the headers
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	})
}

// newRoutes returns the routes whose secrets are set.
func newRoutes(env func(string) string, s *sender, log *slog.Logger) ([]*route, error) {
	if env("HELLIO_DEFAULT_SENDER") == "" {
		return nil, errors.New("HELLIO_DEFAULT_SENDER is not set")
	}
	template := cmp.Or(env("SUPABASE_SMS_TEXT"), "Your code is {code}.")
	if !strings.Contains(template, "{code}") {
		return nil, errors.New("invalid SUPABASE_SMS_TEXT: got a text without {code}")
	}
	var routes []*route
	for _, p := range []platform{supabase, kratos, zitadel, keycloak} {
		keys, err := parseSecrets(env(p.secrets))
		if err != nil {
			return nil, fmt.Errorf("invalid %s: %w", p.secrets, err)
		}
		if len(keys) > 0 {
			routes = append(routes, &route{
				platform: p,
				keys:     keys,
				template: template,
				sender:   s,
				log:      log,
			})
		}
	}
	if len(routes) == 0 {
		return nil, errors.New("no secret is set for any route")
	}
	return routes, nil
}

// newMux serves the routes. Another path is 404, another method 405.
func newMux(routes []*route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, to := range routes {
		mux.Handle("POST /"+to.name, to)
	}
	return mux
}

func serve(ctx context.Context, listener net.Listener, s *http.Server) error {
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*timeLimit)
	defer cancel()
	return s.Shutdown(last)
}
