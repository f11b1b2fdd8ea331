package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

const ama = `{"login":{"email":"Ama@example.com","password":"secret","name":"Ama"}}`

func login(t *testing.T, p *testProgram, email, password string) (*hellio.AccessToken, error) {
	t.Helper()
	return hellio.Login(context.Background(), &hellio.LoginParams{Email: email, Password: password},
		hellio.WithBaseURL("http://"+p.addr+"/v1"),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
}

func TestTheEmailDecidesALoginsWorld(t *testing.T) {
	t.Parallel()
	p := start(t)
	one, other := p.world(`{}`), p.world(`{}`)
	one.patch(ama)
	other.patch(strings.Replace(ama, "Ama@", "Kofi@", 1))
	tokens := map[string]bool{}
	for email, w := range map[string]*testProgram{
		"ama@example.com":  one,
		"kofi@example.com": other,
	} {
		token, err := login(t, p, email, "secret")
		require.NoError(t, err)
		require.False(t, tokens[token.Token], "two worlds with one seed must not share a token")
		tokens[token.Token] = true
		p.as(token.Token).send(strings.Replace(oneSMS, "Hi", email, 1))
		require.Len(t, w.get("/_fake/messages").list(), 1)
		require.Equal(t, email, w.get("/_fake/messages").list()[0]["message"])
	}
	_, err := login(t, p, "ama@example.com", "wrong")
	var refused *hellio.AuthenticationError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, hellio.CodeInvalidCredentials, refused.Code)
}

func TestAListedLoginShowsItsToken(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.patch(ama)
	token, err := login(t, p, "ama@example.com", "secret")
	require.NoError(t, err)
	require.Contains(t, p.get("/_fake/requests").body, token.Token)
}

func TestUnknownEmailsAreThrottledLikeKnownOnes(t *testing.T) {
	t.Parallel()
	p := start(t)
	for i := range 6 {
		_, err := login(t, p, "other@example.com", "secret")
		require.Error(t, err)
		_, err = login(t, p, "x@example.com", "secret")
		var limited *hellio.RateLimitError
		require.Equal(t, i == 5, errors.As(err, &limited), "try %d: %v", i+1, err)
	}
	require.Empty(t, p.get("/_fake/requests").list(), "no world sees who knocks at none")
}

func TestAResetForgetsWhoMayLogIn(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.patch(ama)
	p.world(`{}`).patch(strings.Replace(ama, "Ama@", "Kofi@", 1))
	token, err := login(t, p, "ama@example.com", "secret")
	require.NoError(t, err)
	p.call(http.MethodPost, "/_fake/reset", "")
	p.as(token.Token).get("/_fake/account").refused(http.StatusUnauthorized, "unauthenticated")
	_, err = login(t, p, "ama@example.com", "secret")
	require.Error(t, err)
	require.Empty(t, p.get("/_fake/requests").list(),
		"the world does not know the address any more")
	_, err = login(t, p, "kofi@example.com", "secret")
	require.NoError(t, err, "another world's users stay")
}

func TestALoginReplyIsLostOnTheSocket(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.patch(ama)
	p.fault(`{"op":"auth_token","nth":1,"effect":"lose_reply"}`)
	_, err := login(t, p, "ama@example.com", "secret")
	require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
}

func TestACodeIsToldWhileItIsLive(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.get("/_fake/otp/%2B233209990001").refused(http.StatusNotFound, "not_found")
	_, err := p.client().OTP.Send(t.Context(),
		&hellio.OTPSendParams{MobileNumber: "+233209990001", Sender: "HELLIO"})
	require.NoError(t, err)
	_, err = p.client().OTP.Send(t.Context(), &hellio.OTPSendParams{Email: "ama@example.com"})
	require.NoError(t, err)
	for _, destination := range []string{
		"%2B233209990001", "233209990001", "ama%40example.com", "ama@example.com",
	} {
		require.Regexp(t,
			`^\{"code":"\d{6}","expires_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00",`+
				`"tries_left":5\}\s*$`, p.get(
				"/_fake/otp/"+destination).body)
	}
	require.Equal(t, http.StatusOK,
		p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"6m"}`).status)
	p.get("/_fake/otp/233209990001").refused(http.StatusNotFound, "not_found")
	p.as("nobody").get("/_fake/otp/233209990001").refused(http.StatusUnauthorized,
		"unauthenticated")
}

func (p *testProgram) patch(account string) {
	p.t.Helper()
	changed := p.call(http.MethodPatch, "/_fake/account", account)
	require.Equal(p.t, http.StatusOK, changed.status, changed.body)
}
