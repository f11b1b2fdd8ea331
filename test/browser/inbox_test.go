package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestAMessageArrivesLiveAndIsShown(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	tb.shows("#empty", "No message yet")
	tb.shows("#empty pre", "Bearer "+p.token)
	tb.shows("#empty dd", p.url("/v1"))
	p.send("Your parcel is here", someone)
	tb.shows(".row", "Your parcel is here")
	tb.shows("#detail .body", "Your parcel is here")
	tb.announces("New message to +233209990001 from HELLIO")
	tb.until(`document.title.startsWith("(1)")`)
	tb.shows("#detail .chip", "queued")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	tb.shows("#detail .chip", "delivered")
	tb.shows("#detail .facts", "0.0310 GHS")
	tb.until(`document.querySelector(".row .dot").dataset.status === "delivered"`)
}

func TestEmptyInboxSendsAFirstMessage(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-senders", "MYCO")
	tb := open(t, p, "/")
	tb.click("#empty button", "Send it from here")
	tb.shows("#detail .digits", "")
	tb.shows("#detail .head", "MYCO")
}

func TestACodeIsCopiedAndCountsDown(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.allowClipboard()
	tb.live()
	code := p.otp(someone)
	tb.shows("#detail .digits", code)
	tb.shows(".row-code", code)
	tb.shows("#detail .countdown", "4:5")
	tb.shows("#detail .countdown", "5 tries left")
	tb.click("#detail button", "Copy code")
	tb.copies(code)
}

func TestTheClockPanelExpiresACode(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	code := p.otp(someone)
	tb.shows("#detail .digits", code)
	tb.click(".clock button", "+1m")
	tb.shows("#detail .countdown", "3:5")
	tb.click(".clock button", "+5m")
	tb.shows("#detail .code-card", "Expired")
	tb.shows("#ahead", "+6:0")
	tb.click(".clock button", "+1d")
	tb.shows("#ahead", "+1d 0:06:0")
}

func TestUsedOrReplacedCodeIsMarked(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	first := p.otp(someone)
	tb.shows("#detail .digits", first)
	tb.keys(kb.Escape) // moves the focus to the list
	tb.click(".row", first)
	second := p.otp(someone)
	tb.shows("#detail .code-card", "Replaced")
	tb.click(".row", second)
	tb.shows("#detail .countdown", "Expires in")
	p.call("POST", "/v1/otp/verify", map[string]any{"mobile_number": someone, "code": second})
	tb.shows("#detail .code-card", "Used up")
}

func TestSearchIsShownInURLAndBox(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("red", someone, "+233209990002")
	p.send("blue", someone)
	p.otp("+233209990003")
	tb := open(t, p, "/?to=%2B233209990001&contains=red&channel=sms")
	tb.shows(".row", "red")
	tb.shows("#search-count", "1 message")
	require.Equal(t, "to:+233209990001 channel:sms red",
		eval[string](tb, `document.querySelector("#search").value`))
	p.send("more red", someone)
	p.send("more red", "+233209990002")
	tb.shows("#search-count", "2 messages")
	tb.lacks(".row", "blue")

	tb.eval(`document.querySelector("#search").focus(); document.querySelector("#search").select()`)
	tb.keys("to:233209990002")
	tb.until(`location.search === "?to=233209990002"`)
	tb.shows("#search-count", "2 messages")
	tb.eval(`document.querySelector("#search").select()`)
	tb.keys("nothing such")
	tb.until(`location.search === "?contains=nothing+such"`)
	tb.shows("#empty", "Nothing matches")
	tb.click("#empty button", "Clear the search")
	tb.shows("#search-count", "6 messages")
	tb.until(`location.search === ""`)
}

func TestInvalidSearchShowsTheReason(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("red", someone)
	tb := open(t, p, "/")
	tb.shows(".row", "red")
	tb.allow("422")
	tb.eval(`document.querySelector("#search").focus()`)
	tb.keys("channel:fax")
	tb.shows("#search-note", `unknown channel "fax"`)
	tb.keys(strings.Repeat(kb.Backspace, 3), "sms")
	tb.until(`document.querySelector("#search-note").textContent === ""`)
}

func TestPageUsesTheSystemsColourScheme(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	background := `getComputedStyle(document.body).backgroundColor`
	require.Equal(t, "rgb(244, 245, 247)", eval[string](tb, background))
	tb.dark(true)
	require.Equal(t, "rgb(14, 17, 21)", eval[string](tb, background))
}

// hostile are texts that the page must show as text.
var hostile = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(2)>`,
	`"><svg onload=alert(3)>`,
	`<a href="javascript:alert(4)">code 123456</a>`,
	`</textarea><iframe src="https://example.com/"></iframe>`,
	"\u202egnp.exe \u0000\u2028 <b>x",
}

func TestMarkupInAMessageStaysText(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	for i, text := range hostile {
		p.send(text, someone)
		tb.until(fmt.Sprintf(`document.querySelectorAll(".row").length === %d`, i+1))
		tb.until(fmt.Sprintf(`document.querySelector("#detail .body")?.textContent === %q`, text))
	}
	require.Zero(t, eval[int](tb, `document.querySelectorAll(
		"main script, main iframe, main img, main a, main svg[onload], main [onerror]").length`))
	tb.do(navigate(p.url("/?contains=%3Cscript%3E")))
	tb.shows(".row", "<script>alert(1)</script>")
}

func TestKeyboardAloneCopiesACode(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	codes := []string{p.otp("+233209990001"), p.otp("+233209990002"), p.otp("+233209990003")}
	tb := open(t, p, "/")
	tb.allowClipboard()
	tb.shows(".row-code", codes[2])
	tb.keys(kb.Tab)
	require.Equal(t, "Skip to the list", eval[string](tb, "document.activeElement.textContent"))
	tb.keys(kb.Enter)
	require.Equal(t, "list", eval[string](tb, "document.activeElement.id"))
	tb.keys("j", "j", kb.ArrowDown, "k")
	tb.until(
		`document.querySelector("[aria-selected=true] .row-to").textContent === "+233209990002"`)
	tb.shows("#detail .digits", codes[1])
	require.NotEmpty(t,
		eval[string](tb, `document.querySelector("#list").getAttribute("aria-activedescendant")`))
	tb.keys(kb.Enter)
	tb.until(`document.activeElement.textContent === "Copy code"`)
	require.NotEqual(t, "none",
		eval[string](tb, "getComputedStyle(document.activeElement).outlineStyle"),
		"the focus has a visible outline")
	tb.keys(kb.Enter)
	tb.copies(codes[1])

	tb.keys(kb.Escape)
	require.Equal(t, "list", eval[string](tb, "document.activeElement.id"))
	tb.shows("#detail .digits", codes[2]) // Escape shows the newest again
	tb.keys("c")
	tb.copies(codes[2])
	tb.keys("/")
	require.Equal(t, "search", eval[string](tb, "document.activeElement.id"))
}

func TestNarrowScreenShowsListOrMessage(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.call("POST", "/v1/webhooks",
		map[string]any{"url": "http://127.0.0.1:9/a/rather/long/path/that/does/not/fit"})
	p.send(strings.Repeat("Averylongwordthatfitsnowhere", 8), someone)
	code := p.otp("+233209990002")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "25h"})
	tb := open(t, p, "/")
	tb.size(375, 700)
	tb.shows(".row", code)
	tb.lacks("#detail", "")
	tb.fits()
	tb.click(".row", "Averylong")
	tb.shows("#detail .body", "Averylong")
	tb.lacks(".row", code)
	tb.fits()
	tb.eval(`document.querySelector("#detail .back").click()`)
	tb.shows(".row", code)
	tb.click("nav a", "Faults")
	tb.click("button", "Break the next webhook")
	tb.shows("td", "webhook_bad_signature")
	tb.fits()
	tb.click("nav a", "USSD")
	tb.shows("h2", "USSD")
	tb.fits()
}

func TestAResetEmptiesThePage(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	p.send("before", someone)
	tb.shows(".row", "before")
	p.call("POST", "/_fake/reset", map[string]any{})
	p.send("after", someone) // reuses the id of the first message
	tb.shows(".row", "after")
	tb.lacks(".row", "before")
	tb.shows("#detail .body", "after")
}

func TestFullWorldShowsItsRetention(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-retention", "2")
	tb := open(t, p, "/")
	tb.shows("#empty", "keeps its newest 2 messages")
	for _, text := range []string{"first", "second", "third"} {
		p.send(text, someone)
		// Only final messages can be evicted.
		p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	}
	tb.shows("#search-count", "2 messages, all that a world keeps: the oldest leave first")
	tb.shows(".row", "third")
	tb.lacks(".row", "first")
}

func TestRefusedCallIsShown(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	require.Equal(t, 422, p.status("POST", "/v1/sms/send",
		`{"recipients":["+233209990001"],"sender":"<b>NOBODY","message":"Hi"}`))
	tb.shows("#refused .code", "422 sender_not_approved")
	tb.shows("#refused .refused-head", "sms_send")
	tb.accessible("a refused call")
	p.send("Hi", someone)
	tb.until(`document.querySelector("#refused").childElementCount === 0`)
}

func TestACallThatViolatesIsMarked(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	const sentence = "body.expires: the API knows no such field; did you mean expiry?"
	p.call("POST", "/v1/otp/send", map[string]any{
		"mobile_number": someone,
		"sender":        "HELLIO",
		"expires":       10,
	})
	tb.shows("#refused .violations", sentence)
	tb.shows("#refused .code", "violation")
	tb.shows(".row .violates", "violation")
	tb.shows("#detail .violations", sentence)
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		tb.accessible("a violation")
	}
	p.otp(someone)
	tb.until(`document.querySelector("#refused").childElementCount === 0`)
	tb.until(`document.querySelectorAll(".row").length === 2 &&
		document.querySelectorAll(".row .violates").length === 1`)
	tb.lacks("#detail .violations", "expires")
}

func TestTheCharacterThatForcedUCS2IsMarked(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("Order №42 №43", someone)
	tb := open(t, p, "/")
	tb.shows("#detail .body mark", "№")
	require.Equal(t, 1, eval[int](tb, `document.querySelectorAll("#detail .body mark").length`))
	tb.shows("#detail .facts", "UCS-2")
	tb.shows("#detail .facts", "U+2116")
	p.send("zero\u200bwidth", someone)
	tb.shows("#detail .facts", "␣ U+200B")
	require.Equal(t, "\u200b",
		eval[string](tb, `document.querySelector("#detail .body mark").textContent`))
}

func TestTheExchangeIsShownAndCopiedAsCurl(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("It's here", someone)
	tb := open(t, p, "/")
	tb.allowClipboard()
	tb.shows("#detail .raw", "POST /v1/sms/send")
	tb.shows("#detail .raw", `"message": "It's here"`)
	tb.shows("#detail .raw", `"accepted_recipients": 1`)
	tb.lacks("#detail .raw", p.token)
	command := func(authorization string) string {
		return strings.Join([]string{
			"curl '" + p.url("/v1/sms/send") + "'",
			"-H " + authorization,
			"-H 'Content-Type: application/json'",
			`--data-raw '{"message":"It'\''s here","recipients":["` + someone +
				`"],"sender":"HELLIO"}'`,
		}, " \\\n  ")
	}
	tb.click("#detail button", "Copy as curl")
	tb.copies(command(`"Authorization: Bearer $HELLIO_API_TOKEN"`))
	tb.click("#detail button", "Copy with the token")
	tb.copies(command("'Authorization: Bearer " + p.token + "'"))
}
