package check

import (
	"fmt"
	"strings"
)

var voiceSendChecks = chapter{
	"voice_send.success": func(t *trial) { t.success(t.call(nil), 202) },
	"voice_send.fields": func(t *trial) {
		t.form(t.works(t.call(nil)), "data", "id# reference campaign_id# status "+
			"accepted_recipients# invalid_recipients# estimated_cost currency")
	},
	"voice_send.campaign_id": func(t *trial) {
		a := t.works(t.call(nil))
		t.must(a.text("data.id") != "" && a.text("data.id") == a.text("data.campaign_id"),
			"the same number", "another or none")
	},
	"voice_send.voices": func(t *trial) {
		t.invalid(t.post("/voice/send", body{"voice": "nosuchvoice"}), "voice")
		for _, name := range strings.Fields("alloy echo fable onyx nova shimmer") {
			t.valid(t.post("/voice/send", body{"voice": name}), "voice")
		}
	},
	"voice_send.audio_voice": func(t *trial) {
		t.settings()
		a := t.call(body{"text": gone, "audio_url": recording, "voice": "nova"})
		t.must(a.ok(), "a call", a.shape())
	},
	"voice_send.caller_id": func(t *trial) {
		a := t.call(body{"caller_id": "NoSuchName"})
		t.must(a.ok(), "a call", a.shape())
	},
	"voice_send.no_caller_id": func(t *trial) {
		a := t.call(nil)
		t.must(a.ok(), "a call", a.shape())
	},
	"voice_send.both": func(t *trial) {
		a := t.post("/voice/send", body{"text": "A check.", "audio_url": recording})
		t.invalid(a, "text")
	},
	"voice_send.neither": func(t *trial) {
		a := t.post("/voice/send", body{"recipients": many(1)})
		t.invalid(a, "text")
		t.invalid(a, "audio_url")
	},
	"voice_send.most": func(t *trial) {
		t.invalid(t.post("/voice/send", body{"recipients": many(10_001)}), "recipients")
		t.valid(t.post("/voice/send", body{"recipients": many(10_000)}), "recipients")
	},
	"voice_send.text_length": func(t *trial) { t.size("/voice/send", "text", 1600) },
	"voice_send.order": func(t *trial) {
		t.ordered("voice_send.order", ordering{
			path: "/voice/send",
			good: body{"recipients": []string{t.Number()}, "audio_url": recording},
			spoil: map[string]body{
				"fields":     {"caller_id": 7},
				"recipients": {"recipients": []string{"x"}},
				"audio":      {"audio_url": badRecording},
			},
			account: poor,
			codes: map[string]string{
				"invalid_request":      "fields",
				"no_valid_recipients":  "recipients",
				"audio_error":          "audio",
				"spend_limit_exceeded": "spend_limit",
				"insufficient_balance": "balance",
			},
			last: "recipients",
		})
	},
}

const (
	recording    = "https://audio.hellio.test/check.mp3"
	badRecording = "https://audio.hellio.test/error.mp3"
)

// voiceOf returns the voice campaign of a call.
func (t *trial) voiceOf(sent *Answer) *Answer { return t.read("/voice/" + sent.text("data.id")) }

var voiceChecks = chapter{
	"voice.billing": func(t *trial) {
		short := t.works(t.call(nil))
		long := t.works(t.call(body{"text": strings.Repeat("A check. ", 8)}))
		t.must(units(long.text("data.estimated_cost")) > units(short.text("data.estimated_cost")),
			"a higher price for a longer text", "the same")
	},
	"voice.seconds": func(t *trial) {
		t.settings()
		for n, cost := range map[int]string{1: "0.0450", 15: "0.0450", 16: "0.0900"} {
			a := t.works(t.call(body{"text": strings.Repeat("x", n)}))
			t.must(a.text("data.estimated_cost") == cost, "0.0450 for each 15 characters", "another")
		}
	},
	"voice.recording": func(t *trial) {
		t.settings()
		a := t.works(t.call(body{"text": gone, "audio_url": recording}))
		t.sleep(31 * second)
		t.must(t.voiceOf(a).number("data.duration_seconds") == 30, "30 s", "another")
	},
	"voice.deaf": func(t *trial) {
		t.settings()
		a := t.works(t.call(body{"recipients": []string{t.Number(), failing, unreachable}}))
		t.sleep(31 * second)
		v := t.voiceOf(a)
		t.must(v.number("data.failed") == 2 && v.number("data.answered") == 1,
			"2 failed and 1 answered", "others")
	},
	"error.audio": func(t *trial) {
		t.settings()
		t.refused(t.call(body{"text": gone, "audio_url": badRecording}), "error.audio")
	},
	"voice.processing": func(t *trial) {
		t.settings()
		a := t.works(t.call(nil))
		t.sleep(2*second - tick)
		t.must(t.voiceOf(a).text("data.status") == "queued", "queued", "another status")
		t.sleep(2 * tick)
		t.must(t.voiceOf(a).text("data.status") == "processing", "processing", "another status")
	},
	"voice.completed": func(t *trial) {
		t.settings()
		a := t.works(t.call(nil))
		t.sleep(30*second - tick)
		t.must(t.voiceOf(a).text("data.status") == "processing", "processing", "another status")
		t.sleep(2 * tick)
		t.must(t.voiceOf(a).text("data.status") == "completed", "completed", "another status")
	},
	"voice.failed": func(t *trial) {
		t.settings()
		a := t.works(t.call(body{"recipients": []string{failing}}))
		t.sleep(31 * second)
		t.must(t.voiceOf(a).text("data.status") == "failed", "failed", "another status")
	},
	"voice.reserved": func(t *trial) {
		t.settings()
		before := t.read("/balance")
		a := t.works(t.call(nil))
		after := t.read("/balance")
		t.must(units(before.text("data.available"))-units(after.text("data.available")) ==
			units(a.text("data.estimated_cost")) &&
			before.text("data.balance") == after.text("data.balance"), "a reserved cost", "none")
	},
	"voice.settled": func(t *trial) {
		t.settings()
		before := t.read("/balance")
		a := t.works(t.call(body{"recipients": []string{t.Number(), failing}}))
		t.sleep(31 * second)
		after := t.read("/balance")
		for _, member := range []string{"data.balance", "data.available"} {
			t.must(2*(units(before.text(member))-units(after.text(member))) ==
				units(a.text("data.estimated_cost")), "half the cost gone", "another part")
		}
	},
	"voice.total": func(t *trial) {
		t.settings()
		a := t.works(t.call(body{"recipients": []string{t.Number(), "x"}}))
		t.must(t.voiceOf(a).number("data.total_recipients") == 2, "2", "another number")
	},
	"voice.duration": func(t *trial) {
		t.settings()
		a := t.works(t.call(body{"recipients": []string{t.Number(), ported, failing},
			"text": strings.Repeat("x", 30)}))
		t.sleep(31 * second)
		t.must(t.voiceOf(a).number("data.duration_seconds") == 4, "2 calls of 2 s", "another sum")
	},
	"voice.separate": func(t *trial) {
		t.settings()
		ids := func() string {
			return fmt.Sprint(t.read("/messages?per_page=1").at("data.0.id"),
				t.read("/campaigns?per_page=1").at("data.0.id"))
		}
		before := ids()
		t.works(t.call(nil))
		t.must(ids() == before, "no new message or campaign", "a new one")
	},
	"voice_get.id": func(t *trial) {
		sent := t.works(t.call(nil))
		a := t.get("/voice/" + sent.text("data.id"))
		t.must(a.ok() && a.text("data.id") == sent.text("data.id"), "the calls", a.shape())
	},
	"voice_get.reference": func(t *trial) {
		sent := t.works(t.call(nil))
		t.needs(sent.text("data.reference") != "", "calls have no reference")
		a := t.get("/voice/" + sent.text("data.reference"))
		t.must(a.ok() && a.text("data.reference") == sent.text("data.reference"), "the calls",
			a.shape())
	},
	"voice.fields": func(t *trial) {
		t.form(t.voiceOf(t.works(t.call(nil))), "data", "id# reference name? status "+
			"total_recipients# answered# failed# duration_seconds# cost currency created_at "+
			"completed_at?")
	},
}
