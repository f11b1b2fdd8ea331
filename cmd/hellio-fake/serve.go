package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
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
	graceTimeout   = 1500 * time.Millisecond // for calls under way, once the end was asked for
	closeTimeout   = time.Second
)

// serve listens, says so, and answers until ctx ends or the listener fails.
func serve(ctx context.Context, cfg *settings, stdout, stderr io.Writer) error {
	worlds, err := newWorlds(cfg.token, cfg.world, cfg.opened...)
	if err != nil {
		return err
	}
	worlds.retention = cfg.retention
	listener, err := listen(cfg)
	if err != nil {
		return err
	}
	server := newServer(ctx,
		newHandler(worlds, newGuard(listener.Addr()), log.New(stderr, "hellio-fake: ", 0)))
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err = announce(stdout, listener.Addr(), cfg.token); err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	shutDown(server, worlds)
	return err
}

// listen opens the port. A name is trusted to be this machine only once it has
// led there.
func listen(cfg *settings) (net.Listener, error) {
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

// shutDown lets calls under way finish for a moment, then cuts their
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
