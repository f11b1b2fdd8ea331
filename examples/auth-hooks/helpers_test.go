package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	supabaseKey   = "supabase-key-of-32-bytes-in-tests"
	kratosToken   = "kratos-token-in-tests"
	zitadelKey    = "zitadel-key-in-tests"
	keycloakToken = "keycloak-token-in-tests"
	pepper        = "the-secret-of-the-idempotency-keys"
)

// environment is the configuration of the server under test.
func environment(name string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(supabaseKey))
	return map[string]string{
		"HELLIO_DEFAULT_SENDER": "ACME",
		"SUPABASE_HOOK_SECRETS": "v1,whsec_" + encoded,
		"KRATOS_TOKENS":         kratosToken,
		"ZITADEL_SIGNING_KEYS":  zitadelKey,
		"KEYCLOAK_TOKENS":       keycloakToken,
	}[name]
}

// golden is a documented hook and the SMS that follows from it.
type golden struct {
	file   string
	route  string
	media  string
	number string
	code   string // in the SMS, unless it is a notice
	text   string
	sign   func(r *http.Request, body []byte)
}

func goldens() []golden {
	return []golden{
		{
			file:   "supabase.json",
			route:  "supabase",
			media:  mediaJSON,
			number: "+233209990001",
			code:   "561166",
			text:   "Your code is 561166.",
			sign:   signSupabase,
		}, {
			file:   "supabase-change.json",
			route:  "supabase",
			media:  mediaJSON,
			number: "+233209990002",
			code:   "774201",
			text:   "Your code is 774201.",
			sign:   signSupabase,
		}, {
			file:   "kratos.json",
			route:  "kratos",
			media:  mediaJSON,
			number: "+233209990003",
			code:   "380214",
			text: "Your login code is: 380214\n\nIt expires in 15 minutes.\n\n" +
				"@example.com #380214",
			sign: bearer(kratosToken),
		}, {
			file:   "kratos-notice.json",
			route:  "kratos",
			media:  mediaJSON,
			number: "+233209990003",
			text: "A new sign-in method (device key) was added to your account. " +
				"If this wasn't you, secure your account.",
			sign: basic(kratosToken),
		}, {
			file:   "zitadel.json",
			route:  "zitadel",
			media:  mediaJSON,
			number: "+233209990004",
			code:   "905317",
			text: "Please use the one-time password 905317 to log in at example.com. " +
				"It expires in five minutes.",
			sign: signZitadel,
		}, {
			file:   "keycloak.form",
			route:  "keycloak",
			media:  mediaForm,
			number: "+233209990005",
			code:   "648830",
			text:   "Your SMS code is 648830 and is valid for 5 minutes.",
			sign:   bearer(keycloakToken),
		}, {
			file:   "keycloak.json",
			route:  "keycloak",
			media:  mediaJSON,
			number: "+233209990006",
			code:   "159753",
			text:   "Your SMS code is 159753 and is valid for 5 minutes.",
			sign:   basic(keycloakToken),
		},
	}
}

// forEach runs a test in virtual time for each golden hook.
func forEach(t *testing.T, test func(t *testing.T, g golden)) {
	t.Helper()
	t.Parallel()
	for _, g := range goldens() {
		t.Run(g.file, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, g) })
		})
	}
}

func (g golden) body(t testing.TB) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", g.file))
	require.NoError(t, err)
	return body
}

// request returns a new delivery of the hook, signed now.
func (g golden) request(t testing.TB) *http.Request {
	t.Helper()
	return g.with(t, g.body(t))
}

func (g golden) with(t testing.TB, body []byte) *http.Request {
	t.Helper()
	url := "http://hooks.example.com/" + g.route
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	r.Header.Set("Content-Type", g.media)
	g.sign(r, body)
	return r
}

// attempts counts, because Supabase makes a new webhook-id for each attempt.
var attempts atomic.Int64

func signSupabase(r *http.Request, body []byte) {
	signWebhook(r, body, fmt.Sprint("attempt-", attempts.Add(1)), time.Now(), supabaseKey)
}

// signWebhook signs as Supabase does, which joins signatures by ", ".
func signWebhook(r *http.Request, body []byte, id string, at time.Time, keys ...string) {
	var signatures []string
	for _, key := range keys {
		sum := hmacOf(key, fmt.Sprintf("%s.%d.%s", id, at.Unix(), body))
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(sum))
	}
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", strings.Join(signatures, ", "))
}

func signZitadel(r *http.Request, body []byte) { signZitadelAt(r, body, time.Now(), zitadelKey) }

func signZitadelAt(r *http.Request, body []byte, at time.Time, keys ...string) {
	header := fmt.Sprintf("t=%d", at.Unix())
	for _, key := range keys {
		header += ",v1=" + hex.EncodeToString(hmacOf(key, fmt.Sprintf("%d.%s", at.Unix(), body)))
	}
	r.Header.Set("ZITADEL-Signature", header)
}

func hmacOf(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func bearer(token string) func(*http.Request, []byte) {
	return func(r *http.Request, _ []byte) { r.Header.Set("Authorization", "Bearer "+token) }
}

func basic(token string) func(*http.Request, []byte) {
	return func(r *http.Request, _ []byte) { r.SetBasicAuth("hellio", token) }
}

// server is the handler under test with its fake and all that it printed.
type server struct {
	http.Handler
	fake   *helliotest.Fake
	output *bytes.Buffer
}

// newServer returns a server on a fake. At its end, no secret is in its output.
func newServer(t *testing.T, opts ...helliotest.Option) *server {
	t.Helper()
	s := &server{fake: helliotest.New(t, opts...), output: new(bytes.Buffer)}
	s.restart(t)
	t.Cleanup(func() { requireNoSecret(t, s.output.String()) })
	return s
}

// restart begins a new process of the server, which remembers nothing.
func (s *server) restart(t testing.TB, opts ...hellio.Option) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(s.output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts = append([]hellio.Option{
		hellio.WithDefaultSender("ACME"),
		hellio.WithLogger(log),
	}, opts...)
	s.Handler = handlerOf(t, s.fake.Client(opts...), log)
}

func handlerOf(t testing.TB, client *hellio.Client, log *slog.Logger) http.Handler {
	t.Helper()
	routes, err := newRoutes(environment, &sender{client: client, secret: []byte(pepper)}, log)
	require.NoError(t, err)
	return newMux(routes)
}

// post serves one request. No reply repeats a secret.
func (s *server) post(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	requireNoSecret(t, w.Body.String())
	return w
}

// requireSent requires one message for the hook, and one charge in all.
func (s *server) requireSent(t testing.TB, g golden) {
	t.Helper()
	messages := s.fake.Messages()
	require.Len(t, messages, 1)
	require.Equal(t, g.number, messages[0].MobileNumber)
	require.Equal(t, g.text, messages[0].Message)
	require.Equal(t, "ACME", messages[0].Sender)
	cost := 310 * messages[0].Segments
	require.Equal(t, fmt.Sprintf("99.%04d", 1_0000-cost), s.fake.Balance().Available)
}

func (s *server) requireUnsent(t testing.TB) {
	t.Helper()
	require.Empty(t, s.fake.Messages())
	require.Equal(t, "100.0000", s.fake.Balance().Available)
}

// requireNoSecret requires that the text has no code, number, text or secret.
func requireNoSecret(t testing.TB, text string) {
	t.Helper()
	for _, secret := range []string{supabaseKey, kratosToken, zitadelKey, keycloakToken, pepper,
		helliotest.DefaultToken, environment("SUPABASE_HOOK_SECRETS"), "one-time password",
		"Your", "sign-in", "whsec_", "Bearer", "Basic"} {
		require.NotContains(t, text, secret)
	}
	for _, g := range goldens() {
		require.NotContains(t, text, strings.TrimPrefix(g.number, "+"))
		if g.code != "" {
			require.NotContains(t, text, g.code)
		}
	}
}
