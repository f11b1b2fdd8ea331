package main

import (
	"net/http"

	"github.com/hellio-go/hellio/helliotest"
)

func accountRoutes(worlds *worldSet) []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/account", handle: getAccount},
		{method: http.MethodPatch, path: "/_fake/account", handle: worlds.patchAccount},
	}
}

func getAccount(rw http.ResponseWriter, _ *http.Request, w *world) error {
	respond(rw, http.StatusOK, w.fake.Account())
	return nil
}

func (ws *worldSet) patchAccount(rw http.ResponseWriter, r *http.Request, w *world) error {
	var change helliotest.AccountChange
	if err := readJSON(rw, r, &change); err != nil {
		return err
	}
	if err := w.fake.Update(change); err != nil {
		return err
	}
	if change.Login != nil {
		ws.admit(w, change.Login.Email)
	}
	return getAccount(rw, r, w)
}
