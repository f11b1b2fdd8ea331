package main

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// deleted deletes a world.
func (p *testProgram) deleted() {
	p.t.Helper()
	got := p.call(http.MethodDelete, "/_fake/worlds", "")
	require.Equal(p.t, http.StatusNoContent, got.status, got.body)
}

// logIn logs in and returns the answer.
func (p *testProgram) logIn(email, password string) response {
	p.t.Helper()
	return p.as("").call(http.MethodPost, "/v1/auth/token",
		`{"email":"`+email+`","password":"`+password+`"}`)
}

const loginSpec = `{"login":{"email":"Ama@example.com","password":"pw","name":"Ama"}}`

func TestTheFirstWorldCanNotBeDeleted(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.call(http.MethodDelete, "/_fake/worlds", "").refused(http.StatusConflict, "first_world")
	p.issued(`["*"]`).call(http.MethodDelete, "/_fake/worlds", "{}").refused(http.StatusConflict,
		"first_world")
	require.Equal(t, http.StatusOK, p.get("/v1/balance").status)
}

func TestADeletedWorldsTokensAre401(t *testing.T) {
	t.Parallel()
	p := start(t)
	w, other := p.world(loginSpec), p.world(`{}`)
	issued := w.issued(`["*"]`)
	logged := w.logIn("ama@example.com", "pw")
	require.Equal(t, http.StatusCreated, logged.status, logged.body)
	loggedIn := p.as(logged.object()["data"].(map[string]any)["token"].(string))
	other.send(oneSMS)
	// a message that is final changes no more
	other.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"6s"}`)
	before := other.state() + p.state()

	issued.deleted()
	for _, token := range []*testProgram{w, issued, loggedIn} {
		token.get("/v1/balance").refused(http.StatusUnauthorized, "unauthenticated")
		token.get("/balance").refused(http.StatusNotFound, "not_found")
		for _, call := range controlRoutes {
			method, path, _ := strings.Cut(call, " ")
			token.call(method, path, "{}").refused(http.StatusUnauthorized, "unauthenticated")
		}
	}
	require.Len(t, p.get("/inbox/worlds").list(), 2)
	require.Equal(t, before, other.state()+p.state(), "other worlds are untouched")
	p.logIn("ama@example.com", "pw").refused(http.StatusUnauthorized, "invalid_credentials")
}

func TestADeletedWorldEndsWaitsAndCalls(t *testing.T) {
	t.Parallel()
	p := start(t)
	w := p.world(`{}`)
	w.fault(`{"op":"sms_send","always":true,"effect":"delay","duration":"10m"}`)
	stream, err := http.DefaultClient.Do(w.request(http.MethodGet, "/_fake/events", ""))
	require.NoError(t, err)
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	require.True(t, lines.Scan(), "it listens")

	ended := make(chan error, 2)
	waited := make(chan int, 1)
	for range 2 {
		req := w.request(http.MethodPost, "/v1/sms/send", oneSMS)
		go func() {
			_, err := w.try(req)
			ended <- err
		}()
	}
	wait := w.request(http.MethodGet, "/_fake/messages/wait?timeout=5m", "")
	go func() {
		got, _ := w.try(wait)
		waited <- got.status
	}()
	for len(w.get("/_fake/requests").list()) < 2 {
		require.NoError(t, t.Context().Err())
	}
	w.deleted()
	require.Error(t, <-ended, "a call in flight loses its connection")
	require.Error(t, <-ended)
	require.Equal(t, http.StatusUnauthorized, <-waited)
	for lines.Scan() {
		require.NotContains(t, lines.Text(), "data:")
	}
	require.NoError(t, lines.Err(), "the stream ends")
}

func TestADeletedWorldMakesRoom(t *testing.T) {
	t.Parallel()
	ws, err := newWorlds("first", nil)
	require.NoError(t, err)
	defer ws.close()
	var last *world
	for range maxWorlds {
		last, err = ws.create(&worldSpec{})
		require.NoError(t, err)
	}
	require.NoError(t, ws.remove(last))
	require.ErrorContains(t, ws.remove(last), "Unauthenticated")
	_, err = ws.create(&worldSpec{})
	require.NoError(t, err)
	_, err = ws.create(&worldSpec{})
	require.ErrorContains(t, err, "DELETE /_fake/worlds deletes one")
}

func TestAWorldThatEndsDuringACallIs401(t *testing.T) {
	t.Parallel()
	p := start(t)
	ws, err := newWorlds("first", nil)
	require.NoError(t, err)
	defer ws.close()
	for _, rt := range newControl(ws).routes {
		if rt.open || strings.HasPrefix(rt.path, "/inbox/") || rt.path == "/_fake/events" {
			continue
		}
		w, err := ws.create(&worldSpec{})
		require.NoError(t, err)
		require.NoError(t, ws.remove(w))
		if rt.method == http.MethodGet {
			continue // reading a world that has ended changes nothing
		}
		body := map[string]string{
			"/_fake/tokens":        `{"scopes":[]}`,
			"/_fake/clock/advance": `{"duration":"1s"}`,
			"/_fake/faults":        `[]`,
			"/_fake/account":       `{"balance":"1"}`,
		}[rt.path]
		req := p.request(rt.method, "/x", body)
		require.ErrorContains(t, rt.handleIn(w, httptest.NewRecorder(), req), "Unauthenticated", rt.path)
	}
}

func TestALoginOfASpecSurvivesAReset(t *testing.T) {
	t.Parallel()
	p := start(t)
	w := p.world(loginSpec)
	change := `{"login":{"email":"kofi@example.com","password":"pw","name":"Kofi"}}`
	require.Equal(t, http.StatusOK, w.call(http.MethodPatch, "/_fake/account", change).status)
	require.Equal(t, http.StatusCreated, p.logIn("kofi@example.com", "pw").status)
	require.Equal(t, http.StatusNoContent, w.call(http.MethodPost, "/_fake/reset", "").status)
	require.Equal(t, http.StatusCreated, p.logIn("ama@example.com", "pw").status)
	p.logIn("kofi@example.com", "pw").refused(http.StatusUnauthorized, "invalid_credentials")
}

func TestTheLastWorldNamingAnEmailHasIt(t *testing.T) {
	t.Parallel()
	p := start(t)
	a, b := p.world(loginSpec), p.world(loginSpec)
	require.Equal(t, http.StatusCreated, p.logIn("AMA@example.com", "pw").status)
	require.Empty(t, a.get("/_fake/requests").list())
	require.Len(t, b.get("/_fake/requests").list(), 1)
	a.call(http.MethodPost, "/_fake/reset", "")
	p.logIn("ama@example.com", "pw")
	require.Len(t, b.get("/_fake/requests").list(), 2, "a reset names nobody")
	b.deleted()
	p.logIn("ama@example.com", "pw").refused(http.StatusUnauthorized, "invalid_credentials")
	c := p.world(loginSpec)
	require.Equal(t, http.StatusCreated, p.logIn("ama@example.com", "pw").status)
	require.Len(t, c.get("/_fake/requests").list(), 1)
}

func TestLogInTriesCountPerEmail(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.world(loginSpec)
	for _, email := range []string{"ama@example.com", "nobody@example.com"} {
		for range 5 {
			p.logIn(email, "wrong").refused(http.StatusUnauthorized, "invalid_credentials")
		}
		p.logIn(strings.ToUpper(email), "pw").refused(http.StatusTooManyRequests, "throttled")
	}
}

func TestAWorldHasItsOwnOTPLimit(t *testing.T) {
	t.Parallel()
	p := start(t, "-otp-limit", "2")
	send := func(w *testProgram) int {
		return w.call(http.MethodPost, "/v1/otp/send",
			`{"mobile_number":"+233209990001","sender":"HELLIO"}`).status
	}
	for spec, limit := range map[string]int{`{}`: 2, `{"otp_limit":null}`: 2, `{"otp_limit":1}`: 1} {
		w := p.world(spec)
		for range limit {
			require.Equal(t, http.StatusCreated, send(w))
		}
		require.Equal(t, http.StatusTooManyRequests, send(w), spec)
	}
	free := p.world(`{"otp_limit":0}`)
	for range 12 {
		require.Equal(t, http.StatusCreated, send(free))
	}
}

func TestANameIsForPeopleAlone(t *testing.T) {
	t.Parallel()
	p := start(t)
	for range 2 {
		w := p.world(`{"name":"` + strings.Repeat("é", maxName) + `"}`)
		require.NotContains(t, w.state(), "é")
	}
	require.Len(t, p.get("/inbox/worlds").list(), 3, "it need not be unique")
}
