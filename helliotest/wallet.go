package helliotest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// Wallet is the account's money: decimal strings with four decimals.
type Wallet struct {
	Balance   string `json:"balance"`   // what the account holds, reserved money included
	Available string `json:"available"` // what can still be spent: Balance less Reserved
	Reserved  string `json:"reserved"`  // for what is not final yet
	Currency  string `json:"currency"`
}

// Balance returns the wallet. Cost is reserved when a call is accepted, settled
// when the message is final, and returned when it failed. (That cost is
// reserved is inferred; when it is settled is decided.)
func (f *Fake) Balance() Wallet {
	f.tb.Helper()
	defer f.lock()()
	return f.world.purse.wallet()
}

// purse holds money, a part of it reserved.
type purse struct{ balance, reserved money }

// check returns an error if more is reserved than there is.
func (p *purse) check() error {
	if p.balance < p.reserved {
		return fmt.Errorf("invalid balance: got %v, want at least the %v that is reserved",
			p.balance, p.reserved)
	}
	return nil
}

func (p *purse) wallet() Wallet {
	return Wallet{
		p.balance.String(), (p.balance - p.reserved).String(), p.reserved.String(), currency,
	}
}

func (p *purse) reserve(amount money) bool {
	if p.balance-p.reserved < amount {
		return false
	}
	p.reserved += amount
	return true
}

func (p *purse) settle(amount money) {
	p.reserved -= amount
	p.balance -= amount
}

func (p *purse) refund(amount money) { p.reserved -= amount }

// reserve reserves the cost of a call, or returns the refusal: first the spend
// limit, then the balance. Each reserved amount ends in settle or refund.
func (w *world) reserve(c *apiCall, cost money) *reply {
	now := w.clock.Now()
	if limit := w.account.spendLimit; limit.exceeded(w.spent.in(limit.period, now) + cost) {
		return refuseWith(http.StatusForbidden, errorBody{
			Message: "This request would exceed the account's " + limit.period + " spend limit.",
			Error:   contract.CodeSpendLimitExceeded, Period: limit.period,
		})
	}
	if !w.purse.reserve(cost) {
		return refuse(http.StatusPaymentRequired, contract.CodeInsufficientBalance,
			"Your balance is too low for this request.")
	}
	w.spent.add(now, cost)
	c.log.Charge += cost
	return nil
}

// settle pays reserved money from the wallet.
func (w *world) settle(cost money) { w.purse.settle(cost) }

// refund returns reserved money, and subtracts it from the spending of the day
// and month in which it was reserved.
func (w *world) refund(cost money, reservedAt time.Time) {
	w.purse.refund(cost)
	w.spent.add(reservedAt, -cost)
}
