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

// callersPerClient is how many callers share a client and its connection pool.
// Sharing is the worst case for requests that net/http repeats silently.
const callersPerClient = 16

// callsPerClient is how many calls a shared client makes. A new client then
// replaces it, with a full retry budget.
const callsPerClient = 32

// sharedClient is one client with many concurrent callers. The context of a
// call identifies it. A cookie jar sees no context, so cookies carry a serial
// number per attempt.
type sharedClient struct {
	pool    *workerPool
	options []hellio.Option
	serial  atomic.Int64

	mu     sync.Mutex
	client *hellio.Client
	made   int
}

// sharedCall is one call of a sharedClient. Only its own goroutine uses it.
type sharedCall struct {
	plan     Plan
	began    time.Time
	attempts []Attempt
}

type sharedCallKey struct{}

func sharedCallOf(ctx context.Context) *sharedCall {
	return ctx.Value(sharedCallKey{}).(*sharedCall)
}

// Token implements hellio.TokenSource.
func (c *sharedClient) Token(ctx context.Context) (string, error) {
	s := sharedCallOf(ctx)
	s.began = time.Now()
	return s.plan.token(), nil
}

// Cookies implements http.CookieJar.
func (c *sharedClient) Cookies(*url.URL) []*http.Cookie {
	id := attemptID{phase: Sharing, call: int(c.serial.Add(1))}
	return []*http.Cookie{{Name: cookieName, Value: id.String()}}
}

// SetCookies ignores the cookies of a response.
func (c *sharedClient) SetCookies(*url.URL, []*http.Cookie) {}

func (c *sharedClient) hook(ctx context.Context, a hellio.Attempt) {
	s := sharedCallOf(ctx)
	s.attempts = append(s.attempts, attemptOf(a, s.began))
}

// current returns the client for the next call.
func (c *sharedClient) current() (*hellio.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if c.made%callsPerClient == 0 {
		if c.client, err = hellio.NewClient("", c.options...); err != nil {
			return nil, err
		}
		c.pool.own(c.client)
	}
	c.made++
	return c.client, nil
}

// startShared starts the callers of one sharedClient, which make the calls of a
// kind through one connection pool.
func (p *workerPool) startShared(kind transportKind, items []Item) {
	t, err := newTransport(p.job, kind.proto)
	if err != nil {
		p.add(nil, err)
		return
	}
	c := &sharedClient{pool: p}
	hc := &http.Client{Transport: kind.wrap.around(t), Jar: c, Timeout: attemptLimit}
	c.options = append(p.job.clientOptions(kind, hc),
		hellio.WithTokenSource(c), hellio.WithAttemptHook(c.hook))
	queue := queued(items)
	p.own(t)
	for range callersPerClient {
		p.busy.Go(func() {
			for it := range queue {
				p.add(c.run(p.planner.Plan(it.Call), p.lag))
			}
		})
	}
}

func (c *sharedClient) run(plan Plan, meter *lagMeter) (*Record, error) {
	client, err := c.current()
	if err != nil {
		return nil, err
	}
	s := &sharedCall{plan: plan}
	ctx := context.WithValue(context.Background(), sharedCallKey{}, s)
	r := plan.call(ctx, client, Sharing, "", meter)
	r.Attempts = s.attempts
	return &r, nil
}

// token returns a token that names account and call.
func (p Plan) token() string {
	account := "rich"
	if p.Poor {
		account = "poor"
	}
	return fmt.Sprintf("storm|%s|%d", account, p.Call)
}
