package helliotest_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAdvanceRunsEachJobAtItsOwnTime(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(oneSMS)
	f.Advance(time.Second)
	require.Equal(t, "sent", f.Messages()[0].Status)
	f.Advance(0)
	require.Equal(t, "sent", f.Messages()[0].Status)
	f.Advance(24 * time.Hour)
	m := f.Messages()[0]
	require.Equal(t, "delivered", m.Status)
	require.Equal(t, time.Second, m.SentAt.Sub(m.CreatedAt))
	require.Equal(t, 5*time.Second, m.DeliveredAt.Sub(m.CreatedAt))
}

func TestTheClockDoesNotGoBack(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	require.Panics(t, func() { f.Advance(-time.Second) })
	require.NoError(t, f.Close())
}

func TestTheClockMovesAtMost100Years(t *testing.T) {
	t.Parallel()
	const century = 100 * 365 * 24 * time.Hour
	f, err := helliotest.Start()
	require.NoError(t, err)
	require.Panics(t, func() { f.Advance(century + time.Second) })
	f.Advance(century - time.Hour)
	require.Panics(t, func() { f.Advance(2 * time.Hour) }, "all advances together")
	require.Greater(t, time.Until(f.Now()), century-2*time.Hour)
	require.NoError(t, f.Close())
}

func TestConcurrentAdvancesStayWithinAHundredYears(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	var refused atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			defer func() {
				if recover() != nil {
					refused.Add(1)
				}
			}()
			f.Advance(99 * 365 * 24 * time.Hour)
		})
	}
	wg.Wait()
	require.EqualValues(t, 3, refused.Load())
	require.InDelta(t, 99, time.Until(f.Now()).Hours()/24/365, 0.1)
	require.NoError(t, f.Close())
}

func TestAFakeWorks100YearsInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		for range 3 {
			f.Advance(33 * 365 * 24 * time.Hour)
			require.Equal(t, 202, newAPI(t, f).send(oneSMS).status)
		}
		require.Len(t, f.Messages(), 3)
		fatal := watch(t, func(tb testing.TB) {
			own := helliotest.New(tb)
			own.Advance(99 * 365 * 24 * time.Hour)
			own.Advance(2 * 365 * 24 * time.Hour)
		}).fatal
		require.Contains(t, fatal, "the clock would be more than 876000h0m0s ahead")
	})
}

func TestAdvancesAtOnceAddUp(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a.send(oneSMS)
			f.Advance(time.Hour)
		})
	}
	wg.Wait()
	require.NoError(t, f.Settle(t.Context()))
	f.Advance(5 * time.Second)
	messages := f.Messages()
	require.Len(t, messages, 8)
	for _, m := range messages {
		require.Equal(t, "delivered", m.Status)
	}
	a.send(oneSMS)
	last := f.Messages()[8]
	require.GreaterOrEqual(t, time.Until(last.CreatedAt), 8*time.Hour)
}

func TestJobsRunByThemselvesWhenTheirTimeComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		for i := range 5 {
			a.send(oneSMS)
			time.Sleep(1500 * time.Millisecond)
			require.Equal(t, "sent", f.Messages()[i].Status)
		}
		time.Sleep(5 * time.Second)
		require.Equal(t, "0.0000", f.Balance().Reserved)
		require.Equal(t, "99.8450", f.Balance().Balance)
	})
}

func TestResetBeginsTheWorldAnew(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	f.Fault(helliotest.MessageList, helliotest.Always(), helliotest.NotJSON())
	a := newAPI(t, f)
	issued := f.IssueToken()
	first := a.send(oneSMS, "Idempotency-Key", "k")
	f.Advance(time.Hour)
	require.NoError(t, f.Update(helliotest.AccountChange{Senders: []string{}}))
	f.Reset()

	require.Empty(t, f.Messages())
	require.Empty(t, f.Requests())
	require.Empty(t, f.Faults())
	require.Equal(t, "100.0000", f.Balance().Available)
	require.False(t, f.RevokeToken(issued))
	require.Equal(t, issued, f.IssueToken(), "the seed begins anew")
	again := a.send(oneSMS, "Idempotency-Key", "k")
	require.Empty(t, again.header.Get("Idempotent-Replayed"))
	require.Equal(t, "119", again.header.Get("X-RateLimit-Remaining"))
	require.Equal(t, first.data(t)["status"], again.data(t)["status"])
	require.WithinDuration(t, time.Now(), f.Messages()[0].CreatedAt, time.Minute)
}

func TestManyCallersShareOneFake(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithRateLimit(0))
	a := newAPI(t, f)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 20 {
				key := fmt.Sprint(i%4, ".", j) // four callers use each key
				resp := a.send(oneSMS, "Idempotency-Key", key)
				if resp.status != 202 && resp.status != 409 {
					t.Errorf("status %d", resp.status)
				}
				f.Messages()
				f.Balance()
			}
		})
	}
	wg.Wait()
	require.Len(t, f.Messages(), 80)
	f.Advance(5 * time.Second)
	require.Equal(t, "97.5200", f.Balance().Balance)
	require.Len(t, f.Requests(), 320)
}
