package main

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/hellio-go/hellio/helliotest"
)

// serveAPI answers a call of the API in the world that its token names.
func (ws *worldSet) serveAPI(rw http.ResponseWriter, r *http.Request) {
	r, leave := ws.withRoom(rw, r)
	defer leave()
	if isLogin(r) {
		ws.serveLogin(rw, r)
		return
	}
	token := bearer(r)
	k, known := ws.find(token)
	if !known {
		serveStranger(rw, r)
		return
	}
	if k.inner != token {
		r = withToken(r, k.inner)
	}
	if !k.world.engine.ServeOpen(rw, r) {
		serveStranger(rw, r) // the world was deleted meanwhile
		return
	}
	ws.after(k.world)
}

// after looks at what a call has left in a world.
func (ws *worldSet) after(w *world) {
	w.note.look(w.engine.CountViolations)
	ws.boundBodies()
}

// serveStranger answers a call whose token names no world as the API does: 401,
// or 404 and 405 where the route is wrong. Each call has a Fake of its own: no
// world sees it, and nothing piles up.
func serveStranger(rw http.ResponseWriter, r *http.Request) {
	stranger, err := helliotest.Start(helliotest.WithToken(rand.Text()))
	if err != nil {
		panic(err) // the option is a good one
	}
	defer stranger.Close()
	stranger.Handler().ServeHTTP(rw, r)
}

// withToken is the request with another token.
func withToken(r *http.Request, token string) *http.Request {
	changed := *r
	changed.Header = r.Header.Clone()
	changed.Header.Set("Authorization", "Bearer "+token)
	return &changed
}

// bearer reads the token as the API does: the scheme in any case.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
