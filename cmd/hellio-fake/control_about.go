package main

import (
	"net/http"

	"github.com/hellio-go/hellio/api"
)

// aboutRoutes are the routes about the program and its API.
func aboutRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/livez", open: true, handle: getHealth},
		{method: http.MethodGet, path: "/readyz", open: true, handle: getHealth},
		{method: http.MethodGet, path: "/_fake/openapi.yaml", handle: getOpenAPI},
		{method: http.MethodGet, path: "/_fake/behaviours", handle: getBehaviours},
	}
}

// getHealth answers both questions: what listens is ready.
func getHealth(rw http.ResponseWriter, _ *http.Request, _ *world) error {
	respond(rw, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

func getOpenAPI(rw http.ResponseWriter, _ *http.Request, _ *world) error {
	rw.Header().Set("Content-Type", "application/yaml")
	_, _ = rw.Write(api.OpenAPI()) // a caller that has gone is no concern of ours
	return nil
}

func getBehaviours(rw http.ResponseWriter, _ *http.Request, w *world) error {
	respond(rw, http.StatusOK, w.fake.Behaviours())
	return nil
}
