package helliotest

import (
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
)

// Calls are under way 2 s after they were accepted, and over 30 s after
// (decided), however long their audio is.
const (
	callsBeginAfter = 2 * time.Second
	callsEndAfter   = 30 * time.Second
)

// What a call costs, and how long it is (decided). The fake speaks and fetches
// nothing, so it can't know better.
const (
	voiceSecondPrice money = 450 // for each second of audio and recipient

	charactersASecond = 15 // of a text that is spoken, rounded up to a whole second
	recordingSeconds  = 30 // of any recording
)

// AudioError is the URL of a recording that can't be fetched: voice/send
// answers 422 audio_error. The fake accepts every other URL and fetches none.
// (Decided.)
const AudioError = "https://audio.hellio.test/error.mp3"

var voices = []string{"alloy", "echo", "fable", "onyx", "nova", "shimmer"}

// voiceCampaign is what one voice/send made: the same call to many,
// as the engine and a snapshot keep it.
type voiceCampaign struct {
	ID        int64
	Reference uuid.UUID
	Name      string
	Status    string
	Accepted  int
	Invalid   int // recipients that were no numbers
	Doomed    int // calls that will not be answered
	Seconds   int // of audio
	Created   time.Time
	Completed time.Time
}

func (v *voiceCampaign) key() (int64, uuid.UUID) { return v.ID, v.Reference }

func voiceRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.VoiceSend, handle: sendVoice},
		{op: contract.VoiceGet, handle: getVoice},
	}
}

func sendVoice(w *world, c *apiCall) *reply {
	form := c.form()
	recipients := form.list("recipients", contract.MaxRecipients, contract.MaxNumberLength, true)
	text, audio := form.audio()
	form.oneOf("voice", voices[0], voices...)
	form.optional("caller_id", 0)
	made := &voiceCampaign{
		Name:    form.optional("name", 0),
		Status:  statusQueued,
		Seconds: recordingSeconds,
	}
	numbers, invalid := c.dialable(recipients)
	if text != "" {
		made.Seconds = spokenSeconds(text)
	}
	made.Accepted, made.Invalid = len(numbers), invalid
	if bad := c.refusal(form,
		checkStep{"fields", form.reject},
		checkStep{"recipients", func() *reply { return someOf(numbers) }},
		checkStep{"audio", func() *reply { return checkAudio(audio) }},
		checkStep{"spend_limit", func() *reply { return w.overLimit(made.cost(made.Accepted)) }},
		checkStep{"balance", func() *reply { return w.overBalance(made.cost(made.Accepted)) }},
	); bad != nil {
		return bad
	}
	for _, number := range numbers {
		if c.carrierFails(number) || isDeaf(number) {
			made.Doomed++
		}
	}
	w.charge(c, made.cost(made.Accepted))
	w.dial(made)
	return okReply(http.StatusAccepted, made.receipt())
}

func checkAudio(link string) *reply {
	if link != AudioError {
		return nil
	}
	return refuse(http.StatusUnprocessableEntity, contract.CodeAudioError,
		"The audio could not be fetched.")
}

// audio reads the text or the URL of a recording.
func (f *bodyForm) audio() (text, link string) {
	text, link = f.optional("text", contract.MaxMessageLength), f.optional("audio_url", 0)
	switch {
	case text != "" && link != "":
		f.fail("text", "The :field field prohibits audio url from being present.")
	case !f.has("text") && !f.has("audio_url"):
		f.fail("text", "The :field field is required when audio url is not present.")
		f.fail("audio_url", "The :field field is required when text is not present.")
	case link != "" && !isWebURL(link):
		f.fail("audio_url", "The :field field must be a valid URL.")
	}
	return text, link
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// isDeaf reports whether a call to a magic number is not answered.
func isDeaf(number string) bool {
	m := magicOf(number)
	return m == magicFailed || m == magicUnreachable
}

// spokenSeconds is how long a text is when it is spoken.
func spokenSeconds(text string) int {
	return (utf8.RuneCountInString(text) + charactersASecond - 1) / charactersASecond
}

// cost is the price of so many calls.
func (v *voiceCampaign) cost(calls int) money { return voiceSecondPrice * money(calls*v.Seconds) }

// answered is how many calls were answered so far: they are all answered in the
// end.
func (v *voiceCampaign) answered() int {
	if v.Completed.IsZero() {
		return 0
	}
	return v.Accepted - v.Doomed
}

// dial stores calls whose cost is reserved, and starts them.
func (w *world) dial(made *voiceCampaign) {
	made.ID = w.nextID()
	made.Reference = w.newReference()
	made.Created = w.clock.Now()
	w.voices.add(made)
	w.evictVoices()
	w.speak(made)
}

// speak makes the calls that are stored.
func (w *world) speak(made *voiceCampaign) {
	w.at(made.Created.Add(callsBeginAfter), func(time.Time) { made.Status = statusProcessing })
	w.at(made.Created.Add(callsEndAfter), func(due time.Time) {
		made.Status, made.Completed = statusCompleted, due
		if made.Doomed == made.Accepted {
			made.Status = statusFailed
		}
		w.settle(made.cost(made.answered()))
		w.refund(made.cost(made.Doomed), made.Created)
	})
}

// receipt is the answer to voice/send.
func (v *voiceCampaign) receipt() any {
	return struct {
		ID                 int64  `json:"id"`
		Reference          string `json:"reference"`
		CampaignID         int64  `json:"campaign_id"`
		Status             string `json:"status"`
		AcceptedRecipients int    `json:"accepted_recipients"`
		InvalidRecipients  int    `json:"invalid_recipients"`
		EstimatedCost      money  `json:"estimated_cost"`
		Currency           string `json:"currency"`
	}{
		v.ID, v.Reference.String(), v.ID, v.Status, v.Accepted, v.Invalid, v.cost(v.Accepted),
		currency,
	}
}

func getVoice(w *world, c *apiCall) *reply {
	v := w.voices.find(c.id)
	if v == nil {
		return notFound("voice campaign")
	}
	failed := 0
	if !v.Completed.IsZero() {
		failed = v.Doomed
	}
	return okReply(http.StatusOK, struct {
		ID              int64   `json:"id"`
		Reference       string  `json:"reference"`
		Name            *string `json:"name"`
		Status          string  `json:"status"`
		TotalRecipients int     `json:"total_recipients"`
		Answered        int     `json:"answered"`
		Failed          int     `json:"failed"`
		DurationSeconds int     `json:"duration_seconds"`
		Cost            money   `json:"cost"`
		Currency        string  `json:"currency"`
		CreatedAt       string  `json:"created_at"`
		CompletedAt     *string `json:"completed_at"`
	}{
		v.ID, v.Reference.String(), control.OrNull(v.Name), v.Status, v.Accepted + v.Invalid,
		v.answered(), failed, v.answered() * v.Seconds,
		v.cost(v.answered()), currency, timestamp(v.Created), timestampOrNull(v.Completed),
	})
}
