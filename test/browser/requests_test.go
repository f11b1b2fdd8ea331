package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// point moves the pointer into an element.
func (tb *tab) point(selector string) {
	tb.t.Helper()
	box := eval[[]float64](tb, fmt.Sprintf(`(() => {
		const box = document.querySelector(%q).getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`, selector))
	call(tb, input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: "mouseMoved",
		X:    box[0],
		Y:    box[1],
	})
	tb.until(fmt.Sprintf(`document.querySelector(%q).matches(":hover")`, selector))
}

func sms(sender string) string {
	return fmt.Sprintf(`{"recipients":["%s"],"sender":%q,"message":"Hi"}`, someone, sender)
}

func TestEveryCallIsListedWithItsAnswer(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/?view=requests")
	tb.shows("#calls-empty", "No call yet")
	p.send("Hi", someone)
	tb.shows("#requests .row", "sms_send")
	require.Equal(t, 422, p.status("POST", "/v1/sms/send", sms("ShopX")))
	tb.shows("#requests .row", "sender_not_approved")
	tb.shows("#calls-detail .violations", "422 sender_not_approved")
	tb.shows("#calls-detail .raw", `"sender": "ShopX"`)
	p.call("PUT", "/_fake/faults", []any{
		map[string]any{"op": "balance_get", "nth": 1, "effect": "lose_request"},
	})
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.url("/v1/balance"), nil)
	require.NoError(t, err)
	req.Method = "GET"
	req.Header.Set("Authorization", "Bearer "+p.token)
	_, err = http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	require.Error(t, err, "the request is lost")
	tb.shows("#requests .row", "fault lose_request")
	tb.shows("#calls-detail .violations", "The fault lose_request acted")

	tb.click("#requests .row", "0.0310")
	tb.shows("#calls-detail .made", someone)
	tb.shows("#calls-detail .facts", "0.0310")
	tb.click("#calls-detail .made button", someone)
	tb.shows("#detail .body", "Hi")
	tb.click("#detail button", "Show the call")
	tb.shows("#calls-detail h2", "sms_send")
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		tb.accessible("requests")
	}
	tb.size(375, 700)
	tb.fits()
	tb.accessible("a call on a narrow screen")
	tb.eval(`document.querySelector("#calls-detail .back").click()`)
	tb.shows("#requests .row", "sms_send")
	tb.fits()
}

func TestCallsAreNarrowedByTheSearch(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("Hi", someone)
	p.status("POST", "/v1/sms/send", sms("ShopX"))
	p.call("POST", "/v1/otp/send", map[string]any{
		"mobile_number": someone, "sender": "HELLIO", "expires": 1,
	})
	tb := open(t, p, "/?view=requests&op=sms_send&status=4xx")
	tb.shows("#calls-search-count", "1 call")
	require.Equal(t, "op:sms_send status:4xx",
		eval[string](tb, `document.querySelector("#calls-search").value`))
	tb.eval(`document.querySelector("#calls-search").select()`)
	tb.keys("violation")
	tb.until(`location.search === "?view=requests&violation=1"`)
	tb.shows("#requests .row", "otp_send")
	tb.lacks("#requests .row", "sms_send")
	tb.eval(`document.querySelector("#calls-search").select()`)
	tb.keys("ShopX")
	tb.shows("#requests .row", "sender_not_approved")
	tb.lacks("#requests .row", "otp_send")
	tb.allow("422")
	tb.eval(`document.querySelector("#calls-search").select()`)
	tb.keys("op:sms_sent")
	tb.shows("#calls-search-note", `unknown op "sms_sent", did you mean sms_send?`)
	tb.shows("#requests .row", "sender_not_approved")
}

func TestFollowingIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.send("first", someone)
	tb := open(t, p, "/?view=requests")
	tb.shows("#requests .row", "sms_send")
	tb.click("#requests .follow", "Follow")
	tb.until(`location.search === "?view=requests&follow=0"`)
	p.call("GET", "/v1/balance", nil)
	p.call("GET", "/v1/balance", nil)
	tb.shows("#calls-news", "2 newer ↑")
	tb.lacks("#requests .row", "balance_get")
	tb.click("#calls-news", "2 newer")
	tb.shows("#requests .row", "balance_get")
	p.call("GET", "/v1/pricing", nil)
	tb.shows("#calls-news", "1 newer ↑")
	tb.click("#requests .follow", "Follow")
	tb.shows("#requests .row", "pricing_get")
}

func TestTheBannerFixesWhatWasRefused(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	status := func(body string) int { return p.status("POST", "/v1/sms/send", body) }
	require.Equal(t, 422, status(sms("ShopX")))
	tb.shows("#refused .sentence", "sender")
	tb.click("#refused button", "Approve the sender ShopX")
	tb.shows("#refused .done", "ShopX is approved")
	tb.accessible("a fix that was made")
	require.Equal(t, 202, status(sms("ShopX")))
	tb.keys(kb.Tab) // the banner stays while the focus is in it
	tb.eval(`document.activeElement.blur()`)
	tb.until(`document.querySelector("#refused").childElementCount === 0`)

	fix := func(change map[string]any, code int, button string) {
		t.Helper()
		p.call("PATCH", "/_fake/account", change)
		require.Equal(t, code, status(sms("HELLIO")))
		tb.click("#refused button", button)
		tb.until(`document.querySelector("#refused .done") !== null`)
		require.Equal(t, 202, status(sms("HELLIO")), button)
		tb.eval(`document.activeElement.blur()`)
		tb.until(`document.querySelector("#refused").childElementCount === 0`)
	}
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"}) // all is settled
	fix(map[string]any{"balance": "0.0100"}, 402, "Add 100 to the balance")
	fix(map[string]any{"spend_limit": map[string]string{"period": "daily", "amount": "0.0001"}}, 403,
		"Remove the spend limit")
	fix(map[string]any{"allowed_ips": []string{"10.0.0.0/8"}}, 403, "Remove the IP list")
	p.call("PATCH", "/_fake/account", map[string]any{"rate_limit": 1})
	require.Equal(t, 202, status(sms("HELLIO")), "the only call of the window")
	fix(map[string]any{"rate_limit": 1}, 429, "Move the clock to the next window")

	p.call("PATCH", "/_fake/account", map[string]any{"rate_limit": 0})
	require.Equal(t, 422, status(sms("Other")))
	tb.click("#refused button", "Show the call")
	tb.shows("#calls-detail .violations", "422 sender_not_approved")
	tb.click("#refused button", "Dismiss")
	tb.until(`document.querySelector("#refused").childElementCount === 0`)
}

func TestTokenOfTheMissingScopeIsIssued(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	narrow := *p
	narrow.token = p.call("POST", "/_fake/worlds",
		map[string]any{"scopes": []string{"otp"}})["token"].(string)
	tb := open(t, p, "/?world=2")
	tb.allowClipboard()
	require.Equal(t, 403, narrow.status("POST", "/v1/sms/send", sms("HELLIO")))
	tb.click("#refused button", "Issue a token with the scope sms:send")
	tb.shows("#refused .done", "A token with the scope sms:send")
	tb.click("#refused button", "Copy token")
	tb.announces("Copied")
	narrow.token = eval[string](tb, `navigator.clipboard.readText()`)
	require.Equal(t, 202, narrow.status("POST", "/v1/sms/send", sms("HELLIO")))
}

func TestTheBannerStaysUnderThePointer(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	tb.live()
	p.status("POST", "/v1/sms/send", sms("ShopX"))
	tb.shows("#refused button", "Approve the sender ShopX")
	tb.point("#refused")
	p.status("POST", "/v1/sms/send", sms("Other"))
	tb.shows("#refused button", "Newer ↑")
	tb.shows("#refused button", "Approve the sender ShopX")
	tb.point(".top")
	tb.shows("#refused button", "Approve the sender Other")
}

func TestThePaneStaysUnderPointerAndFocus(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/")
	p.send("first", someone)
	tb.shows("#detail .body", "first")
	tb.point("#detail .body")
	p.send("second", someone)
	tb.shows("#newer", "1 newer ↑")
	tb.shows("#detail .body", "first")
	tb.click("#newer", "1 newer")
	tb.shows("#detail .body", "second")
	p.send("third", someone)
	tb.shows("#newer", "1 newer ↑")
	tb.point(".top")
	tb.shows("#detail .body", "third")
	tb.click("#detail button", "Copy text") // the focus is in the pane now
	p.send("fourth", someone)
	tb.shows("#newer", "1 newer ↑")
	tb.shows("#detail .body", "third")
	tb.keys(kb.Escape)
	tb.shows("#detail .body", "fourth")
}

func TestHostileCallsStayText(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/?view=requests")
	tb.allowClipboard()
	for _, text := range hostile {
		body := strings.ReplaceAll(sms("x"), `"x"`, quoted(text))
		require.Equal(t, 422, p.status("POST", "/v1/sms/send", body))
		tb.until(fmt.Sprintf(`document.querySelector("#calls-detail .raw")?.textContent.includes(
			JSON.stringify(%s))`, quoted(text)))
	}
	p.status("GET", "/v1/<img%20src=x%20onerror=alert(1)>?<b>=<script>", "")
	tb.shows("#requests .row", "/v1/%3Cimg")
	p.status("POST", "/v1/sms/send", "@/etc/passwd'`id`")
	tb.shows("#calls-detail .raw", "@/etc/passwd")
	tb.click("#calls-detail button", "Copy as curl")
	tb.until(`(await navigator.clipboard.readText()).includes(
		"--data-raw '@/etc/passwd'\\''` + "`id`" + `'")`)
	require.Zero(t, eval[int](tb, `document.querySelectorAll(
		"main script, main iframe, main img, main a, main svg[onload], main [onerror]").length`))
}
