package hellio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pipeNet connects a server and a transport in one bubble.
type pipeNet struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipeNet() *pipeNet {
	return &pipeNet{
		conns: make(chan net.Conn),
		done:  make(chan struct{}),
	}
}

func (p *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipeNet) Close() error   { close(p.done); return nil }
func (p *pipeNet) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// busyAPI responds slowly, and cuts off each tenth request.
type busyAPI struct {
	served  atomic.Int64
	tokens  sync.Map
	unnamed atomic.Int64 // requests without a token
}

func (a *busyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer token-")
	if !ok {
		a.unnamed.Add(1)
	}
	a.tokens.Store(token, true)
	time.Sleep(5 * time.Millisecond)
	if a.served.Add(1)%10 == 0 {
		panic(http.ErrAbortHandler)
	}
	switch {
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost:
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, sentBody)
	default:
		_, _ = io.WriteString(w, balanceBody)
	}
}

// The bubble fails the test if a goroutine is left.
func TestConcurrentCallsLeaveNoGoroutine(t *testing.T) {
	for name, set := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2":   func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				protocols := new(http.Protocols)
				set(protocols)
				api := new(busyAPI)
				pipes := newPipeNet()
				listening := &http.Server{Handler: api, Protocols: protocols}
				go func() { _ = listening.Serve(pipes) }()
				transport := &http.Transport{
					DialContext: pipes.dial,
					Protocols:   protocols,
				}
				rotating := &tokens{fetch: func(n int64) (string, error) {
					return "token-" + itoa(int(n/50)), nil
				}}
				c, err := NewClient(
					"",
					WithBaseURL("http://127.0.0.1/v1"),
					WithHTTPClient(&http.Client{Transport: transport}),
					WithTokenSource(rotating),
					WithLimiter(nil),
				)
				require.NoError(t, err)
				requireRushEnds(t, c)
				time.Sleep(time.Second) // the API still serves calls that gave up
				transport.CloseIdleConnections()
				require.NoError(t, listening.Close())
				require.Zero(t, api.unnamed.Load())
				seen := 0
				api.tokens.Range(func(any, any) bool { seen++; return true })
				require.Greater(t, seen, 20, "tokens")
			})
		})
	}
}

// requireRushEnds makes calls of four kinds from 64 goroutines. The context of
// a third of them ends in the middle of a request.
func requireRushEnds(t *testing.T, c *Client) {
	t.Helper()
	calls := []func(context.Context) error{
		func(ctx context.Context) error { return sendSMS(ctx, c) },
		func(ctx context.Context) error { return getBalance(ctx, c) },
		func(ctx context.Context) error { return c.Webhooks.Delete(ctx, "5") },
		func(ctx context.Context) error {
			p := &LookupParams{Numbers: []string{testNumber}}
			_, err := c.Lookup.Create(ctx, p)
			return err
		},
	}
	var busy sync.WaitGroup
	var done, untyped atomic.Int64
	for i := range 64 {
		busy.Go(func() {
			for n := range 25 {
				patience := time.Minute
				if n%3 == 0 {
					patience = 3 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				err := calls[(i+n)%len(calls)](ctx)
				cancel()
				var broken *ConnectionError
				switch {
				case err == nil:
					done.Add(1)
				case !errors.As(err, &broken):
					untyped.Add(1)
				}
			}
		})
	}
	busy.Wait()
	require.Greater(t, done.Load(), int64(500))
	require.Zero(t, untyped.Load(), "errors other than *ConnectionError")
}
