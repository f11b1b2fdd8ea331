package main

import "net/http"

func requestRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/requests", handle: getRequests},
		{method: http.MethodGet, path: "/_fake/violations", handle: getViolations},
	}
}

// getRequests lists the calls of the API, oldest first.
func getRequests(rw http.ResponseWriter, _ *http.Request, w *world) error {
	respond(rw, http.StatusOK, arrayOf(w.fake.Requests()))
	return nil
}

// getViolations lists what no correct client sends, oldest first.
func getViolations(rw http.ResponseWriter, _ *http.Request, w *world) error {
	respond(rw, http.StatusOK, arrayOf(w.fake.Violations()))
	return nil
}

// arrayOf is the list, which is [] in JSON if it is nil.
func arrayOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
