package helliotest

import (
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

func balanceResource() resource {
	return resource{
		routes: []apiRoute{{op: contract.BalanceGet, handle: getBalance}},
		behaviours: []Behaviour{
			{"the balance has balance and available, decimal strings", inferred},
			{"the balance has reserved and currency; the USSD purse is not in it", decided},
		},
	}
}

func getBalance(w *world, _ *apiCall) *reply { return okReply(http.StatusOK, w.purse.wallet()) }
