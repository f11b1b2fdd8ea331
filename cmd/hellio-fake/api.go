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
	w := ws.find(bearer(r))
	if w == nil || !w.engine.ServeOpen(rw, r) { // or it was deleted meanwhile
		serveStranger(rw, r)
		return
	}
	ws.after(w)
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

// bearer reads the token as the API does: the scheme in any case.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
