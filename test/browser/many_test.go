package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/stretchr/testify/require"
)

const many = 5000

// frames scrolls the list from top to end in 120 steps of one frame. It
// evaluates to the times of the frames and of long tasks, in milliseconds.
const frames = `new Promise((done) => {
	const list = document.querySelector("#list"), times = [], tasks = [];
	const end = list.scrollHeight - list.clientHeight;
	const note = (l) => tasks.push(...l.getEntries().map((e) => e.duration));
	new PerformanceObserver(note).observe({ type: "longtask" });
	let last = performance.now(), i = 0;
	const step = () => {
		const now = performance.now();
		if (i > 0) times.push(now - last);
		last = now;
		if (i++ === 120) {
			return setTimeout(() => done({ times: times.sort((a, b) => a - b), tasks }), 100);
		}
		list.scrollTop = end * i / 120;
		requestAnimationFrame(step);
	};
	requestAnimationFrame(step);
})`

// busy returns the CPU time of the page's main thread, in seconds.
func (tb *tab) busy() float64 {
	tb.t.Helper()
	for _, m := range call(tb, performance.GetMetrics, cdp.Empty{}).Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	require.FailNow(tb.t, "the browser has no metric TaskDuration")
	return 0
}

func TestFiveThousandMessagesScrollToTheLast(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-balance", "100000.0000")
	numbers := make([]string, many)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("+23320%07d", i)
	}
	p.send("Hello to all", numbers...)
	tb := open(t, p, "/")
	tb.shows("#search-count", "5,000 messages")
	tb.shows(".row", numbers[many-1])
	tb.until(`document.querySelector(".row").getAttribute("aria-setsize") === "5000"`)
	rows := eval[int](tb, `document.querySelectorAll(".row").length`)
	require.Less(t, rows, 60, "the page contains only the visible rows")

	call(tb, performance.Enable,
		performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	before := tb.busy()
	scrolled := eval[struct{ Times, Tasks []float64 }](tb, frames)
	n := len(scrolled.Times)
	t.Logf("frames: median %.1f ms, p95 %.1f ms, worst %.1f ms; long tasks: %v; "+
		"CPU time of the page's thread: %.1f ms per frame",
		scrolled.Times[n/2], scrolled.Times[n*95/100], scrolled.Times[n-1], scrolled.Tasks,
		(tb.busy()-before)/float64(n)*1000)
	tb.shows(".row", numbers[0])

	tb.live()
	p.send("One more", someone)
	tb.shows("#search-count", "5,000 of 5,001")
	tb.shows("#news", "1 newer")
	tb.shows(".row", numbers[1]) // a new message does not move the rows
	tb.click("#news", "1 newer")
	tb.shows(".row", "One more")
	tb.keys("j")
	tb.until(`document.querySelector("[aria-selected=true]").getAttribute("aria-posinset") === "2"`)
}

func TestEveryMessageOfABurstIsShown(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-balance", "100000.0000")
	tb := open(t, p, "/")
	tb.live()
	for i := range 300 {
		p.send(fmt.Sprintf("message %d", i), someone)
	}
	tb.shows("#search-count", "300 messages")
	tb.shows(".row", "message 299")
}
