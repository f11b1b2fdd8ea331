package helliotest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// endpoint is a webhook that an option has made.
type endpoint struct {
	url     string
	handler http.Handler // nil = whoever listens at url
	secret  string
	events  []string
}

// WithWebhook adds a webhook that is called over HTTP, at an https URL or an http one on a loopback host. Its secret is the one given,
// which must not be blank; without events it gets every event. In a synctest bubble its deliveries fail, as no socket can be used there:
// see WithWebhookHandler.
func WithWebhook(url, secret string, events ...string) Option {
	return func(c *config) error {
		if !mayBeCalled(url) {
			return fmt.Errorf("WithWebhook: %q is no URL that a webhook may have: https, or http on a loopback host", url)
		}
		return c.addEndpoint("WithWebhook", endpoint{url: url, secret: secret, events: events})
	}
}

// WithWebhookHandler adds a webhook whose deliveries h gets in process, without a socket, in a synctest bubble too. The URL that is shown
// for it leads nowhere. Secret and events are as for WithWebhook.
func WithWebhookHandler(h http.Handler, secret string, events ...string) Option {
	return func(c *config) error {
		if h == nil {
			return errors.New("WithWebhookHandler: the handler is nil")
		}
		url := fmt.Sprintf("https://handler-%d"+handlerHost, len(c.webhooks)+1)
		return c.addEndpoint("WithWebhookHandler", endpoint{url: url, handler: h, secret: secret, events: events})
	}
}

func (c *config) addEndpoint(option string, e endpoint) error {
	if strings.TrimSpace(e.secret) == "" {
		return errors.New(option + ": the secret is blank")
	}
	for _, event := range e.events {
		if !knownEvent(event) {
			return fmt.Errorf("%s: unknown event %q; there are %s, %s and %s", option, event, eventDelivered, eventFailed, eventAll)
		}
	}
	if len(e.events) == 0 {
		e.events = []string{eventAll}
	}
	c.webhooks = append(slices.Clone(c.webhooks), e)
	return nil
}

func (w *world) addEndpoint(e endpoint) {
	w.addWebhook(&webhook{active: true, url: e.url, handler: e.handler, secret: e.secret, events: slices.Clone(e.events)})
}
