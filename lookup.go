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

// LookupParams are numbers to look up. The API's limits on their count and
// length are not published, so the client leaves them to the API.
type LookupParams struct {
	Numbers []string `json:"numbers"` // with country code, at least one

	// ScheduledAt is when to start, to the second (inferred). Zero means now.
	ScheduledAt time.Time `json:"scheduled_at,omitzero"`
}

// LookupStatus is the state of a lookup.
type LookupStatus string

// The statuses are decided, not documented; others pass through.
const (
	LookupQueued     LookupStatus = "queued"
	LookupProcessing LookupStatus = "processing"
	LookupCompleted  LookupStatus = "completed"
	LookupFailed     LookupStatus = "failed"
)

// IsFinal reports whether the status is known to be the last one.
func (s LookupStatus) IsFinal() bool { return s == LookupCompleted || s == LookupFailed }

// LookupBatch is the API's response to accepted numbers. Its shape is decided,
// not documented; Raw holds the response unchanged.
type LookupBatch struct {
	Status        LookupStatus    `json:"status"`
	Accepted      int             `json:"accepted"`
	Invalid       int             `json:"invalid"`
	EstimatedCost Amount          `json:"estimated_cost"`
	Currency      string          `json:"currency"`
	Lookups       []Lookup        `json:"lookups"` // one per number; if empty, use List
	Raw           json.RawMessage `json:"-"`
}

// Lookup is what is known about one number. Its shape is decided, not
// documented; Raw holds the response unchanged. The results are nil and ""
// until the lookup is completed.
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

// Create starts the lookup of numbers. The results come later: see Get, List
// and Wait. It costs money per number and needs the scope lookup.
//
// The API takes no idempotency key here, so the client retries only if the API
// certainly did not carry out the call. After OutcomeUnknown check with List
// before you call again. The API refuses with *InsufficientBalanceError or
// *ValidationError (CodeNoValidNumbers).
func (s *LookupService) Create(
	ctx context.Context, p *LookupParams, opts ...CallOption,
) (*LookupBatch, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	return call[LookupBatch](ctx, coreOf(s), request{op: &contract.LookupCreate, body: body}, opts)
}

// Get returns one lookup, by its ID or Reference. It needs the scope lookup.
func (s *LookupService) Get(ctx context.Context, id ID, opts ...CallOption) (*Lookup, error) {
	return getOne[Lookup](ctx, coreOf(s), &contract.LookupGet, id, opts)
}

// List returns a page of lookups, newest first (the paging is decided). It
// needs the scope lookup.
func (s *LookupService) List(
	ctx context.Context, p *LookupListParams, opts ...CallOption,
) (*Page[Lookup], error) {
	if p == nil {
		return nil, nilParams()
	}
	return listPage[Lookup](ctx, coreOf(s), &contract.LookupList, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all lookups, newest first. It fetches each page when it is
// needed, and yields an error last if a page fails or its cursor repeats.
func (s *LookupService) All(
	ctx context.Context, p *LookupListParams, opts ...CallOption,
) iter.Seq2[*Lookup, error] {
	cursor := func(p *LookupListParams) *string { return &p.Cursor }
	return iterate(ctx, &contract.LookupList, s.List, p, cursor, opts)
}

// Wait calls Get until the lookup is final: immediately, after 2 s, then at
// intervals that grow to 15 s. It ends with ctx.
func (s *LookupService) Wait(ctx context.Context, id ID, opts ...CallOption) (*Lookup, error) {
	get := func() (*Lookup, error) { return s.Get(ctx, id, opts...) }
	final := func(l *Lookup) bool { return l.Status.IsFinal() }
	return poll(ctx, coreOf(s), &contract.LookupGet, get, final)
}

func (p *LookupParams) complete() (*LookupParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	if !p.ScheduledAt.IsZero() { // the API knows only the form that ends in Z
		body.ScheduledAt = p.ScheduledAt.UTC().Truncate(time.Second)
	}
	return &body, checkNumbers("numbers", p.Numbers, 0, 0)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (b *LookupBatch) UnmarshalJSON(data []byte) error {
	type plain LookupBatch
	return keepRaw(data, (*plain)(b), func() *json.RawMessage { return &b.Raw })
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (l *Lookup) UnmarshalJSON(data []byte) error {
	type plain Lookup
	return keepRaw(data, (*plain)(l), func() *json.RawMessage { return &l.Raw })
}

// Format prints the params without the numbers, for every verb.
func (p LookupParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p LookupParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the batch without the lookups, for every verb.
func (b LookupBatch) Format(f fmt.State, _ rune) { describe(b).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (b LookupBatch) LogValue() slog.Value { return describe(b).logValue() }

// Format prints the lookup without the number, for every verb.
func (l Lookup) Format(f fmt.State, _ rune) { describe(l).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (l Lookup) LogValue() slog.Value { return describe(l).logValue() }
