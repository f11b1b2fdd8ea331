package main

import (
	"net/http"
	"slices"

	"github.com/hellio-go/hellio/helliotest"
)

// maxDeliveries is how many deliveries of a webhook the page lists: the newest.
const maxDeliveries = 20

// webhookView is a webhook as the page shows it.
type webhookView struct {
	Webhook    helliotest.Webhook    `json:"webhook"`
	Deliveries []helliotest.Delivery `json:"deliveries"` // newest first
	Counts     map[string]int        `json:"counts"`     // of all deliveries, by status
}

func getInboxWebhooks(rw http.ResponseWriter, _ *http.Request, w *world) error {
	views := []webhookView{}
	for _, hook := range slices.Backward(w.fake.Webhooks()) {
		view := webhookView{Webhook: hook}
		view.Deliveries, view.Counts = w.engine.DeliveriesTo(hook.ID, maxDeliveries)
		views = append(views, view)
	}
	respond(rw, http.StatusOK, views)
	return nil
}
