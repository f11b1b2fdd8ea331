package hellio

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/hellio-go/hellio/internal/contract"
)

// BalanceService tells what the account has, and what messages cost.
type BalanceService struct{ core *core }

// Balance is the account's wallet. The purse for USSD extensions is another one, which no operation tells.
type Balance struct {
	Balance   Amount `json:"balance"`   // all of it (inferred)
	Available Amount `json:"available"` // without what is reserved for messages under way (inferred)
	Reserved  Amount `json:"reserved"`  // for messages under way (the name is decided); zero value when not told
	Currency  string `json:"currency"`  // such as "GHS"
}

// Price is what one SMS segment costs on one network. Its shape is decided, not documented; Raw holds it as it came.
type Price struct {
	Network  string          `json:"network"`
	Slug     string          `json:"slug"`
	Country  string          `json:"country"` // ISO 3166-1 alpha-2
	Price    Amount          `json:"price"`
	Currency string          `json:"currency"`
	Raw      json.RawMessage `json:"-"`
}

// Get tells the account's balance. It needs the scope balance and costs nothing.
func (s *BalanceService) Get(ctx context.Context, opts ...CallOption) (*Balance, error) {
	return call[Balance](ctx, s.core, request{op: &contract.BalanceGet}, opts)
}

// Pricing tells the price of an SMS segment on each network of a country, given as two letters (ISO 3166-1 alpha-2), or of all for "".
// It needs the scope balance (inferred) and costs nothing. A country that the API does not serve gives an empty list (decided).
func (s *BalanceService) Pricing(ctx context.Context, country string, opts ...CallOption) ([]Price, error) {
	query, err := countryQuery(country)
	if err != nil {
		return nil, err
	}
	return listed(call[[]Price](ctx, s.core, request{op: &contract.PricingGet, query: query}, opts))
}

func countryQuery(country string) (url.Values, error) {
	switch {
	case country == "":
		return nil, nil
	case len(country) != 2 || !isLetter(country[0]) || !isLetter(country[1]):
		return nil, &ParamError{Field: "country", Given: characters(country), Allowed: "two letters, or none for all"}
	default:
		return url.Values{"country": {country}}, nil
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// UnmarshalJSON reads the object and keeps it in Raw.
func (p *Price) UnmarshalJSON(data []byte) error {
	type plain Price
	return keepRaw(data, (*plain)(p), &p.Raw)
}
