package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// WebhooksService manages the endpoints to which the API sends delivery
// reports.
type WebhooksService struct{ core *core }

// The known kinds of events; others pass through.
const (
	EventMessageDelivered = "message.delivered"
	EventMessageFailed    = "message.failed"
	EventAll              = "*"
)

// WebhookParams describe a new endpoint.
type WebhookParams struct {
	URL    string   `json:"url"`    // https (inferred); http only for loopback hosts, for tests
	Events []string `json:"events"` // kinds of events; none: all
}

// Webhook is an endpoint. Its shape is decided, not documented; Raw holds the
// response unchanged.
type Webhook struct {
	ID     ID       `json:"id"`
	URL    string   `json:"url"`
	Events []string `json:"events"`

	// Active is false once the API has disabled a failing endpoint. Only the
	// dashboard can enable it again.
	Active bool `json:"active"`

	// Secret signs the deliveries. Only Create returns it: store it.
	Secret string `json:"secret"`

	LastError    string          `json:"last_error"` // of the latest failed delivery
	FailureCount int             `json:"failure_count"`
	CreatedAt    Timestamp       `json:"created_at"`
	Raw          json.RawMessage `json:"-"`
}

// Create adds an endpoint and returns its secret, which no later call returns.
// It needs the scope webhooks. The API takes no idempotency key here. After
// OutcomeUnknown check with List. The endpoint may exist, and its secret is
// then lost: delete it and create another.
func (s *WebhooksService) Create(
	ctx context.Context, p *WebhookParams, opts ...CallOption,
) (*Webhook, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	return call[Webhook](ctx, coreOf(s), request{op: &contract.WebhookCreate, body: body}, opts)
}

// List returns all endpoints, without their secrets. It needs the scope
// webhooks.
func (s *WebhooksService) List(ctx context.Context, opts ...CallOption) ([]Webhook, error) {
	found, err := call[[]Webhook](ctx, coreOf(s), request{op: &contract.WebhookList}, opts)
	if err != nil {
		return nil, err
	}
	return *found, nil
}

// Delete removes an endpoint. It needs the scope webhooks. If the response to
// an attempt is lost and the next attempt finds the endpoint gone, the call
// succeeds.
func (s *WebhooksService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[noContent](ctx, coreOf(s), request{op: &contract.WebhookDelete, id: id}, opts)
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
	return keepRaw(data, (*plain)(w), func() *json.RawMessage { return &w.Raw })
}

// Format prints the endpoint without its secret, for every verb.
func (w Webhook) Format(f fmt.State, _ rune) { describe(w).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (w Webhook) LogValue() slog.Value { return describe(w).logValue() }
