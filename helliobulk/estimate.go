package helliobulk

import (
	"context"
	"math/big"
	"time"

	"github.com/hellio-go/hellio"
)

// documentedLimit is how many calls a token may make per minute (documented).
const documentedLimit = 120

// Estimate is what a batch will cost at least and at most, next to the balance.
// Networks of one country may differ in price, and the network of a number is
// not known beforehand.
type Estimate struct {
	Recipients int           `json:"recipients"`
	Calls      int           `json:"calls"`    // chunks: a personal text needs one of its own
	Segments   int64         `json:"segments"` // of all texts
	Low        hellio.Amount `json:"low"`
	High       hellio.Amount `json:"high"`
	Currency   string        `json:"currency"`
	Available  hellio.Amount `json:"available"`
	// Unpriced are recipients in countries without a listed price; they are in
	// neither Low nor High.
	Unpriced int `json:"unpriced"`
	// Payable reports whether Available covers High, and nothing is unpriced.
	Payable bool `json:"payable"`
	// Shortest is how long the calls take at the token's rate limit.
	Shortest time.Duration `json:"shortest"`
	// Prices are per segment, of the networks in the batch's countries.
	Prices []hellio.Price `json:"prices"`
}

// Estimate prices the whole batch by the API's own price list and asks for the
// balance; it makes two calls, which cost nothing and need the scope balance.
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
	e.Available = balance.Available
	e.Currency = balance.Currency
	e.Payable = e.Unpriced == 0 && balance.Available.Rat().Cmp(e.High.Rat()) >= 0
	limit := orElse(client.RateLimit().Limit, documentedLimit)
	e.Shortest = time.Duration((e.Calls-1)/limit) * time.Minute
	return &e, nil
}

// priceSpan is the lowest and the highest price of one country.
type priceSpan struct{ low, high *big.Rat }

// price multiplies the segments of each country by its lowest and highest
// price.
func price(m *Manifest, prices []hellio.Price) Estimate {
	e := Estimate{Recipients: m.Recipients, Calls: m.Chunks}
	spans := map[string]priceSpan{}
	for _, p := range prices {
		if _, mine := m.Volumes[p.Country]; mine {
			e.Prices = append(e.Prices, p)
		}
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
	low := new(big.Rat)
	high := new(big.Rat)
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
	e.Low = decimal(low)
	e.High = decimal(high)
	return e
}
