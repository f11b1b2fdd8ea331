package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// VoiceService calls numbers and speaks a text or plays a recording.
type VoiceService struct{ core *core }

// Voice is the voice that speaks a text.
type Voice string

// The known voices; others pass through. The API's default is alloy (inferred).
const (
	VoiceAlloy   Voice = "alloy"
	VoiceEcho    Voice = "echo"
	VoiceFable   Voice = "fable"
	VoiceOnyx    Voice = "onyx"
	VoiceNova    Voice = "nova"
	VoiceShimmer Voice = "shimmer"
)

// VoiceSendParams is one call to each of the recipients. Set either Text or
// AudioURL. The API's limits on recipients and text are not published, so the
// client leaves them to the API.
type VoiceSendParams struct {
	// Recipients are phone numbers with country code, at least one.
	Recipients []string `json:"recipients"`

	// CallerID is inferred: the vendor's SDKs require it, its other pages do
	// not have it.
	CallerID string `json:"caller_id,omitempty"`

	Text     string `json:"text,omitempty"`      // to speak
	Voice    Voice  `json:"voice,omitempty"`     // for Text only (inferred)
	AudioURL string `json:"audio_url,omitempty"` // to play
	Name     string `json:"name,omitempty"`      // a label
}

// VoiceSendResult is the API's response to accepted calls. Its shape is
// decided, not documented; Raw holds the response unchanged.
type VoiceSendResult struct {
	KeyedResult
	ID                 ID              `json:"id"` // for Get and Wait
	Reference          string          `json:"reference"`
	CampaignID         ID              `json:"campaign_id"`
	Status             VoiceStatus     `json:"status"`
	AcceptedRecipients int             `json:"accepted_recipients"`
	InvalidRecipients  int             `json:"invalid_recipients"`
	EstimatedCost      Amount          `json:"estimated_cost"` // see Send
	Currency           string          `json:"currency"`
	Raw                json.RawMessage `json:"-"`
}

// VoiceStatus is the state of the calls of one Send.
type VoiceStatus string

// The statuses are decided, not documented; others pass through.
const (
	VoiceQueued     VoiceStatus = "queued"
	VoiceProcessing VoiceStatus = "processing"
	VoiceCompleted  VoiceStatus = "completed"
	VoiceFailed     VoiceStatus = "failed"
)

// IsFinal reports whether the status is known to be the last one.
func (s VoiceStatus) IsFinal() bool { return s == VoiceCompleted || s == VoiceFailed }

// VoiceCampaign is the state of the calls of one Send. Its shape is decided,
// not documented; Raw holds the response unchanged.
type VoiceCampaign struct {
	ID              ID              `json:"id"`
	Reference       string          `json:"reference"`
	Name            string          `json:"name"`
	Status          VoiceStatus     `json:"status"`
	TotalRecipients int             `json:"total_recipients"`
	Answered        int             `json:"answered"`
	Failed          int             `json:"failed"`
	DurationSeconds int             `json:"duration_seconds"`
	Cost            Amount          `json:"cost"`
	Currency        string          `json:"currency"`
	CreatedAt       Timestamp       `json:"created_at"`
	CompletedAt     Timestamp       `json:"completed_at"`
	Raw             json.RawMessage `json:"-"`
}

// Send calls the recipients. It costs money per recipient and second of audio
// (inferred) and needs the scope voice. It has an idempotency key, so a retry
// neither calls nor charges twice. The API refuses as in SMSService.Send, and
// with CodeAudioError.
func (s *VoiceService) Send(
	ctx context.Context, p *VoiceSendParams, opts ...CallOption,
) (*VoiceSendResult, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[VoiceSendResult](ctx, coreOf(s), request{op: &contract.VoiceSend, body: p}, opts)
}

// Get returns the state of the calls of a Send, by its ID or Reference. It
// needs the scope voice.
func (s *VoiceService) Get(
	ctx context.Context, id ID, opts ...CallOption,
) (*VoiceCampaign, error) {
	return getOne[VoiceCampaign](ctx, coreOf(s), &contract.VoiceGet, id, opts)
}

// Wait calls Get until the calls are over: immediately, after 2 s, then at
// intervals that grow to 15 s. It ends with ctx.
func (s *VoiceService) Wait(
	ctx context.Context, id ID, opts ...CallOption,
) (*VoiceCampaign, error) {
	get := func() (*VoiceCampaign, error) { return s.Get(ctx, id, opts...) }
	final := func(v *VoiceCampaign) bool { return v.Status.IsFinal() }
	return poll(ctx, coreOf(s), &contract.VoiceGet, get, final)
}

func (p *VoiceSendParams) check() error {
	if p == nil {
		return nilParams()
	}
	if err := p.checkSound(); err != nil {
		return err
	}
	return firstError(
		checkNumbers("recipients", p.Recipients, 0, 0),
		checkText("text", p.Text, 0, 0),
		checkText("voice", string(p.Voice), 0, 0),
		checkText("caller_id", p.CallerID, 0, 0),
		checkText("name", p.Name, 0, 0),
	)
}

// checkSound accepts either a text or the URL of a recording.
func (p *VoiceSendParams) checkSound() error {
	const oneOf = "one of them"
	switch {
	case p.Text != "" && p.AudioURL != "":
		return &ParamError{Field: "text", Given: "both text and audio_url", Allowed: oneOf}
	case p.Text == "" && p.AudioURL == "":
		return &ParamError{Field: "text", Given: "neither text nor audio_url", Allowed: oneOf}
	case p.AudioURL != "" && webURL(p.AudioURL) == nil:
		const allowed = "an absolute http or https URL"
		return &ParamError{Field: "audio_url", Given: "a URL that is not absolute", Allowed: allowed}
	default:
		return nil
	}
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (r *VoiceSendResult) UnmarshalJSON(data []byte) error {
	type plain VoiceSendResult
	return keepRaw(data, (*plain)(r), func() *json.RawMessage { return &r.Raw })
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (v *VoiceCampaign) UnmarshalJSON(data []byte) error {
	type plain VoiceCampaign
	return keepRaw(data, (*plain)(v), func() *json.RawMessage { return &v.Raw })
}

// Format prints the params without text and numbers, for every verb.
func (p VoiceSendParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p VoiceSendParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the result without Raw, for every verb.
func (r VoiceSendResult) Format(f fmt.State, _ rune) { describe(r).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r VoiceSendResult) LogValue() slog.Value { return describe(r).logValue() }

// Format prints the campaign without Raw, for every verb.
func (v VoiceCampaign) Format(f fmt.State, _ rune) { describe(v).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (v VoiceCampaign) LogValue() slog.Value { return describe(v).logValue() }
