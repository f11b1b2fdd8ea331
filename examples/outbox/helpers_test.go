package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// shop is a worker with its database and the fake that it sends to.
type shop struct {
	*Worker
	t    *testing.T
	fake *helliotest.Fake
	path string
}

// newShop returns a shop whose client makes one request per call, so that each
// fault is the end of a call.
func newShop(t *testing.T, opts ...helliotest.Option) *shop {
	t.Helper()
	s := &shop{
		t:    t,
		fake: helliotest.New(t, opts...),
		path: filepath.Join(t.TempDir(), "outbox.db"),
	}
	s.start(s.path)
	return s
}

// start begins a new process on the database at path.
func (s *shop) start(path string, opts ...hellio.Option) {
	s.t.Helper()
	store, err := OpenStore(s.t.Context(), path)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = store.Close() })
	s.path = path
	s.Worker = NewWorker(store, s.oneRequest(opts...), slog.New(slog.DiscardHandler))
	s.exec(`PRAGMA synchronous = OFF`) // no power fails in a test
}

func (s *shop) oneRequest(opts ...hellio.Option) *hellio.Client {
	none := hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})
	return s.fake.Client(append([]hellio.Option{none}, opts...)...)
}

func numberOf(n int) string { return fmt.Sprintf("+23320999%04d", n) }

// place places orders 1 to n.
func (s *shop) place(n int) {
	s.t.Helper()
	for i := 1; i <= n; i++ {
		s.placeOne(i)
	}
}

func (s *shop) placeOne(n int) {
	s.t.Helper()
	o := Order{
		ID:           fmt.Sprint(n),
		MobileNumber: numberOf(n),
		Item:         "a kettle",
	}
	require.NoError(s.t, s.store.Place(s.t.Context(), o))
}

// step waits until a message is due and steps once.
func (s *shop) step() *Message {
	s.t.Helper()
	due, waiting, err := s.store.nextDue(s.t.Context())
	require.NoError(s.t, err)
	require.True(s.t, waiting)
	time.Sleep(time.Until(due))
	s.stepOnce()
	return s.message(1)
}

// stepOnce steps, for a message that is due.
func (s *shop) stepOnce() {
	s.t.Helper()
	worked, err := s.Step(s.t.Context())
	require.NoError(s.t, err)
	require.True(s.t, worked)
}

// message returns the message of order n.
func (s *shop) message(n int) *Message {
	s.t.Helper()
	const query = `SELECT ` + columns + ` FROM outbox WHERE id = $1`
	m, err := scan(s.store.db.QueryRowContext(s.t.Context(), query, n))
	require.NoError(s.t, err)
	return m
}

// requireCharged requires that orders 1 to n have one message each, and that
// the wallet of 100.0000 paid for them and for nothing else.
func (s *shop) requireCharged(n int) {
	s.t.Helper()
	require.Equal(s.t, wallet(n), s.fake.Balance().Available)
	require.Len(s.t, s.fake.Messages(), n)
	for i := 1; i <= n; i++ {
		require.Len(s.t, s.fake.Messages(helliotest.To(numberOf(i))), 1)
		require.Equal(s.t, Sent, s.message(i).State)
	}
}

// wallet returns what 100.0000 is after n messages of 0.0310.
func wallet(n int) string {
	left := 100_0000 - 310*n
	return fmt.Sprintf("%d.%04d", left/1_0000, left%1_0000)
}

// topUp sets the wallet's balance.
func (s *shop) topUp(balance string) {
	s.t.Helper()
	require.NoError(s.t, s.fake.Update(helliotest.AccountChange{Balance: &balance}))
}

func (s *shop) exec(query string, args ...any) {
	s.t.Helper()
	_, err := s.store.db.ExecContext(s.t.Context(), query, args...)
	require.NoError(s.t, err)
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// transport is a RoundTripper made of a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTrip is one request on its way to the fake, which is next.
type roundTrip func(next http.RoundTripper, r *http.Request) (*http.Response, error)

// behind puts a function between the client and the fake.
func behind(trip roundTrip) hellio.Option {
	return hellio.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return transport(func(r *http.Request) (*http.Response, error) { return trip(next, r) })
	})
}

// refuse fails as a dial to a port on which no process listens.
func refuse(http.RoundTripper, *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// tokenSource returns one token, or an error.
type tokenSource struct {
	token string
	err   error
}

func (s tokenSource) Token(context.Context) (string, error) { return s.token, s.err }
