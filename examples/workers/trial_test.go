package workers

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	trialOrders = 12 // jobs that are sent
	trialJobs   = trialOrders + 2

	badNote = "stop: hellio: invalid message: got an empty string, want 1 to 1600 characters"
	oldNote = "inspect: the job is 12 hours old, and the API may have forgotten its key"
)

// trial is a run with a real queue, in real time. A first worker is stopped in
// its calls, and a second one continues.
type trial struct {
	*shop
	jobs    []Job // the last two are bad and old
	bad     Job   // no call can send it
	old     Job   // may have been sent 12 hours ago
	hanging atomic.Int32
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	s := newShop(t)
	r := &trial{
		shop: s,
		bad:  s.newJob(trialOrders + 1),
		old:  s.newJob(trialOrders + 2),
	}
	for n := 1; n <= trialOrders; n++ {
		r.jobs = append(r.jobs, s.newJob(n))
	}
	r.bad.Params.Message = ""
	r.old.Made = r.old.Made.Add(-keyLife)
	r.jobs = append(r.jobs, r.bad, r.old)
	return r
}

// firstClient returns a client whose calls are carried out and never answered.
func (r *trial) firstClient() *hellio.Client {
	return r.oneRequest(unpaced, behind(
		func(next http.RoundTripper, request *http.Request) (*http.Response, error) {
			r.hanging.Add(1)
			return actThenHang(next, request)
		}))
}

// waitForFirst waits until the first worker is in several calls.
func (r *trial) waitForFirst() {
	r.t.Helper()
	eventually(r.t, func() bool { return r.hanging.Load() >= 3 })
}

// secondClient returns a client that meets five faults, two of them with one
// job, then none.
func (r *trial) secondClient() *hellio.Client {
	r.meet(1, helliotest.Times(2), helliotest.LoseReply())
	r.meet(2, helliotest.Nth(1), helliotest.RateLimited(time.Second))
	r.meet(3, helliotest.Nth(1), helliotest.TruncateBody(20))
	r.meet(4, helliotest.Nth(1), helliotest.ResetConnection())
	return r.oneRequest(unpaced)
}

// meet puts a fault in the way of one order.
func (r *trial) meet(order int, count, effect helliotest.Rule) {
	r.fake.Fault(helliotest.SMSSend, helliotest.ToNumber(numberOf(order)), count, effect)
}

// unpaced keeps the client from waiting out the window after a 429, in real
// time.
var unpaced = hellio.WithLimiter(nil)

// requireSentOnce requires one message and one charge per order.
func (r *trial) requireSentOnce() {
	r.t.Helper()
	r.requireCharged(trialOrders)
	r.t.Logf("%d jobs: %d requests, %d messages, wallet %s", len(r.jobs),
		len(r.fake.Requests()), len(r.fake.Messages()), r.fake.Balance().Available)
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 5*time.Minute, 20*time.Millisecond)
}
