package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// quoted returns a text as JSON, without escapes for HTML.
func quoted(text string) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string is always encoded
	return strings.TrimSpace(out.String())
}

// enter types a text into a field.
func (tb *tab) enter(id, text string) {
	tb.t.Helper()
	tb.eval(fmt.Sprintf(`document.getElementById(%q).focus();
		document.getElementById(%q).select?.()`, id, id))
	tb.keys(text)
}

// markup requires that no page made an element of a hostile text.
func (tb *tab) noMarkup() {
	tb.t.Helper()
	require.Zero(tb.t, eval[int](tb, `document.querySelectorAll(
		"main script, main iframe, main img, main a, main svg[onload], main [onerror]").length`))
}

// looked runs axe in light and dark, and checks the narrow page.
func (tb *tab) looked(what string) {
	tb.t.Helper()
	for _, dark := range []bool{true, false} {
		tb.dark(dark)
		tb.accessible(what)
	}
	tb.size(375, 700)
	tb.fits()
	tb.accessible(what + ", narrow")
	tb.size(1280, 800)
}

func TestTheAccountPageChangesTheAccount(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-rate-limit", "120")
	tb := open(t, p, "/?view=account")
	tb.shows("#account .account-money", "100.0000")
	p.send("Hi", someone)
	tb.shows("#account .account-money", "0.0310")
	tb.shows("#account .account-limits", "119 of 120 left")
	tb.enter("topup", "50.5")
	tb.keys(kb.Enter)
	tb.shows("#account .account-money", "150.5000")

	tb.enter("sender", "<b>Shop")
	tb.keys(kb.Enter)
	tb.shows("#account .account-senders", "<b>Shop")
	require.Equal(t, 202, p.status("POST", "/v1/sms/send", sms("<b>Shop")))
	tb.eval(`document.querySelector("[aria-label='Reject <b>Shop']").click()`)
	tb.lacks("#account .account-senders", "<b>Shop")
	require.Equal(t, 422, p.status("POST", "/v1/sms/send", sms("<b>Shop")))

	set := func(kind, value string) {
		t.Helper()
		tb.eval(fmt.Sprintf(`document.getElementById("limit-kind").value = %q`, kind))
		tb.enter("limit-value", value)
		tb.keys(kb.Enter)
	}
	set("daily", "5")
	tb.shows("#account .account-limits", "0.0620 of 5.0000 spent, daily")
	set("otp_limit", "3")
	tb.shows("#account .account-limits", "3 of 3 left")
	p.otp(someone)
	tb.shows("#account .account-limits", "2 of 3 left")
	set("rate_limit", "many")
	tb.shows("#toast", "“many” is no whole number")

	tb.enter("login-email", "ama@example.com")
	tb.enter("login-password", "horse")
	tb.enter("login-name", "<i>Ama")
	tb.keys(kb.Enter)
	tb.shows("#account .account-people", "<i>Ama")
	tb.click("#account button", "Issue a token")
	tb.until(`document.querySelectorAll("#account .account-tokens tbody tr").length === 2`)
	tb.noMarkup()
	tb.looked("account")
	tb.click("#account .account-tokens tr:nth-child(2) button", "Revoke")
	tb.until(`document.querySelectorAll("#account .account-tokens tbody tr").length === 1`)
}

func TestTheWebhookPageShowsWhyNoneFires(t *testing.T) {
	t.Parallel()
	p, h := startProgram(t), startHook(t)
	broken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(broken.Close)
	tb := open(t, p, "/?view=webhooks")
	tb.allowClipboard()
	tb.shows("#webhooks", "No webhook is registered")
	tb.looked("no webhook")
	tb.enter("hook-url", h.URL+"/<b>hook")
	tb.keys(kb.Enter)
	tb.shows("#webhooks .hook", "/<b>hook")
	tb.click("#webhooks button", "Send a test event")
	tb.shows("#toast", "Sent")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	tb.shows("#webhooks .delivery", "message.delivered")
	require.Len(t, h.got(), 1)
	tb.click("#webhooks button", "Copy secret")
	tb.until(`(await navigator.clipboard.readText()).startsWith("whsec_")`)
	tb.click("#webhooks .delivery button", "Replay")
	tb.shows("#webhooks .attempts", "replay")

	p.call("POST", "/v1/webhooks", map[string]any{"url": broken.URL})
	for range 10 {
		p.send("Hi", someone)
	}
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "2h"})
	tb.shows("#webhooks .hook", "It is disabled after 10 failed deliveries")
	tb.shows("#webhooks .hook", "it answered 404")
	tb.noMarkup()
	tb.looked("a disabled webhook")
	p.call("POST", "/v1/sms/send", map[string]any{
		"recipients": []string{someone}, "sender": "HELLIO", "message": "unreported",
	})
	tb.click("#webhooks button", "Enable")
	tb.lacks("#webhooks .hook", "It is disabled")
	tb.click("#webhooks .hook:first-child button", "Delete")
	tb.shows("dialog", broken.URL)
	tb.accessible("a question")
	tb.keys(kb.Escape)
	tb.until(`document.querySelector("dialog") === null`)
	tb.shows("#webhooks .hook", broken.URL)
	tb.click("#webhooks .hook:first-child button", "Delete")
	tb.click("dialog button", "Delete")
	tb.lacks("#webhooks .hook", broken.URL)
}

func TestTheWorldsPageFindsAFailedTest(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	const name = `TestLogin/<img src=x onerror=alert(1)>`
	token := p.call("POST", "/_fake/worlds", map[string]any{"name": name})["token"].(string)
	p.call("POST", "/_fake/worlds", map[string]any{"name": "TestOrder"})
	other := *p
	other.token = token
	other.send("of the test", someone)
	tb := open(t, p, "/?view=worlds")
	tb.allowClipboard()
	tb.shows("#worlds td", name)
	tb.enter("world-search", "testlogin")
	tb.until(`location.search === "?view=worlds&contains=testlogin"`)
	tb.lacks("#worlds td", "TestOrder")
	tb.click("#worlds button", "Copy token")
	tb.copies(token)
	tb.enter("world-search", token)
	tb.until(`location.search === "?view=worlds"`) // no token in a URL
	tb.shows("#worlds td", name)
	tb.lacks("#worlds td", "TestOrder")
	tb.noMarkup()
	tb.looked("worlds")
	tb.click("#worlds button", "Open")
	tb.shows(".row", "of the test")
	tb.until(`location.search === "?world=2"`)

	tb.click("nav a", "Worlds")
	tb.click("#worlds button", "Delete")
	tb.shows("dialog", "1 messages and 1 calls")
	require.Equal(t, "Cancel", eval[string](tb, "document.activeElement.textContent"))
	tb.allow("401") // a question of the page may be on its way
	tb.click("dialog button", "Delete")
	tb.lacks("#worlds td", name)
	require.Equal(t, 401, other.status("GET", "/v1/balance", ""))
	tb.enter("world-search", " ")
	tb.enter("world-name", "Made here")
	tb.keys(kb.Enter)
	tb.until(`location.search === "?world=4"`)
	tb.until(`document.querySelector("#world").selectedOptions[0].textContent ===
		"World 4 · Made here"`)
}

func TestADeletedWorldIsUnmistakable(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	other := p.world()
	other.send("last words", someone)
	tb := open(t, p, "/?world=2")
	tb.shows(".row", "last words")
	tb.live()
	tb.allow("401")
	other.call("DELETE", "/_fake/worlds", map[string]any{})
	tb.shows("#lost", "World 2 is not there")
	tb.shows(".row", "last words")
	tb.accessible("a deleted world")
	tb.click("#lost button", "Open the first world")
	tb.lacks("#lost", "World 2")
	tb.shows("#empty", "No message yet")
}

func TestALostProgramIsUnmistakable(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	p.send("before", someone)
	tb.shows(".row", "before")
	tb.allow("ERR_")
	p.stop()
	tb.shows("#lost", "hellio-fake at "+p.addr+" does not answer. This page shows the state of ")
	tb.shows(".row", "before")
	require.Empty(t, eval[[]string](tb, `[...document.querySelectorAll("button, a, input, select")]
		.filter((el) => !el.closest("[inert], .skip")).map((el) => el.outerHTML)`), "what is on")
	tb.accessible("a lost program")
	still := eval[string](tb, `document.querySelector("#now").textContent`)
	require.Contains(t, eval[string](tb, `document.querySelector("#lost").textContent`), still)
	again := startProgram(t, "-addr", p.addr)
	tb.lacks("#lost", "does not answer")
	tb.lacks(".row", "before")
	again.send("after", someone)
	tb.shows(".row", "after")
}

func TestClearHidesAndResetForgets(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	p.send("old", someone)
	tb.shows(".row", "old")
	tb.click("#inbox button", "Clear")
	tb.shows("#empty", "Cleared")
	p.send("new", someone)
	tb.shows(".row", "new")
	tb.lacks(".row", "old")
	tb.until(`location.search.startsWith("?after=")`)
	tb.accessible("a cleared list")
	tb.click("nav a", "Requests")
	tb.shows("#calls-search-count", "1 call")
	tb.click("#requests button", "Show all")
	tb.shows("#calls-search-count", "2 calls")

	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "24h"})
	tb.shows("#ahead", "+1d")
	tb.click("#reset", "Reset")
	tb.shows("dialog", "2 messages")
	tb.shows("dialog", "that the clock is ahead")
	tb.accessible("the question of a reset")
	tb.click("dialog button", "Cancel")
	tb.until(`document.querySelector("dialog") === null`)
	tb.until(`document.activeElement.id === "reset"`)
	tb.shows("#requests .row", "sms_send")
	tb.click("#reset", "Reset")
	tb.click("dialog button", "Reset")
	tb.shows("#calls-empty", "No call yet")
	tb.lacks("#ahead", "+1d")
	tb.click("nav a", "Inbox")
	tb.shows("#empty", "No message yet")
}

func TestEveryViewIsReachedByKeyboard(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("Hi", someone)
	tb := open(t, p, "/")
	tb.shows(".row", "Hi")
	for _, view := range []string{
		"Requests", "Account", "Webhooks", "Faults", "USSD", "Worlds", "Inbox",
	} {
		tb.eval(`document.querySelector("#list").focus()`)
		tb.eval(fmt.Sprintf(`[...document.querySelectorAll("nav a")].find((a) =>
			a.textContent.startsWith(%q)).focus()`, view))
		tb.keys(kb.Enter)
		tb.until(fmt.Sprintf(`document.title.includes(%q)`, view))
		tb.eval(`document.activeElement.blur()`)
		tb.keys(kb.Tab)
		if first := eval[string](tb, `document.activeElement.className`); first == "skip" {
			tb.keys(kb.Enter)
		}
	}
	tb.click("nav a", "Requests")
	tb.shows("#requests .row", "sms_send")
	tb.eval(`document.querySelector(".skip").click()`)
	tb.keys("j", kb.Enter)
	tb.until(`document.activeElement.closest("#calls-detail") !== null`)
	tb.keys(kb.Escape, "/")
	require.Equal(t, "calls-search", eval[string](tb, "document.activeElement.id"))
}

// codeTexts are texts and the codes in them, "" for none.
var codeTexts = map[string]string{
	"Your login code is 849213.":                             "849213",
	"您的验证码是123456，5分钟内有效。":                                   "123456",
	"رمز التحقق الخاص بك هو ٤٨٢٩١٠":                          "482910",
	"आपका ओटीपी १२३४ है":                                     "1234",
	"Ihr Code: 4711. Nicht weitergeben!":                     "4711",
	"G-123456 is your code":                                  "123456",
	"0711: valid until 27.11.2026":                           "0711",
	"1234 and 5678":                                          "",
	"Call 0302 123 456 to have it brought up.":               "",
	"Call +233 20 999 0001":                                  "",
	"You paid GHS 2500":                                      "",
	"You paid 1,250.00 cedis":                                "",
	"₵ 4500 received":                                        "",
	"See you on 27 November 2026":                            "",
	"See https://shop.example/orders/123456":                 "",
	"Order A123456 has left":                                 "",
	"GHS 2500 for order; confirm with 9931, call +233201234": "9931",
	"OTP 5512": "5512",
}

func TestCodesAreFoundInAnyLanguage(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.shows("#empty", "No message yet")
	for text, want := range codeTexts {
		got := eval[string](tb, fmt.Sprintf(`import("/inbox/static/code.js").then(({ codeIn }) =>
			codeIn({ campaign_id: 1, message: %s })?.digits ?? "")`, quoted(text)))
		require.Equal(t, want, got, text)
	}
}
