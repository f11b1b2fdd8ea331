package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// output is what run prints, write by write.
type output chan string

func (o output) Write(p []byte) (int, error) {
	o <- string(p)
	return len(p), nil
}

// setEnvironment configures run, on a free port.
func setEnvironment(t *testing.T, baseURL string) {
	t.Helper()
	for _, name := range []string{"HELLIO_DEFAULT_SENDER", "SUPABASE_HOOK_SECRETS",
		"ZITADEL_SIGNING_KEYS", "KEYCLOAK_TOKENS"} {
		t.Setenv(name, environment(name))
	}
	t.Setenv("KRATOS_TOKENS", "")
	t.Setenv("SUPABASE_SMS_TEXT", "")
	t.Setenv("AUTH_HOOKS_ADDR", "127.0.0.1:0")
	t.Setenv("HELLIO_API_TOKEN", helliotest.DefaultToken)
	t.Setenv("HELLIO_BASE_URL", baseURL)
}

// The API begins the shutdown while it has the hook's call.
func TestShutdownWaitsForHooksInFlight(t *testing.T) {
	fake := helliotest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		fake.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	setEnvironment(t, api.URL+"/v1")

	printed := make(output, 100)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, printed) }()
	first := <-printed
	require.Regexp(t, `^serving http://127\.0\.0\.1:\d+/supabase\n$`, first)
	require.Regexp(t, `^serving http://127\.0\.0\.1:\d+/zitadel\n$`, <-printed)
	require.Regexp(t, `^serving http://127\.0\.0\.1:\d+/keycloak\n$`, <-printed)

	g := goldenOf("supabase.json")
	r := g.request(t)
	target, err := url.Parse(strings.TrimSpace(strings.TrimPrefix(first, "serving ")))
	require.NoError(t, err)
	r.URL, r.RequestURI = target, ""
	reply, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	require.Equal(t, http.StatusOK, reply.StatusCode)
	require.JSONEq(t, "{}", string(body))
	require.NoError(t, <-ended)
	require.Len(t, fake.Messages(helliotest.To(g.number)), 1)
	close(printed)
	for line := range printed {
		requireNoSecret(t, line)
	}
}

func TestMisconfigurationIsAnError(t *testing.T) {
	for _, c := range []struct{ name, variable, value, want string }{
		{"no API token", "HELLIO_API_TOKEN", "", "HELLIO_API_TOKEN"},
		{"no sender", "HELLIO_DEFAULT_SENDER", "", "HELLIO_DEFAULT_SENDER"},
		{"no place for the code", "SUPABASE_SMS_TEXT", "Hello", "SUPABASE_SMS_TEXT"},
		{"short secret", "KEYCLOAK_TOKENS", "short", "KEYCLOAK_TOKENS"},
		{"bad address", "AUTH_HOOKS_ADDR", "127.0.0.1:no port", "no port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			setEnvironment(t, "http://127.0.0.1:1")
			t.Setenv(c.variable, c.value)
			require.ErrorContains(t, run(t.Context(), io.Discard), c.want)
		})
	}
}

func TestNoSecretMeansNoServer(t *testing.T) {
	setEnvironment(t, "http://127.0.0.1:1")
	for _, p := range []platform{supabase, kratos, zitadel, keycloak} {
		t.Setenv(p.secrets, "")
	}
	require.ErrorContains(t, run(t.Context(), io.Discard), "no secret is set")
}
