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

func (p *purse) settle(amount money) {
	p.reserved -= amount
	p.balance -= amount
}

func (p *purse) refund(amount money) { p.reserved -= amount }

// reserve reserves the cost of a call, or returns the refusal: first the spend
// limit, then the balance.
func (w *world) reserve(c *apiCall, cost money) *reply {
	if bad := w.overLimit(cost); bad != nil {
		return bad
	}
	if bad := w.overBalance(cost); bad != nil {
		return bad
	}
	w.charge(c, cost)
	return nil
}

// overLimit refuses a cost above the spend limit.
func (w *world) overLimit(cost money) *reply {
	limit := w.account.spendLimit
	if !limit.exceeded(w.spent.in(limit.period, w.clock.Now()) + cost) {
		return nil
	}
	return refuseWith(http.StatusForbidden, errorBody{
		Message: "This request would exceed the account's " + limit.period + " spend limit.",
		Error:   contract.CodeSpendLimitExceeded, Period: limit.period,
	})
}

// overBalance refuses a cost above what is available.
func (w *world) overBalance(cost money) *reply {
	if w.purse.balance-w.purse.reserved >= cost {
		return nil
	}
	return refuse(http.StatusPaymentRequired, contract.CodeInsufficientBalance,
		"Your balance is too low for this request.")
}

// charge reserves a cost that neither limit refuses. Each reserved amount ends
// in settle or refund.
func (w *world) charge(c *apiCall, cost money) {
	w.purse.reserved += cost
	w.spent.add(w.clock.Now(), cost)
	c.log.Charge += cost
}

// settle pays reserved money from the wallet.
func (w *world) settle(cost money) { w.purse.settle(cost) }

// refund returns reserved money, and subtracts it from the spending of the day
// and month in which it was reserved.
func (w *world) refund(cost money, reservedAt time.Time) {
	w.purse.refund(cost)
	w.spent.add(reservedAt, -cost)
}
