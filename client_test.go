package hellio

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestClientCallsTheProductionAPIByDefault(t *testing.T) {
	t.Parallel()
	c, err := NewClient(testToken)
	require.NoError(t, err)
	require.Equal(t, "https://api.helliomessaging.com/v1", c.BaseURL())
	require.NotNil(t, c.SMS)
	require.NotNil(t, c.Balance)
	c.CloseIdleConnections()
}

func TestBaseURLMayEndInASlash(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://api.example.com/v1":      "https://api.example.com/v1/balance",
		"https://api.example.com/v1/":     "https://api.example.com/v1/balance",
		"https://api.example.com/v1//":    "https://api.example.com/v1/balance",
		"https://api.example.com":         "https://api.example.com/balance",
		"https://api.example.com/":        "https://api.example.com/balance",
		"https://gate.example.com/a/b/v1": "https://gate.example.com/a/b/v1/balance",
		"https://gate.example.com/a%2Fb":  "https://gate.example.com/a%2Fb/balance",
		"https://gate.example.com/a%20b":  "https://gate.example.com/a%20b/balance",
		"HTTPS://api.example.com:8443/v1": "https://api.example.com:8443/v1/balance",
		"http://localhost:8080/v1":        "http://localhost:8080/v1/balance",
		"http://127.0.0.1:1/v1":           "http://127.0.0.1:1/v1/balance",
		"http://127.9.9.9/v1":             "http://127.9.9.9/v1/balance",
		"http://[::1]:8080/v1":            "http://[::1]:8080/v1/balance",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(200, balanceBody))
			c := stubbed(t, s, WithBaseURL(base))
			require.NoError(t, getBalance(t.Context(), c))
			require.Equal(t, want, s.requests()[0].url)
			require.Equal(t, strings.TrimSuffix(want, "/balance"), c.BaseURL())
		})
	}
}

func TestUnsafeBaseURLIsRefused(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{
		"empty":                    "",
		"blank":                    " ",
		"a slash":                  "/",
		"a path":                   "/v1",
		"a host alone":             "api.example.com/v1",
		"a scheme alone":           "https://",
		"no host":                  "https:///v1",
		"a port alone":             "https://:443/v1",
		"another scheme":           "ftp://api.example.com/v1",
		"opaque":                   "https:api.example.com/v1",
		"a query":                  "https://api.example.com/v1?a=b",
		"an empty query":           "https://api.example.com/v1?",
		"a fragment":               "https://api.example.com/v1#x",
		"an empty fragment":        "https://api.example.com/v1#",
		"a user":                   "https://user@api.example.com/v1",
		"a password":               "https://user:secret@api.example.com/v1",
		"plain http":               "http://api.example.com/v1",
		"a name like loopback":     "http://localhost.example.com/v1",
		"an address like loopback": "http://127.0.0.1.example.com/v1",
		"any address":              "http://0.0.0.0/v1",
		"a private address":        "http://10.0.0.1/v1",
		"LF":                       "https://api.example.com/v1\n",
		"a bad escape":             "https://api.example.com/%zz",
		"a space":                  "https://api example.com/v1",
		"leading space":            " https://api.example.com/v1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewClient(testToken, WithBaseURL(base))
			requireParamError(t, err, "base URL")
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "example")
		})
	}
	_, err := NewClient(testToken, WithBaseURL("http://fake:8080/v1"), WithUnsafePlainHTTP())
	require.NoError(t, err, "WithUnsafePlainHTTP allows it")
}

func TestIDBecomesOneEscapedSegment(t *testing.T) {
	t.Parallel()
	for id, path := range map[ID]string{
		"12":            "/base/v1/webhooks/12",
		"0b8f6c9e-7f0e": "/base/v1/webhooks/0b8f6c9e-7f0e",
		"a b":           "/base/v1/webhooks/a%20b",
		"a%2Fb":         "/base/v1/webhooks/a%252Fb",
		"..%2f":         "/base/v1/webhooks/..%252f",
		"a;b":           "/base/v1/webhooks/a%3Bb",
		"ü":             "/base/v1/webhooks/%C3%BC",
		"...":           "/base/v1/webhooks/...",
		"%":             "/base/v1/webhooks/%25",
		"%2e%2e":        "/base/v1/webhooks/%252e%252e",
	} {
		t.Run(id.String(), func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(204, ``))
			_, err := call[noContent](t.Context(),
				stubbed(t, s, WithBaseURL("https://h.example/base/v1")).core, request{
					op: &contract.WebhookDelete,
					id: id,
				}, nil)
			require.NoError(t, err)
			require.Equal(t, "https://h.example"+path, s.requests()[0].url)
		})
	}
	for _, id := range []ID{"", ".", "..", "a/b", "../balance", `a\b`, "a?b", "a#b", "a\nb",
		"a\x00", "\x7f"} {
		s := newStub(reply(204, ``))
		_, err := call[noContent](t.Context(), stubbed(t, s).core, request{
			op: &contract.WebhookDelete,
			id: id,
		}, nil)
		requireParamError(t, err, "id")
		require.Empty(t, s.requests(), "a DELETE of the collection or of another resource: %q", id)
	}
}

func TestEscapedPathArrivesAsSent(t *testing.T) {
	t.Parallel()
	var path string
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { path = r.URL.EscapedPath() })
	_, err := call[noContent](t.Context(), overSockets(t, s.URL).core, request{
		op: &contract.USSDAppMode,
		id: "a b%2F",
	}, nil)
	require.NoError(t, err)
	require.Equal(t, "/v1/ussd/apps/a%20b%252F/mode", path)
}

func TestUserAgentNamesClientGoAndApplication(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]Option{
		"":              nil,
		" shop":         {WithAppInfo("shop", "")},
		" shop/1.2.0-b": {WithAppInfo("shop", "1.2.0-b")},
	} {
		s := newStub(reply(200, balanceBody))
		require.NoError(t, getBalance(t.Context(), stubbed(t, s, opts...)))
		require.Equal(t, "hellio-go/"+Version+" ("+runtime.Version()+")"+want,
			s.requests()[0].header.Get("User-Agent"))
	}
}

func TestClientFromTheEnvironment(t *testing.T) {
	// t.Setenv does not allow t.Parallel.
	s := newStub(reply(202, sentBody))
	over := WithHTTPClient(&http.Client{Transport: s})
	t.Setenv("HELLIO_API_TOKEN", "")
	t.Setenv("HELLIO_BASE_URL", "")
	t.Setenv("HELLIO_DEFAULT_SENDER", "")
	_, err := NewClientFromEnv(over)
	requireParamError(t, err, "token")
	c, err := NewClientFromEnv(over, WithTokenSource(staticToken(func() string {
		return testToken
	})))
	require.NoError(t, err, "a TokenSource needs no variable")
	require.Equal(t, "https://api.helliomessaging.com/v1", c.BaseURL())

	t.Setenv("HELLIO_API_TOKEN", testToken)
	t.Setenv("HELLIO_BASE_URL", "https://env.example/v1/")
	t.Setenv("HELLIO_DEFAULT_SENDER", "ENV")
	c, err = NewClientFromEnv(over)
	require.NoError(t, err)
	require.Equal(t, "https://env.example/v1", c.BaseURL())
	_, err = c.SMS.Send(t.Context(), &SMSSendParams{
		Recipients: []string{testNumber},
		Message:    testText,
	})
	require.NoError(t, err)
	require.Contains(t, s.requests()[0].body, `"ENV"`)
	require.Equal(t, "Bearer "+testToken, s.requests()[0].header.Get("Authorization"))

	c, err = NewClientFromEnv(over, WithBaseURL("https://code.example/v1"))
	require.NoError(t, err)
	require.Equal(t, "https://code.example/v1", c.BaseURL(),
		"options take precedence over the environment")

	t.Setenv("HELLIO_DEFAULT_SENDER", "TWELVE-CHARS")
	_, err = NewClientFromEnv(over)
	requireParamError(t, err, "sender", "12 characters", "11")
	t.Setenv("HELLIO_DEFAULT_SENDER", "")
	t.Setenv("HELLIO_BASE_URL", "http://env.example")
	_, err = NewClientFromEnv(over)
	requireParamError(t, err, "base URL")
	t.Setenv("HELLIO_BASE_URL", "")
	t.Setenv("HELLIO_API_TOKEN", testToken+"\n")
	_, err = NewClientFromEnv(over)
	requireParamError(t, err, "token")
	require.NotContains(t, err.Error(), testToken)
}

func TestClientsShareNothing(t *testing.T) {
	t.Parallel()
	a := stubbed(t,
		newStub(reply(200, balanceBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "9")))
	b := stubbed(t, newStub(reply(200, balanceBody)))
	require.NoError(t, getBalance(t.Context(), a))
	require.NoError(t, getBalance(t.Context(), b))
	require.Equal(t, RateLimit{}, b.RateLimit())
	for a.core.budget.take(whyServer, false) {
	}
	require.True(t, b.core.budget.take(whyServer, false))
}

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "120")
		w.Header().Set("X-RateLimit-Remaining", "7")
		_, _ = w.Write([]byte(map[bool]string{
			true:  sentBody,
			false: balanceBody,
		}[r.Method == http.MethodPost]))
	}))
	t.Cleanup(s.Close)
	c := overSockets(t, s.URL)
	errs := make(chan error, 40)
	for i := range cap(errs) {
		go func() {
			if i%2 == 0 {
				errs <- sendSMS(t.Context(), c)
			} else {
				errs <- getBalance(t.Context(), c)
			}
			_ = c.RateLimit()
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

func TestReplacedDefaultTransportIsUsedUnchanged(t *testing.T) {
	// No other test may run meanwhile, because http.DefaultTransport belongs to
	// the process.
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("GET", "https://api.helliomessaging.com/v1/balance",
		httpmock.NewStringResponder(200, balanceBody))
	before := http.DefaultTransport
	http.DefaultTransport = mock
	defer func() { http.DefaultTransport = before }()
	for _, opts := range [][]Option{nil, {WithHTTPClient(&http.Client{})}} {
		c, err := NewClient(testToken, opts...)
		require.NoError(t, err)
		require.NoError(t, getBalance(t.Context(), c))
		c.CloseIdleConnections()
	}
	require.Equal(t, 2, mock.GetTotalCallCount())
}

func TestCallersPoolIsUsedWithoutACopy(t *testing.T) {
	t.Parallel()
	c, err := NewClient(testToken, WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	require.Same(t, http.DefaultTransport, c.core.wire.pooled, "no Transport means net/http's own")
	require.Nil(t, c.core.own, "so CloseIdleConnections does not affect it")

	c, err = NewClient(testToken)
	require.NoError(t, err)
	require.NotSame(t, http.DefaultTransport, c.core.wire.pooled)
	require.Same(t, c.core.own, c.core.wire.pooled)
}
