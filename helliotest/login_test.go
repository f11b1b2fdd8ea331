package helliotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func ama() helliotest.LoginUser {
	return helliotest.LoginUser{
		Email:    "ama@example.com",
		Password: " correct horse",
		Name:     "Ama Example",
	}
}

// login tries the credentials of ama with other members added.
func (a api) login(more string, header ...string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodPost, "/auth/token",
		`{"email":"ama@example.com","password":" correct horse"`+more+`}`, header...)
}

func TestALoginIsAnsweredWithTheDocumentedBody(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithLogin(ama()))
	a := newAPI(t, f)
	a.token = ""
	resp := a.login(`,"device_name":"till 4"`)
	require.Equal(t, http.StatusCreated, resp.status)
	token := resp.data(t)["token"].(string)
	require.Regexp(t, `^\d+\|[0-9A-Za-z]{48}$`, token)
	require.Equal(t,
		`{"data":{"token":"`+token+
			`","abilities":["sms:send","otp","voice","lookup","email:verify","reports","balance",`+
			`"webhooks","ussd"],`+
			`"user":{"name":"Ama Example","email":"ama@example.com"}}}`, resp.body)
	a.token = token
	require.Equal(t, 200, a.get("/balance").status)
	require.Equal(t, 201, a.sendOTP(oneOTP).status)
	require.True(t, f.RevokeToken(token))
}

func TestALoginHeedsNeitherAuthorizationNorKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t,
		helliotest.New(t, helliotest.WithLogin(ama()), helliotest.WithAllowedIPs("10.0.0.0/8")))
	tokens := map[any]bool{}
	for _, authorization := range []string{
		"", "Bearer ", "Bearer nobody", "Bearer " + helliotest.DefaultToken,
	} {
		resp := a.login("", "Authorization", authorization, "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, resp.status)
		require.Empty(t, resp.header.Get("Idempotent-Replayed"))
		tokens[resp.data(t)["token"]] = true
	}
	require.Len(t, tokens, 4)
}

func TestALoginsChecksHaveAnOrder(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, c := range map[string]struct {
		user   helliotest.LoginUser
		body   string
		status int
		code   string
	}{
		"unknown address": {
			helliotest.LoginUser{},
			`{"email":"kofi@example.com","password":"x"}`,
			401,
			"invalid_credentials",
		},
		"wrong password": {
			helliotest.LoginUser{Locked: true},
			`{"email":"ama@example.com","password":"x"}`,
			401,
			"invalid_credentials",
		},
		"a password is not trimmed": {
			helliotest.LoginUser{},
			`{"email":"ama@example.com","password":"correct horse"}`,
			401,
			"invalid_credentials",
		},
		"locked before unverified": {
			helliotest.LoginUser{Locked: true, EmailVerified: &no},
			"",
			403,
			"account_locked",
		},
		"locked before factor": {
			helliotest.LoginUser{Locked: true, TwoFactorCode: "123456"},
			"",
			403,
			"account_locked",
		},
		"unverified before factor": {
			helliotest.LoginUser{EmailVerified: &no, TwoFactorCode: "123456"},
			"",
			403,
			"email_unverified",
		},
		"second factor missing": {
			helliotest.LoginUser{TwoFactorCode: "123456"},
			"",
			422,
			"two_factor_required",
		},
		"second factor blank": {
			helliotest.LoginUser{TwoFactorCode: "123456"},
			`{"email":"ama@example.com","password":" correct horse","two_factor_code":" "}`,
			422,
			"two_factor_required",
		},
		"second factor wrong": {
			helliotest.LoginUser{TwoFactorCode: "123456"},
			`{"email":"ama@example.com","password":" correct horse","two_factor_code":"1"}`,
			401,
			"invalid_credentials",
		},
		"second factor right": {
			helliotest.LoginUser{TwoFactorCode: "123456"},
			`{"email":"AMA@example.com","password":" correct horse","two_factor_code":"123456"}`,
			201,
			"",
		},
		"verified by name": {helliotest.LoginUser{EmailVerified: &yes}, "", 201, ""},
		"no second factor set": {
			helliotest.LoginUser{},
			`{"email":"ama@example.com","password":" correct horse","two_factor_code":"1"}`,
			201,
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := ama()
			user.Locked = c.user.Locked
			user.EmailVerified = c.user.EmailVerified
			user.TwoFactorCode = c.user.TwoFactorCode
			a := newAPI(t, helliotest.New(t, helliotest.WithLogin(user)))
			if c.body == "" {
				c.body = `{"email":"ama@example.com","password":" correct horse"}`
			}
			resp := a.do("POST", "/auth/token", c.body)
			if c.status == 201 {
				require.Equal(t, 201, resp.status)
				return
			}
			resp.refused(t, c.status, c.code)
			require.NotContains(t, resp.decoded(t), "errors")
		})
	}
}

func TestALoginWithoutItsFieldsIsNoTry(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithLogin(ama()), helliotest.Lenient()))
	for _, c := range [][2]string{
		{`{}`, "email"}, {`{"email":"ama","password":"x"}`, "email"},
		{`{"email":"ama@example.com"}`, "password"},
		{`{"email":"ama@example.com","password":""}`, "password"},
		{`{"email":"ama@example.com","password":7}`, "password"},
		{
			`{"email":"ama@example.com","password":"x","device_name":"` + strings.Repeat("d", 256) +
				`"}`,
			"device_name",
		},
	} {
		resp := a.do("POST", "/auth/token", c[0])
		resp.refused(t, 422, "invalid_request")
		require.Contains(t, resp.decoded(t)["errors"], c[1])
		require.Empty(t, resp.header.Get("X-RateLimit-Limit"))
	}
	require.Equal(t, "4", a.login("").header.Get("X-RateLimit-Remaining"))
}

func TestFiveTriesAMinuteForEachAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kofi := helliotest.LoginUser{Email: "kofi@example.com", Password: "x"}
		a := newAPI(t, helliotest.New(t, helliotest.WithLogin(ama()), helliotest.WithLogin(kofi)))
		for range 4 {
			a.do("POST", "/auth/token", `{"email":"Ama@example.com","password":"guess"}`).refused(t,
				401, "invalid_credentials")
		}
		require.Equal(t, "0", a.login("").header.Get("X-RateLimit-Remaining"),
			"a right one counts too")
		time.Sleep(20 * time.Second)
		over := a.login("")
		over.refused(t, 429, "throttled")
		require.Equal(t, "40", over.header.Get("Retry-After"))
		require.Equal(t, "5", over.header.Get("X-RateLimit-Limit"))
		require.Equal(t, 201,
			a.do("POST", "/auth/token", `{"email":"kofi@example.com","password":"x"}`).status)
		time.Sleep(40 * time.Second)
		require.Equal(t, 201, a.login("").status)
	})
}

func TestLoginTriesCountPerEmailAndAddress(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithLogin(ama()))
	try := func(email, from string) apiResponse {
		req := httptest.NewRequest("POST", "/v1/auth/token",
			strings.NewReader(`{"email":"`+email+`","password":"guess"}`))
		req.Header.Set("Content-Type", "application/json")
		req.RemoteAddr = from
		rec := httptest.NewRecorder()
		f.Handler().ServeHTTP(rec, req)
		return apiResponse{rec.Code, rec.Header(), rec.Body.String()}
	}
	for i := range 6 {
		try(fmt.Sprintf("nobody%d@example.com", i), "192.0.2.1:1").refused(t, 401,
			"invalid_credentials")
	}
	for _, email := range []string{"ama@example.com", "nobody@example.com"} {
		for range 5 {
			try(email, "192.0.2.1:1").refused(t, 401, "invalid_credentials")
		}
		try(strings.ToUpper(email), "192.0.2.1:2").refused(t, 429, "throttled")
		try(email, "192.0.2.2:1").refused(t, 401, "invalid_credentials")
	}
}

func TestALoginCanBeSetLater(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.login("").refused(t, 401, "invalid_credentials")
	var change helliotest.AccountChange
	require.NoError(t,
		json.Unmarshal([]byte(`{"login":{"email":"ama@example.com","password":" correct horse",`+
			`"name":"Ama"}}`), &change))
	require.NoError(t, f.Update(change))
	require.Equal(t, 201, a.login("").status)
	user := ama()
	user.Email, user.Locked = "AMA@example.com", true
	require.NoError(t, f.Update(helliotest.AccountChange{Login: &user}))
	a.login("").refused(t, 403, "account_locked")
	f.Reset()
	a.login("").refused(t, 401, "invalid_credentials")
}

func TestResetKeepsOnlyTheUsersOfOptions(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithLogin(ama()))
	locked := ama()
	locked.Locked = true
	require.NoError(t, f.Update(helliotest.AccountChange{Login: &locked}))
	f.Reset()
	require.Equal(t, 201, newAPI(t, f).login("").status)
}

func TestABadLoginChangesNothing(t *testing.T) {
	t.Parallel()
	for _, user := range []helliotest.LoginUser{
		{},
		{Email: "ama", Password: "x"},
		{Email: "ama@example.com"},
	} {
		_, err := helliotest.Start(helliotest.WithLogin(user))
		require.ErrorContains(t, err, "login: ")
		f := helliotest.New(t)
		require.ErrorContains(t,
			f.Update(helliotest.AccountChange{Login: &user, Balance: pointer("7")}), "login: ")
		require.Equal(t, "100.0000", f.Balance().Balance)
	}
	for _, text := range []string{
		`{"login":null}`, `{"login":{"email":"a@example.com","pass":"x"}}`, `{"login":7}`,
	} {
		require.Error(t, json.Unmarshal([]byte(text), new(helliotest.AccountChange)))
	}
}
