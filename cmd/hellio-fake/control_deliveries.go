package main

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/hellio-go/hellio/helliotest"
)

func deliveryRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/deliveries", handle: getDeliveries},
		{method: http.MethodPost, path: "/_fake/deliveries/{id}/replay", handle: postReplay},
	}
}

// deliveryView is a webhook's delivery.
type deliveryView struct {
	ID        string        `json:"id"`
	WebhookID int64         `json:"webhook_id"`
	MessageID int64         `json:"message_id"`
	Event     string        `json:"event"`
	URL       string        `json:"url"`
	Status    string        `json:"status"` // pending, delivered or failed
	Body      string        `json:"body"`   // as it is posted, byte for byte
	CreatedAt string        `json:"created_at"`
	Attempts  []attemptView `json:"attempts"` // oldest first
}

// attemptView is one post of a delivery.
type attemptView struct {
	At         string            `json:"at"`
	StatusCode *int              `json:"status_code"` // null = no answer
	Error      *string           `json:"error"`
	Duration   string            `json:"duration"`
	Headers    map[string]string `json:"headers"` // timestamp and signatures
	Fault      *string           `json:"fault"`   // the effect that acted on it
	Replay     bool              `json:"replay"`
}

// getDeliveries lists deliveries, newest first.
func getDeliveries(rw http.ResponseWriter, _ *http.Request, w *world) error {
	views := []deliveryView{}
	for _, d := range slices.Backward(w.fake.Deliveries()) {
		views = append(views, viewDelivery(d))
	}
	respond(rw, http.StatusOK, views)
	return nil
}

func viewDelivery(d helliotest.Delivery) deliveryView {
	view := deliveryView{
		ID: d.ID, WebhookID: d.WebhookID, MessageID: d.MessageID, Event: d.Event, URL: d.URL, Status: d.Status, Body: string(d.Body),
		CreatedAt: d.CreatedAt.Format(timestamp), Attempts: []attemptView{},
	}
	for _, a := range d.Attempts {
		view.Attempts = append(view.Attempts, viewAttempt(a))
	}
	return view
}

func viewAttempt(a helliotest.DeliveryAttempt) attemptView {
	view := attemptView{
		At: a.At.Format(timestamp), StatusCode: orNull(a.StatusCode), Error: orNull(a.Error), Duration: a.Duration.String(),
		Headers: map[string]string{}, Fault: orNull(a.Fault), Replay: a.Replay,
	}
	for name := range a.Header {
		view.Headers[name] = a.Header.Get(name)
	}
	return view
}

// orNull is null in JSON for the zero value.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// postReplay answers once the receiver has, whatever it said. An empty body is an empty object.
func postReplay(rw http.ResponseWriter, r *http.Request, w *world) error {
	var spec struct {
		Effect string `json:"effect"` // webhook_duplicate or webhook_bad_signature; "" = none
	}
	err := readOptional(rw, r, &spec)
	if err != nil {
		return err
	}
	switch spec.Effect {
	case "":
		err = w.fake.Replay(r.PathValue("id"))
	case "webhook_duplicate":
		err = w.fake.ReplayWith(r.PathValue("id"), helliotest.WebhookDuplicate())
	case "webhook_bad_signature":
		err = w.fake.ReplayWith(r.PathValue("id"), helliotest.WebhookBadSignature())
	default:
		return fmt.Errorf("effect %q is neither webhook_duplicate nor webhook_bad_signature", spec.Effect)
	}
	if err != nil {
		return notFound("delivery")
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
