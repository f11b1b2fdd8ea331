package helliotest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// endpoint is a webhook that an option has made.
type endpoint struct {
	url    string
	secret string
	events []string
}

// WithWebhook adds a webhook that is called over HTTP, at an https URL or an
// http one on a loopback host. The secret must not be blank. Without events it
// gets every event. In a synctest bubble its deliveries fail, because no socket
// works there: see WithWebhookHandler.
func WithWebhook(url, secret string, events ...string) Option {
	return func(c *config) error {
		return c.addEndpoint("WithWebhook", endpoint{url: url, secret: secret, events: events})
	}
}

// WithWebhookHandler adds a webhook at url whose deliveries h receives in
// process, in a synctest bubble too. h also receives the deliveries of each
// webhook that the API or WithWebhook creates with this url; URLs are compared
// as text. It sees POST, the path, query and host of url, and the API's
// headers, so a router needs no wrapper. Deliveries come one after the other.
// While a handler takes longer than 500 ms, it is called for the next one. h
// may call the API, but not Advance, Settle or Close, which wait for h. A nil
// h, a second handler for a url, an invalid url, a blank secret and an unknown
// event are errors. Without events the webhook gets every event.
func WithWebhookHandler(url string, h http.Handler, secret string, events ...string) Option {
	return func(c *config) error {
		if h == nil {
			return errors.New("WithWebhookHandler: the handler is nil")
		}
		if c.hookHandlers[url] != nil {
			return fmt.Errorf("WithWebhookHandler: %s has a handler already; WithWebhook adds "+
				"another secret at this URL", url)
		}
		handlers := maps.Clone(c.hookHandlers)
		if handlers == nil {
			handlers = make(map[string]http.Handler)
		}
		handlers[url] = h
		c.hookHandlers = handlers
		return c.addEndpoint("WithWebhookHandler",
			endpoint{url: url, secret: secret, events: events})
	}
}

func (c *config) addEndpoint(option string, e endpoint) error {
	if strings.TrimSpace(e.secret) == "" {
		return errors.New(option + ": the secret is blank")
	}
	for _, event := range e.events {
		if !knownEvent(event) {
			return fmt.Errorf("%s: unknown event %q; there are %s, %s and %s", option, event,
				eventDelivered, eventFailed, eventAll)
		}
	}
	if len(e.events) == 0 {
		e.events = []string{eventAll}
	}
	c.webhooks = append(slices.Clone(c.webhooks), e)
	c.urls = append(slices.Clone(c.urls), namedURL{option, e.url})
	return nil
}

func (w *world) addEndpoint(e endpoint) {
	w.addWebhook(&webhook{webhookState: webhookState{
		Active: true,
		URL:    e.url,
		Secret: e.secret,
		Events: slices.Clone(e.events),
	}})
}
