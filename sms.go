package hellio

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// SMSService sends text messages.
type SMSService struct{ core *core }

// SMSSendParams is one text for up to 10,000 recipients.
type SMSSendParams struct {
	// Recipients are phone numbers with country code, with or without +: 1 to
	// 10,000 of at most 20 characters each (documented).
	Recipients []string `json:"recipients"`

	// Sender is an approved sender name of at most 11 characters (documented).
	// "" means the client's default.
	Sender string `json:"sender,omitempty"`

	// Message is the text: 1 to 1600 characters, counted as Unicode code
	// points (documented; the unit is decided).
	Message string `json:"message"`

	// Gateway overrides the route (inferred; its values are not published). ""
	// means the account's own.
	Gateway string `json:"gateway,omitempty"`
}

// SMSSendResult is the API's response to an accepted message (documented).
// Accepted does not mean delivered: see ReportsService and webhooks.
type SMSSendResult struct {
	KeyedResult
	Reference          string `json:"reference"`   // UUID of the campaign
	CampaignID         ID     `json:"campaign_id"` // for GetCampaign and WaitCampaign
	Status             string `json:"status"`      // "queued"
	AcceptedRecipients int    `json:"accepted_recipients"`
	InvalidRecipients  int    `json:"invalid_recipients"`
	Segments           int    `json:"segments"`       // per recipient (the unit is decided)
	EstimatedCost      Amount `json:"estimated_cost"` // reserved from the wallet
	Currency           string `json:"currency"`       // such as "GHS"
}

// Send sends one text to all recipients. It costs money, needs the scope
// sms:send, and carries an idempotency key, so a retry neither sends nor
// charges twice.
//
// The API refuses with *InsufficientBalanceError, *PermissionError
// (CodeSpendLimitExceeded among others) or *ValidationError
// (CodeSenderNotApproved, CodeNoValidRecipients, CodeTrafficNotRoutable). It
// counts impossible numbers in InvalidRecipients and does not charge them. It
// sends to duplicates once.
func (s *SMSService) Send(
	ctx context.Context, p *SMSSendParams, opts ...CallOption,
) (*SMSSendResult, error) {
	body, err := p.complete(coreOf(s).defaultSender())
	if err != nil {
		return nil, err
	}
	return call[SMSSendResult](ctx, coreOf(s), request{op: &contract.SMSSend, body: body}, opts)
}

// complete checks the params and returns a copy with the default sender.
func (p *SMSSendParams) complete(sender string) (*SMSSendParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	if body.Sender == "" {
		body.Sender = sender
	}
	const most, longest = contract.MaxRecipients, contract.MaxNumberLength
	return &body, firstError(
		checkNumbers("recipients", body.Recipients, most, longest),
		checkSender(body.Sender),
		checkText("message", body.Message, 1, contract.MaxMessageLength),
		checkText("gateway", body.Gateway, 0, 0),
	)
}

// Format prints the params without text and numbers, for every verb.
func (p SMSSendParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p SMSSendParams) LogValue() slog.Value { return describe(p).logValue() }
