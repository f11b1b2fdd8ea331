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

// patience limits each wait for a page.
const patience = 30 * time.Second

// tab is a page of the program in its own Chromium, with the rules that it
// broke.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu      sync.Mutex
	wrongs  []string
	allowed string // messages that contain it break no rule
}

// browsers are the programs that the tests run in. The headless shell is
// Chromium without windows: it starts in half the time.
var browsers = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

// chromium returns the path of the browser. Without a browser the test fails,
// because a skipped test would prove nothing.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.FailNow(t, "Chromium is not installed: run apt-get install chromium-headless-shell")
	return ""
}

// open opens the inbox at 1280 by 800 in light colours. At the end of the test
// it checks that the page broke no rule.
func open(t *testing.T, p *program, path string) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(opts...))
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx, host: p.addr}
	require.NoError(t, chromedp.Listen(ctx, tb.watch), "starting Chromium")
	t.Cleanup(tb.checkRules)
	call(tb, network.Enable, network.EnableParams{})
	call(tb, log.Enable, cdp.Empty{})
	call(tb, runtime.Enable, cdp.Empty{})
	call(tb, page.Enable, page.EnableParams{})
	script := page.AddScriptToEvaluateOnNewDocumentParams{Source: recorder}
	call(tb, page.AddScriptToEvaluateOnNewDocument, script)
	focus := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	call(tb, emulation.SetFocusEmulationEnabled, focus) // a page without focus cannot copy
	tb.size(1280, 800)
	tb.dark(false)
	tb.do(chromedp.Navigate(p.url(path)))
	return tb
}

// watch records events that break a rule.
func (tb *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning:
			tb.wrong("console %s: %s", e.Type, e.Args[0].Value)
		}
	case *runtime.EventExceptionThrown:
		tb.wrong("exception: %v", e.ExceptionDetails)
	case *log.EventEntryAdded: // includes violations of the content security policy
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
	text := fmt.Sprintf(format, args...)
	if tb.allowed == "" || !strings.Contains(text, tb.allowed) {
		tb.wrongs = append(tb.wrongs, text)
	}
}

// allow lets the page log messages that contain text from now on.
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

// call runs a command of the browser's protocol.
func call[P, R any](tb *tab, command cdp.Command[P, R], params P) R {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	value, err := chromedp.Call(ctx, command, params)
	require.NoError(tb.t, err)
	return value
}

// eval returns the value of an expression and awaits promises.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	return run(tb, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until an expression is true. It polls from Go, because the page's
// content security policy forbids chromedp.Poll.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!("+expression+"))()",
			chromedp.EvalAwaitPromise, asUser))
		if err == nil && is {
			return
		}
		if ctx.Err() != nil {
			require.FailNow(tb.t, "the expression stayed false",
				"%s\n%v\n%.1500s", expression, err, tb.seen())
		}
		_ = chromedp.Do(ctx, chromedp.Sleep(20*time.Millisecond)) // the next try reports errors
	}
}

// asUser lets a script do what needs a user gesture, such as copying.
func asUser(p *runtime.EvaluateParams) {
	yes := true
	p.UserGesture = &yes
}

// seen returns the visible text of the page, for a failure message.
func (tb *tab) seen() string {
	text, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return text
}

// shows waits until a visible element contains a text.
func (tb *tab) shows(selector, text string) {
	tb.t.Helper()
	tb.until(visible(selector, text))
}

// lacks waits until no visible element contains a text.
func (tb *tab) lacks(selector, text string) {
	tb.t.Helper()
	tb.until("!" + visible(selector, text))
}

// visible returns an expression that is true if a visible element contains a
// text.
func visible(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].some((el) =>
		el.checkVisibility() && el.innerText.includes(%q))`, selector, text)
}

// live waits until the stream is open.
func (tb *tab) live() {
	tb.t.Helper()
	tb.until(`document.querySelector("#live").dataset.state === "live"`)
}

// click clicks the first visible element that contains a text, once nothing
// covers it. The page finds and clicks it in one step, because the element
// could move between two.
func (tb *tab) click(selector, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%q)].find((el) =>
			el.checkVisibility() && el.innerText.includes(%q));
		if (!el) return false;
		el.scrollIntoView({ block: "nearest" });
		const box = el.getBoundingClientRect();
		const x = box.x + box.width / 2, y = box.y + box.height / 2;
		if (!el.contains(document.elementFromPoint(x, y))) return false;
		el.focus();
		el.click();
		return true;
	})()`, selector, text))
}

// eval runs a script for its effect.
func (tb *tab) eval(script string) {
	tb.t.Helper()
	tb.do(chromedp.Evaluate[chromedp.Void](script))
}

// keys presses keys one after another.
func (tb *tab) keys(keys ...string) {
	tb.t.Helper()
	for _, key := range keys {
		tb.do(chromedp.KeyEvent(key))
	}
}

// allowClipboard lets the page write the clipboard and the test read it.
func (tb *tab) allowClipboard() {
	tb.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(tb.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name},
			Setting:    browser.PermissionSettingGranted,
			Origin:     "http://" + tb.host,
		})
		require.NoError(tb.t, err)
	}
}

// copies waits until the clipboard contains a text and the page has announced
// it.
func (tb *tab) copies(text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`await navigator.clipboard.readText() === %q`, text))
	tb.announces("Copied")
}

// recorder keeps what the page announces to screen readers, because the next
// announcement replaces it.
const recorder = `window.announced = [];
	document.addEventListener("DOMContentLoaded", () => {
		const place = document.querySelector("#announce");
		new MutationObserver(() => announced.push(place.textContent)).observe(place,
			{ childList: true, characterData: true, subtree: true });
	})`

// announces waits until the page has announced a text since the text that it
// found before.
func (tb *tab) announces(text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`(() => {
		const place = announced.findIndex((text) => text.includes(%q));
		announced.splice(0, place + 1);
		return place >= 0;
	})()`, text))
}

// dark sets the colour scheme of the system.
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
	cut := eval[[]string](tb, `[...document.querySelectorAll("body *")].filter((el) => {
		const box = el.getBoundingClientRect();
		const wide = box.width > 1 && box.right > innerWidth + 1;
		// These elements scroll, or end with an ellipsis.
		return el.checkVisibility() && wide && !el.closest(".table-wrap, .row-text");
	}).map((el) => el.outerHTML.slice(0, 100))`)
	require.Empty(tb.t, cut, "elements that are cut off")
	require.LessOrEqual(tb.t, eval[int](tb, "document.documentElement.scrollWidth"),
		eval[int](tb, "innerWidth"), "the page scrolls sideways")
}
