package helliotest_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// padded is a body of a send that is so many bytes longer than it has to be.
func padded(number string, extra int) string {
	return fmt.Sprintf(`{"recipients":[%q],"sender":"HELLIO","message":"Hi","pad":%q}`, number,
		strings.Repeat("x", extra))
}

// keeping is a fake with a retention, to which padded bodies are welcome.
func keeping(t *testing.T, n int) (*helliotest.Fake, api) {
	t.Helper()
	f := helliotest.New(t, helliotest.WithRetention(n), helliotest.WithRateLimit(0),
		helliotest.Lenient())
	return f, newAPI(t, f)
}

func TestARetentionCutsLongBodies(t *testing.T) {
	t.Parallel()
	long := padded("+233209990001", 200_000)
	f, a := keeping(t, 1000)
	require.Equal(t, 202, a.send(long).status)
	got := f.Requests()[0]
	require.Equal(t, long[:64<<10], string(got.Body))
	require.Equal(t, len(long), got.BodySize)
	require.Nil(t, got.Decoded)
	require.Equal(t, len(got.ResponseBody), got.ResponseSize)
	require.Len(t, f.Messages(), 1, "the call itself had the whole body")

	whole := helliotest.New(t, helliotest.Lenient())
	newAPI(t, whole).send(long)
	require.Equal(t, long, string(whole.Requests()[0].Body))
	require.Equal(t, len(long), whole.Requests()[0].BodySize)
}

func TestOldCallsLeaveWhenBodiesAreLarge(t *testing.T) {
	t.Parallel()
	f, a := keeping(t, 100) // KiB
	for range 10 {
		a.send(padded("+233209990001", 30<<10))
	}
	require.Len(t, f.Requests(), 3)
	messages := f.Messages()
	require.Len(t, messages, 10)
	_, known := programOf(f).Origin(messages[0].ID)
	require.False(t, known, "a call that has left")
	_, known = programOf(f).Origin(messages[9].ID)
	require.True(t, known)

	tiny, b := keeping(t, 1)
	for range 3 {
		b.send(padded("+233209990001", 30<<10))
	}
	require.Len(t, tiny.Requests(), 1, "the newest stays")
}

func TestHeadersAndPathsCountForTheRetention(t *testing.T) {
	t.Parallel()
	f, a := keeping(t, 100)
	for i := range 10 {
		a.do("GET", "/balance", "", "X-Long", strings.Repeat("x", 30<<10), "X-Call", fmt.Sprint(i))
	}
	require.Len(t, f.Requests(), 3)
	for range 10 {
		a.get("/messages?status=" + strings.Repeat("x", 30<<10))
	}
	require.Len(t, f.Requests(), 3)
}

func TestAKeyOutlivesTheBodyOfItsCall(t *testing.T) {
	t.Parallel()
	for name, extra := range map[string]int{"a long body": 100_000, "an evicted body": 30 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, a := keeping(t, 100)
			body := padded("+233209990001", extra)
			first := a.send(body, "Idempotency-Key", "order-7")
			for range 10 {
				a.send(padded("+233209990002", 30<<10))
			}
			saved, err := f.Snapshot()
			require.NoError(t, err)
			again := helliotest.New(t, helliotest.WithRetention(100), helliotest.Lenient(),
				helliotest.FromSnapshot(saved))
			other := strings.Replace(body, "Hi", "Bye", 1)
			reordered := `{"pad"` + strings.TrimSuffix(strings.SplitN(body, `"pad"`, 2)[1], "}") +
				strings.Replace(strings.TrimSuffix(strings.SplitN(body, `"pad"`, 2)[0], ","), "{", ",", 1) + "}"
			for _, world := range []*helliotest.Fake{f, again} {
				b := newAPI(t, world)
				before := len(world.Violations())
				for _, same := range []string{body, reordered} {
					got := b.send(same, "Idempotency-Key", "order-7")
					require.Equal(t, first.body, got.body)
					require.True(t, world.Requests()[len(world.Requests())-1].Replayed)
				}
				texts := func() string { return fmt.Sprint(world.Violations()[before:]) }
				require.NotContains(t, texts(), "another body")
				b.send(other, "Idempotency-Key", "order-7")
				require.Contains(t, texts(), "another body: it differs in body")
			}
		})
	}
}

func TestHeadersAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	for _, key := range []string{"a", "b", ""} {
		headers := []string{"X-Mine", "v", "Content-Length", "7", "X-Other", "1"}
		if key != "" {
			headers = append(headers, "Idempotency-Key", key)
		}
		a.do("GET", "/balance", "", headers...)
	}
	calls := f.Requests()
	for i, key := range []string{"a", "b", ""} {
		require.Equal(t, []string{"v"}, calls[i].Header["X-Mine"])
		require.Equal(t, []string{"7"}, calls[i].Header["Content-Length"], "not the body's")
		require.Equal(t, key, calls[i].Header.Get("Idempotency-Key"))
		require.Equal(t, key != "", calls[i].Header.Values("Idempotency-Key") != nil)
		calls[i].Header.Set("X-Mine", "changed")
	}
	require.Equal(t, "v", f.Requests()[0].Header.Get("X-Mine"), "the caller has a copy")
}

func TestAProgramCountsTheBytesOfItsWorlds(t *testing.T) {
	t.Parallel()
	var total atomic.Int64
	f, a := keeping(t, 1000)
	g, b := keeping(t, 1000)
	a.send(padded("+233209990001", 10_000))
	for _, fake := range []*helliotest.Fake{f, g} {
		programOf(fake).ShareBodies(&total)
	}
	b.send(padded("+233209990001", 10_000))
	b.send(padded("+233209990001", 10_000))
	require.Equal(t, total.Load(), programOf(f).KeptBodies()+programOf(g).KeptBodies())
	require.Greater(t, programOf(g).KeptBodies(), int64(20_000))

	programOf(g).ShrinkBodies(15_000)
	require.Len(t, g.Requests(), 1)
	programOf(g).ShrinkBodies(0)
	require.Len(t, g.Requests(), 1, "the newest stays")
	require.Equal(t, total.Load(), programOf(f).KeptBodies()+programOf(g).KeptBodies())
	g.Reset()
	require.Equal(t, total.Load(), programOf(f).KeptBodies())
	require.NoError(t, f.Close())
	require.Zero(t, total.Load())
}

func TestACallBeforeAResetIsNotCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var total atomic.Int64
		f, a := keeping(t, 1000)
		programOf(f).ShareBodies(&total)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Minute))
		go a.send(padded("+233209990001", 10_000))
		synctest.Wait()
		require.Len(t, f.Requests(), 1)
		f.Reset()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, total.Load())
		require.Empty(t, f.Requests())
	})
}

func TestACallInFlightMayBeEvicted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a := keeping(t, 2)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Minute))
		go a.send(padded("+233209990001", 10_000))
		synctest.Wait()
		for range 3 {
			a.get("/balance")
		}
		kept := programOf(f).KeptBodies()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, f.Messages(), 1)
		require.Len(t, f.Requests(), 2)
		require.Equal(t, kept, programOf(f).KeptBodies())
	})
}
