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
	Reserved  string `json:"reserved"`  // set aside for what is not final yet
	Currency  string `json:"currency"`
}

// Balance is the wallet now. Money is reserved when something is accepted,
// settled when it is final, and given back when it failed. (That cost is
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

// reserve sets the cost of a call aside, or answers the refusal: first the
// spend limit, then the balance. What it reserved must end in settle or refund.
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
	c.log.charge += cost
	return nil
}

// settle takes reserved money out of the wallet.
func (w *world) settle(cost money) { w.purse.settle(cost) }

// refund gives reserved money back, and takes it off the spending of the day
// and month in which it was reserved.
func (w *world) refund(cost money, reservedAt time.Time) {
	w.purse.refund(cost)
	w.spent.add(reservedAt, -cost)
}
