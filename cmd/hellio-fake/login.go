package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
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
	if w != nil && w.engine.ServeOpen(&loginWriter{ResponseWriter: rw, worlds: ws, world: w}, &whole) {
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

// loginWriter puts a random token in place of the one that the Fake made from
// its seed: two worlds with one seed would make the same.
type loginWriter struct {
	http.ResponseWriter
	worlds *worldSet
	world  *world
	status int
}

// Unwrap lets faults reach the connection.
func (lw *loginWriter) Unwrap() http.ResponseWriter { return lw.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (lw *loginWriter) WriteHeader(status int) {
	lw.status = status
	lw.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter. The Fake writes a body in one call.
func (lw *loginWriter) Write(body []byte) (int, error) {
	var made struct {
		Data struct {
			Token string `json:"token"`
		} `json:"data"`
	}
	if lw.status != http.StatusCreated || json.Unmarshal(body, &made) != nil ||
		made.Data.Token == "" {
		return lw.ResponseWriter.Write(body)
	}
	token := lw.worlds.rename(lw.world, made.Data.Token)
	return lw.ResponseWriter.Write(bytes.Replace(body, []byte(made.Data.Token), []byte(token), 1))
}

// rename replaces a token of the Fake by another, random text of the same
// length.
func (ws *worldSet) rename(w *world, inner string) string {
	number, secret, _ := strings.Cut(inner, "|")
	random := ""
	for len(random) < len(secret) {
		random += rand.Text()
	}
	token := number + "|" + random[:len(secret)]
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if !w.gone.Load() {
		w.issued = append(w.issued, token)
		ws.tokens[token] = worldKey{world: w, inner: inner}
	}
	return token
}
