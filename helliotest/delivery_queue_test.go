package helliotest_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// serve returns the URL of a receiver on a loopback port.
func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL + "/hook"
}

func TestAdvanceReturnsAfterHTTPDeliveries(t *testing.T) {
	t.Parallel()
	v := answering(500, 500, 500)
	url := serve(t, v)
	f := helliotest.New(t)
	made, err := f.Client().Webhooks.Create(t.Context(),
		&hellio.WebhookParams{URL: url, Events: []string{"message.delivered"}})
	require.NoError(t, err)
	sendTo(t, f, someone)
	f.Advance(5 * time.Second)
	require.Len(t, v.got(), 1)
	f.Advance(10 * time.Second)
	require.Len(t, v.got(), 2)
	f.Advance(time.Hour)
	d := f.Deliveries()[0]
	require.Equal(t, []any{"delivered", url}, []any{d.Status, d.URL})
	require.Equal(t, wholeLadder[:4], offsets(d))
	for _, r := range v.got() {
		require.True(t, r.genuine(made.Secret))
		require.Equal(t, strings.TrimPrefix(strings.TrimSuffix(url, "/hook"), "http://"), r.host)
	}
}

func TestManyDeliveriesFallDueInOneAdvance(t *testing.T) {
	t.Parallel()
	v, w := &receiver{}, answering(500)
	f := helliotest.New(t, helliotest.WithWebhook(serve(t, v), hookSecret),
		helliotest.WithWebhook(serve(t, w), hookSecret))
	sendTo(t, f, someone, secondPhone, thirdPhone)
	f.Advance(5 * time.Second)
	require.Equal(t, "123", digitOrder(v.got()), "in order")
	require.Equal(t, "123", digitOrder(w.got()))
	f.Advance(10 * time.Second)
	require.Equal(t, "1231", digitOrder(w.got()))
}

func TestAdvanceWaitsForAttemptsInFlight(t *testing.T) {
	t.Parallel()
	came := make(chan struct{})
	v := &receiver{answer: func(int, http.ResponseWriter, *http.Request) {
		close(came)
		time.Sleep(20 * time.Millisecond) // until Advance is waiting
	}}
	f := helliotest.New(t, helliotest.WithWebhook(serve(t, v), hookSecret))
	sendTo(t, f, someone)
	f.Advance(5*time.Second - 20*time.Millisecond)
	<-came // the fake's own timer began it
	f.Advance(0)
	require.Equal(t, "delivered", f.Deliveries()[0].Status)
}

func TestRedirectsAndDeadPortsFailADelivery(t *testing.T) {
	t.Parallel()
	there := &receiver{}
	target := serve(t, there)
	redirect := serve(t, http.RedirectHandler(target, http.StatusPermanentRedirect))
	f := helliotest.New(t, helliotest.WithWebhook(redirect, hookSecret),
		helliotest.WithWebhook("http://127.0.0.1:1/hook", hookSecret))
	sendTo(t, f, someone)
	f.Advance(time.Hour)
	require.Empty(t, there.got())
	for i, reason := range []string{"it answered 308", "connection refused"} {
		d := f.Deliveries()[i]
		require.Equal(t, "failed", d.Status)
		require.Contains(t, d.Attempts[4].Error, reason)
	}
}

func TestDeliveriesComeByThemselvesAsTimePasses(t *testing.T) {
	t.Parallel()
	came := make(chan struct{}, 1)
	v := &receiver{answer: func(int, http.ResponseWriter, *http.Request) { came <- struct{}{} }}
	f := helliotest.New(t, helliotest.WithWebhook(serve(t, v), hookSecret))
	sendTo(t, f, someone)
	f.Advance(5*time.Second - 20*time.Millisecond)
	<-came // nobody looks or advances
	require.NoError(t, f.Settle(t.Context()))
	require.Equal(t, "delivered", f.Deliveries()[0].Status)
}

func TestManySendersShareOneReceiver(t *testing.T) {
	t.Parallel()
	v := answering(500, 500, 500)
	f := helliotest.New(t, helliotest.WithWebhook(serve(t, v), hookSecret),
		helliotest.WithRateLimit(0))
	f.Fault(helliotest.WebhookDelivery, helliotest.Times(3), helliotest.WebhookDuplicate())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			sendTo(t, f, someone)
			f.Advance(3 * time.Second)
			for _, d := range f.Deliveries() {
				require.NoError(t, f.Replay(d.ID))
			}
		})
	}
	wg.Wait()
	f.Advance(time.Hour)
	require.Len(t, f.Deliveries(), 10)
	for _, d := range f.Deliveries() {
		require.Equal(t, "delivered", d.Status)
	}
}

func TestNowIsTheFakesOwnTime(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Advance(48 * time.Hour)
	require.WithinDuration(t, time.Now().Add(48*time.Hour), f.Now(), time.Minute)
	require.Equal(t, time.UTC, f.Now().Location())
	f.Reset()
	require.WithinDuration(t, time.Now(), f.Now(), time.Minute)
}

func TestSlowDeliveriesDoNotLengthenAnAdvance(t *testing.T) {
	t.Parallel()
	const takes = 20 * time.Millisecond
	v := &receiver{answer: func(int, http.ResponseWriter, *http.Request) {
		for end := time.Now().Add(takes); time.Now().Before(end); {
		}
	}}
	f := helliotest.New(t, helliotest.WithWebhook(serve(t, v), hookSecret))
	sendTo(t, f, someone)
	f.Advance(time.Hour)
	require.LessOrEqual(t, time.Until(f.Now()), time.Hour-takes)
}

func TestManyDeliveriesShareAFewConnections(t *testing.T) {
	t.Parallel()
	const messages = 2000
	var connections, posts atomic.Int64
	server := httptest.NewUnstartedServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	f := helliotest.New(t, helliotest.WithWebhook(server.URL, hookSecret))
	list := make([]string, messages)
	for i := range list {
		list[i] = fmt.Sprintf(`"23320%07d"`, i)
	}
	newAPI(t, f).send(`{"recipients":[` + strings.Join(list, ",") +
		`],"sender":"HELLIO","message":"Hi"}`)
	f.Advance(5 * time.Second)
	require.EqualValues(t, messages, posts.Load())
	require.Less(t, connections.Load(), int64(100)) // some more than 16 on a busy machine
	for _, d := range f.Deliveries() {
		require.Equal(t, "delivered", d.Status)
	}
}

func TestAttemptsBeginInTheOrderOfTheirTime(t *testing.T) {
	t.Parallel()
	v := &receiver{}
	f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret),
		helliotest.WithRateLimit(0))
	for range 50 {
		sendTo(t, f, someone, secondPhone, thirdPhone)
	}
	f.Advance(time.Minute)
	require.Equal(t, strings.Repeat("123", 50), digitOrder(v.got()))
}

func TestWebhooksAtOneURLTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most int
		v := &receiver{answer: func(int, http.ResponseWriter, *http.Request) {
			running++
			most = max(most, running)
			time.Sleep(4 * time.Second)
			running--
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, "old"),
			helliotest.WithWebhook(hookURL, "new"))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Equal(t, 1, most)
		require.Len(t, v.got(), 2)
		require.True(t, v.got()[0].genuine("old"))
		require.True(t, v.got()[1].genuine("new"))
		require.Equal(t, 4*time.Second, v.got()[1].at.Sub(v.got()[0].at))
	})
}
