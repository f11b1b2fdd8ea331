package peers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

// Load is what concurrent POSTs of one client cost.
type Load struct {
	P50, P99    time.Duration
	Connections int64 // opened by all calls
}

// Concurrent makes calls POSTs from so many goroutines to a server on
// 127.0.0.1, over HTTP/2 and TLS or over HTTP/1.1.
func (p Peer) Concurrent(http2 bool, goroutines, calls int) (Load, error) {
	server := wire.NewLoopback(p.PostReply)
	if http2 {
		server = wire.NewHTTP2(p.PostReply)
	}
	target, closeWire := dial(server)
	defer closeWire()
	if http2 {
		target.HTTPClient = server.Client()
	}
	connect := p.Connect
	if p.Name == ours().Name && !http2 {
		connect = connectOwnPool // a caller's http.Client would bring its own pool
	}
	client, err := connect(target)
	if err != nil {
		return Load{}, err
	}
	times, err := spread(client.Post, goroutines, calls)
	if err != nil {
		return Load{}, fmt.Errorf("%s: %w", p.Name, err)
	}
	slices.Sort(times)
	return Load{
		P50:         times[len(times)/2],
		P99:         times[len(times)*99/100],
		Connections: server.Connections(),
	}, nil
}

// connectOwnPool is connectHellio with the pool that NewClient makes.
func connectOwnPool(t Target) (Calls, error) {
	client, err := hellio.NewClient(token, hellio.WithBaseURL(t.BaseURL+"/v1"))
	if err != nil {
		return Calls{}, err
	}
	return callsOf(client), nil
}

// spread makes calls from goroutines and returns how long each took.
func spread(
	call func(context.Context) (string, error), goroutines, calls int,
) ([]time.Duration, error) {
	times := make([]time.Duration, calls)
	errs := make([]error, goroutines)
	var busy sync.WaitGroup
	for g := range goroutines {
		busy.Go(func() {
			for i := g; i < calls; i += goroutines {
				start := time.Now()
				if _, err := call(context.Background()); err != nil {
					errs[g] = err
					return
				}
				times[i] = time.Since(start)
			}
		})
	}
	busy.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return times, nil
}

// concurrentFloor is the floor with a pool for so many goroutines as hellio's
// own has; net/http's default keeps 2 connections.
func concurrentFloor() Peer {
	row := floor()
	row.Name = "net/http, 64 idle connections"
	connect := row.Connect
	row.Connect = func(t Target) (Calls, error) {
		if transport, ok := t.HTTPClient.Transport.(*http.Transport); ok {
			transport.MaxIdleConnsPerHost = 64
		}
		return connect(t)
	}
	return row
}

// Concurrents returns the rows of the table of concurrent calls.
func Concurrents() []Peer { return []Peer{floor(), concurrentFloor(), ours()} }
