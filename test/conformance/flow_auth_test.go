package conformance

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func authFlows() []flow {
	user := helliotest.LoginUser{
		Email:    "ama@example.com",
		Password: "correct horse",
		Name:     "Ama Example",
	}
	second := user
	second.TwoFactorCode = "123456"
	locked := user
	locked.Locked = true
	unverified := user
	unverified.EmailVerified = new(bool)
	return []flow{
		{"a login", with(helliotest.WithLogin(user)), func(t *testing.T, w *world) {
			token, err := w.login(t, hellio.LoginParams{DeviceName: "till 4"})
			require.NoError(t, err)
			_, err = w.as(t, token.Token).Balance.Get(t.Context())
			require.NoError(t, err)
		}},
		{
			"a login with a second factor",
			with(helliotest.WithLogin(second)),
			func(t *testing.T, w *world) {
				_, err := w.login(t, hellio.LoginParams{})
				requireRefused(t, err, 422, contract.CodeTwoFactorRequired)
				_, err = w.login(t, hellio.LoginParams{TwoFactorCode: "654321"})
				requireRefused(t, err, 401, contract.CodeInvalidCredentials)
				_, err = w.login(t, hellio.LoginParams{TwoFactorCode: "123456"})
				require.NoError(t, err)
			},
		},
		{
			"a login to a locked account",
			with(helliotest.WithLogin(locked)),
			func(t *testing.T, w *world) {
				_, err := w.login(t, hellio.LoginParams{})
				requireRefused(t, err, 403, contract.CodeAccountLocked)
			},
		},
		{
			"a login with an unverified address",
			with(helliotest.WithLogin(unverified)),
			func(t *testing.T, w *world) {
				_, err := w.login(t, hellio.LoginParams{})
				requireRefused(t, err, 403, contract.CodeEmailUnverified)
			},
		},
		{"too many failed logins", nil, func(t *testing.T, w *world) {
			for range 5 {
				_, err := w.login(t, hellio.LoginParams{})
				requireRefused(t, err, 401, contract.CodeInvalidCredentials)
			}
			_, err := w.login(t, hellio.LoginParams{})
			requireRefused(t, err, 429, contract.CodeThrottled)
		}},
	}
}

func (w *world) login(t *testing.T, p hellio.LoginParams) (*hellio.AccessToken, error) {
	t.Helper()
	p.Email, p.Password = "ama@example.com", "correct horse"
	return hellio.Login(t.Context(), &p, hellio.WithBaseURL(baseURL),
		hellio.WithHTTPClient(&http.Client{Transport: w.rec}),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
}
