package helliotest

import (
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

func pricingRoutes() []apiRoute {
	return []apiRoute{{op: contract.PricingGet, handle: getPricing}}
}

func getPricing(_ *world, c *apiCall) *reply {
	type price struct {
		Network  string `json:"network"`
		Slug     string `json:"slug"`
		Country  string `json:"country"`
		Price    money  `json:"price"`
		Currency string `json:"currency"`
	}
	country := c.param("country")
	if n := len([]rune(country)); n != 0 && n != 2 {
		form := &bodyForm{c: c}
		form.fail("country", "The :field field must be 2 characters.")
		return form.reject()
	}
	prices := []price{} // an array, also when it is empty
	for _, n := range networks {
		if country == "" || strings.EqualFold(country, n.country) {
			prices = append(prices, price{n.name, n.slug, n.country, n.price, currency})
		}
	}
	return okReply(http.StatusOK, prices)
}
