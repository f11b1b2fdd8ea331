package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func balanceFlows() []flow {
	return []flow{
		{"the balance while a message is in flight", nil, func(t *testing.T, w *world) {
			require.NoError(t, sendSMS(t, w.client))
			balance, err := w.client.Balance.Get(t.Context())
			require.NoError(t, err)
			require.NotEqual(t, balance.Balance.String(), balance.Available.String())
		}},
		{
			"the prices of all countries, of one, and of an unserved one",
			nil,
			func(t *testing.T, w *world) {
				for country, served := range map[string]bool{
					"":   true,
					"GH": true,
					"gh": true,
					"ZZ": false,
				} {
					prices, err := w.client.Balance.Pricing(t.Context(), country)
					require.NoError(t, err)
					require.Equal(t, served, len(prices) > 0, country)
				}
				require.Equal(t, 200, w.raw(t, "GET", "/pricing?country=", "").status)
			},
		},
		{"the prices of an invalid country", lenient(), func(t *testing.T, w *world) {
			require.Equal(t, contract.CodeInvalidRequest,
				w.wrong(t, "GET", "/pricing?country=GHA", "").code())
		}},
	}
}
