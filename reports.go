package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// ReportsService reports the delivery of messages and campaigns. A campaign is
// one SMSService.Send: a message per recipient.
type ReportsService struct{ core *core }

// MessageStatus is the state of a message.
type MessageStatus string

// The known message statuses; others pass through. Sent is decided, not
// documented.
const (
	MessageQueued    MessageStatus = "queued"
	MessageSent      MessageStatus = "sent"
	MessageDelivered MessageStatus = "delivered"
	MessageFailed    MessageStatus = "failed"
)

// IsFinal reports whether the status is known to be the last one.
func (s MessageStatus) IsFinal() bool { return s == MessageDelivered || s == MessageFailed }

// Rank orders statuses, because reports arrive in any order. Apply a report
// only if its rank is above that of the stored status. A late "sent" then never
// overwrites "delivered", and the first of two final statuses stays. The rank
// of "" is 0, of queued 1, of sent 2, of an unknown status 3, of a final one 4
// (decided).
func (s MessageStatus) Rank() int {
	switch {
	case s == "":
		return 0
	case s == MessageQueued:
		return 1
	case s == MessageSent:
		return 2
	case !s.IsFinal():
		return 3
	default:
		return 4
	}
}

// CampaignStatus is the state of a campaign.
type CampaignStatus string

// The known campaign statuses; others pass through. All but queued are decided,
// not documented.
const (
	CampaignQueued     CampaignStatus = "queued"
	CampaignProcessing CampaignStatus = "processing"
	CampaignCompleted  CampaignStatus = "completed"
	CampaignFailed     CampaignStatus = "failed"
)

// IsFinal reports whether the status is known to be the last one.
func (s CampaignStatus) IsFinal() bool { return s == CampaignCompleted || s == CampaignFailed }

// Message is one message to one destination. Its shape is decided, not
// documented; Raw holds the response unchanged.
type Message struct {
	ID                ID              `json:"id"`
	Reference         string          `json:"reference"`
	CampaignID        ID              `json:"campaign_id"` // "": none, as for a one-time password
	Channel           Channel         `json:"channel"`
	MobileNumber      string          `json:"mobile_number"`
	Sender            string          `json:"sender"`
	Message           string          `json:"message"`
	Status            MessageStatus   `json:"status"`
	Segments          int             `json:"segments"`
	Cost              Amount          `json:"cost"`
	Currency          string          `json:"currency"`
	ProviderMessageID string          `json:"provider_message_id"` // as in webhooks
	Error             string          `json:"error"`               // why it failed
	CreatedAt         Timestamp       `json:"created_at"`
	SentAt            Timestamp       `json:"sent_at"`
	DeliveredAt       Timestamp       `json:"delivered_at"`
	Raw               json.RawMessage `json:"-"`
}

// Campaign is one SMSService.Send as a whole. Its shape is decided, not
// documented; Raw holds the response unchanged.
type Campaign struct {
	ID                 ID                    `json:"id"`
	Reference          string                `json:"reference"`
	Sender             string                `json:"sender"`
	Message            string                `json:"message"`
	Status             CampaignStatus        `json:"status"`
	TotalRecipients    int                   `json:"total_recipients"` // accepted and invalid
	AcceptedRecipients int                   `json:"accepted_recipients"`
	InvalidRecipients  int                   `json:"invalid_recipients"`
	Segments           int                   `json:"segments"`
	EstimatedCost      Amount                `json:"estimated_cost"`
	Cost               Amount                `json:"cost"`
	Currency           string                `json:"currency"`
	Statuses           map[MessageStatus]int `json:"statuses"` // messages by status
	CreatedAt          Timestamp             `json:"created_at"`
	CompletedAt        Timestamp             `json:"completed_at"`
	Raw                json.RawMessage       `json:"-"`
}

// MessageListParams choose a page of messages. The zero value is the first
// page.
type MessageListParams struct {
	Cursor  string
	PerPage int           // 1 to 200; 0: 50 (documented)
	Status  MessageStatus // "": any
}

// CampaignListParams choose a page of campaigns. The zero value is the first
// page.
type CampaignListParams struct {
	Cursor  string
	PerPage int            // 1 to 200; 0: 50 (documented)
	Status  CampaignStatus // "": any
}

// ListMessages returns a page of messages, newest first. It needs the scope
// reports.
func (s *ReportsService) ListMessages(
	ctx context.Context, p *MessageListParams, opts ...CallOption,
) (*Page[Message], error) {
	if p == nil {
		return nil, nilParams()
	}
	op := &contract.MessageList
	return listPage[Message](ctx, coreOf(s), op, p.Cursor, p.PerPage, string(p.Status), opts)
}

// Messages ranges over all messages, newest first. It fetches each page when it
// is needed, and yields an error last if a page fails or its cursor repeats.
// Messages sent meanwhile do not disturb it.
func (s *ReportsService) Messages(
	ctx context.Context, p *MessageListParams, opts ...CallOption,
) iter.Seq2[*Message, error] {
	cursor := func(p *MessageListParams) *string { return &p.Cursor }
	return iterate(ctx, &contract.MessageList, s.ListMessages, p, cursor, opts)
}

// GetMessage returns one message, by its ID or Reference. The Reference of an
// OTPSendResult is that of its message. It needs the scope reports.
func (s *ReportsService) GetMessage(
	ctx context.Context, id ID, opts ...CallOption,
) (*Message, error) {
	return getOne[Message](ctx, coreOf(s), &contract.MessageGet, id, opts)
}

// ListCampaigns returns a page of campaigns, newest first. It needs the scope
// reports.
func (s *ReportsService) ListCampaigns(
	ctx context.Context, p *CampaignListParams, opts ...CallOption,
) (*Page[Campaign], error) {
	if p == nil {
		return nil, nilParams()
	}
	op := &contract.CampaignList
	return listPage[Campaign](ctx, coreOf(s), op, p.Cursor, p.PerPage, string(p.Status), opts)
}

// Campaigns ranges over all campaigns, newest first. It fetches each page when
// it is needed, and yields an error last if a page fails or its cursor repeats.
func (s *ReportsService) Campaigns(
	ctx context.Context, p *CampaignListParams, opts ...CallOption,
) iter.Seq2[*Campaign, error] {
	cursor := func(p *CampaignListParams) *string { return &p.Cursor }
	return iterate(ctx, &contract.CampaignList, s.ListCampaigns, p, cursor, opts)
}

// GetCampaign returns one campaign, by its ID (SMSSendResult.CampaignID) or
// Reference. It needs the scope reports.
func (s *ReportsService) GetCampaign(
	ctx context.Context, id ID, opts ...CallOption,
) (*Campaign, error) {
	return getOne[Campaign](ctx, coreOf(s), &contract.CampaignGet, id, opts)
}

// WaitCampaign calls GetCampaign until every message of the campaign is final:
// immediately, after 2 s, then at intervals that grow to 15 s. It ends with
// ctx.
func (s *ReportsService) WaitCampaign(
	ctx context.Context, id ID, opts ...CallOption,
) (*Campaign, error) {
	get := func() (*Campaign, error) { return s.GetCampaign(ctx, id, opts...) }
	final := func(c *Campaign) bool { return c.Status.IsFinal() }
	return poll(ctx, coreOf(s), &contract.CampaignGet, get, final)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (m *Message) UnmarshalJSON(data []byte) error {
	type plain Message
	return keepRaw(data, (*plain)(m), func() *json.RawMessage { return &m.Raw })
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (c *Campaign) UnmarshalJSON(data []byte) error {
	type plain Campaign
	return keepRaw(data, (*plain)(c), func() *json.RawMessage { return &c.Raw })
}

// Format prints the message without text and number, for every verb.
func (m Message) Format(f fmt.State, _ rune) { describe(m).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (m Message) LogValue() slog.Value { return describe(m).logValue() }

// Format prints the campaign without the text, for every verb.
func (c Campaign) Format(f fmt.State, _ rune) { describe(c).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (c Campaign) LogValue() slog.Value { return describe(c).logValue() }
