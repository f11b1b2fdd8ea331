package hellio

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/hellio-go/hellio/internal/contract"
)

// ReportsService tells what became of messages and campaigns. A campaign is what one SMS.Send made: a message for each recipient.
type ReportsService struct{ core *core }

// MessageStatus is where a message stands.
type MessageStatus string

// The known message statuses; others pass through.
const (
	MessageQueued    MessageStatus = "queued"
	MessageSent      MessageStatus = "sent" // decided, not documented
	MessageDelivered MessageStatus = "delivered"
	MessageFailed    MessageStatus = "failed"
)

// IsFinal reports whether the status is known to change no more.
func (s MessageStatus) IsFinal() bool { return s == MessageDelivered || s == MessageFailed }

// Rank orders statuses, for reports come in any order: one is news only if its rank is above that of the status held, so that a late "sent"
// never overwrites "delivered", and of two final statuses the first stays. No status is 0, queued 1, sent 2, a status that is not known
// here 3, a final one 4 (decided).
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

// CampaignStatus is where a campaign stands.
type CampaignStatus string

// The known campaign statuses; all but queued are decided, not documented; others pass through.
const (
	CampaignQueued     CampaignStatus = "queued"
	CampaignProcessing CampaignStatus = "processing"
	CampaignCompleted  CampaignStatus = "completed"
	CampaignFailed     CampaignStatus = "failed"
)

// IsFinal reports whether the status is known to change no more.
func (s CampaignStatus) IsFinal() bool { return s == CampaignCompleted || s == CampaignFailed }

// Message is one message to one destination. Its shape is decided, not documented; Raw holds it as it came.
type Message struct {
	ID                ID              `json:"id"`
	Reference         string          `json:"reference"`
	CampaignID        ID              `json:"campaign_id"` // "" when it belongs to none, as one-time passwords do
	Channel           Channel         `json:"channel"`
	MobileNumber      string          `json:"mobile_number"`
	Sender            string          `json:"sender"`
	Message           string          `json:"message"`
	Status            MessageStatus   `json:"status"`
	Segments          int             `json:"segments"`
	Cost              Amount          `json:"cost"`
	Currency          string          `json:"currency"`
	ProviderMessageID string          `json:"provider_message_id"` // as webhooks name the message
	Error             string          `json:"error"`               // why it failed
	CreatedAt         Timestamp       `json:"created_at"`
	SentAt            Timestamp       `json:"sent_at"`
	DeliveredAt       Timestamp       `json:"delivered_at"`
	Raw               json.RawMessage `json:"-"`
}

// Campaign is one SMS.Send as a whole. Its shape is decided, not documented; Raw holds it as it came.
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

// MessageListParams choose a page of messages. The zero value is the first page.
type MessageListParams struct {
	Cursor  string
	PerPage int           // 1 to 200; 0: 50 (documented)
	Status  MessageStatus // "": any
}

// CampaignListParams choose a page of campaigns. The zero value is the first page.
type CampaignListParams struct {
	Cursor  string
	PerPage int            // 1 to 200; 0: 50 (documented)
	Status  CampaignStatus // "": any
}

// ListMessages gives a page of messages, newest first. It needs the scope reports.
func (s *ReportsService) ListMessages(ctx context.Context, p *MessageListParams, opts ...CallOption) (*Page[Message], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[Message](ctx, s.core, &contract.MessageList, p.Cursor, p.PerPage, string(p.Status), opts)
}

// Messages ranges over all messages, newest first, fetching pages as they are needed. Messages sent meanwhile do not disturb it.
func (s *ReportsService) Messages(ctx context.Context, p *MessageListParams, opts ...CallOption) iter.Seq2[*Message, error] {
	cursor := func(p *MessageListParams) *string { return &p.Cursor }
	return iterate(p, cursor, func(p *MessageListParams) (*Page[Message], error) { return s.ListMessages(ctx, p, opts...) })
}

// GetMessage tells about one message, by its ID or Reference; an OTP's Reference is its message's. It needs the scope reports.
func (s *ReportsService) GetMessage(ctx context.Context, id ID, opts ...CallOption) (*Message, error) {
	return getOne[Message](ctx, s.core, &contract.MessageGet, id, opts)
}

// ListCampaigns gives a page of campaigns, newest first. It needs the scope reports.
func (s *ReportsService) ListCampaigns(ctx context.Context, p *CampaignListParams, opts ...CallOption) (*Page[Campaign], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[Campaign](ctx, s.core, &contract.CampaignList, p.Cursor, p.PerPage, string(p.Status), opts)
}

// Campaigns ranges over all campaigns, newest first, fetching pages as they are needed.
func (s *ReportsService) Campaigns(ctx context.Context, p *CampaignListParams, opts ...CallOption) iter.Seq2[*Campaign, error] {
	cursor := func(p *CampaignListParams) *string { return &p.Cursor }
	return iterate(p, cursor, func(p *CampaignListParams) (*Page[Campaign], error) { return s.ListCampaigns(ctx, p, opts...) })
}

// GetCampaign tells about one campaign, by its number (SMSSendResult.CampaignID) or Reference. It needs the scope reports.
func (s *ReportsService) GetCampaign(ctx context.Context, id ID, opts ...CallOption) (*Campaign, error) {
	return getOne[Campaign](ctx, s.core, &contract.CampaignGet, id, opts)
}

// WaitCampaign asks with GetCampaign until every message of the campaign is final: first at once, then after 2 s, then at intervals that
// grow to 15 s. It ends with ctx.
func (s *ReportsService) WaitCampaign(ctx context.Context, id ID, opts ...CallOption) (*Campaign, error) {
	get := func() (*Campaign, error) { return s.GetCampaign(ctx, id, opts...) }
	return poll(ctx, s.core, &contract.CampaignGet, get, func(c *Campaign) bool { return c.Status.IsFinal() })
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (m *Message) UnmarshalJSON(data []byte) error {
	type plain Message
	return keepRaw(data, (*plain)(m), &m.Raw)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (c *Campaign) UnmarshalJSON(data []byte) error {
	type plain Campaign
	return keepRaw(data, (*plain)(c), &c.Raw)
}
