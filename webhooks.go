package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// WebhooksService manages the endpoints to which the API reports what became of messages.
type WebhooksService struct{ core *core }

// The known kinds of events; others pass through.
const (
	EventMessageDelivered = "message.delivered"
	EventMessageFailed    = "message.failed"
	EventAll              = "*"
)

// WebhookParams describe a new endpoint.
type WebhookParams struct {
	URL    string   `json:"url"`    // https (inferred); http is let through for loopback hosts, for tests
	Events []string `json:"events"` // kinds of events; none: all
}

// Webhook is an endpoint. Its shape is decided, not documented; Raw holds it as it came.
type Webhook struct {
	ID           ID              `json:"id"`
	URL          string          `json:"url"`
	Events       []string        `json:"events"`
	Active       bool            `json:"active"`     // false once the API has given up on the endpoint; only the dashboard can revive it
	Secret       string          `json:"secret"`     // signs the deliveries; told by Create alone: keep it
	LastError    string          `json:"last_error"` // of the latest failed delivery
	FailureCount int             `json:"failure_count"`
	CreatedAt    Timestamp       `json:"created_at"`
	Raw          json.RawMessage `json:"-"`
}

// Create adds an endpoint and tells its secret, this once. It needs the scope webhooks. There is no idempotency key here, so after
// OutcomeUnknown look with List: the endpoint may exist, and its secret is then lost; delete it and create another.
func (s *WebhooksService) Create(ctx context.Context, p *WebhookParams, opts ...CallOption) (*Webhook, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	return call[Webhook](ctx, s.core, request{op: &contract.WebhookCreate, body: body}, opts)
}

// List gives all endpoints, without their secrets. It needs the scope webhooks.
func (s *WebhooksService) List(ctx context.Context, opts ...CallOption) ([]Webhook, error) {
	return listed(call[[]Webhook](ctx, s.core, request{op: &contract.WebhookList}, opts))
}

// Delete removes an endpoint. It needs the scope webhooks. When an attempt's answer is lost and the next finds the endpoint gone, the
// call succeeds.
func (s *WebhooksService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[nothing](ctx, s.core, request{op: &contract.WebhookDelete, id: id}, opts)
	return err
}

func (p *WebhookParams) complete() (*WebhookParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	if len(body.Events) == 0 {
		body.Events = []string{EventAll}
	}
	for i, event := range body.Events {
		if err := checkFilled("events["+itoa(i)+"]", event, 255); err != nil {
			return nil, err
		}
	}
	return &body, checkCallback("url", p.URL)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (w *Webhook) UnmarshalJSON(data []byte) error {
	type plain Webhook
	return keepRaw(data, (*plain)(w), &w.Raw)
}

// Format prints the endpoint without its secret, for every verb.
func (w Webhook) Format(f fmt.State, _ rune) { w.redacted().format(f) }

// LogValue gives what Format prints.
func (w Webhook) LogValue() slog.Value { return w.redacted().logValue() }

func (w Webhook) redacted() redacted {
	return redacted(fmt.Sprintf("Webhook{%s, active %t, failures %d}", w.ID, w.Active, w.FailureCount))
}
