package main

import (
	"net/http"
)

func requestRoutes() []route {
	return []route{{method: http.MethodGet, path: "/_fake/requests", handle: getRequests}}
}

// requestView is one call of the API. Bodies that are not UTF-8 are shown with U+FFFD for what can't be.
type requestView struct {
	Method         string  `json:"method"`
	Path           string  `json:"path"`   // with /v1, without the query
	Status         int     `json:"status"` // of the API's answer, lost or not; 0 = none yet, or none at all
	IdempotencyKey *string `json:"idempotency_key"`
	RequestBody    string  `json:"request_body"`
	ResponseBody   string  `json:"response_body"`
}

// getRequests lists the calls of the API, oldest first.
func getRequests(rw http.ResponseWriter, _ *http.Request, w *world) error {
	calls := w.fake.Requests()
	views := make([]requestView, len(calls))
	for i, call := range calls {
		views[i] = requestView{
			Method: call.Method, Path: call.Path, Status: call.Status, RequestBody: string(call.Body), ResponseBody: string(call.ResponseBody),
		}
		if call.IdempotencyKey != "" {
			views[i].IdempotencyKey = &calls[i].IdempotencyKey
		}
	}
	respond(rw, http.StatusOK, views)
	return nil
}
