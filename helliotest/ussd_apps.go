package helliotest

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
)

// The modes of an app.
const (
	modeTest = "test"
	modeLive = "live"
)

// ussdApp is an app as the engine and a snapshot keep it.
type ussdApp struct {
	ID         int64
	Reference  uuid.UUID
	Name       string
	Callback   string
	Mode       string
	TestSecret string
	LiveSecret string
	Active     bool
	Created    time.Time
}

func (a *ussdApp) key() (int64, uuid.UUID) { return a.ID, a.Reference }

func ussdAppRoutes() []apiRoute {
	return []apiRoute{
		ussdRoute(contract.USSDAppList, listApps),
		ussdRoute(contract.USSDAppCreate, createApp),
		ussdRoute(contract.USSDAppUpdate, updateApp),
		ussdRoute(contract.USSDAppDelete, deleteApp),
		ussdRoute(contract.USSDAppMode, setAppMode),
		ussdRoute(contract.USSDAppSecret, rotateSecret),
	}
}

func listApps(w *world, c *apiCall) *reply {
	page, bad := paginate(c, &w.ussd.apps, func(*ussdApp) bool { return true })
	if bad != nil {
		return bad
	}
	return page.linked(c, func(a *ussdApp) any { return w.showApp(a) })
}

func createApp(w *world, c *apiCall) *reply {
	form := c.form()
	app := &ussdApp{
		Mode:     modeTest,
		Name:     form.text("name", contract.MaxUSSDAppName),
		Callback: form.callback("callback_url"),
	}
	app.Active = form.flag("active", true)
	if bad := form.reject(); bad != nil {
		return bad
	}
	app.ID = w.nextID()
	app.Reference = w.newReference()
	app.Created = w.clock.Now()
	app.TestSecret, app.LiveSecret = w.newSecret(modeTest), w.newSecret(modeLive)
	w.ussd.apps.add(app)
	return okReply(http.StatusCreated, app.body(true, true))
}

func updateApp(w *world, c *apiCall) *reply {
	app := byUUID(&w.ussd.apps, c.id)
	var next ussdApp
	if app != nil {
		next = *app
	}
	form, whole := c.form(), w.ussdQuirk(USSDWholeUpdates)
	if whole || form.given("name") {
		next.Name = form.text("name", contract.MaxUSSDAppName)
	}
	if whole || form.given("callback_url") {
		next.Callback = form.callback("callback_url")
	}
	next.Active = form.flag("active", next.Active)
	if bad := form.reject(); bad != nil {
		return bad
	}
	if app == nil {
		return notFound("USSD app")
	}
	*app = next
	return okReply(http.StatusOK, w.showApp(app))
}

func deleteApp(w *world, c *apiCall) *reply {
	app := byUUID(&w.ussd.apps, c.id)
	if app == nil {
		return notFound("USSD app")
	}
	w.ussd.apps.remove(app)
	for _, e := range w.ussd.extensions.rows {
		if e.app == app {
			e.app = nil
		}
	}
	return empty()
}

func setAppMode(w *world, c *apiCall) *reply {
	app, mode, bad := w.appAndMode(c)
	switch {
	case bad != nil:
		return bad
	case mode == modeLive && !w.ussd.served(app):
		return refuse(http.StatusPaymentRequired, contract.CodeExtensionRequired,
			"The app needs an active extension before it can go live.")
	}
	app.Mode = mode
	return okReply(http.StatusOK, w.showApp(app))
}

func rotateSecret(w *world, c *apiCall) *reply {
	app, mode, bad := w.appAndMode(c)
	if bad != nil {
		return bad
	}
	if mode == modeTest {
		app.TestSecret = w.newSecret(modeTest)
	} else {
		app.LiveSecret = w.newSecret(modeLive)
	}
	always := w.ussdQuirk(USSDSecretsAlways)
	return okReply(http.StatusOK, app.body(always || mode == modeTest, always || mode == modeLive))
}

// appAndMode reads what both routes below an app take: the app in the path and
// a mode in the body.
func (w *world) appAndMode(c *apiCall) (*ussdApp, string, *reply) {
	form := c.form()
	before := form.count
	mode := form.oneOf("mode", "", modeTest, modeLive)
	if mode == "" && form.count == before {
		form.fail("mode", "The :field field is required.")
	}
	if bad := form.reject(); bad != nil {
		return nil, "", bad
	}
	app := byUUID(&w.ussd.apps, c.id)
	if app == nil {
		return nil, "", notFound("USSD app")
	}
	return app, mode, nil
}

func (w *world) newSecret(mode string) string { return "ussk_" + mode + "_" + w.newText(40) }

// showApp returns an app without secrets.
func (w *world) showApp(a *ussdApp) any {
	always := w.ussdQuirk(USSDSecretsAlways)
	return a.body(always, always)
}

func (a *ussdApp) body(withTest, withLive bool) any {
	body := struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		CallbackURL string `json:"callback_url"`
		Mode        string `json:"mode"`
		TestSecret  string `json:"test_secret,omitempty"`
		LiveSecret  string `json:"live_secret,omitempty"`
		IsLive      bool   `json:"is_live"`
		Active      bool   `json:"active"`
		CreatedAt   string `json:"created_at"`
	}{
		ID:          a.Reference.String(),
		Name:        a.Name,
		CallbackURL: a.Callback,
		Mode:        a.Mode,
		IsLive:      a.Mode == modeLive,
		Active:      a.Active,
		CreatedAt:   timestamp(a.Created),
	}
	if withTest {
		body.TestSecret = a.TestSecret
	}
	if withLive {
		body.LiveSecret = a.LiveSecret
	}
	return body
}
