package helliobulk

import (
	"context"
	"math/big"
	"time"

	"github.com/hellio-go/hellio"
)

// documentedLimit is how many calls a minute a token may make (documented).
const documentedLimit = 120

// Estimate is what a batch will cost at most and at least, beside what there is. Networks of one country may differ in price, and which
// network a number belongs to is not known beforehand.
type Estimate struct {
	Recipients int           `json:"recipients"`
	Calls      int           `json:"calls"`    // chunks: of personal texts, one for each text at least
	Segments   int64         `json:"segments"` // of all texts
	Low        hellio.Amount `json:"low"`
	High       hellio.Amount `json:"high"`
	Currency   string        `json:"currency"`
	Available  hellio.Amount `json:"available"`
	Unpriced   int           `json:"unpriced"` // recipients in countries without a listed price; they are in neither Low nor High
	Payable    bool          `json:"payable"`  // Available covers High, and nothing is unpriced
	Shortest   time.Duration `json:"shortest"` // how long the calls take at the token's rate limit
}

// Estimate prices the whole batch by the API's own price list and asks for the balance; it makes two calls, which cost nothing and need the
// scope balance.
func (b *Batch) Estimate(ctx context.Context, client *hellio.Client) (*Estimate, error) {
	if client == nil {
		return nil, nilClient()
	}
	prices, err := client.Balance.Pricing(ctx, "")
	if err != nil {
		return nil, err
	}
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		return nil, err
	}
	e := price(&b.manifest, prices)
	e.Available, e.Currency = balance.Available, balance.Currency
	e.Payable = e.Unpriced == 0 && balance.Available.Rat().Cmp(e.High.Rat()) >= 0
	limit := documentedLimit
	if told := client.RateLimit().Limit; told > 0 {
		limit = told
	}
	e.Shortest = time.Duration((e.Calls - 1) / limit * int(time.Minute))
	return &e, nil
}

// span of prices of one country.
type priceSpan struct{ low, high *big.Rat }

// price multiplies the segments of each country by its lowest and highest price.
func price(m *Manifest, prices []hellio.Price) Estimate {
	spans := map[string]priceSpan{}
	for _, p := range prices {
		r := p.Price.Rat()
		s, listed := spans[p.Country]
		if !listed {
			s = priceSpan{r, r}
		}
		if r.Cmp(s.low) < 0 {
			s.low = r
		}
		if r.Cmp(s.high) > 0 {
			s.high = r
		}
		spans[p.Country] = s
	}
	e := Estimate{Recipients: m.Recipients, Calls: m.Chunks}
	low, high := new(big.Rat), new(big.Rat)
	for country, v := range m.Volumes {
		e.Segments += v.Segments
		s, listed := spans[country]
		if !listed {
			e.Unpriced += v.Recipients
			continue
		}
		n := big.NewRat(v.Segments, 1)
		low.Add(low, new(big.Rat).Mul(s.low, n))
		high.Add(high, new(big.Rat).Mul(s.high, n))
	}
	e.Low, e.High = decimal(low), decimal(high)
	return e
}
