package helliotest

import (
	"fmt"
	"time"
)

const (
	daily   = "daily"
	monthly = "monthly"
)

// SpendLimit is a cap on what the account may spend in a calendar day or month
// (UTC, on the fake's clock). The zero value is no cap.
type SpendLimit struct {
	Period string `json:"period"` // "daily" or "monthly"
	Amount string `json:"amount"` // a decimal with at most four decimals
}

// spendCap is a SpendLimit as the engine keeps it; without a period it is none.
type spendCap struct {
	period string
	amount money
}

func newSpendCap(l SpendLimit) (spendCap, error) {
	if l == (SpendLimit{}) {
		return spendCap{}, nil
	}
	if l.Period != daily && l.Period != monthly {
		return spendCap{},
			fmt.Errorf("spend limit period %q is neither daily nor monthly", l.Period)
	}
	amount, err := parseMoney(l.Amount)
	return spendCap{l.Period, amount}, err
}

func (c spendCap) exceeded(spent money) bool { return c.period != "" && spent > c.amount }

func (c spendCap) public() *SpendLimit {
	if c.period == "" {
		return nil
	}
	return &SpendLimit{Period: c.period, Amount: c.amount.String()}
}

// spending adds up what was spent in the running day and month.
type spending struct{ day, month tally }

type tally struct {
	began time.Time
	sum   money
}

func (s *spending) add(at time.Time, amount money) {
	s.day.add(startOf(daily, at), amount)
	s.month.add(startOf(monthly, at), amount)
}

func (s *spending) in(period string, now time.Time) money {
	t := s.day
	if period == monthly {
		t = s.month
	}
	if t.began.Before(startOf(period, now)) {
		return 0
	}
	return t.sum
}

// add counts an amount of the period that began then. A refund for an ended
// period changes nothing.
func (t *tally) add(began time.Time, amount money) {
	if began.After(t.began) {
		t.began, t.sum = began, 0
	}
	if began.Equal(t.began) {
		t.sum += amount
	}
}

func startOf(period string, t time.Time) time.Time {
	if period == monthly {
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
