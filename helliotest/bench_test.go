package helliotest_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// post sends one request at the transport, without an http.Client around it.
func post(tb testing.TB, rt http.RoundTripper, method, path, body string) {
	req, err := http.NewRequest(method, base+path, strings.NewReader(body))
	require.NoError(tb, err)
	req.Header = http.Header{
		"Authorization": {"Bearer " + helliotest.DefaultToken},
		"Content-Type":  {"application/json"},
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode > 299 {
		tb.Fatal(resp.Status)
	}
}

// rich can send for ever.
func rich(tb testing.TB) *helliotest.Fake {
	return helliotest.New(tb, helliotest.WithBalance("9000000"), helliotest.WithRateLimit(0))
}

func BenchmarkSend(b *testing.B) {
	rt := rich(b).RoundTripper()
	b.ReportAllocs()
	for b.Loop() {
		post(b, rt, "POST", "/sms/send", oneSMS)
	}
}

func BenchmarkNewAndFirstCall(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		f, err := helliotest.Start()
		require.NoError(b, err)
		post(b, f.RoundTripper(), "POST", "/sms/send", oneSMS)
		require.NoError(b, f.Close())
	}
}

func BenchmarkTenThousandRecipients(b *testing.B) {
	list := make([]string, 10_000)
	for i := range list {
		list[i] = fmt.Sprintf(`"23320%07d"`, i)
	}
	body := `{"sender":"HELLIO","message":"Hi","recipients":[` + strings.Join(list, ",") + `]}`
	rt := rich(b).RoundTripper()
	b.ReportAllocs()
	for b.Loop() {
		post(b, rt, "POST", "/sms/send", body)
	}
}

func TestAllocationsDoNotGrowWithTheMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("it stores 100,000 messages")
	}
	allocs := func(f *helliotest.Fake) (send, page float64) {
		rt := f.RoundTripper()
		send = testing.AllocsPerRun(50, func() { post(t, rt, "POST", "/sms/send", oneSMS) })
		page = testing.AllocsPerRun(50, func() { post(t, rt, "GET", "/messages", "") })
		return send, page
	}
	few, many := rich(t), rich(t)
	for f, n := range map[*helliotest.Fake]int{few: 100, many: 100_000} {
		for batch := range (n + 9_999) / 10_000 {
			list := make([]string, min(n, 10_000))
			for i := range list {
				list[i] = fmt.Sprintf(`"23320%07d"`, batch*10_000+i)
			}
			post(t, f.RoundTripper(), "POST", "/sms/send",
				`{"sender":"HELLIO","message":"Hi","recipients":[`+strings.Join(list, ",")+`]}`)
		}
		f.Advance(time.Minute) // no job is left to run among the measured calls
	}
	runtime.GC()
	fewSend, fewPage := allocs(few)
	manySend, manyPage := allocs(many)
	require.InEpsilon(t, fewSend, manySend, 0.25)
	require.InEpsilon(t, fewPage, manyPage, 0.25)
}

func TestAClosedFakeLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		f, err := helliotest.Start(helliotest.AllowUnusedFaults())
		require.NoError(t, err)
		f.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
		a := newAPI(t, f)
		a.send(oneSMS)
		_, err = a.try("POST", "/sms/send", oneSMS)
		require.Error(t, err)
		require.Equal(t, 200,
			api{t, newHTTPClient(t), f.URL(), helliotest.DefaultToken}.get("/balance").status)
		f.Advance(2 * time.Second)
		require.NoError(t, f.Close())
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, time.Minute,
		5*time.Millisecond)
}

func BenchmarkClientSend(b *testing.B) {
	client := rich(b).Client()
	params := &hellio.SMSSendParams{
		Recipients: []string{someone},
		Sender:     "HELLIO",
		Message:    "Your parcel is here.",
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.SMS.Send(b.Context(), params); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLiveMemory reports what a message of its own call keeps alive.
func BenchmarkLiveMemory(b *testing.B) {
	const messages = 20_000
	for b.Loop() {
		f := rich(b)
		before := liveHeap()
		for range messages {
			sendTo(b, f, someone)
		}
		f.Advance(time.Minute)
		b.ReportMetric(float64(liveHeap()-before)/messages, "B/message")
		runtime.KeepAlive(f)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
