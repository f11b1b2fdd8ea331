package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

// BalanceService returns the account's balance and the price of messages.
type BalanceService struct{ core *core }

// Balance is the account's wallet. USSD extensions are paid from a separate
// balance that the API does not expose.
type Balance struct {
	Balance   Amount `json:"balance"`   // reserved money included (inferred)
	Available Amount `json:"available"` // without what is reserved (inferred)
	Reserved  Amount `json:"reserved"`  // for messages in flight; may be absent (name decided)
	Currency  string `json:"currency"`  // such as "GHS"
}

// Price is the price of one SMS segment on one network. Its shape is decided,
// not documented; Raw holds the response unchanged.
type Price struct {
	Network  string          `json:"network"`
	Slug     string          `json:"slug"`
	Country  string          `json:"country"` // ISO 3166-1 alpha-2
	Price    Amount          `json:"price"`
	Currency string          `json:"currency"`
	Raw      json.RawMessage `json:"-"`
}

// Get returns the account's balance. It needs the scope balance and costs
// nothing.
func (s *BalanceService) Get(ctx context.Context, opts ...CallOption) (*Balance, error) {
	return call[Balance](ctx, coreOf(s), request{op: &contract.BalanceGet}, opts)
}

// Pricing returns the price of an SMS segment on each network of a country. The
// country is two letters (ISO 3166-1 alpha-2); "" asks for all. A country that
// the API does not serve has no prices (decided). It needs the scope balance
// (inferred) and costs nothing.
func (s *BalanceService) Pricing(
	ctx context.Context, country string, opts ...CallOption,
) ([]Price, error) {
	query, err := countryQuery(country)
	if err != nil {
		return nil, err
	}
	r := request{op: &contract.PricingGet, query: query}
	found, err := call[[]Price](ctx, coreOf(s), r, opts)
	if err != nil {
		return nil, err
	}
	return *found, nil
}

func countryQuery(country string) (url.Values, error) {
	const allowed = "two letters A to Z, or an empty string for all countries"
	switch {
	case country == "":
		return nil, nil
	case utf8.RuneCountInString(country) != 2:
		return nil, &ParamError{Field: "country", Given: characters(country), Allowed: allowed}
	case len(country) != 2 || !isLetter(country[0]) || !isLetter(country[1]):
		const given = "a character that is not a letter"
		return nil, &ParamError{Field: "country", Given: given, Allowed: allowed}
	default:
		return url.Values{"country": {country}}, nil
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// UnmarshalJSON reads the object and keeps it in Raw.
func (p *Price) UnmarshalJSON(data []byte) error {
	type plain Price
	return keepRaw(data, (*plain)(p), func() *json.RawMessage { return &p.Raw })
}

// Format prints the price without Raw, for every verb.
func (p Price) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p Price) LogValue() slog.Value { return describe(p).logValue() }
