package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

const chunkSize = 5

// number is the i-th of ten million valid numbers.
func number(i int) string { return fmt.Sprintf("+23324%07d", i) }

// quick are options of a client that does not wait, and tries once.
func quick() []hellio.Option {
	return []hellio.Option{hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})}
}

// patient are options of a client that tries again, without waiting.
func patient() []hellio.Option {
	return []hellio.Option{hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 1, MaxWait: 1})}
}

// world is an API, a Redis, and a batch that was planned.
type world struct {
	t      *testing.T
	fake   *helliotest.Fake
	client *hellio.Client
	redis  *realRedis
	rdb    redis.UniversalClient
	batch  *helliobulk.Batch
	store  string
	start  string // balance
}

func newWorld(t *testing.T, chunks int, opts ...helliotest.Option) *world {
	t.Helper()
	server := startRedis(t)
	w := newWorldOn(t, server.client(), chunks, opts...)
	w.redis = server
	return w
}

// newWorldOn is a world whose Redis is another's care: w.redis is nil.
func newWorldOn(t *testing.T, rdb redis.UniversalClient, chunks int,
	opts ...helliotest.Option) *world {
	t.Helper()
	w := &world{t: t, rdb: rdb, start: "100.0000"}
	w.fake = helliotest.New(t,
		append([]helliotest.Option{helliotest.WithRateLimit(0), helliotest.WithBalance(w.start)},
			opts...)...)
	// as its processes know it
	w.client = w.fake.Client(append(quick(), hellio.WithBaseURL(w.fake.URL()))...)
	w.store = filepath.Join(t.TempDir(), "batch")
	w.plan(chunks)
	return w
}

func (w *world) plan(chunks int) { w.planOf(chunks, chunkSize) }

func (w *world) planOf(chunks, size int) { w.planAs("fees", chunks, size, 0) }

// planAs plans a batch of numbers from the n-th on.
func (w *world) planAs(id string, chunks, size, n int) {
	list := make([]string, chunks*size)
	for i := range list {
		list[i] = number(n + i)
	}
	_, err := helliobulk.Plan(w.t.Context(), w.client, helliobulk.Numbers(list...),
		helliobulk.Params{
			Store:     w.store,
			BatchID:   id,
			Sender:    "ACME",
			Message:   "Fees are due.",
			ChunkSize: size,
		})
	require.NoError(w.t, err)
	w.batch, err = helliobulk.Open(w.store)
	require.NoError(w.t, err)
	batch := w.batch
	w.t.Cleanup(func() { _ = batch.Close() })
}

// enqueue enqueues the batch.
func (w *world) enqueue(o helliobulk.Options) {
	w.t.Helper()
	require.NoError(w.t, Enqueue(w.t.Context(), w.client, w.rdb, w.batch, Options{Options: o}))
}

// work starts a worker in this process and returns a way to end it.
func (w *world) work(o WorkOptions) (end func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Work(ctx, w.client, w.rdb, o) }()
	var once bool
	end = func() {
		if cancel(); !once {
			once = true
			require.NoError(w.t, <-ended)
		}
	}
	w.t.Cleanup(end)
	return end
}

// until collects until the report is as wanted.
func (w *world) until(what string, wanted func(helliobulk.Report) bool) helliobulk.Report {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		return Collect(w.t.Context(), w.rdb, w.batch) == nil && wanted(w.batch.Report())
	}, time.Minute, 20*time.Millisecond, what)
	return w.batch.Report()
}

// wait has the patience that a task needs whose answer from Redis was lost: up
// to half a minute for its lease, and one until asynq looks.
func (w *world) wait(o helliobulk.Options) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Minute)
	defer cancel()
	return Wait(ctx, w.client, w.rdb, w.batch, Options{Options: o})
}

// sends are the calls that sent, or tried to.
func (w *world) sends() (sends []helliotest.Request) {
	for _, r := range w.fake.Requests() {
		if r.Op == helliotest.SMSSend {
			sends = append(sends, r)
		}
	}
	return sends
}

// requireEachOnce checks that each number got one message, and that the wallet
// lost what the report says.
func (w *world) requireEachOnce() {
	w.t.Helper()
	r := w.batch.Report()
	count := map[string]int{}
	for _, m := range w.fake.Messages() {
		count[m.MobileNumber]++
	}
	require.Len(w.t, count, r.Recipients)
	for n, c := range count {
		require.Equal(w.t, 1, c, "messages to %s", n)
	}
	require.Equal(w.t, r.Recipients, r.Accepted)
	require.Equal(w.t, "0.0000", w.difference())
}

// difference is what the wallet lost and the report does not count.
func (w *world) difference() string {
	lost := new(big.Rat).Sub(amount(w.t, w.start), amount(w.t, w.fake.Balance().Available))
	for _, c := range w.batch.Report().Costs {
		lost.Sub(lost, c.Amount.Rat())
	}
	return lost.FloatString(4)
}

func amount(t *testing.T, text string) *big.Rat {
	t.Helper()
	a, err := hellio.ParseAmount(text)
	require.NoError(t, err)
	return a.Rat()
}

// queueOfBatch is the queue that the batch goes through.
func (w *world) queue() *queue {
	m := w.batch.Manifest()
	return newQueue(w.rdb, m.BaseURL, m.Account)
}

// forgetLeases makes the tasks of workers that died ready for others, as a
// minute does.
func (w *world) forgetLeases() {
	w.t.Helper()
	q := w.queue()
	ids, err := w.rdb.ZRange(w.t.Context(), "asynq:{"+q.name+"}:lease", 0, -1).Result()
	require.NoError(w.t, err)
	for _, id := range ids {
		require.NoError(w.t,
			w.rdb.ZAdd(w.t.Context(), "asynq:{"+q.name+"}:lease",
				redis.Z{Score: 1, Member: id}).Err())
	}
}

func redisBytes(n int64) string { return strconv.FormatInt(n, 10) }

func join(parts []string) string { return strings.Join(parts, "\n") }

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
