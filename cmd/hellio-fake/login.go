package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
)

// maxLoginBody is how much of a login is read to find its e-mail address; a
// longer one is the API's to refuse.
const maxLoginBody = 64 << 10

// isLogin reports the one call of the API that names no world.
func isLogin(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == contract.Root+contract.AuthToken.Route
}

// serveLogin answers a login in the world that its e-mail address decides.
// Addresses that no world knows share one Fake, which counts their tries by the
// caller's address.
func (ws *worldSet) serveLogin(rw http.ResponseWriter, r *http.Request) {
	head, err := io.ReadAll(io.LimitReader(r.Body, maxLoginBody))
	if err != nil {
		head = nil // the body broke off: the API refuses what is left
	}
	var login struct {
		Email string `json:"email"`
	}
	_ = json.Unmarshal(head, &login) // what can't be read has no e-mail address
	body := struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
	whole := *r
	whole.Body = body
	w := ws.knows(login.Email)
	if w != nil && w.engine.ServeOpen(rw, &whole) {
		ws.after(w)
		return
	}
	ws.lobby.Handler().ServeHTTP(rw, &whole)
}

// knows returns the world in which a user may log in, or nil. An address that
// no world has named may be in the opened file.
func (ws *worldSet) knows(email string) *world {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	if w := ws.logins[loginKey(email)]; w != nil {
		return w
	}
	return ws.opened
}

// admit lets a person log in to a world; the last world that names an address
// has it.
func (ws *worldSet) admit(w *world, email string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if !w.gone.Load() {
		ws.logins[loginKey(email)] = w
	}
}

func loginKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// nameLogin returns a random text of the same length for a token that a login
// made in a world: two worlds with one seed make the same.
func (ws *worldSet) nameLogin(w *world, made string) string {
	number, secret, _ := strings.Cut(made, "|")
	token := number + "|" + (rand.Text() + rand.Text())[:len(secret)]
	_ = ws.keep(w, token, math.MaxInt) // a deleted world refuses it anyway
	return token
}
