package helliotest

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
)

// The statuses of an extension.
const (
	extensionActive  = "active"
	extensionExpired = "expired"
)

// ussdExtension is a rented extension as the engine keeps it.
type ussdExtension struct {
	extensionState
	app      *ussdApp
	returned bool
}

// extensionState is what a snapshot keeps of an extension.
type extensionState struct {
	ID        int64
	Reference uuid.UUID
	Code      string
	ShortCode string // as *920#
	Status    string
	Price     money // a month
	Rented    time.Time
	Months    int // paid so far
	Expires   time.Time
}

func (e *ussdExtension) key() (int64, uuid.UUID) { return e.ID, e.Reference }

func ussdExtensionRoutes() []apiRoute {
	return []apiRoute{
		ussdRoute(contract.USSDExtList, listExtensions),
		ussdRoute(contract.USSDExtCreate, rentExtension),
		ussdRoute(contract.USSDExtDelete, releaseExtension),
	}
}

func listExtensions(w *world, c *apiCall) *reply {
	page, bad := paginate(c, &w.ussd.extensions, func(*ussdExtension) bool { return true })
	if bad != nil {
		return bad
	}
	return page.linked(c, func(e *ussdExtension) any { return e.body() })
}

func rentExtension(w *world, c *apiCall) *reply {
	form := c.form()
	e := &ussdExtension{extensionState: extensionState{
		Status:    extensionActive,
		Code:      form.digits("code", contract.MaxUSSDCode),
		ShortCode: form.shortCode("short_code"),
	}}
	appID := form.optional("app_id", 0)
	var priced bool
	if e.Price, priced = monthlyPrice(e.Code); !priced && form.errors["code"] == nil {
		form.fail("code", "The :field field must have 3 to 5 digits.")
	}
	e.app = byUUID(&w.ussd.apps, appID)
	if bad := c.refusal(form,
		checkStep{"fields", form.reject},
		checkStep{"app", refuseIf(e.app == nil && appID != "", refuse(http.StatusUnprocessableEntity,
			contract.CodeUnknownApp, "There is no such app."))},
		checkStep{"availability", refuseIf(w.ussd.taken(e.ShortCode, e.Code),
			refuse(http.StatusConflict, contract.CodeExtensionUnavailable,
				"This extension is taken."))},
		checkStep{"balance", refuseIf(w.ussd.balance < e.Price, refuse(http.StatusPaymentRequired,
			contract.CodeInsufficientUSSDBalance,
			"Your USSD balance is too low for this extension."))},
	); bad != nil {
		return bad
	}
	c.log.Charge += e.Price
	e.ID = w.nextID()
	e.Reference = w.newReference()
	e.Rented = w.clock.Now()
	w.payMonth(e)
	w.ussd.extensions.add(e)
	return okReply(http.StatusCreated, e.body())
}

// payMonth takes a month's price, which the purse holds, and plans the next.
func (w *world) payMonth(e *ussdExtension) {
	w.ussd.balance -= e.Price
	e.Months++
	e.Expires = monthsAfter(e.Rented, e.Months)
	w.planRenewal(e)
}

func (w *world) planRenewal(e *ussdExtension) {
	w.at(e.Expires, func(time.Time) { w.renew(e) })
}

func (w *world) renew(e *ussdExtension) {
	switch {
	case e.returned:
	case w.ussd.balance >= e.Price:
		w.payMonth(e)
	default:
		e.Status = extensionExpired
		w.ussd.fallBack(e.app)
	}
}

func releaseExtension(w *world, c *apiCall) *reply {
	e := byUUID(&w.ussd.extensions, c.id)
	if e == nil {
		return notFound("USSD extension")
	}
	w.ussd.extensions.remove(e)
	e.returned = true
	w.ussd.fallBack(e.app)
	return empty()
}

// taken reports whether an extension is rented.
func (u *ussdWorld) taken(shortCode, code string) bool {
	for _, e := range u.extensions.rows {
		if e.Status == extensionActive && e.Code == code && e.ShortCode == shortCode {
			return true
		}
	}
	return false
}

// served reports whether an app can be reached: an active extension points at
// it.
func (u *ussdWorld) served(app *ussdApp) bool {
	for _, e := range u.extensions.rows {
		if e.Status == extensionActive && e.app == app {
			return true
		}
	}
	return false
}

// fallBack puts an app that can no longer be reached into test mode. A nil app
// changes nothing.
func (u *ussdWorld) fallBack(app *ussdApp) {
	if app != nil && !u.served(app) {
		app.Mode = modeTest
	}
}

// shortCode reads an optional short code in any of the forms that the vendor's
// SDKs show, and returns it as *920#.
func (f *bodyForm) shortCode(name string) string {
	text := f.optional(name, contract.MaxUSSDServiceCode)
	if text == "" {
		return sharedShortCode
	}
	digits := strings.TrimSuffix(strings.TrimPrefix(text, "*"), "#")
	if !allDigits(digits) {
		f.fail(name, "The :field field format is invalid.")
	}
	return "*" + digits + "#"
}

// monthsAfter returns the same time of day n months later: on the same day, or
// on the last day of a shorter month.
func monthsAfter(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(),
		t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func (e *ussdExtension) body() any {
	body := struct {
		ID           string  `json:"id"`
		Code         string  `json:"code"`
		DialString   string  `json:"dial_string"`
		Length       int     `json:"length"`
		Status       string  `json:"status"`
		MonthlyPrice string  `json:"monthly_price"`
		AutoRenew    bool    `json:"auto_renew"` // no route changes it
		AppID        *string `json:"app_id"`
		ExpiresAt    string  `json:"expires_at"`
	}{e.Reference.String(), e.Code, strings.TrimSuffix(e.ShortCode, "#") + "*" + e.Code + "#",
		len(e.Code), e.Status, twoDecimals(e.Price), true,
		nil, timestamp(e.Expires)}
	if e.app != nil {
		body.AppID = control.OrNull(e.app.Reference.String())
	}
	return body
}
