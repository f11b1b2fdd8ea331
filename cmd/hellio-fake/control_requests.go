package main

import (
	"net/http"

	"github.com/hellio-go/hellio/helliotest"
)

func requestRoutes() []route {
	return []route{
		{
			method: http.MethodGet,
			path:   "/_fake/requests",
			query:  []string{"after", "limit"},
			handle: getRequests,
		},
		{method: http.MethodGet, path: "/_fake/violations", handle: getViolations},
	}
}

// getRequests lists the calls of the API, oldest first.
func getRequests(rw http.ResponseWriter, r *http.Request, w *world) error {
	query := r.URL.Query()
	last, _, err := afterID(query, "call")
	if err != nil {
		return err
	}
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	respondList(rw, limit, func(most int) []helliotest.Request {
		calls := w.engine.RequestsAfter(last, most)
		if len(calls) > 0 {
			last = calls[len(calls)-1].ID
		}
		return calls
	})
	return nil
}

// getViolations lists what no correct client sends, oldest first.
func getViolations(rw http.ResponseWriter, _ *http.Request, w *world) error {
	all := w.fake.Violations()
	if all == nil {
		all = []helliotest.Violation{} // [] in JSON
	}
	respond(rw, http.StatusOK, all)
	return nil
}
