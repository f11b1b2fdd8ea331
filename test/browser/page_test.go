package browser

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take for anything.
const patience = 30 * time.Second

// tab is a page of the program in a Chromium of its own, and what it did that no page of ours may do.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu      sync.Mutex
	wrongs  []string
	allowed string // part of what may be wrong
}

// chromium finds the browser. Without one the test fails: a test that is left out shows nothing.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.FailNow(t, "there is no Chromium: install the package chromium (apt-get install chromium)")
	return ""
}

// open opens the inbox, 1280 by 800 in light colours, and checks at the test's end that the page kept the rules.
func open(t *testing.T, p *program, path string) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(patience),
	)
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(opts...))
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx, host: p.addr}
	require.NoError(t, chromedp.Listen(ctx, tb.watch), "starting Chromium")
	t.Cleanup(tb.checkRules)
	call(tb, network.Enable, network.EnableParams{})
	call(tb, log.Enable, cdp.Empty{})
	call(tb, runtime.Enable, cdp.Empty{})
	call(tb, page.Enable, page.EnableParams{})
	call(tb, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // a page without focus may not copy
	tb.size(1280, 800)
	tb.dark(false)
	tb.do(chromedp.Navigate(p.url(path)))
	return tb
}

// watch notes what breaks a rule.
func (tb *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			tb.wrong("console %s: %s", e.Type, e.Args[0].Value)
		}
	case *runtime.EventExceptionThrown:
		tb.wrong("exception: %v", e.ExceptionDetails)
	case *log.EventEntryAdded: // violations of the policy too
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			tb.wrong("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		tb.watchRequest(e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		tb.wrong("dialog: %s", e.Message)
	}
}

func (tb *tab) watchRequest(address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "data" && u.Scheme != "blob" && u.Host != tb.host:
		tb.wrong("a request to another host: %s", address)
	case strings.Contains(u.RawQuery, "hellio_"):
		tb.wrong("a token in a URL: %s", address)
	}
}

func (tb *tab) wrong(format string, args ...any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if text := fmt.Sprintf(format, args...); tb.allowed == "" || !strings.Contains(text, tb.allowed) {
		tb.wrongs = append(tb.wrongs, text)
	}
}

// allow lets the page log what has this text, from now on.
func (tb *tab) allow(text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.allowed = text
}

func (tb *tab) checkRules() {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if len(tb.wrongs) > 0 {
		tb.t.Errorf("the page broke rules:\n%s", strings.Join(tb.wrongs, "\n"))
	}
}

func (tb *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	require.NoError(tb.t, chromedp.Do(ctx, actions...))
}

func run[T any](tb *tab, action chromedp.Action[T]) T {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	require.NoError(tb.t, err)
	return value
}

// call is a command of the browser's protocol.
func call[P, R any](tb *tab, command cdp.Command[P, R], params P) R {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	value, err := chromedp.Call(ctx, command, params)
	require.NoError(tb.t, err)
	return value
}

// eval gives the value of an expression; promises are awaited.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	return run(tb, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until an expression is true. It asks from here, as the page's policy forbids what chromedp.Poll does in it.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!("+expression+"))()", chromedp.EvalAwaitPromise, asUser))
		if err == nil && is {
			return
		}
		if ctx.Err() != nil {
			require.FailNow(tb.t, "it never came true", "%s\n%v\n%.1500s", expression, err, tb.seen())
		}
		_ = chromedp.Do(ctx, chromedp.Sleep(20*time.Millisecond)) // the next look finds what is wrong
	}
}

// asUser lets a script do what a page may only do for its user, such as to copy.
func asUser(p *runtime.EvaluateParams) {
	yes := true
	p.UserGesture = &yes
}

// seen is the text that the page shows, for a failure.
func (tb *tab) seen() string {
	text, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return text
}

// shows waits until an element has a text in it.
func (tb *tab) shows(selector, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some((el) => el.checkVisibility() && el.innerText.includes(%q))", selector, text))
}

// lacks waits until no element that can be seen has a text.
func (tb *tab) lacks(selector, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("![...document.querySelectorAll(%q)].some((el) => el.checkVisibility() && el.innerText.includes(%q))", selector, text))
}

// live waits until the stream is open.
func (tb *tab) live() {
	tb.t.Helper()
	tb.until(`document.querySelector("#live").dataset.state === "live"`)
}

// click clicks the first element that can be seen and has this text, once nothing covers it. The page looks and clicks in one step: between
// two, what has to be clicked could move away.
func (tb *tab) click(selector, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%q)].find((el) => el.checkVisibility() && el.innerText.includes(%q));
		if (!el) return false;
		el.scrollIntoView({ block: "nearest" });
		const box = el.getBoundingClientRect();
		if (!el.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) return false;
		el.focus();
		el.click();
		return true;
	})()`, selector, text))
}

// eval runs a script for what it does.
func (tb *tab) eval(script string) {
	tb.t.Helper()
	tb.do(chromedp.Evaluate[chromedp.Void](script))
}

// keys presses keys, one after the other.
func (tb *tab) keys(keys ...string) {
	tb.t.Helper()
	for _, key := range keys {
		tb.do(chromedp.KeyEvent(key))
	}
}

// allowClipboard lets the page copy, and the test read what was copied.
func (tb *tab) allowClipboard() {
	tb.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(tb.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: "http://" + tb.host,
		})
		require.NoError(tb.t, err)
	}
}

// copies waits until a text is in the clipboard, and the page has told so.
func (tb *tab) copies(text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`await navigator.clipboard.readText() === %q`, text))
	tb.shows("#announce", "Copied")
}

// dark sets the colours that the system wants.
func (tb *tab) dark(is bool) {
	tb.t.Helper()
	scheme := "light"
	if is {
		scheme = "dark"
	}
	call(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

func (tb *tab) size(width, height int64) {
	tb.t.Helper()
	tb.do(chromedp.EmulateViewport(width, height))
}

func navigate(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }

// fits asserts that nothing is wider than the screen.
func (tb *tab) fits() {
	tb.t.Helper()
	require.Empty(tb.t, eval[[]string](tb, `[...document.querySelectorAll("body *")].filter((el) => {
		const box = el.getBoundingClientRect();
		return el.checkVisibility() && box.width > 1 && box.right > innerWidth + 1 && !el.closest(".table-wrap, .row-text"); // these scroll, or are cut with an ellipsis
	}).map((el) => el.outerHTML.slice(0, 100))`), "what is cut off")
	require.LessOrEqual(tb.t, eval[int](tb, "document.documentElement.scrollWidth"), eval[int](tb, "innerWidth"), "the page scrolls sideways")
}
