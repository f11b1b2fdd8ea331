package hellio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// printed makes the call against an API, once with each logger, and prints all
// of its output.
func (o operation) printed(t *testing.T, api echo) (p *paper) {
	t.Helper()
	p = &paper{}
	api.sent = &p.sent
	synctest.Test(t, func(t *testing.T) {
		for _, logger := range loggers(p) {
			opts := p.options(t, api, logger)
			c, err := hellio.NewClient(secretToken, opts...)
			require.NoError(t, err)
			if err := o.call(t.Context(), c, opts); err != nil {
				p.putError(t, err)
			}
			put(p, c)
			put(p, *c)
		}
	})
	require.Contains(t, p.String(), "level=DEBUG", "the client logs")
	return p
}

// refused makes the call with bad params, and prints the params and the error.
func (o operation) refused(t *testing.T) *paper {
	t.Helper()
	p := &paper{}
	for _, params := range o.params {
		put(p, params)
	}
	opts := p.options(t, echo{status: http.StatusOK, sent: &p.sent}, loggers(p)[0])
	c, err := hellio.NewClient(secretToken, opts...)
	require.NoError(t, err)
	err = o.bad(t.Context(), c, opts)
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
	p.putError(t, err)
	require.Empty(t, p.sent)
	return p
}

func TestNothingPrintedOrLoggedHoldsASecret(t *testing.T) {
	t.Parallel()
	for name, o := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, api := range echoes() {
				p := o.printed(t, api)
				require.NotZero(t, p.errors.Len(), "%s must fail", kind)
				requireClean(t, kind+p.String(), allSecrets...)
				requireClean(t, kind+p.errors.String(), append(p.sent, secretDigits)...)
			}
			p := o.printed(t, echo{status: 200, list: o.list})
			require.Zero(t, p.errors.Len(), "it must succeed: %.200s", p.errors.String())
			requireClean(t, p.String(), allSecrets...)
			if name != "auth_token" {
				require.Contains(t, p.sent, secretToken)
			}

			p = o.refused(t)
			requireClean(t, p.String()+p.errors.String(), allSecrets...)
		})
	}
}

// answering is an API that refuses with a status and a body.
func answering(t testing.TB, status int, body string) *hellio.Client {
	t.Helper()
	c, err := hellio.NewClient(secretToken, hellio.WithLimiter(nil),
		hellio.WithHTTPClient(&http.Client{Transport: otpAnswer{status, body}}))
	require.NoError(t, err)
	return c
}

// sentence is an error body with one sentence.
func sentence(t testing.TB, text string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"message": text})
	require.NoError(t, err)
	return string(body)
}

func TestSentencesLoseTheSecretsOfTheCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, said, want string }{
		"token, code and text": {
			"hi 482913",
			"The token 7|QxSecretToken is unknown; code 482913; text: hi 482913",
			"The token (hidden) is unknown; code ******; text: (hidden)",
		},
		"the secret part of the token": {"x", "token QxSecretToken", "token (hidden)"},
		"a short text is a word": {
			"hi",
			"This thing, said hi, is hi.",
			"This thing, said (hidden), is (hidden).",
		},
		"a short text in quotes": {
			"hi",
			`"hi" and 'hi' and _hi_`,
			`"(hidden)" and '(hidden)' and _hi_`,
		},
		"a letter":              {"a", "a man, a plan", "(hidden) man, (hidden) plan"},
		"a text without words":  {"?!", "Why?!", "Why?!"},
		"a picture":             {"🙂", "no 🙂 here", "no (hidden) here"},
		"an umlaut is a letter": {"hi", "éhi hié hi", "éhi hié (hidden)"},
		"white space around it": {" hello \n", "text: hello", "text: (hidden)"},
		"a text cut off": {
			"the gate opens at nine sharp",
			"the gate opens at ni… is too long",
			"(hidden)… is too long",
		},
		"a character cut in two": {"the gate opens éé", "the gate opens è", "(hidden)"},
		"a text in a text":       {"opens at", "it opens at nine", "it (hidden) nine"},
		"two that touch":         {"opensnow", "opensnowopensnow", "(hidden)"},
		"quoted with escapes":    {"say \"now\"", `got "say \"now\""`, `got "(hidden)"`},
		"as JSON": {
			"a < b & c",
			`{"message":"a \u003c b \u0026 c"}`,
			`{"message":"(hidden)"}`,
		},
		"in a URL":           {"open now", "?text=open+now&x", "?text=(hidden)&x"},
		"in a path":          {"open now", "/open%20now/", "/(hidden)/"},
		"a code in the text": {"Your code is 482913.", "482913 was seen", "****** was seen"},
		"a code written in groups": {"Your code is 482913.", "482 913 was seen",
			"*** *** was seen"},
		"a code within digits":    {"code 4829", "148291", "******"},
		"other digits":            {"code 4829", "at most 1600 of 10000", "at most 1600 of 10000"},
		"a number":                {"x", "+233 20-999 0001", "+*** **-*** **01"},
		"an unknown number":       {"x", "0241234567 is wrong", "********67 is wrong"},
		"a word that says hidden": {"hidden", "7|QxSecretToken hidden", "(hidden) (hidden)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, 422, sentence(t, c.said)).SMS.Send(t.Context(),
				&hellio.SMSSendParams{
					Recipients: []string{secretNumber},
					Sender:     "HELLIO",
					Message:    c.text,
				})
			var refused *hellio.ValidationError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.want, refused.Message)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestSentencesLoseTheAddressesOfTheCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ address, said, want string }{
		"plain":          {"ama@example.com", "ama@example.com is dead.", "(hidden) is dead."},
		"at the end":     {"ama@example.com", "dead: ama@example.com.", "dead: (hidden)"},
		"in brackets":    {"ama@example.com", "<ama@example.com>", "<(hidden)>"},
		"in lower case":  {"Ama@Example.com", "ama@example.com", "(hidden)"},
		"in upper case":  {"ama@example.com", "AMA@EXAMPLE.COM", "(hidden)"},
		"in a URL":       {"a+b@example.com", "?to=a%2Bb%40example.com&x", "?to=(hidden)&x"},
		"with odd signs": {`"a b"@example.com`, `to "a b"@example.com now`, "to (hidden) now"},
		"another address": {"ama@example.com", "write to me@example.com",
			"write to me@example.com"},
		"white space around": {" ama@example.com ", "ama@example.com", "(hidden)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			params := &hellio.EmailVerifyParams{Emails: []string{"x@example.org", c.address}}
			_, err := answering(t, 422, sentence(t, c.said)).Email.Verify(t.Context(), params)
			var refused *hellio.ValidationError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.want, refused.Message)
		})
	}
}

// codeCalls are the calls whose errors may quote a code.
func codeCalls(x hctx, c hclient, code string) map[string]func() error {
	once := hellio.WithMaxRetries(0)
	key := hellio.WithIdempotencyKey("key") // a random one may hold the code by chance
	return map[string]func() error{
		"checked": func() error {
			p := &hellio.OTPVerifyParams{MobileNumber: secretNumber, Code: code}
			_, err := c.OTP.Verify(x, p, once)
			return err
		},
		"made by the API": func() error {
			p := &hellio.OTPSendParams{MobileNumber: secretNumber, Sender: "HELLIO"}
			_, err := c.OTP.Send(x, p, once, key)
			return err
		},
		"in a text": func() error {
			p := &hellio.SMSSendParams{
				Recipients: []string{secretNumber},
				Sender:     "HELLIO",
				Message:    "Your code is " + code + ".",
			}
			_, err := c.SMS.Send(x, p, once, key)
			return err
		},
	}
}

func TestCodesOfEachLengthAreTakenOut(t *testing.T) {
	t.Parallel()
	for length := 4; length <= 10; length++ {
		code := "4829130576"[:length]
		grouped := code[:2] + " " + code[2:]
		body := fmt.Sprintf(`{"message":"The code %s, that is %s, is wrong.","error":"code_%s",`+
			`"errors":{"code":["not %s"]},"period":"%s"}`, code, grouped, code, code, code)
		for _, status := range []int{302, 400, 401, 403, 404, 408, 409, 422, 429, 500} {
			calls := codeCalls(t.Context(), answering(t, status, body), code)
			for name, call := range calls {
				p := &paper{}
				p.putError(t, call())
				requireClean(t, name+p.String()+p.errors.String(), code, grouped)
			}
		}
	}
}

func TestAKnownErrorCodeIsNeverHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"throttled":           hellio.CodeThrottled,
		"insufficient":        hellio.CodeInsufficientBalance,
		"invalid_recipient":   hellio.CodeInvalidRecipient,
		"sender":              "sender_frozen",
		"sender_frozen":       "(hidden)",
		"sender_frozen_today": "sender_frozen",
	} {
		code := want
		if code == "(hidden)" {
			code = "sender_frozen"
		}
		body := `{"message":"No.","error":"` + code + `"}`
		_, err := answering(t, 422, body).SMS.Send(t.Context(), &hellio.SMSSendParams{
			Recipients: []string{secretNumber},
			Sender:     "HELLIO",
			Message:    text,
		})
		var refused *hellio.ValidationError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, want, refused.Code, text)
	}
}

// quotingSource is a TokenSource or Limiter whose errors quote secrets.
type quotingSource struct{ err error }

func (s quotingSource) Token(context.Context) (string, error) {
	return secretToken, s.err
}

func (s quotingSource) Wait(context.Context, hellio.LimitRequest) error { return s.err }

func (s quotingSource) Observe(hellio.LimitRequest, hellio.LimitResult) {}

func TestErrorsOfLimitersHoldNoSecret(t *testing.T) {
	t.Parallel()
	cause := errors.New("vault: " + secretToken + " for " + secretNumber + ": " + secretText)
	limited := &hellio.RateLimitError{APIError: &hellio.APIError{
		Message: cause.Error(),
		Fields:  map[string][]string{"to": {cause.Error()}},
	}}
	good := hellio.WithTokenSource(quotingSource{})
	for name, opts := range map[string][]hellio.Option{
		"limiter":              {good, hellio.WithLimiter(quotingSource{cause})},
		"limiter's rate limit": {good, hellio.WithLimiter(quotingSource{limited})},
	} {
		c, err := hellio.NewClient("", opts...)
		require.NoError(t, err)
		_, err = c.SMS.Send(t.Context(), &hellio.SMSSendParams{
			Recipients: []string{secretNumber},
			Sender:     "HELLIO",
			Message:    secretText,
		})
		p := &paper{}
		p.putError(t, err)
		requireClean(t, name+p.String()+p.errors.String(), secretToken, secretDigits, secretText)
	}
	require.Equal(t, cause.Error(), limited.Fields["to"][0], "the limiter's own error is unchanged")
}

func TestACauseThatIsRedactedIsStillFound(t *testing.T) {
	t.Parallel()
	cause := &net.DNSError{Err: "no such host", Name: secretText, IsNotFound: true}
	rt := echo{err: func(string) error { return cause }, sent: new([]string)}
	c, err := hellio.NewClient(secretToken, hellio.WithHTTPClient(&http.Client{Transport: rt}))
	require.NoError(t, err)
	_, err = c.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: []string{secretNumber},
		Sender:     "HELLIO",
		Message:    secretText,
	}, hellio.WithMaxRetries(0))
	var found *net.DNSError
	require.ErrorAs(t, err, &found)
	require.Same(t, cause, found)
	require.NotContains(t, err.Error(), secretText)
	require.ErrorContains(t, err, "no such host")
}

// panicking is an error whose Error method panics.
type panicking struct{}

func (panicking) Error() string { panic("no text") }

func TestACauseWithoutATextPanicsNowhere(t *testing.T) {
	t.Parallel()
	rt := echo{err: func(string) error { return panicking{} }, sent: new([]string)}
	c, err := hellio.NewClient(secretToken, hellio.WithHTTPClient(&http.Client{Transport: rt}))
	require.NoError(t, err)
	_, err = c.Balance.Get(t.Context(), hellio.WithMaxRetries(0))
	require.ErrorAs(t, err, new(panicking))
}

func TestRetriesOfAFailedCallQuoteNoSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		rt := echo{status: 503, sent: &p.sent}
		c, err := hellio.NewClient(secretToken, p.options(t, rt, loggers(p)[0])...)
		require.NoError(t, err)
		_, err = c.SMS.Send(t.Context(), &hellio.SMSSendParams{
			Recipients: []string{secretNumber},
			Sender:     "HELLIO",
			Message:    secretText,
		})
		require.Error(t, err)
		require.Greater(t, len(p.sent), 3, "the client retries")
		requireClean(t, p.String()+p.errors.String(), secretToken, secretDigits, secretText)
	})
}
