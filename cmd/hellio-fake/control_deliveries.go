package main

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

func deliveryRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/deliveries", handle: getDeliveries},
		{method: http.MethodPost, path: "/_fake/deliveries/{id}/replay", handle: postReplay},
	}
}

// getDeliveries lists deliveries, newest first.
func getDeliveries(rw http.ResponseWriter, _ *http.Request, w *world) error {
	last := ""
	respondList(rw, 0, func(most int) []helliotest.Delivery {
		part := w.engine.DeliveriesBefore(last, most)
		if len(part) > 0 {
			last = part[len(part)-1].ID
		}
		return part
	})
	return nil
}

// postReplay answers once the receiver has, whatever it said. An empty body is
// an empty object.
func postReplay(rw http.ResponseWriter, r *http.Request, w *world) error {
	var spec control.Replay
	if err := readOptional(rw, r, &spec); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "webhook_duplicate", "webhook_bad_signature"}, spec.Effect) {
		return fmt.Errorf("effect %q is neither webhook_duplicate nor webhook_bad_signature",
			spec.Effect)
	}
	if err := w.engine.ReplayWith(r.PathValue("id"), spec.Effect); err != nil {
		return notFound("delivery")
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
