package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, context.Canceled
}

func (u unread) Close() error { return nil }

func TestWrongHeadersAreRefusedUnread(t *testing.T) {
	t.Parallel()
	now := func() string { return fmt.Sprint(time.Now().Unix()) }
	sum := base64.StdEncoding.EncodeToString([]byte("a sum"))
	for _, c := range []struct {
		name    string
		route   string
		headers func() map[string]string
	}{
		{"no headers", "supabase", func() map[string]string { return nil }},
		{"no id", "supabase", func() map[string]string {
			return map[string]string{"webhook-timestamp": now(), "webhook-signature": "v1," + sum}
		}},
		{"no signature", "supabase", func() map[string]string {
			return map[string]string{"webhook-id": "1", "webhook-timestamp": now()}
		}},
		{"another version", "supabase", func() map[string]string {
			return map[string]string{"webhook-id": "1", "webhook-timestamp": now(),
				"webhook-signature": "v1a," + sum}
		}},
		{"no timestamp", "supabase", func() map[string]string {
			return map[string]string{"webhook-id": "1", "webhook-signature": "v1," + sum}
		}},
		{"no headers", "zitadel", func() map[string]string { return nil }},
		{"no signature", "zitadel", func() map[string]string {
			return map[string]string{"ZITADEL-Signature": "t=" + now()}
		}},
		{"no timestamp", "zitadel", func() map[string]string {
			return map[string]string{"ZITADEL-Signature": "v1=00"}
		}},
		{"no header", "kratos", func() map[string]string { return nil }},
		{"wrong token", "kratos", func() map[string]string {
			return map[string]string{"Authorization": "Bearer " + keycloakToken}
		}},
		{"empty token", "kratos", func() map[string]string {
			return map[string]string{"Authorization": "Bearer "}
		}},
		{"token without scheme", "keycloak", func() map[string]string {
			return map[string]string{"Authorization": keycloakToken}
		}},
		{"token as user", "keycloak", func() map[string]string {
			r := &http.Request{Header: http.Header{}}
			r.SetBasicAuth(keycloakToken, "")
			return map[string]string{"Authorization": r.Header.Get("Authorization")}
		}},
	} {
		t.Run(c.route+" "+c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/"+c.route, unread{t})
			r.Header.Set("Content-Type", mediaJSON)
			for name, value := range c.headers() {
				r.Header.Set(name, value)
			}
			require.Equal(t, http.StatusUnauthorized, s.post(t, r).Code)
			require.Empty(t, s.fake.Requests())
		})
	}
}

// signers are the routes that sign the time and the body.
var signers = []struct {
	file string
	key  string
	sign func(r *http.Request, body []byte, at time.Time, keys ...string)
}{
	{"zitadel.json", zitadelKey, signZitadelAt},
	{"supabase.json", supabaseKey, func(
		r *http.Request, body []byte, at time.Time, keys ...string,
	) {
		signWebhook(r, body, "one-id", at, keys...)
	}},
}

func TestSignaturesCoverTimeAndBody(t *testing.T) {
	t.Parallel()
	const years = 365 * 24 * time.Hour
	for _, signer := range signers {
		for _, c := range []struct {
			name   string
			keys   []string
			age    time.Duration
			suffix string // of the body that is sent
			status int
		}{
			{name: "right key", keys: []string{signer.key}, status: 200},
			{name: "second key", keys: []string{"another", signer.key}, status: 200},
			{name: "first key", keys: []string{signer.key, "another"}, status: 200},
			{name: "wrong key", keys: []string{"another"}, status: 401},
			{name: "no key", status: 401},
			{name: "another body", keys: []string{signer.key}, suffix: " ", status: 401},
			{name: "just in time", keys: []string{signer.key}, age: tolerance, status: 200},
			{name: "old", keys: []string{signer.key}, age: tolerance + time.Second, status: 401},
			{name: "ahead", keys: []string{signer.key}, age: -tolerance, status: 200},
			{name: "far ahead", keys: []string{signer.key}, age: -2 * tolerance, status: 401},
			{name: "centuries old", keys: []string{signer.key}, age: 290 * years, status: 401},
		} {
			t.Run(signer.file+" "+c.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newServer(t)
					g := goldenOf(signer.file)
					body := g.body(t)
					g.sign = func(r *http.Request, _ []byte) {
						signer.sign(r, body, time.Now().Add(-c.age), c.keys...)
					}
					reply := s.post(t, g.with(t, append(body, c.suffix...)))
					require.Equal(t, c.status, reply.Code)
				})
			})
		}
	}
}

func TestWebhookSignatureCoversTheID(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := goldenOf("supabase.json")
	r := g.request(t)
	r.Header.Set("webhook-id", "another")
	require.Equal(t, http.StatusUnauthorized, s.post(t, r).Code)

	// "a.1" and "2" sign the same bytes as "a" and "1.2".
	dotted := g.request(t)
	signWebhook(dotted, g.body(t), "a.1", time.Now(), supabaseKey)
	require.Equal(t, http.StatusUnauthorized, s.post(t, dotted).Code)
	s.requireUnsent(t)
}

func TestSignaturesMayBeSeparatedBySpaces(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := goldenOf("supabase.json")
	r := g.request(t)
	signWebhook(r, g.body(t), "one-id", time.Now(), "another", supabaseKey)
	standard := strings.ReplaceAll(r.Header.Get("webhook-signature"), ", ", " ")
	r.Header.Set("webhook-signature", standard)
	require.Equal(t, http.StatusOK, s.post(t, r).Code)
	s.requireSent(t, g)
}

// The vector of the Standard Webhooks specification's libraries.
func TestSignatureMatchesTheSpecification(t *testing.T) {
	t.Parallel()
	keys, err := parseSecrets("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	sum, err := base64.StdEncoding.DecodeString("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	require.NoError(t, err)
	check := signed(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.", [][]byte{sum})
	require.True(t, check([]byte(`{"test": 2432232314}`)))
	require.False(t, check([]byte(`{"test": 2432232315}`)))
}

func TestSecretListsRotate(t *testing.T) {
	t.Parallel()
	keys, err := parseSecrets("new-secret-of-20-byte|old-secret-of-20-byte|")
	require.NoError(t, err)
	require.Len(t, keys, 2)
	for _, key := range keys {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/kratos", nil)
		bearer(string(key))(r, nil)
		require.NotNil(t, sharedToken(r, keys))
		require.Nil(t, sharedToken(r, nil))
	}
}

func TestShortOrDamagedSecretsAreErrors(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"short", "v1,whsec_", "v1,whsec_c2hvcnQ=", "v1,whsec_not base64!",
		"a-secret-that-is-long|short"} {
		keys, err := parseSecrets(list)
		require.Error(t, err, list)
		require.Nil(t, keys)
		require.NotContains(t, err.Error(), list)
	}
}

func FuzzForgedHeadersAreRefused(f *testing.F) {
	f.Add("id", "0", "v1,AAAA", "t=0,v1=00", "Bearer x")
	f.Add("", "-1", "v1,", "t=,v1=,t=1", "Basic Og==")
	keys := [][]byte{[]byte(supabaseKey)}
	f.Fuzz(func(t *testing.T, id, at, signatures, zitadelHeader, authorization string) {
		r := &http.Request{Header: http.Header{}}
		r.Header.Set("webhook-id", id)
		r.Header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()))
		r.Header.Set("webhook-signature", signatures)
		r.Header.Set("ZITADEL-Signature", fmt.Sprintf("t=%d,", time.Now().Unix())+zitadelHeader)
		r.Header.Set("Authorization", authorization)
		for _, check := range []guard{standardWebhook, zitadelSignature, sharedToken} {
			if authentic := check(r, keys); authentic != nil {
				require.False(t, authentic([]byte(at)))
			}
		}
		_ = fresh(at)
	})
}

func FuzzHookBodies(f *testing.F) {
	for _, g := range goldens() {
		f.Add(g.body(f))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range []platform{supabase, kratos, zitadel, keycloak} {
			for _, media := range p.media {
				if m, err := p.parse(media, body); err == nil {
					require.NotEmpty(t, m.hook)
				}
			}
		}
	})
}
