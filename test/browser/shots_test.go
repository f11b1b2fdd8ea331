package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestShots writes screenshots of the inbox to the directory HELLIO_SHOTS.
func TestShots(t *testing.T) {
	dir := os.Getenv("HELLIO_SHOTS")
	if dir == "" {
		t.Skip("HELLIO_SHOTS is not set")
	}
	p := startProgram(t)
	shot := func(tb *tab, name string) {
		path := filepath.Join(dir, name+".png")
		require.NoError(t, os.WriteFile(path, run(tb, chromedp.CaptureScreenshot()), 0o644))
	}
	tb := open(t, p, "/")
	tb.live()
	tb.shows("#empty", "No message yet")
	shot(tb, "empty-light")
	p.status("POST", "/v1/sms/send",
		`{"recipients":["+233209990001"],"sender":"NOBODY","message":"Hi"}`)
	tb.shows("#refused .sentence", "")
	shot(tb, "refused-light")
	tb.click("nav a", "Requests")
	tb.shows("#calls-detail .violations", "422")
	shot(tb, "requests-refused-light")
	tb.click("nav a", "Inbox")
	tb.click("#refused button", "Dismiss")
	p.call("POST", "/v1/webhooks", map[string]any{"url": "http://127.0.0.1:9/hook"})
	p.send("Your parcel is at the gate. Call 0302 123 456 to have it brought up.",
		someone, "+233209990002", "+233549990003")
	p.send("Akwaaba! Your order №42 has left our shop.", someone)
	p.send("Your login code is 849213. Do not share it with anybody.", "+233209990007")
	p.send("Delivery fails here", "+233009900001")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "2m"})
	p.otp("+233209990004")
	tb.shows("#detail .digits", "")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	tb.shows("#detail .chip", "delivered")
	tb.until(`document.querySelectorAll("#inbox .row").length === 7`)
	shot(tb, "otp-light")
	tb.dark(true)
	shot(tb, "otp-dark")
	tb.click(".row", "№42")
	tb.shows("#detail", "U+2116")
	shot(tb, "ucs2-dark")
	tb.dark(false)
	shot(tb, "ucs2-light")
	tb.eval(`document.querySelector("#detail").scrollTop = 560`)
	shot(tb, "webhook-light")
	p.call("POST", "/v1/webhooks", map[string]any{"url": "https://app.example/webhooks/hellio"})
	p.call("POST", "/_fake/worlds", map[string]any{"name": "TestLogin/expired"})
	for _, view := range []string{"requests", "account", "webhooks", "worlds"} {
		tb.dark(false)
		tb.size(1280, 800)
		tb.do(navigate(p.url("/?view=" + view)))
		tb.until(`document.querySelector("#live").dataset.state === "live"`)
		tb.until(fmt.Sprintf(`document.querySelector("#%s :is(.delivery, td, .raw pre, dd)")`, view))
		shot(tb, view+"-light")
		tb.dark(true)
		shot(tb, view+"-dark")
		tb.size(375, 740)
		shot(tb, view+"-narrow")
	}
	tb.dark(false)
	tb.size(1280, 800)
	tb.click("#reset", "Reset")
	tb.shows("dialog", "Reset this world?")
	shot(tb, "reset-light")
	tb.click("dialog button", "Cancel")
	tb.click("nav a", "Faults")
	tb.click("button", "503 once")
	tb.click("button", "Break the next webhook")
	shot(tb, "faults-light")
	tb.dark(true)
	shot(tb, "faults-dark")
	tb.click("button", "Clear all")
	tb.click("nav a", "USSD")
	shot(tb, "ussd-dark")
	tb.dark(false)
	shot(tb, "ussd-light")
	tb.size(375, 740)
	shot(tb, "ussd-narrow")
	tb.click("nav a", "Inbox")
	tb.shows(".row", "0004")
	shot(tb, "list-narrow")
	tb.click(".row", "0004")
	tb.shows("#detail .digits", "")
	tb.dark(true)
	shot(tb, "otp-narrow")
	tb.click("nav a", "Faults")
	shot(tb, "faults-narrow")
	tb.size(1280, 800)
	tb.dark(false)
	tb.allow("ERR_")
	p.stop()
	tb.shows("#lost", "does not answer")
	shot(tb, "lost-light")
}
