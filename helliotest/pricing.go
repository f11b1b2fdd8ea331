package helliotest

import (
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

func pricingResource() resource {
	return resource{
		routes: []apiRoute{{op: contract.PricingGet, handle: getPricing}},
		behaviours: []Behaviour{
			{"pricing lists the price of an SMS segment per network", inferred},
			{"pricing needs the scope balance", inferred},
			{"the fields of a price, which is what sms/send charges", decided},
			{
				"country is two characters in either case, else 422; an empty one filters nothing",
				decided,
			},
			{"a country that is not served has no prices, and no error", decided},
		},
	}
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
