package helliotest

import (
	"fmt"
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
)

const (
	sharedShortCode       = "*920#"
	sessionPrice    money = 300
)

// extensionPrice is the monthly price of an extension with so many digits.
type extensionPrice struct {
	length int
	price  money
}

// extensionPrices is never changed. A length that is not in it can't be rented.
var extensionPrices = [...]extensionPrice{
	{3, 50 * moneyUnit},
	{4, 30 * moneyUnit},
	{5, 20 * moneyUnit},
}

// monthlyPrice returns the price of an extension per month, and false if its
// form is invalid.
func monthlyPrice(code string) (money, bool) {
	for _, p := range extensionPrices {
		if len(code) == p.length && allDigits(code) {
			return p.price, true
		}
	}
	return 0, false
}

// twoDecimals writes a monthly price, which the vendor's SDKs show with two
// decimals.
func twoDecimals(m money) string { return fmt.Sprintf("%d.%02d", m/moneyUnit, m%moneyUnit/100) }

func ussdPricingRoutes() []apiRoute {
	return []apiRoute{
		ussdRoute(contract.USSDPricing, getUSSDPricing),
		ussdRoute(contract.USSDAvailability, getAvailability),
	}
}

func getUSSDPricing(*world, *apiCall) *reply {
	type session struct {
		Network string `json:"network"`
		Slug    string `json:"slug"`
		Price   money  `json:"session_price"`
	}
	type extension struct {
		Length int    `json:"length"`
		Price  string `json:"monthly_price"`
	}
	var body struct {
		ShortCode       string      `json:"short_code"`
		Currency        string      `json:"currency"`
		SessionPrices   []session   `json:"session_prices"`
		ExtensionPrices []extension `json:"extension_prices"`
	}
	body.ShortCode, body.Currency = sharedShortCode, currency
	for _, n := range networks {
		body.SessionPrices = append(body.SessionPrices, session{n.name, n.slug, sessionPrice})
	}
	for _, p := range extensionPrices {
		body.ExtensionPrices = append(body.ExtensionPrices,
			extension{p.length, twoDecimals(p.price)})
	}
	return okReply(http.StatusOK, body)
}

// getAvailability is about the shared short code.
func getAvailability(w *world, c *apiCall) *reply {
	code := c.param("code")
	if code == "" {
		form := &bodyForm{c: c}
		form.fail("code", "The :field field is required.")
		return form.reject()
	}
	price, valid := monthlyPrice(code)
	body := struct {
		Code         string  `json:"code"`
		Valid        bool    `json:"valid"`
		Available    bool    `json:"available"`
		MonthlyPrice *string `json:"monthly_price"`
	}{Code: code, Valid: valid, Available: valid && !w.ussd.taken(sharedShortCode, code)}
	if valid {
		body.MonthlyPrice = control.OrNull(twoDecimals(price))
	}
	return okReply(http.StatusOK, body)
}
