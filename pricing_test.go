package hellio_test

import (
	"context"
	"fmt"
	"log"
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

func TestPricingRefusesWhatIsNoCountry(t *testing.T) {
	t.Parallel()
	refusals := map[string]refusal{}
	for _, country := range []string{"G", "GHA", "1A", "G1", "é", "  ", "@A", "[A", "`a", "{a", "\xff\xff"} {
		refusals[fmt.Sprintf("%q", country)] = refusal{"country", func(c *hellio.Client) error {
			_, err := c.Balance.Pricing(context.Background(), country)
			return err
		}}
	}
	requireRefused(t, refusals)
}

func TestPricesAreThoseOfACountryOrAll(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	client := fake.Client()
	for country, want := range map[string]int{"": 3, "GH": 3, "gh": 3, "DE": 0, "ZA": 0, "az": 0} {
		prices, err := client.Balance.Pricing(t.Context(), country)
		require.NoError(t, err)
		require.Len(t, prices, want)
		require.NotNil(t, prices, "no prices are an empty list")
	}
}

func TestPricesAreReadInEachFormThatMayCome(t *testing.T) {
	t.Parallel()
	client, _ := scripted(t, `{"data":[{"network":"MTN","slug":"mtn","country":"GH","price":0.031,"currency":"GHS","tier":2}]}`, `{"data":{}}`, `{"message":"Forbidden."}`)
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
