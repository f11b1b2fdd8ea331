package helliotest_test

import (
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestPricesByCountry(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]any{
		"":            {"MTN", "Telecel", "AT"},
		"?country=":   {"MTN", "Telecel", "AT"},
		"?country=GH": {"MTN", "Telecel", "AT"},
		"?country=gh": {"MTN", "Telecel", "AT"},
		"?country=DE": {},
		"?country=12": {},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).get("/pricing" + query)
			require.Equal(t, 200, resp.status)
			networks := []any{}
			for _, price := range resp.decoded(t)["data"].([]any) {
				networks = append(networks, price.(map[string]any)["network"])
			}
			require.Equal(t, want, networks)
		})
	}
}

func TestACountryHasTwoCharacters(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"G", "GHA", "Ghana"} {
		resp := newAPI(t, helliotest.New(t)).get("/pricing?country=" + country)
		resp.refused(t, 422, "invalid_request")
		require.Equal(t,
			map[string]any{"country": []any{"The country field must be 2 characters."}}, resp.decoded(t)["errors"])
	}
}

func TestAPriceIsWhatASendCosts(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	first := a.get("/pricing?country=GH").decoded(t)["data"].([]any)[0]
	require.Equal(t,
		map[string]any{
			"network":  "MTN",
			"slug":     "mtn",
			"country":  "GH",
			"price":    "0.0310",
			"currency": "GHS",
		}, first)
	sent := a.send(`{"recipients":["233249990001"],"sender":"HELLIO","message":"Hi"}`)
	require.Equal(t, first.(map[string]any)["price"], sent.data(t)["estimated_cost"])
}
