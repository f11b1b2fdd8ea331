package check_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/behaviour/check"
)

const (
	callbackURL = "https://app.hellio.test/ussd"
	testToken   = helliotest.DefaultToken
)

var hookURLs = [2]string{"https://app.hellio.test/hook/1", "https://app.hellio.test/hook/2"}

// listener passes requests to the handler that a check has set.
type listener struct {
	mu sync.Mutex
	h  http.Handler
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	h := l.h
	l.mu.Unlock()
	if h != nil {
		h.ServeHTTP(w, r)
	}
}

// world is a fake with a history, as an account has one.
type world struct {
	*helliotest.Fake
	listeners map[string]*listener
}

func newWorld(t *testing.T, opts ...helliotest.Option) *world {
	t.Helper()
	w := &world{listeners: make(map[string]*listener)}
	opts = append(opts, helliotest.Lenient(), helliotest.AllowUnusedFaults())
	for _, url := range hookURLs {
		w.listeners[url] = new(listener)
		opts = append(opts, helliotest.WithWebhookHandler(url, w.listeners[url], "unused"))
	}
	w.listeners[callbackURL] = new(listener)
	opts = append(opts, helliotest.WithUSSDHandler(callbackURL, w.listeners[callbackURL]))
	w.Fake = helliotest.New(t, opts...)
	w.prepare(t)
	return w
}

// prepare makes the history, and removes the webhooks of the options.
func (w *world) prepare(t *testing.T) {
	t.Helper()
	for _, hook := range w.Webhooks() {
		w.ask(t, "DELETE", "/webhooks/"+strconv.FormatInt(hook.ID, 10), "")
	}
	sms := `{"recipients":["` + helliotest.NumberDelivered + `"],"sender":"HELLIO","message":"Hi"}`
	for range 3 {
		w.ask(t, "POST", "/sms/send", sms)
	}
	w.ask(t, "POST", "/lookup", `{"numbers":["`+helliotest.NumberDelivered+`","233241234567"]}`)
	w.Advance(2 * time.Minute)
}

func (w *world) ask(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequest(method, "https://fake.hellio.invalid/v1"+path,
		strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+testToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := w.HTTPClient().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Less(t, resp.StatusCode, 300, path)
}

// probe returns a Probe with the fake's settings.
func (w *world) probe(t *testing.T) *check.Probe {
	return check.New(t.Context(), check.Config{
		BaseURL:  "https://fake.hellio.invalid/v1",
		Token:    testToken,
		Number:   helliotest.NumberDelivered,
		Sender:   "HELLIO",
		Run:      "test",
		HTTP:     w.HTTPClient(),
		Settings: w.settings(),
		Wait: func(_ context.Context, d time.Duration) error {
			w.Advance(d)
			return nil
		},
	})
}

func (w *world) settings() *check.Settings {
	return &check.Settings{
		IssueToken:  w.IssueToken,
		RevokeToken: func(token string) { w.RevokeToken(token) },
		Change: func(account string) error {
			var change helliotest.AccountChange
			if err := json.Unmarshal([]byte(account), &change); err != nil {
				return err
			}
			return w.Update(change)
		},
		USSDBalance: func() string { return w.Account().USSDBalance },
		Code: func(destination string) string {
			code, _ := w.LookupOTP(destination)
			return code.Code
		},
		Delay: func(op string, d time.Duration) {
			w.Fault(helliotest.Op(op), helliotest.Nth(1), helliotest.Delay(d))
		},
		Listen: func(url string, h http.Handler) {
			l := w.listeners[url]
			l.mu.Lock()
			defer l.mu.Unlock()
			l.h = h
		},
		Hooks:    hookURLs,
		Callback: callbackURL,
	}
}

// named calls f in a subtest for each check.
func named(t *testing.T, f func(t *testing.T, c check.Check)) {
	for _, c := range check.All() {
		t.Run(c.ID, func(t *testing.T) { f(t, c) })
	}
}

func TestTheFakeBehavesAsItClaims(t *testing.T) {
	named(t, func(t *testing.T, c check.Check) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			p := w.probe(t)
			require.NoError(t, p.Test(c))
			require.NoError(t, p.Close(t.Context()))
		})
	})
}

var errClock = errors.New("needs the clock of a bubble")

func TestChecksPassOverASocket(t *testing.T) {
	t.Parallel()
	named(t, func(t *testing.T, c check.Check) {
		w := newWorld(t)
		p := check.New(t.Context(), check.Config{
			BaseURL:  w.URL(),
			Token:    testToken,
			Number:   helliotest.NumberDelivered,
			Sender:   "HELLIO",
			Run:      "test",
			HTTP:     http.DefaultClient,
			Settings: w.settings(),
			Wait:     func(context.Context, time.Duration) error { return errClock },
		})
		err := p.Test(c)
		if !errors.Is(err, errClock) {
			require.NoError(t, err)
		}
		require.NoError(t, p.Close(t.Context()))
	})
}

func TestEachClaimHasACheckOrAReason(t *testing.T) {
	t.Parallel()
	checks := make(map[string]check.Check)
	for _, c := range check.All() {
		checks[c.ID] = c
	}
	for _, b := range behaviour.All() {
		c, checked := checks[b.ID]
		require.NotEqual(t, checked, b.Why != "", b.ID)
		if checked {
			require.Equal(t, b.Cost == behaviour.Paid, !c.Charge.Zero(), "%s: its charge", b.ID)
		}
	}
}
