package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// LookupService asks the networks about phone numbers.
type LookupService struct{ core *core }

// LookupParams are numbers to look up. Too many of them, or too long ones, are the API's to refuse: its limits are not published.
type LookupParams struct {
	Numbers     []string  `json:"numbers"`               // with country code, at least one
	ScheduledAt time.Time `json:"scheduled_at,omitzero"` // when to start, to the second (inferred); zero: now
}

// LookupStatus is where a lookup stands.
type LookupStatus string

// The statuses are decided, not documented; others pass through.
const (
	LookupQueued     LookupStatus = "queued"
	LookupProcessing LookupStatus = "processing"
	LookupCompleted  LookupStatus = "completed"
	LookupFailed     LookupStatus = "failed"
)

// IsFinal reports whether the status is known to change no more.
func (s LookupStatus) IsFinal() bool { return s == LookupCompleted || s == LookupFailed }

// LookupBatch is what the API tells when it has accepted numbers. Its shape is decided, not documented; Raw holds it as it came.
type LookupBatch struct {
	Status        LookupStatus    `json:"status"`
	Accepted      int             `json:"accepted"`
	Invalid       int             `json:"invalid"`
	EstimatedCost Amount          `json:"estimated_cost"`
	Currency      string          `json:"currency"`
	Lookups       []Lookup        `json:"lookups"` // one for each number; where the API tells none, find them with List
	Raw           json.RawMessage `json:"-"`
}

// Lookup is what is known of one number. Its shape is decided, not documented; Raw holds it as it came. The results are nil and "" until
// the lookup is completed.
type Lookup struct {
	ID           ID              `json:"id"`
	Reference    string          `json:"reference"`
	MobileNumber string          `json:"mobile_number"`
	Status       LookupStatus    `json:"status"`
	Valid        *bool           `json:"valid"`
	Reachable    *bool           `json:"reachable"`
	Ported       *bool           `json:"ported"`
	Roaming      *bool           `json:"roaming"`
	Network      string          `json:"network"`
	Country      string          `json:"country"` // ISO 3166-1 alpha-2
	MCC          string          `json:"mcc"`
	MNC          string          `json:"mnc"`
	Cost         Amount          `json:"cost"`
	Currency     string          `json:"currency"`
	CreatedAt    Timestamp       `json:"created_at"`
	CompletedAt  Timestamp       `json:"completed_at"`
	Raw          json.RawMessage `json:"-"`
}

// LookupListParams choose a page of lookups. The zero value is the first page.
type LookupListParams struct {
	Cursor  string
	PerPage int // 1 to 200; 0: 50
}

// Create asks about numbers; the answers come later, see Get, List and Wait. It costs money for each number and needs the scope lookup.
// The API takes no idempotency key here, so the call is tried again only when it was certainly not carried out: after OutcomeUnknown
// look with List before calling again. The API refuses with *InsufficientBalanceError and *ValidationError (CodeNoValidNumbers).
func (s *LookupService) Create(ctx context.Context, p *LookupParams, opts ...CallOption) (*LookupBatch, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	return call[LookupBatch](ctx, s.core, request{op: &contract.LookupCreate, body: body}, opts)
}

// Get tells what is known of one number, by the lookup's ID or Reference. It needs the scope lookup.
func (s *LookupService) Get(ctx context.Context, id ID, opts ...CallOption) (*Lookup, error) {
	return getOne[Lookup](ctx, s.core, &contract.LookupGet, id, opts)
}

// List gives a page of lookups, newest first (the paging is decided). It needs the scope lookup.
func (s *LookupService) List(ctx context.Context, p *LookupListParams, opts ...CallOption) (*Page[Lookup], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[Lookup](ctx, s.core, &contract.LookupList, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all lookups, newest first, fetching pages as they are needed.
func (s *LookupService) All(ctx context.Context, p *LookupListParams, opts ...CallOption) iter.Seq2[*Lookup, error] {
	cursor := func(p *LookupListParams) *string { return &p.Cursor }
	return iterate(p, cursor, func(p *LookupListParams) (*Page[Lookup], error) { return s.List(ctx, p, opts...) })
}

// Wait asks with Get until the lookup is final: first at once, then after 2 s, then at intervals that grow to 15 s. It ends with ctx.
func (s *LookupService) Wait(ctx context.Context, id ID, opts ...CallOption) (*Lookup, error) {
	get := func() (*Lookup, error) { return s.Get(ctx, id, opts...) }
	return poll(ctx, s.core, &contract.LookupGet, get, func(l *Lookup) bool { return l.Status.IsFinal() })
}

func (p *LookupParams) complete() (*LookupParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	if !p.ScheduledAt.IsZero() {
		body.ScheduledAt = p.ScheduledAt.UTC().Truncate(time.Second) // the API knows only the form that ends in Z
	}
	return &body, checkNumbers("numbers", p.Numbers, 0, 0)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (b *LookupBatch) UnmarshalJSON(data []byte) error {
	type plain LookupBatch
	return keepRaw(data, (*plain)(b), &b.Raw)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (l *Lookup) UnmarshalJSON(data []byte) error {
	type plain Lookup
	return keepRaw(data, (*plain)(l), &l.Raw)
}

// Format prints the params without the numbers, for every verb.
func (p LookupParams) Format(f fmt.State, _ rune) { p.redacted().format(f) }

// LogValue gives what Format prints.
func (p LookupParams) LogValue() slog.Value { return p.redacted().logValue() }

func (p LookupParams) redacted() redacted {
	return redacted("LookupParams{" + quantity(len(p.Numbers), "number") + "}")
}
