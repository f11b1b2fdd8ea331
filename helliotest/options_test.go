package helliotest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestContradictingOptionsAreErrors(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	saved, err := f.Snapshot()
	require.NoError(t, err)
	for says, opts := range map[string][]helliotest.Option{
		"WithToken: one token has two different lists of scopes": {
			helliotest.WithToken("t"), helliotest.WithToken("t", "otp"),
		},
		"WithOTP: the code of …0001 is given twice with different values": {
			helliotest.WithOTP(someone, "1111"), helliotest.WithOTP("233 20 999 0001", "2222"),
		},
		"FromSnapshot: there are two snapshots": {
			helliotest.FromSnapshot(saved), helliotest.FromSnapshot(saved),
		},
		"": {
			helliotest.WithToken("t", "otp", "reports"),
			helliotest.WithToken("t", "reports", "otp"),
			helliotest.WithOTP(someone, "1111"), helliotest.WithOTP(someone, "1111"),
			helliotest.WithBalance("1"), helliotest.WithBalance("2"), // the last one counts
		},
	} {
		made, err := helliotest.Start(opts...)
		if says == "" {
			require.NoError(t, err)
			require.Equal(t, "2.0000", made.Balance().Balance)
			require.NoError(t, made.Close())
			continue
		}
		require.ErrorContains(t, err, says)
	}
}

func TestABadOptionIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opt  helliotest.Option
		says string
	}{
		"empty token":      {helliotest.WithToken(""), "token is empty"},
		"unknown scope":    {helliotest.WithToken("t", "sms"), `unknown scope "sms"`},
		"amount in words":  {helliotest.WithBalance("much"), "not an unsigned decimal"},
		"five decimals":    {helliotest.WithBalance("0.00001"), "at most 4 decimals"},
		"exponent":         {helliotest.WithBalance("1e3"), "not an unsigned decimal"},
		"too much":         {helliotest.WithBalance("99999999999999999999"), "too large"},
		"negative limit":   {helliotest.WithRateLimit(-1), "negative"},
		"no address":       {helliotest.WithAllowedIPs("localhost"), "neither an IP address"},
		"unknown period":   {helliotest.WithSpendLimit("weekly", "1"), "neither daily nor monthly"},
		"bad limit":        {helliotest.WithSpendLimit("daily", "x"), "not an unsigned decimal"},
		"negative balance": {helliotest.WithBalance("-1"), "not an unsigned decimal"},
		"negative latency": {helliotest.WithLatency(-time.Second), "negative"},
		"webhook URL": {
			helliotest.WithWebhook("http://example.com/hook", "s"),
			`WithWebhook: "http://example.com/hook" can't be called`,
		},
		"handler's URL": {
			helliotest.WithWebhookHandler("http://example.com", http.NotFoundHandler(), "s"),
			"WithWebhookHandler: \"http://example.com\" can't be called",
		},
		"callback URL": {
			helliotest.WithUSSDHandler("ftp://example.com", http.NotFoundHandler()),
			"WithUSSDHandler: \"ftp://example.com\" can't be called",
		},
		"webhook secret": {
			helliotest.WithWebhook("https://example.com/hook", " "),
			"WithWebhook: the secret is blank",
		},
		"webhook event": {
			helliotest.WithWebhook("https://example.com/hook", "s", "message.read"),
			`unknown event "message.read"`,
		},
		"webhook handler": {
			helliotest.WithWebhookHandler(hookURL, nil, "s"), "the handler is nil",
		},
		"handler's secret": {
			helliotest.WithWebhookHandler(hookURL, http.NotFoundHandler(), ""),
			"WithWebhookHandler: the secret is blank",
		},
		"handler's event": {
			helliotest.WithWebhookHandler(hookURL, http.NotFoundHandler(), "s", "*", ""),
			`unknown event ""`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := helliotest.Start(c.opt)
			require.ErrorContains(t, err, c.says)
			require.Contains(t, watch(t, func(tb testing.TB) { helliotest.New(tb, c.opt) }).fatal,
				c.says)
		})
	}
}

func TestAnIssuedTokenCarriesExactlyItsScopes(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	for _, c := range []struct {
		token        string
		sms, balance int
	}{
		{f.IssueToken(), 202, 200},
		{f.IssueToken("*"), 202, 200},
		{f.IssueToken("balance"), 403, 200},
		{f.IssueToken([]string{}...), 403, 403},
	} {
		a.token = c.token
		require.Equal(t, c.sms, a.send(oneSMS).status)
		require.Equal(t, c.balance, a.get("/balance").status)
	}
	r := watch(t, func(tb testing.TB) { helliotest.New(tb).IssueToken("everything") })
	require.Contains(t, r.fatal, `unknown scope "everything"`)
}

func TestTheIPListTakesAddressesAndRanges(t *testing.T) {
	t.Parallel()
	for list, status := range map[string]int{
		"127.0.0.1":        200,
		"127.0.0.0/8":      200,
		"127.9.9.9/8":      200,
		"::ffff:127.0.0.1": 200,
		"10.0.0.0/8":       403,
		"::1":              403,
	} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, helliotest.WithAllowedIPs(list))
			require.Equal(t, status, newAPI(t, f).get("/balance").status)
			require.Equal(t, status,
				api{t, newHTTPClient(t), f.URL(), helliotest.DefaultToken}.get("/balance").status)
		})
	}
}

func TestTheAccountsJSONMatchesTheControlAPI(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	shown := func() string {
		text, err := json.Marshal(f.Account())
		require.NoError(t, err)
		return string(text)
	}
	change := func(text string) error {
		var c helliotest.AccountChange
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return err
		}
		return f.Update(c)
	}
	require.JSONEq(t,
		`{"balance":"100.0000","ussd_balance":"0.0000","senders":["HELLIO","ACME","HellioSMS"],`+
			`"rate_limit":120,"otp_limit":10,"allowed_ips":[],"spend_limit":null}`, shown())
	require.NoError(t,
		change(`{"balance":"5","ussd_balance":"7.5","senders":[],"rate_limit":0,"otp_limit":3,`+
			`"allowed_ips":["127.0.0.1"],"spend_limit":{"period":"daily","amount":"2.5"}}`))
	changed := `{"balance":"5.0000","ussd_balance":"7.5000","senders":[],"rate_limit":0,` +
		`"otp_limit":3,"allowed_ips":["127.0.0.1/32"],"spend_limit":{"period":"daily",` +
		`"amount":"2.5000"}}`
	require.JSONEq(t, changed, shown())
	require.NoError(t, change(`{}`))
	require.JSONEq(t, changed, shown())
	for _, bad := range []string{
		`{"balance":"x"}`, `{"balance":""}`, `{"balance":5}`, `{"balance":null}`,
		`{"ussd_balance":"-1"}`, `{"ussd_balance":null}`, `{"rate_limit":-1}`, `{"otp_limit":-1}`,
		`{"otp_limit":null}`, `{"otp_limit":"10"}`, `{"allowed_ips":["x"]}`, `{"unknown":1}`,
		`{"spend_limit":{"period":"weekly","amount":"1"}}`, `{"spend_limit":{}}`,
		`{"senders":"HELLIO"}`, `[]`,
		`null`, `{"Spend_Limit":{}}`,
		`{"spend_limit":{"period":"daily","amount":"1"},"Spend_Limit":null}`,
		`{"senders":["NEW"],"balance":"x"}`,
	} {
		require.Error(t, change(bad), bad)
		require.JSONEq(t, changed, shown(), bad)
	}
	require.NoError(t, change(`{"spend_limit":null,"allowed_ips":[]}`))
	require.Nil(t, f.Account().SpendLimit)
	require.Empty(t, f.Account().AllowedIPs)
}

func TestAnAccountChangesJSONHasOnlyItsChanges(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"balance":"5"}`, `{"ussd_balance":"7.5"}`, `{"senders":[]}`, `{"rate_limit":0}`,
		`{"otp_limit":0}`, `{"allowed_ips":[]}`,
		`{"spend_limit":{"period":"daily","amount":"1"}}`, `{"spend_limit":null}`,
		`{"login":{"email":"ama@example.com","password":"x","name":"Ama"}}`,
	} {
		var change helliotest.AccountChange
		require.NoError(t, json.Unmarshal([]byte(text), &change))
		written, err := json.Marshal(change)
		require.NoError(t, err)
		require.JSONEq(t, text, string(written))
	}
}

func TestBehavioursHaveABasis(t *testing.T) {
	t.Parallel()
	behaviours := helliotest.New(t).Behaviours()
	seen := map[string]bool{}
	for _, b := range behaviours {
		require.Contains(t, []string{"documented", "inferred", "decided"}, b.Basis, b.Behaviour)
		require.NotEmpty(t, b.Cost, b.ID)
		require.False(t, seen[b.Behaviour] || seen[b.ID], "twice: %s", b.ID)
		seen[b.Behaviour], seen[b.ID] = true, true
	}
	require.NotEmpty(t, behaviours)
}

func TestABalanceBelowWhatIsReservedIsRefused(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(oneSMS)
	err := f.Update(helliotest.AccountChange{Balance: pointer("0.0309"), Senders: []string{"NEW"}})
	require.EqualError(t, err,
		"invalid balance: got 0.0309, want at least the 0.0310 that is reserved")
	require.Equal(t, "100.0000", f.Balance().Balance)
	require.NotContains(t, f.Account().Senders, "NEW")
	require.NoError(t, f.Update(helliotest.AccountChange{Balance: pointer("0.0310")}))
	require.Equal(t, "0.0000", f.Balance().Available)

	taken, err := f.Snapshot()
	require.NoError(t, err)
	_, err = helliotest.Start(helliotest.FromSnapshot(taken), helliotest.WithBalance("0.0309"))
	require.EqualError(t, err,
		"FromSnapshot: WithBalance: invalid balance: got 0.0309, want at least the 0.0310 that "+
			"is reserved")
}
