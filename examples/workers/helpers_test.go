package workers

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

var quietLog = slog.New(slog.DiscardHandler)

// handler is the n-th run of a job by a queue's handler, as its queue runs it.
type handler func(ctx context.Context, c *hellio.Client, job Job, n int) ending

// ending is how a run ended.
type ending struct {
	err   error         // of the handler
	wait  time.Duration // of the queue, before the next run
	ended bool          // no run follows
}

var handlers = map[string]handler{
	"asynq":    runAsynq,
	"River":    runRiver,
	"activity": runActivity,
}

// drive runs a job until its queue would not run it again.
func (run handler) drive(
	ctx context.Context, client *hellio.Client, job Job,
) (runs int, err error) {
	for runs = 1; ; runs++ {
		o := run(ctx, client, job, runs)
		if o.ended {
			return runs, o.err
		}
		select {
		case <-time.After(o.wait):
		case <-ctx.Done():
			return runs, o.err
		}
	}
}

// shop is a fake, a client that makes one request per call, so that each fault
// ends a run, and one job.
type shop struct {
	t      *testing.T
	fake   *helliotest.Fake
	client *hellio.Client
	job    Job
}

func newShop(t *testing.T, opts ...helliotest.Option) *shop {
	t.Helper()
	s := &shop{
		t:    t,
		fake: helliotest.New(t, opts...),
	}
	s.client = s.oneRequest()
	s.job = s.newJob(1)
	return s
}

func (s *shop) oneRequest(opts ...hellio.Option) *hellio.Client {
	none := hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})
	return s.fake.Client(append([]hellio.Option{none}, opts...)...)
}

func (s *shop) newJob(n int) Job {
	s.t.Helper()
	job, err := NewJob(s.t.Context(), s.client, paramsOf(n))
	require.NoError(s.t, err)
	return job
}

func paramsOf(n int) *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: []string{numberOf(n)},
		Sender:     "HELLIO",
		Message:    fmt.Sprintf("Thank you for order %d.", n),
	}
}

func numberOf(n int) string { return fmt.Sprintf("+23320999%04d", n) }

// requireCharged requires that orders 1 to n have one message each, and that
// the wallet of 100.0000 paid for them and for nothing else.
func (s *shop) requireCharged(n int) {
	s.t.Helper()
	require.Len(s.t, s.fake.Messages(), n)
	for i := 1; i <= n; i++ {
		require.Len(s.t, s.fake.Messages(helliotest.To(numberOf(i))), 1)
	}
	left := 100_0000 - 310*n
	require.Equal(s.t, fmt.Sprintf("%d.%04d", left/1_0000, left%1_0000),
		s.fake.Balance().Available)
}

func (s *shop) topUp(balance string) {
	if err := s.fake.Update(helliotest.AccountChange{Balance: &balance}); err != nil {
		s.t.Errorf("top up: %v", err)
	}
}

// eachHandler runs a test for each handler, in virtual time.
func eachHandler(t *testing.T, test func(t *testing.T, run handler)) {
	t.Helper()
	t.Parallel()
	for name, run := range handlers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, run) })
		})
	}
}

// exploreHandler runs one job under every fault and crash at every call, until
// its queue would not run it again. A job that is not sent is an error of the
// run, because the queue shows it to a person.
func exploreHandler(t *testing.T, run handler) {
	t.Helper()
	t.Parallel()
	explored := helliotest.Explore(t, func(r *helliotest.Run) error {
		made := helliotest.Keep(r, func() *Job { return new(Job) })
		if made.Key == "" { // the queue keeps the job over a crash
			job, err := NewJob(r.Context(), r.Client(), paramsOf(1))
			if err != nil {
				return err
			}
			*made = job
		}
		_, err := run.drive(r.Context(), r.Client(), *made)
		return err
	})
	require.Empty(t, explored.Findings)
	require.Greater(t, explored.Crashes, 1)
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

// actThenHang lets the API act, and holds its reply until the caller leaves.
func actThenHang(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	_, _ = next.RoundTrip(r)
	return hang(next, r)
}

// hang holds the request until the caller leaves.
func hang(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// tokenSource returns one token, or an error.
type tokenSource struct {
	token string
	err   error
}

func (s tokenSource) Token(context.Context) (string, error) { return s.token, s.err }
