package helliotest

import (
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

func balanceRoutes() []apiRoute {
	return []apiRoute{{op: contract.BalanceGet, handle: getBalance}}
}

func getBalance(w *world, _ *apiCall) *reply { return okReply(http.StatusOK, w.purse.wallet()) }
