package helliotest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
)

// The events that a webhook can ask for.
const (
	eventDelivered = "message.delivered"
	eventFailed    = "message.failed"
	eventAll       = "*"
)

const (
	maxEvents      = 100
	maxEventLength = 255
)

// webhook is an endpoint as the engine keeps it.
type webhook struct {
	webhookState
	lostHandler bool      // its URL had a handler when it was saved, and has none now
	held        *delivery // waits until another has gone
}

// webhookState is what a snapshot keeps of a webhook.
type webhookState struct {
	ID        int64
	Reference uuid.UUID // not shown
	URL       string
	Events    []string
	Active    bool
	Secret    string
	LastError string // of the latest failed attempt
	Failures  int    // deliveries that failed in a row
	Created   time.Time
}

func (h *webhook) key() (int64, uuid.UUID) { return h.ID, h.Reference }

// Webhook is a webhook with the results of its deliveries.
type Webhook struct {
	ID           int64
	URL          string
	Events       []string
	Active       bool
	FailureCount int    // deliveries in a row that failed for good
	LastError    string // of the latest attempt that failed; "" if none has
	Secret       string
	CreatedAt    time.Time // on the fake's clock
}

// Webhooks returns the webhooks, oldest first, without deleted ones.
func (f *Fake) Webhooks() []Webhook {
	f.tb.Helper()
	defer f.lock()()
	out := make([]Webhook, 0, len(f.world.webhooks.rows))
	for _, h := range f.world.webhooks.rows {
		out = append(out, Webhook{
			ID:           h.ID,
			URL:          h.URL,
			Events:       slices.Clone(h.Events),
			Active:       h.Active,
			FailureCount: h.Failures,
			LastError:    h.LastError,
			Secret:       h.Secret,
			CreatedAt:    h.Created,
		})
	}
	return out
}

// EnableWebhook activates a webhook that failed deliveries have disabled. Its
// failures count from 0, and it gets reports of messages that become final from
// now on. Failed deliveries stay failed: see Replay. It does not change an
// active webhook. An unknown id is an error. (In the API this needs the
// dashboard.)
func (f *Fake) EnableWebhook(id int64) error {
	f.tb.Helper()
	if err := f.ifEnded(); err != nil {
		return err
	}
	defer f.lock()()
	i, found := f.world.webhooks.seek(id)
	if !found {
		return fmt.Errorf("there is no webhook %d", id)
	}
	if h := f.world.webhooks.rows[i]; !h.Active {
		h.Active = true
		h.Failures = 0
	}
	return nil
}

func webhookRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.WebhookList, handle: listWebhooks},
		{op: contract.WebhookCreate, handle: createWebhook},
		{op: contract.WebhookDelete, handle: deleteWebhook},
	}
}

func listWebhooks(w *world, _ *apiCall) *reply {
	data := make([]any, 0, len(w.webhooks.rows))
	for _, h := range slices.Backward(w.webhooks.rows) {
		data = append(data, h.body(false))
	}
	return okReply(http.StatusOK, data)
}

func createWebhook(w *world, c *apiCall) *reply {
	form := c.form()
	h := &webhook{webhookState: webhookState{
		Active: true,
		URL:    form.callback("url"),
		Events: form.events("events"),
	}}
	if bad := form.reject(); bad != nil {
		return bad
	}
	w.addWebhook(h)
	return okReply(http.StatusCreated, h.body(true))
}

// addWebhook stores an endpoint and makes its secret, unless it has one.
func (w *world) addWebhook(h *webhook) {
	h.ID = w.nextID()
	h.Reference = w.newReference()
	h.Created = w.clock.Now()
	if h.Secret == "" {
		h.Secret = "whsec_" + w.newText(40)
	}
	w.webhooks.add(h)
}

func deleteWebhook(w *world, c *apiCall) *reply {
	h := w.webhooks.find(c.id)
	if h == nil {
		return notFound("webhook")
	}
	w.webhooks.remove(h)
	w.silence(h)
	return empty()
}

// events reads an optional list of events.
func (f *bodyForm) events(name string) []string {
	if f.value(name) == nil {
		return []string{eventAll}
	}
	before := f.count
	events := f.list(name, maxEvents, maxEventLength, false)
	if f.count > before {
		return nil
	}
	for i, event := range events {
		if !knownEvent(event) {
			f.fail(fmt.Sprintf("%s.%d", name, i), "The selected :field is invalid.")
		}
	}
	return events
}

func knownEvent(event string) bool {
	return event == eventDelivered || event == eventFailed || event == eventAll
}

func (h *webhook) body(withSecret bool) any {
	body := struct {
		ID           int64    `json:"id"`
		URL          string   `json:"url"`
		Events       []string `json:"events"`
		Active       bool     `json:"active"`
		Secret       string   `json:"secret,omitempty"`
		LastError    *string  `json:"last_error"`
		FailureCount int      `json:"failure_count"`
		CreatedAt    string   `json:"created_at"`
	}{
		ID:           h.ID,
		URL:          h.URL,
		Events:       h.Events,
		Active:       h.Active,
		LastError:    control.OrNull(h.LastError),
		FailureCount: h.Failures,
		CreatedAt:    timestamp(h.Created),
	}
	if withSecret {
		body.Secret = h.Secret
	}
	return body
}
