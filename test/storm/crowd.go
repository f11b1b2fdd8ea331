package storm

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hellio-go/hellio"
)

// crowdSize is how many callers share a client, and with it its pool: the worst case for what net/http does behind one's back.
const crowdSize = 16

// crowdPatience is how many calls a client of the crowd makes before its retry budget is refilled by taking a new one.
const crowdPatience = 32

// crowd is many callers of one client at a time. Calls are told apart by their contexts; attempts, whose cookies know no context, by a
// serial number.
type crowd struct {
	options []hellio.Option
	serial  atomic.Int64

	mu     sync.Mutex
	client *hellio.Client
	made   int
}

// guest is one call of a crowd. Only its own goroutine touches it.
type guest struct {
	plan     Plan
	began    time.Time
	attempts []Attempt
}

type guestKey struct{}

func guestOf(ctx context.Context) *guest { return ctx.Value(guestKey{}).(*guest) }

// Token makes the crowd a hellio.TokenSource.
func (c *crowd) Token(ctx context.Context) (string, error) {
	g := guestOf(ctx)
	g.began = time.Now()
	return g.plan.token(), nil
}

// Cookies makes the crowd a http.CookieJar.
func (c *crowd) Cookies(*url.URL) []*http.Cookie {
	id := attemptID{phase: Crowding, call: int(c.serial.Add(1))}
	return []*http.Cookie{{Name: cookieName, Value: id.String()}}
}

// SetCookies takes none.
func (c *crowd) SetCookies(*url.URL, []*http.Cookie) {}

func (c *crowd) hook(ctx context.Context, a hellio.Attempt) {
	g := guestOf(ctx)
	g.attempts = append(g.attempts, seen(a, g.began))
}

// clientFor gives the client of the moment.
func (c *crowd) clientFor() (*hellio.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if c.made%crowdPatience == 0 {
		c.client, err = hellio.NewClient("", c.options...)
	}
	c.made++
	return c.client, err
}

// together lets callers make the calls of a kind through one pool.
func (c *crew) together(kind laneKind, items []Item) {
	t, err := newTransport(c.job.Addresses, kind.proto)
	if err != nil {
		c.note(nil, err)
		return
	}
	many := &crowd{}
	hc := &http.Client{Transport: kind.wrap.around(t), Jar: many, Timeout: attemptLimit}
	many.options = append(c.job.clientOptions(kind, hc), hellio.WithTokenSource(many), hellio.WithAttemptHook(many.hook))
	queue := queued(items)
	c.owns(t)
	for range crowdSize {
		c.busy.Go(func() {
			for it := range queue {
				c.note(many.run(c.planner.Plan(it.Call), c.lag))
			}
		})
	}
}

func (c *crowd) run(plan Plan, lag *lagMeter) (*Record, error) {
	client, err := c.clientFor()
	if err != nil {
		return nil, err
	}
	g := &guest{plan: plan}
	r := plan.call(context.WithValue(context.Background(), guestKey{}, g), client, Crowding, "", lag)
	r.Attempts = g.attempts
	return &r, nil
}

// token names account and call.
func (p Plan) token() string {
	account := "rich"
	if p.Poor {
		account = "poor"
	}
	return fmt.Sprintf("storm|%s|%d", account, p.Call)
}
