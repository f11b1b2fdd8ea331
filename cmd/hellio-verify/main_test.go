package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/behaviour"
)

const number = "+233009900000"

// setting is what a run of the test has besides its flags.
type setting struct {
	token, url, input string
	transport         http.RoundTripper
	ctx               context.Context
}

// outcome is how a run has ended.
type outcome struct {
	status int
	output string
}

func verify(t *testing.T, s setting, args ...string) outcome {
	t.Helper()
	var out bytes.Buffer
	env := map[string]string{"HELLIO_API_TOKEN": s.token, "HELLIO_BASE_URL": s.url}
	ctx := s.ctx
	if ctx == nil {
		ctx = t.Context()
	}
	status := runProgram(ctx, program{
		args:      args,
		env:       func(name string) string { return env[name] },
		in:        strings.NewReader(s.input),
		out:       &out,
		transport: s.transport,
	})
	return outcome{status, out.String()}
}

// account returns a fake with a history.
func account(t *testing.T, opts ...helliotest.Option) *helliotest.Fake {
	t.Helper()
	opts = append(opts, helliotest.Lenient(), helliotest.AllowUnusedFaults())
	fake := helliotest.New(t, opts...)
	client := fake.HTTPClient()
	for path, text := range map[string]string{
		"/sms/send": `{"recipients":["` + number + `"],"sender":"HELLIO","message":"Hi"}`,
		"/lookup":   `{"numbers":["` + number + `","233241234567"]}`,
	} {
		for range 3 {
			req, err := http.NewRequest("POST", "https://fake.hellio.invalid/v1"+path,
				strings.NewReader(text))
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
	}
	fake.Advance(2 * time.Minute)
	return fake
}

func settingOf(fake *helliotest.Fake) setting {
	return setting{
		token:     helliotest.DefaultToken,
		url:       "https://fake.hellio.invalid/v1",
		transport: fake.RoundTripper(),
	}
}

// all are the flags that run everything.
var all = []string{"-spend", "20", "-to", number, "-write", "-disrupt", "-wait", "2h", "-yes"}

func refutedIDs(output string) (ids []string) {
	for _, match := range regexp.MustCompile(`(?m)^REFUTED\s+(\S+)`).FindAllStringSubmatch(output,
		-1) {
		ids = append(ids, match[1])
	}
	return ids
}

func TestTheFakeConfirmsItsClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		got := verify(t, settingOf(fake), all...)
		require.Equal(t, statusOK, got.status, got.output)
		require.Empty(t, refutedIDs(got.output))
		require.NotContains(t, got.output, "check failed")
		require.NotContains(t, got.output, helliotest.DefaultToken)
		require.NotContains(t, got.output, number)
		require.Regexp(t, `: 2\d\d confirmed, 0 refuted`, got.output)
		require.Empty(t, fake.Webhooks(), "all webhooks are deleted")
	})
}

func TestARunWithoutFlagsChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		before := fake.Balance()
		got := verify(t, settingOf(fake))
		require.Equal(t, statusOK, got.status, got.output)
		require.Equal(t, before, fake.Balance())
		require.Len(t, fake.Messages(), 3)
		require.Empty(t, fake.Webhooks())
		require.NotContains(t, got.output, "Continue?")
	})
}

func TestBadStartsSendNothing(t *testing.T) {
	for name, c := range map[string]struct {
		args       []string
		token, url string
		input      string
		want       string
	}{
		"no token":            {want: "HELLIO_API_TOKEN is not set"},
		"a revoked token":     {token: "1|gone", want: "does not accept the token"},
		"a number is missing": {args: []string{"-spend", "5"}, token: "x", want: "-spend needs -to"},
		"a local number": {
			args: []string{"-to", "0241234567"}, token: "x", want: "-to: want 8 to 15 digits",
		},
		"a bad amount":    {args: []string{"-spend", "five"}, token: "x", want: "an amount such as"},
		"a bad flag":      {args: []string{"-spent", "5"}, token: "x", want: "-spent"},
		"an unknown id":   {args: []string{"-only", "sms.x"}, token: "x", want: `"sms.x"`},
		"a folder as out": {args: []string{"-out", t.TempDir()}, token: "x", want: "is a directory"},
		"an http address": {url: "http://api.example.com/v1", token: "x", want: "http"},
		"no consent": {
			args:  []string{"-spend", "5", "-to", number},
			token: helliotest.DefaultToken, input: "yes, but no\n", want: "nothing was sent",
		},
		"the input ends": {
			args: []string{"-write"}, token: helliotest.DefaultToken, want: "nothing was sent",
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := helliotest.New(t, helliotest.Lenient())
			s := settingOf(fake)
			s.token, s.input = c.token, c.input
			if c.url != "" {
				s.url = c.url
			}
			got := verify(t, s, c.args...)
			require.Equal(t, statusNothing, got.status, got.output)
			require.Contains(t, got.output, c.want)
			require.Empty(t, fake.Messages())
			for _, r := range fake.Requests() {
				require.Equal(t, "GET", r.Method)
			}
		})
	}
}

func TestThePlanComesBeforeTheQuestion(t *testing.T) {
	fake := helliotest.New(t)
	s := settingOf(fake)
	got := verify(t, s, "-spend", "5.00", "-to", number, "-write")
	plan, _, asked := strings.Cut(got.output, "Continue? [y/N]")
	require.True(t, asked)
	for _, want := range []string{
		s.url, "…000", "at most ", "budget    5.0000 of a balance of 100.0000", "deletes them again",
	} {
		require.Contains(t, plan, want)
	}
	require.NotContains(t, got.output, number)
	require.NotContains(t, got.output, helliotest.DefaultToken)
}

func TestPaidChecksStopAtTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		before := len(fake.Messages())
		got := verify(t, settingOf(fake), "-spend", "0.05", "-to", number, "-yes", "-only", "sms_send")
		require.Len(t, fake.Messages(), before+1, got.output)
		require.Contains(t, got.output, "over the budget")
		require.Contains(t, got.output, "spent 0.0310 GHS")
	})
}

func TestABudgetBelowAPriceSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		before := len(fake.Messages())
		got := verify(t, settingOf(fake), "-spend", "0.0309", "-to", number, "-yes")
		require.Contains(t, got.output, "the budget is below the lowest price 0.0310")
		require.Len(t, fake.Messages(), before)
		require.Contains(t, got.output, "spent 0.0000 GHS")
	})
}

func TestAnEmptyWalletIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.Lenient(), helliotest.WithBalance("0"))
		got := verify(t, settingOf(fake), "-spend", "5", "-to", number, "-yes", "-only", "sms_send")
		require.Contains(t, got.output, "the balance 0.0000 is below the price 0.0310")
		require.Empty(t, fake.Messages())
	})
}

func TestAnInterruptStopsAndCleansUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := settingOf(fake)
		s.ctx = ctx
		s.transport = cancelling{s.transport, func(r *http.Request) {
			if r.Method == "GET" && len(fake.Webhooks()) > 0 {
				cancel()
			}
		}}
		out := filepath.Join(t.TempDir(), "observations.json")
		got := verify(t, s, "-write", "-yes", "-only", "webhook", "-out", out)
		require.Equal(t, statusEarly, got.status, got.output)
		require.Contains(t, got.output, "stopped early: interrupted")
		require.Empty(t, fake.Webhooks())
		require.FileExists(t, out)
	})
}

// cancelling calls a function before each request.
type cancelling struct {
	http.RoundTripper
	before func(*http.Request)
}

func (c cancelling) RoundTrip(r *http.Request) (*http.Response, error) {
	c.before(r)
	return c.RoundTripper.RoundTrip(r)
}

func TestALostConnectionStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t)
		s := settingOf(fake)
		n := 0
		s.transport = failing{s.transport, func() bool { n++; return n > 20 }}
		got := verify(t, s)
		require.Equal(t, statusEarly, got.status, got.output)
		require.Contains(t, got.output, "the connection is lost")
	})
}

type failing struct {
	http.RoundTripper
	fails func() bool
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.fails() {
		return nil, os.ErrDeadlineExceeded
	}
	return f.RoundTripper.RoundTrip(r)
}

func TestOnlyItsOwnLeftoversAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.Lenient(),
			helliotest.WithWebhook("https://example.com/hellio-verify/old", "secret"),
			helliotest.WithWebhook("https://example.com/orders", "secret"))
		got := verify(t, settingOf(fake), "-write", "-yes", "-only", "webhook_create")
		require.Contains(t, got.output, "deleted a webhook of an earlier run")
		require.Len(t, fake.Webhooks(), 1)
		require.Equal(t, "https://example.com/orders", fake.Webhooks()[0].URL)
	})
}

func TestTheFileHoldsNoSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := account(t, helliotest.WithOTPLimit(4))
		out := filepath.Join(t.TempDir(), "observations.json")
		got := verify(t, settingOf(fake), append(all, "-out", out)...)
		require.Equal(t, statusRefuted, got.status, got.output)
		require.Equal(t, []string{"otp.requests"}, refutedIDs(got.output))
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		for _, secret := range []string{helliotest.DefaultToken, "00990000", "whsec_", "hellio.invalid"} {
			require.NotContains(t, string(text), secret)
		}
		var file behaviour.Observations
		require.NoError(t, json.Unmarshal(text, &file))
		_, unknown, err := behaviour.ReadObservations(text)
		require.NoError(t, err)
		require.Empty(t, unknown)
	})
}

// bends are ten observations that differ from the fake's defaults.
var bends = map[string]string{
	"sms_send.success":       `200`,
	"webhook_create.success": `200`,
	"error.unauthenticated":  `{"status":401,"code":"no_token"}`,
	"error.sender":           `{"status":403,"code":"sender_blocked"}`,
	"idempotency.other_body": `"refuse"`,
	"otp.expiry":             `15`,
	"page.maximum":           `"refuse"`,
	"number.leading_zero":    `"accepted"`,
	"otp.requests":           `4`,
	"balance.fields":         `{"absent":["currency"]}`,
}

func observed(t *testing.T) []byte {
	t.Helper()
	file := behaviour.Observations{
		Format:  behaviour.Format,
		Version: behaviour.Version,
		From:    "2026-11-27T20:00:00+00:00",
		To:      "2026-11-27T20:09:00+00:00",
	}
	for id, value := range bends {
		file.Observations = append(file.Observations, behaviour.Observation{
			ID:     id,
			Result: behaviour.Refuted,
			Value:  json.RawMessage(value),
		})
	}
	text, err := json.Marshal(file)
	require.NoError(t, err)
	return text
}

func TestABentFakeIsFoundOutAndCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first := filepath.Join(dir, "first.json")
		fake := account(t, helliotest.WithObservations(observed(t)))
		got := verify(t, settingOf(fake), append(all, "-out", first)...)
		require.Equal(t, statusRefuted, got.status)
		require.ElementsMatch(t, slices.Collect(maps.Keys(bends)), refutedIDs(got.output), got.output)

		text, err := os.ReadFile(first)
		require.NoError(t, err)
		second := filepath.Join(dir, "second.json")
		copied := account(t, helliotest.WithObservations(text))
		got = verify(t, settingOf(copied), append(all, "-out", second)...)
		require.ElementsMatch(t, slices.Collect(maps.Keys(bends)), refutedIDs(got.output), got.output)
		require.Equal(t, values(t, first), values(t, second))
	})
}

// values returns the values of a file's observations.
func values(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	file, _, err := behaviour.ReadObservations(text)
	require.NoError(t, err)
	found := make(map[string]string)
	for _, o := range file.Observations {
		if o.Result == behaviour.Refuted {
			found[o.ID] = string(o.Value)
		}
	}
	return found
}
