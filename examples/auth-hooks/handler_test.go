package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestEachHookSendsItsCodeOnce(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t)
		reply := s.post(t, g.request(t))
		require.Equal(t, http.StatusOK, reply.Code)
		require.Equal(t, mediaJSON, reply.Header().Get("Content-Type"))
		require.JSONEq(t, "{}", reply.Body.String())
		s.requireSent(t, g)
		require.Len(t, s.fake.Requests(), 1)
	})
}

func TestLostRepliesSendOneMessage(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t)
		s.fake.Fault(helliotest.SMSSend, helliotest.Times(4), helliotest.LoseReply())
		first := s.post(t, g.request(t))
		require.Equal(t, http.StatusServiceUnavailable, first.Code)
		require.Equal(t, "1", first.Header().Get("Retry-After"))

		s.restart(t) // the second delivery reaches another process
		second := s.post(t, g.request(t))
		require.Equal(t, http.StatusOK, second.Code)
		s.requireSent(t, g)
		requests := s.fake.Requests()
		require.Len(t, requests, 5)
		for _, r := range requests {
			require.Equal(t, requests[0].IdempotencyKey, r.IdempotencyKey)
			requireNoSecret(t, r.IdempotencyKey)
		}
		t.Logf("%d requests, %d message, wallet %s", len(requests), len(s.fake.Messages()),
			s.fake.Balance().Available)
	})
}

func TestConcurrentDeliveriesSendOneMessage(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t, helliotest.WithLatency(100*time.Millisecond))
		requests := make([]*http.Request, 8)
		replies := make([]*httptest.ResponseRecorder, len(requests))
		var wg sync.WaitGroup
		for i := range requests {
			requests[i], replies[i] = g.request(t), httptest.NewRecorder()
			wg.Go(func() { s.ServeHTTP(replies[i], requests[i]) })
		}
		wg.Wait()
		for _, reply := range replies {
			require.Equal(t, http.StatusOK, reply.Code)
		}
		s.requireSent(t, g)
	})
}

func TestHookRepeatedAfterSuccessSendsNothing(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t)
		require.Equal(t, http.StatusOK, s.post(t, g.request(t)).Code)
		time.Sleep(11 * time.Hour)
		s.restart(t)
		require.Equal(t, http.StatusOK, s.post(t, g.request(t)).Code)
		s.requireSent(t, g)
	})
}

func TestAnotherHookIsAnotherMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, old, changed string }{
		{"Supabase code", "supabase.json", "561166", "561167"},
		{"Supabase uuid", "supabase-change.json", "9e107d9d", "9e107d9e"},
		{"Kratos code", "kratos.json", "380214", "380215"},
		{"Kratos time", "kratos-notice.json", "09:31:00", "09:31:01"},
		{"Zitadel code", "zitadel.json", "905317", "905318"},
		{"Keycloak code", "keycloak.form", "648830", "648831"},
		{"Keycloak number", "keycloak.json", "990006", "990007"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			g := goldenOf(c.file)
			body := g.body(t)
			require.Equal(t, http.StatusOK, s.post(t, g.with(t, body)).Code)
			other := bytes.ReplaceAll(body, []byte(c.old), []byte(c.changed))
			require.NotEqual(t, body, other)
			require.Equal(t, http.StatusOK, s.post(t, g.with(t, other)).Code)
			require.Len(t, s.fake.Messages(), 2)
		})
	}
}

func goldenOf(file string) golden {
	for _, g := range goldens() {
		if g.file == file {
			return g
		}
	}
	panic("no golden file " + file)
}

// Members that do not identify the hook may change between two attempts.
func TestUnrelatedMembersDoNotChangeTheKey(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := goldenOf("zitadel.json")
	require.Equal(t, http.StatusOK, s.post(t, g.request(t)).Code)
	later := bytes.ReplaceAll(g.body(t), []byte("09:40:50"), []byte("09:41:20"))
	require.Equal(t, http.StatusOK, s.post(t, g.with(t, later)).Code)
	s.requireSent(t, g)
}

func TestUnconfirmedSendsAreRetriedUnderTheirKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		effect helliotest.Rule
		wait   string
	}{
		{"empty wallet", helliotest.Status(402, hellio.CodeInsufficientBalance), "1"},
		{"refused sender", helliotest.Status(422, hellio.CodeSenderNotApproved), "1"},
		{"revoked token", helliotest.Status(401, ""), "1"},
		{"rate limit", helliotest.RateLimited(30 * time.Second), "30"},
		{"outage", helliotest.LoseRequest(), "1"},
		{"API error", helliotest.Status(503, ""), "1"},
		{"slow API", helliotest.Delay(time.Minute), "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forEach(t, func(t *testing.T, g golden) {
				s := newServer(t)
				s.fake.Fault(helliotest.SMSSend, helliotest.Always(), c.effect)
				begun := time.Now()
				reply := s.post(t, g.request(t))
				require.Less(t, time.Since(begun), 5*time.Second) // Supabase and Zitadel
				require.Equal(t, http.StatusServiceUnavailable, reply.Code)
				require.Equal(t, c.wait, reply.Header().Get("Retry-After"))

				require.NoError(t, s.fake.SetFaults())
				time.Sleep(2 * time.Minute) // for a request that acts late
				require.Equal(t, http.StatusOK, s.post(t, g.request(t)).Code)
				s.requireSent(t, g)
			})
		})
	}
}

// Only a stored response of the API proves that the first delivery was refused.
func TestStoredResponsesAreFinal(t *testing.T) {
	t.Parallel()
	stored := hellio.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err == nil {
				response.Header.Set("Idempotent-Replayed", "true")
			}
			return response, err
		})
	})
	for status, want := range map[int]int{402: 422, 403: 422, 422: 422, 500: 502} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			forEach(t, func(t *testing.T, g golden) {
				s := newServer(t)
				s.restart(t, stored)
				s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Status(status, ""))
				requireFinal(t, want, s.post(t, g.request(t)))
				require.Len(t, s.fake.Requests(), 1)
				s.requireUnsent(t)
			})
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// requireFinal requires a reply after which no platform that distinguishes
// errors delivers again.
func requireFinal(t *testing.T, status int, reply *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, status, reply.Code)
	require.Empty(t, reply.Header().Get("Retry-After"))
	var body struct {
		Error struct {
			Code    int    `json:"http_code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	require.NoError(t, json.Unmarshal(reply.Body.Bytes(), &body))
	require.Equal(t, status, body.Error.Code)
	require.NotEmpty(t, body.Error.Message)
}

func TestHooksWithoutNumberOrCodeAreFinal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, old, changed string }{
		{"Supabase without number", "supabase.json", `"phone": "233209990001"`, `"phone": ""`},
		{"Supabase without code", "supabase.json", `"otp"`, `"other"`},
		{"Kratos without number", "kratos.json", `"recipient"`, `"other"`},
		{"Kratos with an address", "kratos.json", `+233209990003`, `ama@example.com`},
		{"Kratos without text", "kratos.json", `"body"`, `"other"`},
		{"Zitadel without number", "zitadel.json", `"recipientPhoneNumber"`, `"other"`},
		{"Zitadel without text", "zitadel.json", `"text"`, `"other"`},
		{"Keycloak without number", "keycloak.form", "to=", "other="},
		{"Keycloak with a local number", "keycloak.form", "%2B233", "0"},
		{"Keycloak without text", "keycloak.json", `"text"`, `"other"`},
		{"Keycloak with a long text", "keycloak.form", "Your", strings.Repeat("Y", 1601)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			g := goldenOf(c.file)
			body := strings.ReplaceAll(string(g.body(t)), c.old, c.changed)
			require.NotEqual(t, string(g.body(t)), body)
			reply := s.post(t, g.with(t, []byte(body)))
			requireFinal(t, http.StatusUnprocessableEntity, reply)
			require.Empty(t, s.fake.Requests())
		})
	}
}

func TestMalformedHooksAreRefused(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t)
		malformed := "{"
		if g.media == mediaForm {
			malformed = "to=%zz"
		}
		wrongType := g.request(t)
		wrongType.Header.Set("Content-Type", "text/plain")
		noType := g.request(t)
		noType.Header.Del("Content-Type")
		get := g.request(t)
		get.Method = http.MethodGet
		elsewhere := g.request(t)
		elsewhere.URL.Path += "/other"
		large := bytes.Repeat([]byte(" "), maxBody)
		for r, status := range map[*http.Request]int{
			g.with(t, []byte(malformed)):           400,
			g.with(t, append(large, g.body(t)...)): 413,
			wrongType:                              415,
			noType:                                 415,
			get:                                    405,
			elsewhere:                              404,
		} {
			require.Equal(t, status, s.post(t, r).Code)
		}
		require.Empty(t, s.fake.Requests())
	})
}

// A code that is a JSON number is in the parser's error.
func TestParserErrorsAreNotLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := goldenOf("supabase.json")
	body := strings.ReplaceAll(string(g.body(t)), `"561166"`, `561166`)
	require.Equal(t, http.StatusBadRequest, s.post(t, g.with(t, []byte(body))).Code)
	require.Contains(t, s.output.String(), "malformed body")
}

func TestRoutesWithoutSecretAreNotFound(t *testing.T) {
	forEach(t, func(t *testing.T, g golden) {
		s := newServer(t)
		routes, err := newRoutes(func(name string) string {
			if strings.HasPrefix(name, strings.ToUpper(g.route)) {
				return ""
			}
			return environment(name)
		}, nil, nil)
		require.NoError(t, err)
		require.Len(t, routes, 3)
		s.Handler = newMux(routes)
		require.Equal(t, http.StatusNotFound, s.post(t, g.request(t)).Code)
	})
}

func TestDisconnectedPlatformEndsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, helliotest.WithLatency(3*time.Second))
		g := goldenOf("kratos.json")
		r := g.request(t)
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, s.post(t, r.WithContext(ctx)).Code)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, http.StatusOK, s.post(t, g.request(t)).Code)
		s.requireSent(t, g)
	})
}
