package hellio_test

import (
	"context"
	"fmt"
	"log"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleBalanceService_Get() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	balance, err := client.Balance.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(balance.Available, balance.Currency)
	// Output: 100.0000 GHS
}

func ExampleBalanceService_Pricing() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	prices, err := client.Balance.Pricing(context.Background(), "GH")
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range prices {
		fmt.Println(p.Network, p.Price, p.Currency)
	}
	// Output:
	// MTN 0.0310 GHS
	// Telecel 0.0310 GHS
	// AT 0.0310 GHS
}

func TestBalanceIsReadInEachForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want [4]string // balance, available, reserved, currency
	}{
		"strings": {
			`{"data":{"balance":"120.0000","available":"119.38","reserved":"0.62","currency":"GHS"}}`,
			[4]string{"120.0000", "119.38", "0.62", "GHS"},
		},
		"numbers": {
			`{"data":{"balance":120.5,"available":119,"reserved":1.5}}`,
			[4]string{"120.5", "119", "1.5", ""},
		},
		"the balance alone": {
			`{"data":{"balance":"1.00"}}`,
			[4]string{"1.00", "", "", ""},
		},
		"null": {
			`{"data":{"balance":"1.00","available":null,"reserved":null,"currency":null,"wallet":7}}`,
			[4]string{"1.00", "", "", ""},
		},
		"negative": {
			`{"data":{"balance":"-3.10"}}`,
			[4]string{"-3.10", "", "", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, api := scripted(t, c.body)
			b, err := client.Balance.Get(t.Context())
			require.NoError(t, err)
			got := [4]string{b.Balance.String(), b.Available.String(), b.Reserved.String(),
				b.Currency}
			require.Equal(t, c.want, got)
			require.Equal(t, []string{"GET /v1/balance"}, api.requests())
		})
	}
}

func TestBalanceRequestHasNoBodyOrKey(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t, helliotest.WithBalance("119.38"))
	b, err := fake.Client().Balance.Get(t.Context())
	require.NoError(t, err)
	require.Zero(t, b.Available.Rat().Cmp(big.NewRat(11938, 100)))
	got := fake.Requests()[0]
	require.Empty(t, got.Body)
	require.Empty(t, got.IdempotencyKey)
	require.NotContains(t, got.Header, "Content-Type")
}

func TestBalanceWithoutTheScopeIsAPermissionError(t *testing.T) {
	t.Parallel()
	client, _ := scripted(t, `{"message":"Invalid ability provided."}`)
	_, err := client.Balance.Get(t.Context())
	var forbidden *hellio.PermissionError
	require.ErrorAs(t, err, &forbidden)
	require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
}

func TestPricingRefusesInvalidCountries(t *testing.T) {
	t.Parallel()
	refusals := map[string]refusal{}
	for _, country := range []string{
		"G", "GHA", "1A", "G1", "é", "éé", "  ", "@A", "[A", "`a", "{a", "\xff\xff",
	} {
		refusals[fmt.Sprintf("%q", country)] = refusal{"country", func(c *hellio.Client) error {
			_, err := c.Balance.Pricing(context.Background(), country)
			return err
		}}
	}
	requireRefused(t, refusals)
}

func TestPricesAreThoseOfACountryOrAll(t *testing.T) {
	t.Parallel()
	client := helliotest.New(t).Client()
	for country, want := range map[string]int{"": 3, "GH": 3, "gh": 3, "DE": 0, "ZA": 0, "az": 0} {
		prices, err := client.Balance.Pricing(t.Context(), country)
		require.NoError(t, err)
		require.Len(t, prices, want)
		require.NotNil(t, prices, "no prices are an empty list")
	}
}

func TestPricesAreReadInEachForm(t *testing.T) {
	t.Parallel()
	client, _ := scripted(t,
		`{"data":[{"network":"MTN","country":"GH","price":0.031,"tier":2}]}`,
		`{"data":{}}`,
		`{"message":"Forbidden."}`)
	prices, err := client.Balance.Pricing(t.Context(), "GH")
	require.NoError(t, err)
	require.Equal(t, "0.031", prices[0].Price.String())
	require.Contains(t, string(prices[0].Raw), `"tier":2`)

	_, err = client.Balance.Pricing(t.Context(), "GH")
	var unreadable *hellio.DecodeError
	require.ErrorAs(t, err, &unreadable)

	none, err := client.Balance.Pricing(t.Context(), "GH")
	require.Nil(t, none)
	var forbidden *hellio.PermissionError
	require.ErrorAs(t, err, &forbidden)
}
