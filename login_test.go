package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleLogin() {
	fake, err := helliotest.Start(helliotest.WithLogin(helliotest.LoginUser{
		Email:         "ama@example.com",
		Password:      "correct horse",
		Name:          "Ama Example",
		TwoFactorCode: "483920",
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	onFake := hellio.WithHTTPClient(fake.HTTPClient()) // in production: no option

	ctx := context.Background()
	params := &hellio.LoginParams{
		Email:      "ama@example.com",
		Password:   "correct horse",
		DeviceName: "checkout 4",
	}
	token, err := hellio.Login(ctx, params, onFake)
	var refused *hellio.ValidationError
	if errors.As(err, &refused) && refused.Code == hellio.CodeTwoFactorRequired {
		params.TwoFactorCode = "483920" // as the user types it
		token, err = hellio.Login(ctx, params, onFake)
	}
	if err != nil {
		log.Fatal(err)
	}
	client, err := hellio.NewClient(token.Token, onFake)
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		token.User.Name,
		"may use",
		len(token.Abilities),
		"scopes and has",
		balance.Available,
		balance.Currency,
	)
	// Output:
	// Ama Example may use 9 scopes and has 100.0000 GHS
}

// logInAsAma tries to log in at a fake that knows this user.
func logInAsAma(t testing.TB, fake *helliotest.Fake, password string) error {
	t.Helper()
	token, err := hellio.Login(
		t.Context(),
		&hellio.LoginParams{Email: "ama@example.com", Password: password},
		hellio.WithHTTPClient(
			fake.HTTPClient(),
		),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}),
	)
	require.Equal(t, err != nil, token == nil)
	return err
}

func TestRefusedLoginsAreErrorsOfTheirKind(t *testing.T) {
	t.Parallel()
	no := false
	for code, c := range map[string]struct {
		user helliotest.LoginUser
		kind any
	}{
		hellio.CodeInvalidCredentials: {
			helliotest.LoginUser{Password: "another"},
			new(*hellio.AuthenticationError),
		},
		hellio.CodeAccountLocked: {
			helliotest.LoginUser{Password: "x", Locked: true},
			new(*hellio.PermissionError),
		},
		hellio.CodeEmailUnverified: {
			helliotest.LoginUser{Password: "x", EmailVerified: &no},
			new(*hellio.PermissionError),
		},
		hellio.CodeTwoFactorRequired: {
			helliotest.LoginUser{Password: "x", TwoFactorCode: "1"},
			new(*hellio.ValidationError),
		},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			c.user.Email = "ama@example.com"
			err := logInAsAma(t, helliotest.New(t, helliotest.WithLogin(c.user)), "x")
			require.ErrorAs(t, err, c.kind)
			var refused *hellio.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, code, refused.Code)
			require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
		})
	}
}

func TestTheSixthLoginPerMinuteIsThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(
			t,
			helliotest.WithLogin(helliotest.LoginUser{Email: "ama@example.com", Password: "x"}),
		)
		for range 5 {
			require.Error(t, logInAsAma(t, fake, "guess"))
		}
		var throttled *hellio.RateLimitError
		require.ErrorAs(t, logInAsAma(t, fake, "x"), &throttled)
		require.Equal(t, time.Minute, throttled.RetryAfter)
		time.Sleep(throttled.RetryAfter)
		require.NoError(t, logInAsAma(t, fake, "x"))
	})
}

func TestLoginSendsNeitherTokenNorKey(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(
		t,
		helliotest.WithLogin(helliotest.LoginUser{Email: "ama@example.com", Password: " x "}),
	)
	held := hellio.WithTokenSource(heldToken("7|held"))
	_, err := hellio.Login(
		t.Context(),
		&hellio.LoginParams{Email: "ama@example.com", Password: " x "},
		hellio.WithHTTPClient(fake.HTTPClient()),
		held,
	)
	require.NoError(t, err)
	request := fake.Requests()[0]
	require.Empty(t, request.Header.Values("Authorization"))
	require.Empty(t, request.IdempotencyKey)
	require.Equal(t, map[string]any{"email": "ama@example.com", "password": " x "}, request.Decoded)
}

// heldToken is a TokenSource whose token must not be sent by a login.
type heldToken string

func (t heldToken) Token(context.Context) (string, error) { return string(t), nil }

func TestLoginRefusesBadInput(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	t.Cleanup(func() { require.Empty(t, fake.Requests()) })
	long := strings.Repeat("é", 256)
	for name, c := range map[string]struct {
		field  string
		params *hellio.LoginParams
	}{
		"nil params": {"params", nil},
		"no address": {"email", &hellio.LoginParams{Password: "x"}},
		"no @": {"email", &hellio.LoginParams{
			Email:    "ama.example.com",
			Password: "x",
		}},
		"nothing before the @": {"email", &hellio.LoginParams{
			Email:    "@example.com",
			Password: "x",
		}},
		"not UTF-8": {
			"email",
			&hellio.LoginParams{Email: "\xff@example.com", Password: "x"},
		},
		"no password": {"password", &hellio.LoginParams{Email: "ama@example.com"}},
		"a password not UTF-8": {
			"password",
			&hellio.LoginParams{Email: "ama@example.com", Password: "\xff"},
		},
		"a device name too long": {
			"device_name",
			&hellio.LoginParams{Email: "ama@example.com", Password: "x", DeviceName: long},
		},
		"a second factor of 256": {
			"two_factor_code",
			&hellio.LoginParams{Email: "ama@example.com", Password: "x", TwoFactorCode: long},
		},
		"nothing at all": {"password", &hellio.LoginParams{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := hellio.Login(t.Context(), c.params,
				hellio.WithHTTPClient(fake.HTTPClient()))
			require.Nil(t, token)
			var bad *hellio.ParamError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.field, bad.Field)
			require.NotEmpty(t, bad.Allowed)
			require.NotContains(t, err.Error(), "ama")
			require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err))
		})
	}
}

func TestALoginWithABadOptionSendsNothing(t *testing.T) {
	t.Parallel()
	_, err := hellio.Login(
		t.Context(),
		&hellio.LoginParams{Email: "ama@example.com", Password: "x"},
		hellio.WithBaseURL("http://example.com/v1"),
	)
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
}
