package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestAWorldIsMadeAsItsSpecSays(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct{ spec, account string }{
		{``, defaultAccount},
		{`{}`, defaultAccount},
		{
			`{"balance":null,"senders":null,"rate_limit":null,"scopes":null,"allowed_ips":null,` +
				`"seed":null}`,
			defaultAccount,
		},
		{
			`{"balance":"0","senders":["X"],"rate_limit":0,"scopes":["otp"],` +
				`"allowed_ips":["10.0.0.0/8"],"seed":18446744073709551615}`,
			`{"balance":"0.0000","senders":["X"],"rate_limit":0,"allowed_ips":["10.0.0.0/8"],` +
				`"spend_limit":null}`,
		},
		{`{"ussd_balance":"7.5"}`, `{"balance":"100.0000","ussd_balance":"7.5000"}`},
		{
			`{"senders":[],"allowed_ips":[]}`,
			`{"balance":"100.0000","senders":[],"rate_limit":120,"allowed_ips":[],` +
				`"spend_limit":null}`,
		},
	} {
		p.world(c.spec).get("/_fake/account").has(c.account, c.spec)
	}
	p.get("/_fake/account").has(defaultAccount, "the first world is as it was")
}

func TestAWorldNeedsNoTokenToBeMade(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, token := range []string{"", "unknown"} {
		require.Equal(t, http.StatusOK, p.as(token).world(`{}`).get("/v1/balance").status)
	}
}

func TestWorldsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	p := start(t)
	a, b := p.world(`{}`), p.world(`{}`)
	a.send(oneSMS)
	a.fault(`{"op":"any","always":true,"effect":"status","code":500}`)
	require.Equal(t, http.StatusOK,
		a.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"1h"}`).status)
	require.Equal(t, http.StatusOK,
		a.call(http.MethodPatch, "/_fake/account", `{"senders":[]}`).status)
	for _, other := range []*testProgram{p, b} {
		require.Empty(t, other.get("/_fake/messages").list())
		require.Empty(t, other.get("/_fake/requests").list())
		require.Empty(t, other.get("/_fake/faults").list())
		other.send(oneSMS)
	}
	require.Len(t, a.get("/_fake/messages").list(), 1)
}

func TestWorldsOfOneSeedHaveEqualReferences(t *testing.T) {
	t.Parallel()
	p := start(t)
	reference := func(w *testProgram) any {
		w.call(http.MethodPost, "/_fake/tokens", `{"scopes":["*"]}`)
		w.send(oneSMS)
		return w.get("/_fake/messages").list()[0]["reference"]
	}
	require.Equal(t, reference(p.world(`{"seed":7}`)), reference(p.world(`{"seed":7}`)))
	require.NotEqual(t, reference(p.world(`{"seed":7}`)), reference(p.world(`{"seed":8}`)))
}

func TestIssuedTokensBelongToOneWorld(t *testing.T) {
	t.Parallel()
	p := start(t)
	a, b := p.world(`{"balance":"1"}`), p.world(`{"balance":"2"}`)
	ofA, ofB := a.issued(`["*"]`), b.issued(`["*"]`)
	require.NotEqual(t, ofA.token, ofB.token)
	require.Equal(t, "1.0000", ofA.get("/_fake/account").object()["balance"])
	require.Equal(t, "2.0000", ofB.get("/_fake/account").object()["balance"])
	balance, err := ofA.client().Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "1.0000", balance.Balance.String())
}

// issued returns the program for a new token with these scopes.
func (p *testProgram) issued(scopes string) *testProgram {
	p.t.Helper()
	made := p.call(http.MethodPost, "/_fake/tokens", `{"scopes":`+scopes+`}`)
	require.Equal(p.t, http.StatusCreated, made.status, made.body)
	return p.as(made.object()["token"].(string))
}

func TestATokenCarriesItsScopes(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, http.StatusOK, p.issued(`["balance"]`).get("/v1/balance").status)
	require.Equal(t, http.StatusOK, p.issued(`["*"]`).get("/v1/balance").status)
	p.issued(`["otp","sms:send"]`).get("/v1/balance").refused(http.StatusForbidden,
		"insufficient_scope")
	p.issued(`[]`).get("/v1/balance").refused(http.StatusForbidden, "insufficient_scope")
	p.world(`{"scopes":[]}`).get("/v1/balance").refused(http.StatusForbidden, "insufficient_scope")
}

func TestADeletedTokensCallIsListed(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.issued(`["*"]`)
	require.Equal(t, http.StatusNoContent,
		p.call(http.MethodDelete, "/_fake/tokens/"+other.token, "").status)
	other.get("/v1/balance").refused(http.StatusUnauthorized, "unauthenticated")
	other.get("/_fake/account").refused(http.StatusUnauthorized, "unauthenticated")
	require.EqualValues(t, http.StatusUnauthorized, p.get("/_fake/requests").list()[0]["status"])
	p.call(http.MethodDelete, "/_fake/tokens/"+other.token, "").refused(http.StatusNotFound,
		"not_found")
}

func TestARevokedTokenStillNamesItsWorld(t *testing.T) {
	t.Parallel()
	p := start(t, "-token", "7|a/b")
	require.Equal(t, http.StatusNoContent,
		p.call(http.MethodDelete, "/_fake/tokens/"+url.PathEscape(p.token), "").status)
	_, err := p.client().Balance.Get(t.Context())
	var refused *hellio.AuthenticationError
	require.ErrorAs(t, err, &refused)
	require.Len(t, p.get("/_fake/requests").list(), 1)
	require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, "/_fake/reset", "").status)
	require.Equal(t, http.StatusOK, p.get("/v1/balance").status)
	require.Equal(t, http.StatusNoContent,
		p.call(http.MethodDelete, "/_fake/tokens/"+url.PathEscape(p.token), "").status, "it can be refused anew")
}

func TestAnotherWorldsTokenCanNotBeDeleted(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.world(`{}`)
	mine, theirs := p.issued(`["*"]`), other.issued(`["*"]`)
	for _, token := range []string{other.token, theirs.token, "unknown", "%2F"} {
		p.call(http.MethodDelete, "/_fake/tokens/"+token, "").refused(http.StatusNotFound,
			"not_found")
	}
	for _, holder := range []*testProgram{other, theirs, mine} {
		require.Equal(t, http.StatusOK, holder.get("/v1/balance").status)
		require.Equal(t, http.StatusOK, holder.get("/_fake/account").status)
	}
}

func TestResetMakesTheWorldAsItWasMade(t *testing.T) {
	t.Parallel()
	p := start(t).world(`{"balance":"9","seed":3}`)
	fresh := p.state()
	other := p.issued(`["*"]`)
	p.send(oneSMS)
	reference := p.get("/_fake/messages").list()[0]["reference"]
	p.fault(`{"op":"any","nth":100,"effect":"lose_reply"}`)
	p.call(http.MethodPatch, "/_fake/account",
		`{"balance":"1","spend_limit":{"period":"daily","amount":"1"}}`)
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"1000h"}`)

	require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, "/_fake/reset", "{}").status)
	require.Equal(t, fresh, p.state())
	other.get("/_fake/account").refused(http.StatusUnauthorized, "unauthenticated")
	other.get("/v1/balance").refused(http.StatusUnauthorized, "unauthenticated")

	p.issued(`["*"]`)
	p.send(oneSMS)
	require.Equal(t, reference, p.get("/_fake/messages").list()[0]["reference"],
		"the seed begins anew")
}

func TestAnUnknownTokenIsAnsweredByTheAPI(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, token := range []string{"", "unknown"} {
		stranger := p.as(token)
		stranger.get("/v1/balance").refused(http.StatusUnauthorized, "unauthenticated")
		require.JSONEq(t, `{"message":"Unauthenticated.","error":"unauthenticated"}`,
			stranger.get("/v1/balance").body)
		stranger.get("/v1/nothing").refused(http.StatusNotFound, "not_found")
		wrong := stranger.call(http.MethodPut, "/v1/balance", "")
		wrong.refused(http.StatusMethodNotAllowed, "method_not_allowed")
		require.Equal(t, "GET", wrong.header.Get("Allow"))
	}
	require.Empty(t, p.get("/_fake/requests").list(), "no world sees it")
}

func TestTheSchemeOfATokenHasNoCase(t *testing.T) {
	t.Parallel()
	p := start(t)
	for header, status := range map[string]int{
		"bearer " + p.token:     http.StatusOK,
		"BEARER  " + p.token:    http.StatusOK,
		p.token:                 http.StatusUnauthorized,
		"Basic " + p.token:      http.StatusUnauthorized,
		"Bearer":                http.StatusUnauthorized,
		"Bearer " + p.token[1:]: http.StatusUnauthorized,
	} {
		for _, path := range []string{"/v1/balance", "/_fake/account"} {
			req := p.request(http.MethodGet, path, "")
			req.Header.Set("Authorization", header)
			got, err := p.try(req)
			require.NoError(t, err)
			require.Equal(t, status, got.status, "%s with %q", path, header)
		}
	}
}

func TestTheProgramKeepsACapOnItsWorlds(t *testing.T) {
	t.Parallel()
	ws, err := newWorlds("first", nil)
	require.NoError(t, err)
	for range maxWorlds {
		_, err := ws.create(&worldSpec{})
		require.NoError(t, err)
	}
	_, err = ws.create(&worldSpec{})
	require.ErrorContains(t, err, "at most 1000 worlds")
	require.Len(t, ws.tokens, maxWorlds+1)
	ws.close()
}

func TestAWorldForgetsTheOldest(t *testing.T) {
	t.Parallel()
	p := start(t, "-retention", "2")
	for _, w := range []*testProgram{p, p.world(`{}`)} {
		w.get("/inbox/state").has(`{"kept":2}`)
		for range 4 {
			w.send(oneSMS)
		}
		require.Len(t, w.get("/_fake/messages").list(), 4, "none is final yet")
		require.Len(t, w.get("/_fake/requests").list(), 2)
		w.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"5s"}`)
		require.Len(t, w.get("/_fake/messages").list(), 2)
		w.call(http.MethodPost, "/_fake/reset", "")
		w.send(oneSMS)
		require.Len(t, w.get("/_fake/requests").list(), 1)
	}
}

func TestAWorldKeepsACapOnItsTokens(t *testing.T) {
	t.Parallel()
	ws, err := newWorlds("first", nil)
	require.NoError(t, err)
	w := ws.controlled("first")
	for range maxTokens {
		_, err := ws.issue(w, []string{})
		require.NoError(t, err)
	}
	_, err = ws.issue(w, []string{})
	require.ErrorContains(t, err, "at most 10000 tokens")
	ws.nameLogin(w, "1|of a login")
	_, err = ws.issue(w, []string{})
	require.ErrorContains(t, err, "at most 10000 tokens", "a login does not lift the cap")
	ws.reset(w)
	_, err = ws.issue(w, []string{})
	require.NoError(t, err)
	require.Len(t, ws.tokens, 2)
	ws.close()
}

func TestConcurrentCallsOnManyWorldsStayApart(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "0")
	for i := range 8 {
		t.Run("world", func(t *testing.T) {
			t.Parallel()
			email := fmt.Sprintf("ama%d@example.com", i)
			own := p.world(strings.Replace(loginSpec, "Ama@example.com", email, 1))
			own.t = t
			require.Equal(t, http.StatusCreated, own.logIn(email, "pw").status)
			for range 10 {
				own.issued(`["*"]`).send(oneSMS)
			}
			require.Len(t, own.get("/_fake/messages").list(), 10)
			own.call(http.MethodPost, "/_fake/reset", "")
			require.Empty(t, own.get("/_fake/messages").list())
		})
	}
}
