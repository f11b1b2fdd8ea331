package browser

import (
	"compress/gzip"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// violations runs axe and evaluates to its violations as text.
const violations = `axe.run({
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	resultTypes: ["violations"],
}).then((found) => found.violations.flatMap((v) => v.nodes.map((n) =>
	v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))))`

// axe is the source of axe-core.
var axe = sync.OnceValues(func() (string, error) {
	file, err := os.Open("testdata/axe.min.js.gz")
	if err != nil {
		return "", err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return "", err
	}
	script, err := io.ReadAll(unpacked)
	return string(script), err
})

// accessible runs axe on the current page and requires no violation.
func (tb *tab) accessible(what string) {
	tb.t.Helper()
	if eval[bool](tb, "!window.axe") {
		script, err := axe()
		require.NoError(tb.t, err)
		tb.eval(script)
	}
	assert.Empty(tb.t, eval[[]string](tb, violations), what)
}

func TestEveryViewIsAccessibleInLightAndDark(t *testing.T) {
	t.Parallel()
	p, h := startProgram(t), startHook(t)
	tb := open(t, p, "/")
	tb.shows("#empty", "No message yet")
	tb.accessible("empty")
	p.call("POST", "/v1/webhooks", map[string]any{"url": h.URL})
	p.send("Order №42 has left", someone)
	p.send("It does not arrive", "+233009900001")
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	code := p.otp(someone)
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		tb.shows("#detail .digits", code)
		tb.accessible("a live code")
		tb.click(".row", "№42")
		tb.shows("#detail .delivery", "message.delivered")
		tb.accessible("a message with a webhook")
		tb.click(".row", "It does not arrive")
		tb.shows("#detail .chip", "failed")
		tb.accessible("a failed message")
		tb.click("nav a", "USSD")
		tb.accessible("USSD")
		tb.click("nav a", "Faults")
		tb.click("#faults button", "429 for the next two calls")
		tb.shows("#faults td", "30s")
		tb.accessible("faults")
		tb.click("#faults button", "Clear all")
		tb.click("nav a", "Inbox")
	}
	tb.size(375, 700)
	tb.shows(".row", code)
	tb.accessible("narrow")
}
