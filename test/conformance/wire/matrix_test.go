package wire

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// call is one call of a class.
type call struct {
	name    string
	class   class
	resumed bool
	make    func(context.Context, *hellio.Client, ...hellio.CallOption) error
}

func calls() []call {
	return []call{
		{
			name:  "read",
			class: reads,
			make: func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
				_, err := c.Balance.Get(ctx, opts...)
				return err
			},
		},
		{
			name:  "delete",
			class: deletes,
			make: func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
				return c.Webhooks.Delete(ctx, "5", opts...)
			},
		},
		{name: "keyed", class: keyed, make: send},
		{name: "resumed", class: keyed, resumed: true, make: resume},
		{
			name:  "billable",
			class: billable,
			make: func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
				_, err := c.Email.Verify(ctx,
					&hellio.EmailVerifyParams{Emails: []string{"a@example.com"}}, opts...)
				return err
			},
		},
		{
			name:  "other",
			class: other,
			make: func(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
				_, err := c.OTP.Verify(ctx,
					&hellio.OTPVerifyParams{MobileNumber: "+233209990001", Code: "123456"}, opts...)
				return err
			},
		},
	}
}

func send(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
	_, err := c.SMS.Send(ctx, &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "HELLIO",
		Message:    "Hi",
	}, opts...)
	return err
}

func resume(ctx context.Context, c *hellio.Client, opts ...hellio.CallOption) error {
	return send(ctx, c, append(opts, hellio.WithResumeKey("earlier"))...)
}

// cell is one combination of transport, end and call.
type cell struct {
	route   route
	end     end
	call    call
	warm    bool // the connection has carried a request before
	retries bool // the client may retry
}

func (c cell) name() string {
	name := c.route.name + "/" + c.end.name + "/" + c.call.name
	if c.warm {
		name += "/warm"
	}
	if c.retries {
		name += "/retries"
	}
	return name
}

// outcome returns the outcome that the client must report.
func (c cell) outcome() hellio.Outcome {
	alone := c.end.outcome
	if c.call.class == keyed {
		alone = c.end.keyed
	}
	bodyless := c.call.class == reads || c.call.class == deletes
	unproven := c.route.blind || c.end.once && c.retries || bodyless
	if alone == hellio.OutcomeNotSent && unproven {
		// net/http repeats a request without a body, which hides the proof.
		alone = hellio.OutcomeUnknown
	}
	resolved := alone == hellio.OutcomeAccepted || alone == hellio.OutcomeRejected && c.end.replayed
	if c.call.resumed && !resolved {
		return hellio.OutcomeUnknown
	}
	return alone
}

// attempts returns the number of attempts that the client must make.
func (c cell) attempts() int {
	proof := c.end.outcome == hellio.OutcomeNotSent
	again := c.end.retried(c.call.class)
	switch {
	case !c.retries, !again, proof && c.route.blind && !c.call.class.repeatable():
		return 1
	case c.end.malformed, c.end.once && !c.call.class.repeatable():
		return 2
	case c.call.class == keyed:
		return 4
	default:
		return 3
	}
}

// requests returns the least and the most whole requests that the server may
// see.
func (c cell) requests() (least, most int) {
	least = c.attempts()
	most = least
	if c.call.class == reads && c.retries {
		most *= 2
	}
	return least, most
}

func cells() []cell {
	var all []cell
	for _, r := range routes() {
		for _, warm := range []bool{false, true} {
			for _, e := range ends(r.http2, warm) {
				for _, c := range calls() {
					if unseen(r, e, c) {
						continue
					}
					single := cell{
						route: r,
						end:   e,
						call:  c,
						warm:  warm,
					}
					all = append(all, single)
					if !e.waits {
						retrying := single
						retrying.retries = true
						all = append(all, retrying)
					}
				}
			}
		}
	}
	return all
}

// unseen reports whether net/http may repeat the call without limit: a request
// without a body, below a RoundTripper that hides httptrace. The comment of
// WithHTTPClient says so.
func unseen(r route, e end, c call) bool {
	return r.mute && (e.repeated || e.cut != nil) && (c.class == reads || c.class == deletes)
}

// run makes the call of one cell and checks what client and server counted.
func (c cell) run(t *testing.T) {
	s := newServer(t, c.route.secure, c.end)
	client := newClient(t, c.route, s)
	if c.warm {
		_, err := client.Balance.Pricing(t.Context(), "GH")
		require.NoError(t, err, c.name())
	}
	var r hellio.Response
	opts := []hellio.CallOption{hellio.WithResponse(&r)}
	if !c.retries {
		opts = append(opts, hellio.WithMaxRetries(0))
	}
	err := c.call.make(t.Context(), client, opts...)
	if c.end.succeeds {
		require.NoError(t, err, c.name())
	} else {
		require.Error(t, err, c.name())
		require.Equal(t, c.outcome().String(), hellio.OutcomeOf(err).String(), "%s: %v", c.name(),
			err)
	}
	require.Equal(t, c.attempts(), r.Attempts, "%s: %v", c.name(), err)
	s.close() // waits for requests in flight
	least, most := c.requests()
	whole, opened := s.seen()
	require.GreaterOrEqual(t, whole, least, "%s: %v", c.name(), err)
	require.LessOrEqual(t, whole, most, "%s: %v", c.name(), err)
	require.LessOrEqual(t, opened, whole+1, "%s: connections", c.name())
}

func newClient(t *testing.T, r route, s *server, more ...hellio.Option) *hellio.Client {
	t.Helper()
	opts := append(r.make(s),
		hellio.WithBaseURL(s.url),
		hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{
			MinWait: time.Millisecond,
			MaxWait: time.Millisecond,
		}))
	c, err := hellio.NewClient("7|token", append(opts, more...)...)
	require.NoError(t, err)
	return c
}

// side is the number of cells that run concurrently. Most of a cell's time is
// the wait before a retry.
const side = 64

func TestEveryEndOnEveryTransport(t *testing.T) {
	t.Parallel()
	all := cells()
	var next atomic.Int64
	var done sync.WaitGroup
	outcomes := map[string]int{}
	for _, c := range all {
		outcomes[c.outcome().String()]++
	}
	for range side {
		done.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(all) && !t.Failed(); i = next.Add(1) - 1 {
				t.Run(strconv.Itoa(int(i)), all[i].run)
			}
		})
	}
	done.Wait()
	t.Logf("%d cells, outcomes expected: %v", len(all), outcomes)
}
