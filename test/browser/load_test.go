package browser

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/stretchr/testify/require"
)

// mostMemory is what program and page may each use, in bytes.
const mostMemory = 200 << 20

// memory returns the resident memory of the program, in bytes.
func (p *program) memory() int64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(p.t, err)
	kib, err := strconv.ParseInt(
		string(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(text)[1]), 10, 64)
	require.NoError(p.t, err)
	return kib << 10
}

// heap returns the size of the page's JavaScript heap, in bytes.
func (tb *tab) heap() int64 {
	tb.t.Helper()
	call(tb, performance.Enable, performance.EnableParams{})
	for _, m := range call(tb, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "JSHeapUsedSize" {
			return int64(m.Value)
		}
	}
	require.FailNow(tb.t, "the browser has no metric JSHeapUsedSize")
	return 0
}

// flood sends SMS at up to 1,000 per second until stop is closed, and returns
// how many.
func (p *program) flood(stop <-chan struct{}) (sent func() int) {
	p.t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	tick := time.NewTicker(10 * time.Millisecond)
	slots := make(chan struct{}, 10)
	var group sync.WaitGroup
	var mu sync.Mutex
	count := 0
	for i := range 8 {
		group.Go(func() {
			body := []byte(fmt.Sprintf(`{"recipients":["+23320999%04d"],"sender":"HELLIO",`+
				`"message":"Your code is %06d"}`, i, i))
			for range slots {
				req, _ := http.NewRequest("POST", p.url("/v1/sms/send"), bytes.NewReader(body))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", "Bearer "+p.token)
				resp, err := client.Do(req)
				if err != nil {
					continue // the count shows it
				}
				_ = resp.Body.Close()
				mu.Lock()
				count++
				mu.Unlock()
			}
		})
	}
	group.Go(func() {
		defer close(slots)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for range 10 {
				slots <- struct{}{}
			}
		}
	})
	return func() int {
		group.Wait()
		client.CloseIdleConnections()
		return count
	}
}

// TestThePageStaysUsableUnderLoad drives the page while calls come as fast as
// they can, at most 1,000 per second. With HELLIO_FLOOD=1m the load goes on for
// so long afterwards.
func TestThePageStaysUsableUnderLoad(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-balance", "1000000.0000")
	tb := open(t, p, "/?view=requests")
	tb.live()
	stop, began := make(chan struct{}), time.Now()
	sent := p.flood(stop)
	tb.until(`Number(document.querySelector("#calls-search-count").textContent
		.match(/of ([\d,]+)/)?.[1].replaceAll(",", "")) > 2000`)
	tb.click("#requests .follow", "Follow")
	tb.until(`!document.querySelector("#calls-news").hidden`)
	tb.click(`#requests .row[aria-posinset="3"]`, "sms_send") // the button covers the first
	tb.shows("#calls-detail .made", "+23320999")
	tb.click("nav a", "Inbox")
	tb.shows("#inbox .row", "Your code is")
	tb.shows("#detail .digits", "00000")
	tb.click("nav a", "Account")
	tb.shows("#account .account-money", "GHS")
	if text := os.Getenv("HELLIO_FLOOD"); text != "" {
		more, err := time.ParseDuration(text)
		require.NoError(t, err)
		tb.click("nav a", "Inbox")
		time.Sleep(more) // by hand alone: it measures
		tb.shows("#inbox .row", "Your code is")
	}
	took := time.Since(began)
	close(stop)
	count := sent()
	used, heap := p.memory(), tb.heap()
	t.Logf("%d calls in %v, %.0f per second; program %d MiB, page's heap %d MiB; rows %d", count,
		took.Round(time.Second), float64(count)/took.Seconds(), used>>20, heap>>20,
		eval[int](tb, `document.querySelectorAll(".row").length`))
	require.Less(t, used, int64(mostMemory))
	require.Less(t, heap, int64(mostMemory))
	require.Less(t, eval[int](tb, `document.querySelectorAll(".row").length`), 120)
}
