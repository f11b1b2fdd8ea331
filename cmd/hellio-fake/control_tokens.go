package main

import (
	"errors"
	"net/http"
	"slices"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/control"
	"github.com/hellio-go/hellio/internal/near"
)

func tokenRoutes(worlds *worldSet) []route {
	return []route{
		{method: http.MethodPost, path: "/_fake/tokens", handle: worlds.postToken},
		{method: http.MethodDelete, path: "/_fake/tokens/{token}", handle: worlds.deleteToken},
	}
}

func (ws *worldSet) postToken(rw http.ResponseWriter, r *http.Request, w *world) error {
	var body control.TokenSpec
	if err := readJSON(rw, r, &body); err != nil {
		return err
	}
	if err := checkScopes(body.Scopes); err != nil {
		return err
	}
	token, err := ws.issue(w, body.Scopes)
	if err != nil {
		return err
	}
	respond(rw, http.StatusCreated, control.Token{Token: token})
	return nil
}

// checkScopes refuses what would make the Fake panic, and a list that is not
// there: that would be every scope by omission.
func checkScopes(scopes []string) error {
	if scopes == nil {
		return errors.New(`scopes is missing; ["*"] is every scope, [] none`)
	}
	for _, scope := range scopes {
		if scope != contract.ScopeAll && !slices.Contains(contract.Scopes(), scope) {
			return near.Unknown("scope", scope, contract.Scopes())
		}
	}
	return nil
}

func (ws *worldSet) deleteToken(rw http.ResponseWriter, r *http.Request, w *world) error {
	if !ws.revoke(w, r.PathValue("token")) {
		return notFound("token")
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
