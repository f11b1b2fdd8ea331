package helliotest

import (
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

func balanceResource() resource {
	return resource{
		routes: []route{{op: contract.BalanceGet, handle: getBalance}},
		behaviours: []Behaviour{
			{"the balance has balance and available, decimal strings", inferred},
			{"the balance has reserved and currency; the USSD purse is not in it", decided},
		},
	}
}

func getBalance(w *world, _ *call) *reply { return ok(http.StatusOK, w.purse.wallet()) }
