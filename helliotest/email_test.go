package helliotest_test

import (
	"strings"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func (a api) verify(body string) apiResponse {
	a.t.Helper()
	return a.do("POST", "/email/verify", body)
}

func (a api) verdict(address string) map[string]any {
	a.t.Helper()
	resp := a.verify(`{"emails":["` + address + `"]}`)
	require.Equal(a.t, 200, resp.status, resp.body)
	return resp.decoded(a.t)["data"].([]any)[0].(map[string]any)
}

func TestAnAddressIsJudgedByItsLooks(t *testing.T) {
	t.Parallel()
	verdict := func(email, status string, mx bool, mailbox any, disposable, role bool) map[string]any {
		return map[string]any{
			"email":          email,
			"status":         status,
			"syntax_valid":   true,
			"mx_found":       mx,
			"mailbox_exists": mailbox,
			"disposable":     disposable,
			"role_account":   role,
		}
	}
	for _, want := range []map[string]any{
		verdict("ama@example.com", "deliverable", true, true, false, false),
		verdict("Ama.Mensah+shop@Example.com", "deliverable", true, true, false, false),
		verdict("ama@localhost", "deliverable", true, true, false, false),
		verdict("Info@example.com", "risky", true, true, false, true),
		verdict("ama@Mailinator.com", "risky", true, true, true, false),
		verdict("info@mailinator.com", "risky", true, true, true, true),
		verdict("ama@nowhere.invalid", "undeliverable", false, false, false, false),
		verdict("sales@nowhere.INVALID", "undeliverable", false, false, false, true),
		verdict(helliotest.EmailDeliverable, "deliverable", true, true, false, false),
		verdict("Undeliverable@Hellio.test", "undeliverable", true, false, false, false),
		verdict(helliotest.EmailDisposable, "risky", true, true, true, false),
		verdict(helliotest.EmailRole, "risky", true, true, false, true),
		verdict(helliotest.EmailUnknown, "unknown", true, nil, false, false),
		verdict("information@example.com", "deliverable", true, true, false, false),
	} {
		t.Run(want["email"].(string), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, newAPI(t, helliotest.New(t)).verdict(want["email"].(string)))
		})
	}
}

func TestAddressesKeepTheirOrderAndArePaidImmediately(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	resp := newAPI(t, f).verify(`{"emails":["b@example.com"," a@example.com ","b@example.com"]}`)
	require.Equal(t, 200, resp.status, resp.body)
	var order []any
	for _, r := range resp.decoded(t)["data"].([]any) {
		order = append(order, r.(map[string]any)["email"])
	}
	require.Equal(t, []any{"b@example.com", "a@example.com", "b@example.com"}, order)
	require.Equal(t, helliotest.Wallet{
		Balance:   "99.9850",
		Available: "99.9850",
		Reserved:  "0.0000",
		Currency:  "GHS",
	}, f.Balance())
	require.Equal(t, "0.0150", f.Requests()[0].Charge)
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ emails, field string }{
		"nothing":      {`null`, "emails"},
		"none":         {`[]`, "emails"},
		"no @":         {`["ama@example.com","ama.example.com"]`, "emails.1"},
		"nobody":       {`["@example.com"]`, "emails.0"},
		"nowhere":      {`["ama@"]`, "emails.0"},
		"two @":        {`["ama@b@example.com"]`, "emails.0"},
		"a name too":   {`["Ama <ama@example.com>"]`, "emails.0"},
		"a blank":      {`["ama@example.com"," "]`, "emails.1"},
		"a blank in":   {`["a ma@example.com"]`, "emails.0"},
		"too long":     {`["` + strings.Repeat("a", 250) + `@b.com"]`, "emails.0"},
		"two in one":   {`["ama@example.com,kofi@example.com"]`, "emails.0"},
		"the last dot": {`["ama@example..com"]`, "emails.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			resp := newAPI(t, f).verify(`{"emails":` + c.emails + `}`)
			resp.refused(t, 422, "invalid_request")
			errors := resp.decoded(t)["errors"].(map[string]any)
			require.Equal(t, []string{c.field}, keysOf(errors))
			require.Len(t, errors[c.field], 1)
			require.Equal(t, "100.0000", f.Balance().Balance)
		})
	}
}

func TestAVerificationNeedsEnoughBalance(t *testing.T) {
	t.Parallel()
	const order = `{"emails":["a@example.com"]}`
	poor := newAPI(t, helliotest.New(t, helliotest.WithBalance("0.0049")))
	poor.verify(order).refused(t, 402, "insufficient_balance")
	limited := newAPI(t, helliotest.New(t, helliotest.WithSpendLimit("monthly", "0.0049")))
	limited.verify(order).refused(t, 403, "spend_limit_exceeded")
}

func TestAVerificationIsNotReplayed(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	for range 2 {
		resp := newAPI(t, f).do("POST", "/email/verify", `{"emails":["a@example.com"]}`,
			"Idempotency-Key", "k")
		require.Empty(t, resp.header.Get("Idempotent-Replayed"))
	}
	require.Equal(t, "99.9900", f.Balance().Balance)
}
