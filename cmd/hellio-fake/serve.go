package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"syscall"
	"time"
)

// How long a client may take, so that a slow or idle one can't hold a
// connection for ever, and how long the end may take: the sum of the last two
// is below the 3 s that are promised.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	// for each write: an answer may be long in coming, as an event stream is
	writeTimeout   = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	graceTimeout   = 1500 * time.Millisecond // for calls in flight at the end
	closeTimeout   = time.Second
)

// serve listens, says so, and answers until ctx ends or the listener fails.
func serve(ctx context.Context, cfg *settings, stdout, stderr io.Writer) error {
	logger := log.New(stderr, "hellio-fake: ", 0)
	worlds, err := newWorlds(cfg.token, cfg.world, cfg.opened...)
	if err != nil {
		return err
	}
	worlds.retention = cfg.retention
	worlds.reportTo(logger)
	listeners, err := listen(cfg)
	if err != nil {
		return err
	}
	addr := listeners[0].Addr()
	server := newServer(ctx, newHandler(worlds, newGuard(addr), logger))
	failed := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { failed <- server.Serve(listener) }()
	}
	if err = announce(stdout, addr, cfg.token); err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	shutDown(server, worlds)
	return err
}

// listenTries is how often a free port is looked for that both loopback
// addresses have.
const listenTries = 20

// listen opens the port. A loopback address comes with the other one, IPv4 or
// IPv6, where that exists: localhost is either of them.
func listen(cfg *settings) ([]net.Listener, error) {
	for try := 1; ; try++ {
		listener, err := listenAt(cfg)
		if err != nil {
			return nil, err
		}
		twin, err := listenTwin(listener.Addr())
		switch {
		case err == nil && twin == nil:
			return []net.Listener{listener}, nil
		case err == nil:
			return []net.Listener{listener, twin}, nil
		}
		listener.Close()
		if _, port, _ := net.SplitHostPort(cfg.addr); port != "0" || try == listenTries {
			return nil, fmt.Errorf("-addr: %w", err)
		}
	}
}

// listenAt listens at -addr. A name is trusted to be this machine only once it
// has led there.
func listenAt(cfg *settings) (net.Listener, error) {
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return nil, fmt.Errorf("-addr: %w", err)
	}
	if host, _, _ := net.SplitHostPort(listener.Addr().String()); !cfg.allowRemote &&
		!isLoopback(host) {
		listener.Close()
		return nil,
			fmt.Errorf("-addr %s leads to %s, which other machines can reach; -allow-remote "+
				"allows it", cfg.addr, host)
	}
	return listener, nil
}

// listenTwin listens on the other loopback address with the same port. It
// returns nil if addr has no twin, or if this machine lacks it. A port that is
// taken there is an error: clients of localhost would reach another program.
func listenTwin(addr net.Addr) (net.Listener, error) {
	host, port, _ := net.SplitHostPort(addr.String())
	twin := map[string]string{"127.0.0.1": "::1", "::1": "127.0.0.1"}[host]
	if twin == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(twin, port))
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) {
		return nil, nil // no such address here
	}
	return listener, err
}

func newServer(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout, // no ReadTimeout: it would cut long answers too
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // net/http quotes what clients sent
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}

// announce writes the one line that says that the program is ready.
func announce(stdout io.Writer, addr net.Addr, token string) error {
	line := struct {
		Addr  string `json:"addr"`
		Token string `json:"token"`
	}{addr.String(), token}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("the ready line: %w", err)
	}
	return nil
}

// shutDown lets calls in flight finish for a moment, then cuts their
// connections and ends the worlds. It returns in time, whatever hangs.
func shutDown(server *http.Server, worlds *worldSet) {
	grace, cancel := context.WithTimeout(context.Background(), graceTimeout)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // it fails only for a listener that is closed already
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		worlds.close()
	}()
	select {
	case <-done:
	case <-time.After(closeTimeout):
	}
}
