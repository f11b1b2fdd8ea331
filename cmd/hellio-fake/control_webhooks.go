package main

import (
	"net/http"
	"slices"
	"strconv"
)

func webhookRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/webhooks", handle: getWebhooks},
		{method: http.MethodPost, path: "/_fake/webhooks/{id}/enable", handle: postEnable},
	}
}

// getWebhooks lists webhooks, newest first, each with its secret.
func getWebhooks(rw http.ResponseWriter, _ *http.Request, w *world) error {
	all := w.fake.Webhooks()
	slices.Reverse(all)
	respond(rw, http.StatusOK, all)
	return nil
}

// postEnable makes a webhook active again and answers with it.
func postEnable(rw http.ResponseWriter, r *http.Request, w *world) error {
	if err := readNothing(rw, r); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || w.fake.EnableWebhook(id) != nil {
		return notFound("webhook")
	}
	for _, hook := range w.fake.Webhooks() {
		if hook.ID == id {
			respond(rw, http.StatusOK, hook)
			return nil
		}
	}
	return notFound("webhook") // it was deleted meanwhile
}
