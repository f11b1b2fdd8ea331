package hellio

import (
	"math/big"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestBalanceIsReadInEachFormThatMayCome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want Balance
	}{
		"strings":      {balanceBody, Balance{Balance: Amount{"120.0000"}, Available: Amount{"119.38"}, Reserved: Amount{"0.6200"}, Currency: "GHS"}},
		"numbers":      {`{"data":{"balance":120.5,"available":119,"reserved":1.5}}`, Balance{Balance: Amount{"120.5"}, Available: Amount{"119"}, Reserved: Amount{"1.5"}}},
		"without more": {`{"data":{"balance":"1.00"}}`, Balance{Balance: Amount{"1.00"}}},
		"null":         {`{"data":{"balance":"1.00","available":null,"reserved":null,"currency":null,"wallet":7}}`, Balance{Balance: Amount{"1.00"}}},
		"negative":     {`{"data":{"balance":"-3.10"}}`, Balance{Balance: Amount{"-3.10"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder("GET", "https://api.helliomessaging.com/v1/balance", httpmock.NewStringResponder(200, c.body))
			got, err := stubbed(t, mock).Balance.Get(t.Context())
			require.NoError(t, err)
			require.Equal(t, &c.want, got)
		})
	}
}

func TestBalanceIsAskedForWithoutBodyAndKey(t *testing.T) {
	t.Parallel()
	s := newStub(reply(200, balanceBody))
	b, err := stubbed(t, s).Balance.Get(t.Context())
	require.NoError(t, err)
	require.Zero(t, b.Available.Rat().Cmp(big.NewRat(11938, 100)))
	got := s.requests()[0]
	require.Equal(t, http.MethodGet, got.method)
	require.Equal(t, "https://api.helliomessaging.com/v1/balance", got.url)
	require.Empty(t, got.body)
	require.NotContains(t, got.header, "Idempotency-Key")
}

func TestBalanceWithoutTheScopeIsAPermissionError(t *testing.T) {
	t.Parallel()
	err := getBalance(t.Context(), stubbed(t, newStub(reply(403, `{"message":"Invalid ability provided."}`))))
	var permission *PermissionError
	require.ErrorAs(t, err, &permission)
	requireOutcome(t, OutcomeRejected, err)
}
