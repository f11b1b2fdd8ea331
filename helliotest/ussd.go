package helliotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
)

// ussdWorld is the USSD state of a world.
type ussdWorld struct {
	balance    money // separate from the wallet; pays for extensions
	apps       rowTable[*ussdApp]
	extensions rowTable[*ussdExtension]
	sessions   ussdSessions
}

// ussdConfig is what options set for USSD.
type ussdConfig struct {
	balance  money
	handlers map[string]http.Handler // by callback URL
	quirks   []USSDQuirk
}

// USSDQuirk is a form of USSD answers that one of the vendor's SDKs shows, in
// place of the fake's default.
type USSDQuirk string

// The quirks. The vendor's SDKs disagree on all three.
const (
	// a refusal of a USSD route has its code in error, and no message
	USSDCodeOnlyErrors USSDQuirk = "code_only_errors"
	// every answer that shows an app shows both its secrets
	USSDSecretsAlways USSDQuirk = "secrets_always"
	// an update that leaves out name or callback_url gets 422
	USSDWholeUpdates USSDQuirk = "whole_updates"
)

// WithUSSDBalance sets the USSD balance, a decimal with at most four decimals.
// The default is 0.0000. It pays for extensions and is separate from the
// wallet. No route shows it; see Account.
func WithUSSDBalance(amount string) Option {
	return func(c *config) (err error) {
		c.ussd.balance, err = parseMoney(amount)
		return err
	}
}

// WithUSSDHandler sets the handler that answers the sessions of apps with this
// callback URL, in process. In a synctest bubble it is the only way. The URL is
// compared as text. It must be https, or http on a loopback host. Other
// callback URLs are called over HTTP.
func WithUSSDHandler(callbackURL string, h http.Handler) Option {
	return func(c *config) error {
		if h == nil {
			return fmt.Errorf("WithUSSDHandler: the handler of %q is nil", callbackURL)
		}
		if c.ussd.handlers[callbackURL] != nil {
			return fmt.Errorf("WithUSSDHandler: %s has a handler already", callbackURL)
		}
		c.urls = append(slices.Clone(c.urls), namedURL{"WithUSSDHandler", callbackURL})
		handlers := maps.Clone(c.ussd.handlers)
		if handlers == nil {
			handlers = make(map[string]http.Handler)
		}
		handlers[callbackURL] = h
		c.ussd.handlers = handlers
		return nil
	}
}

// WithUSSDQuirks sets the form of USSD answers to that of some of the vendor's
// SDKs, to test a client that reads both forms.
func WithUSSDQuirks(quirks ...USSDQuirk) Option {
	return func(c *config) error {
		for _, q := range quirks {
			if q != USSDCodeOnlyErrors && q != USSDSecretsAlways && q != USSDWholeUpdates {
				return fmt.Errorf("WithUSSDQuirks: unknown quirk %q", q)
			}
		}
		c.ussd.quirks = slices.Concat(c.ussd.quirks, quirks)
		return nil
	}
}

func (w *world) ussdQuirk(q USSDQuirk) bool { return slices.Contains(w.e.cfg.ussd.quirks, q) }

// ussdRoute is a route whose refusals obey USSDCodeOnlyErrors.
func ussdRoute(op contract.Operation, handle func(w *world, c *apiCall) *reply) apiRoute {
	return apiRoute{op: op, handle: func(w *world, c *apiCall) *reply {
		r := handle(w, c)
		if r.code != "" && w.ussdQuirk(USSDCodeOnlyErrors) {
			var body errorBody
			_ = json.Unmarshal(r.body, &body) // it was made from one
			body.Message = ""
			r = refuseWith(r.status, body)
		}
		return r
	}}
}

// byUUID looks a thing up by its UUID, its only name in USSD.
func byUUID[T record](t *rowTable[T], id string) (found T) {
	if reference, err := uuid.Parse(id); err == nil && len(id) == 36 {
		return t.byRef[reference]
	}
	return found
}

// linked answers the page in the form of USSD lists: cursors in meta, addresses
// in links. There is no way back to an earlier page.
func (p listPage[T]) linked(c *apiCall, show func(T) any) *reply {
	path := c.scheme + "://" + c.host + c.path
	var body struct {
		Data  []any `json:"data"`
		Links struct {
			First *string `json:"first"`
			Last  *string `json:"last"`
			Prev  *string `json:"prev"`
			Next  *string `json:"next"`
		} `json:"links"`
		Meta struct {
			Path       string  `json:"path"`
			PerPage    int     `json:"per_page"`
			NextCursor *string `json:"next_cursor"`
			PrevCursor *string `json:"prev_cursor"`
		} `json:"meta"`
	}
	body.Data = p.data(show)
	body.Meta.Path = path
	body.Meta.PerPage = p.perPage
	body.Meta.NextCursor = p.next
	if p.next != nil {
		next := path + "?cursor=" + *p.next
		body.Links.Next = &next
	}
	return bare(http.StatusOK, body)
}

// given reports whether a field is present, null and empty included.
func (f *bodyForm) given(name string) bool {
	_, there := f.fields[name]
	return there
}

// callback reads a required URL that the API will call.
func (f *bodyForm) callback(name string) string {
	text := f.text(name, 0)
	if text != "" && !f.c.e.cfg.mayBeCalled(text) {
		f.fail(name, "The :field field must be a valid https URL.")
	}
	return text
}

// digits reads a required string of 1 to limit digits. It may be a JSON number,
// as one of the vendor's SDKs sends it.
func (f *bodyForm) digits(name string, limit int) string {
	if raw := f.value(name); allDigits(string(raw)) {
		f.fields[name], _ = json.Marshal(string(raw)) // a string of digits
	}
	text := f.text(name, limit)
	if text != "" && !allDigits(text) {
		f.fail(name, "The :field field must be numeric.")
	}
	return text
}
