// Package control holds the wire forms of the control API of hellio-fake. The
// program writes them, and helliotest.Remote reads them. It imports neither.
package control

import "time"

// TimeFormat is ISO 8601 with whole seconds and a numeric offset.
const TimeFormat = "2006-01-02T15:04:05-07:00"

// Time is a time as the API writes it, in UTC.
type Time struct{ time.Time }

// At returns a time in the wire form.
func At(t time.Time) Time { return Time{t} }

// AtOrNull returns nil for the zero time.
func AtOrNull(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return t.UTC().AppendFormat(nil, TimeFormat), nil }

// MarshalJSON implements json.Marshaler in place of that of time.Time.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+TimeFormat+`"`), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(data []byte) error {
	if err := t.Time.UnmarshalJSON(data); err != nil {
		return err
	}
	t.Time = t.UTC()
	return nil
}

// OrNull returns nil, which is null in JSON, for the zero value.
func OrNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// Or returns the zero value for nil.
func Or[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// Message is a message. GET /v1/messages/{id} has the same form.
type Message struct {
	ID                int64   `json:"id"`
	Reference         string  `json:"reference"`
	CampaignID        *int64  `json:"campaign_id"`
	Channel           string  `json:"channel"`
	MobileNumber      string  `json:"mobile_number"`
	Sender            string  `json:"sender"`
	Message           string  `json:"message"`
	Status            string  `json:"status"`
	Segments          int     `json:"segments"`
	Cost              string  `json:"cost"`
	Currency          string  `json:"currency"`
	ProviderMessageID *string `json:"provider_message_id"`
	Error             *string `json:"error"`
	CreatedAt         Time    `json:"created_at"`
	SentAt            *Time   `json:"sent_at"`
	DeliveredAt       *Time   `json:"delivered_at"`
}

// Code is a one-time code that is live.
type Code struct {
	Code      string `json:"code"`
	ExpiresAt Time   `json:"expires_at"`
	TriesLeft int    `json:"tries_left"`
}

// Request is one call of the API.
type Request struct {
	ID     int64   `json:"id"`
	At     Time    `json:"at"`
	Op     *string `json:"op"` // null on an unknown route
	Method string  `json:"method"`
	Path   string  `json:"path"` // with /v1, without the query
	Query  string  `json:"query"`
	// 0 while in flight, and where a fault struck before an answer
	Status         int      `json:"status"`
	Error          *string  `json:"error"`
	IdempotencyKey *string  `json:"idempotency_key"`
	Replayed       bool     `json:"replayed"`
	Fault          *string  `json:"fault"`
	Charge         string   `json:"charge"`
	Violations     []string `json:"violations"`
	RequestBody    string   `json:"request_body"`
	RequestSize    int      `json:"request_size"`
	ResponseBody   string   `json:"response_body"`
	ResponseSize   int      `json:"response_size"`
}

// Exchange is a call with what only the inbox shows of it.
type Exchange struct {
	Request
	Scope   string            `json:"scope"`   // that the operation needs; "" = none
	Headers map[string]string `json:"headers"` // without the token
}

// Violation is something in a call that no correct client sends.
type Violation struct {
	Text   string `json:"text"`
	Method string `json:"method"`
	Path   string `json:"path"`
	At     Time   `json:"at"`
}

// Webhook is a webhook and what its deliveries have come to.
type Webhook struct {
	ID           int64    `json:"id"`
	URL          string   `json:"url"`
	Events       []string `json:"events"`
	Active       bool     `json:"active"`
	FailureCount int      `json:"failure_count"`
	LastError    *string  `json:"last_error"`
	Secret       string   `json:"secret"`
	CreatedAt    Time     `json:"created_at"`
}

// Delivery is a report to one webhook.
type Delivery struct {
	ID        string    `json:"id"`
	WebhookID int64     `json:"webhook_id"`
	MessageID int64     `json:"message_id"`
	Event     string    `json:"event"`
	URL       string    `json:"url"`
	Status    string    `json:"status"`
	Body      string    `json:"body"` // as it is posted, byte for byte
	CreatedAt Time      `json:"created_at"`
	Attempts  []Attempt `json:"attempts"` // oldest first
}

// Attempt is one post of a delivery.
type Attempt struct {
	At         Time              `json:"at"`
	StatusCode *int              `json:"status_code"` // null without an answer
	Error      *string           `json:"error"`
	Duration   string            `json:"duration"`
	Headers    map[string]string `json:"headers"` // timestamp and signatures
	Fault      *string           `json:"fault"`   // the effect that acted on it
	Replay     bool              `json:"replay"`
}

// Token is an issued token.
type Token struct {
	Token string `json:"token"`
}

// TokenSpec asks for a token. Scopes is required: [] is none, ["*"] is every
// one.
type TokenSpec struct {
	Scopes []string `json:"scopes"`
}

// Advance moves the clock.
type Advance struct {
	Duration *string `json:"duration"`
}

// Now is the time on the clock.
type Now struct {
	Now Time `json:"now"`
}

// Replay asks for one more post of a delivery.
type Replay struct {
	Effect string `json:"effect,omitempty"` // webhook_duplicate or webhook_bad_signature; "": none
}
