package browser

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// hook is the receiver of a webhook.
type hook struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // bodies
}

func startHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen = append(h.seen, string(body))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

func TestButtonsReplayDuplicateAndBreakAWebhook(t *testing.T) {
	t.Parallel()
	p, h := startProgram(t), startHook(t)
	p.call("POST", "/v1/webhooks", map[string]any{"url": h.URL})
	p.send("Hi", someone)
	p.call("POST", "/_fake/clock/advance", map[string]any{"duration": "6s"})
	require.Len(t, h.got(), 1)
	tb := open(t, p, "/")
	tb.shows("#detail .delivery", "message.delivered")
	attempts := `document.querySelectorAll("#detail .attempts li").length === `
	tb.click("#detail .delivery button", "Replay")
	tb.until(attempts + "2")
	tb.shows("#detail .attempts", "replay")
	tb.click("#detail .delivery button", "Duplicate")
	tb.until(attempts + "4")
	tb.click("#detail .delivery button", "Break signature")
	tb.until(attempts + "5")
	tb.shows("#detail .attempts", "bad signature")
	require.Len(t, h.got(), 5)
	for _, body := range h.got() {
		require.Equal(t, h.got()[0], body, "the same bytes")
	}
}

func TestFaultFromTheFormIsInjected(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/?view=faults")
	tb.shows("#faults", "No fault is in force")
	tb.eval(`{
		const set = (id, value) => {
			const el = document.getElementById(id);
			el.value = value;
			el.dispatchEvent(new Event("change"));
		};
		set("fault-op", "sms_send");
		set("fault-when", "times");
		set("fault-count-input", "2");
		set("fault-to", "+233209990001");
		set("fault-effect", "status");
		document.querySelector('.extra [name=code]').value = "503";
		document.querySelector('.extra [name=error]').value = "service_unavailable";
	}`)
	tb.click("#faults button", "Add fault")
	tb.shows("#faults td", "the next 2")
	tb.shows("#fault-count", "1")
	tb.shows("#faults .hits", "0")
	status := func(to string) int {
		text, _ := json.Marshal(map[string]any{
			"recipients": []string{to},
			"sender":     "HELLIO",
			"message":    "Hi",
		})
		return p.status("POST", "/v1/sms/send", string(text))
	}
	require.Equal(t, []int{503, 202}, []int{status(someone), status("+233209990002")})
	tb.shows("#faults .hits", "1")

	tb.click("#faults button", "Break the next webhook signature")
	tb.click("#faults button", "429 for the next two calls")
	tb.shows("#fault-count", "3")
	tb.click("#faults button", "Remove")
	tb.shows("#fault-count", "2")
	tb.click("#faults button", "Clear all")
	tb.shows("#faults", "No fault is in force")
	require.Equal(t, 202, status(someone))
}

func TestInvalidFaultIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	tb := open(t, p, "/?view=faults")
	tb.shows("#faults", "No fault is in force")
	tb.allow("422")
	tb.eval(`document.querySelector('.extra [name=code]').value = "99"`)
	tb.click("#faults button", "Add fault")
	tb.shows("#toast", "code 99 is not within 200..599")
	tb.shows("#faults", "No fault is in force")
}

func TestTwoWorldsAreSwitchedAndNeverMixed(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	other := p.world()
	p.send("of the first", someone)
	other.send("of the second", someone)
	tb := open(t, p, "/")
	tb.shows(".row", "of the first")
	tb.eval(`{
		const worlds = document.querySelector("#world");
		worlds.value = 2;
		worlds.dispatchEvent(new Event("change"));
	}`)
	tb.shows(".row", "of the second")
	tb.lacks(".row", "of the first")
	tb.until(`location.search === "?world=2"`)
	tb.live()
	other.send("live in the second", someone)
	p.send("not to be seen", someone)
	tb.shows(".row", "live in the second")
	tb.lacks(".row", "not to be seen")
	tb.eval(`document.querySelector("#new-world").click()`)
	tb.until(`location.search === "?world=3"`)
	tb.shows("#empty", "No message yet")
	tb.eval("history.back()")
	tb.shows(".row", "of the second")
}

func TestWorldsAreListedByTheirNames(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.call("POST", "/_fake/worlds", map[string]any{"name": "TestLogin/<b>expired"})
	tb := open(t, p, "/?world=2")
	tb.until(`document.querySelector("#world").selectedOptions[0]?.textContent ===
		"World 2 · TestLogin/<b>expired"`)
	tb.live()
}

func TestKeypadCallsTheAppsCallback(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var step struct {
			Input    string
			Sequence int
		}
		_ = json.NewDecoder(r.Body).Decode(&step) // an invalid step gets the first screen
		answer := map[string]string{"message": "1. Balance\n2. <b>Help</b>", "action": "continue"}
		if step.Sequence == 2 {
			answer = map[string]string{"message": "You pressed " + step.Input, "action": "end"}
		}
		_ = json.NewEncoder(rw).Encode(answer)
	}))
	t.Cleanup(app.Close)
	tb := open(t, p, "/?view=ussd")
	tb.shows("#ussd .screen", "Make an app")
	tb.eval(`document.querySelector("#ussd-url").value = "` + app.URL + `"`)
	tb.click("#ussd button", "Make app")
	tb.shows("#ussd .secret", "ussk_test_")
	tb.click("#ussd button", "Dial")
	tb.shows("#ussd .screen", "2. <b>Help</b>")
	tb.click("#ussd .pad button", "2")
	tb.click("#ussd .pad button", "#")
	tb.click("#ussd button", "Send")
	tb.shows("#ussd .screen", "You pressed 2#")
	tb.shows("#ussd .screen", "The session has ended")
	tb.shows("#ussd button", "Dial")
}
