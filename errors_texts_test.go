package hellio

import (
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// textsFile lists every public error text with the call that returns it.
const textsFile = "testdata/errors.golden"

var updateTexts = flag.Bool("update", false, "write "+textsFile)

// errorText is one error and the call that returns it.
type errorText struct {
	call string
	err  error
}

// Not parallel: it changes the environment.
func TestErrorTextsMatchTheGoldenList(t *testing.T) {
	t.Setenv("HELLIO_API_TOKEN", "")
	t.Setenv("HELLIO_API_KEY", "")
	_, noToken := NewClientFromEnv()
	t.Setenv("HELLIO_API_KEY", "secret")
	_, otherName := NewClientFromEnv()
	env := []errorText{
		{"NewClientFromEnv, no token", noToken},
		{"NewClientFromEnv, HELLIO_API_KEY", otherName},
	}
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		for _, e := range slices.Concat(
			webhookTexts(t), stepTexts(t), // before the clock moves by random waits
			env, optionTexts(t), loginTexts(t), messageTexts(t), otpTexts(t), resourceTexts(t),
			ussdTexts(t), scalarTexts(), storeTexts(t), statusTexts(t), stopTexts(t),
			connectionTexts(t), responseTexts(t), sourceTexts(t), callerTexts(),
		) {
			require.Error(t, e.err, e.call)
			lines = append(lines, e.err.Error()+" | "+e.call+"\n")
		}
		slices.Sort(lines)
		require.Len(t, slices.Compact(slices.Clone(lines)), len(lines), "each call is listed once")
		got := strings.Join(lines, "")
		if *updateTexts {
			require.NoError(t, os.WriteFile(textsFile, []byte(got), 0o600))
		}
		want, err := os.ReadFile(textsFile)
		require.NoError(t, err)
		require.Equal(t, string(want), got, "run go test -run ErrorTexts -update .")
	})
}

// textClient returns a client that must send nothing.
func textClient(t *testing.T) *Client {
	return stubbed(t, newStub(func(*http.Request) (*http.Response, error) {
		t.Error("bad input was sent")
		return nil, io.EOF
	}))
}

// errorOf returns the error of a call.
func errorOf[T any](_ T, err error) error { return err }

func optionTexts(t *testing.T) []errorText {
	option := func(opts ...Option) error { return errorOf(NewClient(testToken, opts...)) }
	policy := func(p RetryPolicy) error { return option(WithRetryPolicy(p)) }
	callOption := func(opts ...CallOption) error {
		return errorOf(textClient(t).SMS.Send(t.Context(), oneSMS(), opts...))
	}
	token := func(token string) error { return errorOf(NewClient(token)) }
	noop := func(http.RoundTripper) http.RoundTripper { return nil }
	var noContext context.Context
	return []errorText{
		{"NewClient, no token", token("")},
		{"NewClient, token with Bearer", token("Bearer secret")},
		{"NewClient, token with a line break at the end", token("secret\n")},
		{"NewClient, token with a space", token("se cret")},
		{"NewClient, nil option", option(nil)},
		{"WithBaseURL, not a URL", option(WithBaseURL("https://api.example.com/%zz"))},
		{"WithBaseURL, relative", option(WithBaseURL("api.example.com/v1"))},
		{"WithBaseURL, with a query", option(WithBaseURL("https://api.example.com/v1?a=b"))},
		{"WithBaseURL, plain http", option(WithBaseURL("http://api.example.com/v1"))},
		{"WithHTTPClient, nil", option(WithHTTPClient(nil))},
		{"WithTokenSource, nil", option(WithTokenSource(nil))},
		{"WithDefaultSender, empty", option(WithDefaultSender(""))},
		{"WithLimiter, nil *WindowLimiter", option(WithLimiter((*WindowLimiter)(nil)))},
		{"WithAppInfo, no name", option(WithAppInfo("", "1"))},
		{"WithMaxResponseBytes, 0", option(WithMaxResponseBytes(0))},
		{"WithTracer, nil", option(WithTracer(nil))},
		{"WithMiddleware, nil", option(WithMiddleware(nil))},
		{"WithMiddleware, returns nil", option(WithMiddleware(noop))},
		{"RetryPolicy, -2 retries", policy(RetryPolicy{MaxRetries: -2})},
		{"RetryPolicy, negative MinWait", policy(RetryPolicy{MinWait: -1})},
		{"RetryPolicy, MaxWait of 25 h", policy(RetryPolicy{MaxWait: 25 * time.Hour})},
		{"RetryPolicy, negative MaxRetryAfter", policy(RetryPolicy{MaxRetryAfter: -1})},
		{"RetryPolicy, MinWait above MaxWait", policy(RetryPolicy{MinWait: 2, MaxWait: 1})},
		{"SMS.Send, nil option", callOption(nil)},
		{"WithMaxRetries, -1", callOption(WithMaxRetries(-1))},
		{"WithResponse, nil", callOption(WithResponse(nil))},
		{"WithIdempotencyKey, empty", callOption(WithIdempotencyKey(""))},
		{"WithIdempotencyKey, with a space", callOption(WithIdempotencyKey("a b"))},
		{"WithIdempotencyKey and WithResumeKey",
			callOption(WithIdempotencyKey("a"), WithResumeKey("b"))},
		{
			"Balance.Get, with a key",
			errorOf(textClient(t).Balance.Get(t.Context(), WithIdempotencyKey("a"))),
		},
		{"SMS.Send, nil context", errorOf(textClient(t).SMS.Send(noContext, oneSMS()))},
		{"SMS.Send, zero service", errorOf(new(SMSService).Send(t.Context(), oneSMS()))},
	}
}

const (
	brokenText = "\xff"
	blankText  = " \t"
)

func loginTexts(t *testing.T) []errorText {
	login := func(edit func(*LoginParams)) error {
		p := &LoginParams{Email: "ama@example.com", Password: "secret"}
		edit(p)
		return errorOf(Login(t.Context(), p))
	}
	email := func(text string) error { return login(func(p *LoginParams) { p.Email = text }) }
	return []errorText{
		{"Login, nil params", errorOf(Login(t.Context(), nil))},
		{"Login, no password", login(func(p *LoginParams) { p.Password = "" })},
		{"Login, broken password", login(func(p *LoginParams) { p.Password = brokenText })},
		{"Login, no e-mail", email("")},
		{"Login, broken e-mail", email("ama@" + brokenText)},
		{"Login, e-mail without @", email("ama")},
		{"Login, e-mail without a name", email("@example.com")},
		{"Login, e-mail without a domain", email("ama@")},
		{"Login, broken device", login(func(p *LoginParams) { p.DeviceName = brokenText })},
		{"Login, long device", login(func(p *LoginParams) { p.DeviceName = long(256) })},
		{"Login, broken code", login(func(p *LoginParams) { p.TwoFactorCode = brokenText })},
		{"Login, long code", login(func(p *LoginParams) { p.TwoFactorCode = long(256) })},
	}
}

func messageTexts(t *testing.T) []errorText {
	c := textClient(t)
	sms := func(edit func(*SMSSendParams)) error {
		p := oneSMS()
		edit(p)
		return errorOf(c.SMS.Send(t.Context(), p))
	}
	sender := func(text string) error { return sms(func(p *SMSSendParams) { p.Sender = text }) }
	to := func(numbers ...string) error {
		return sms(func(p *SMSSendParams) { p.Recipients = numbers })
	}
	text := func(text string) error { return sms(func(p *SMSSendParams) { p.Message = text }) }
	voice := func(edit func(*VoiceSendParams)) error {
		p := &VoiceSendParams{Recipients: []string{testNumber}, Text: "Your car is here."}
		edit(p)
		return errorOf(c.Voice.Send(t.Context(), p))
	}
	sound := func(text, url string) error {
		return voice(func(p *VoiceSendParams) { p.Text, p.AudioURL = text, url })
	}
	dial := func(numbers ...string) error {
		return voice(func(p *VoiceSendParams) { p.Recipients = numbers })
	}
	return []errorText{
		{"SMS.Send, nil params", errorOf(c.SMS.Send(t.Context(), nil))},
		{"SMS.Send, no recipients", to()},
		{"SMS.Send, 10,001 recipients", to(make([]string, 10_001)...)},
		{"SMS.Send, empty recipient", to("")},
		{"SMS.Send, blank recipient", to(blankText)},
		{"SMS.Send, long recipient", to(testNumber, long(21))},
		{"SMS.Send, broken recipient", to(brokenText)},
		{"SMS.Send, no sender", sender("")},
		{"SMS.Send, blank sender", sender(blankText)},
		{"SMS.Send, long sender", sender(long(12))},
		{"SMS.Send, broken sender", sender(brokenText)},
		{"SMS.Send, no message", text("")},
		{"SMS.Send, long message", text(long(1601))},
		{"SMS.Send, broken message", text(brokenText)},
		{"SMS.Send, broken gateway", sms(func(p *SMSSendParams) { p.Gateway = brokenText })},
		{"Voice.Send, nil params", errorOf(c.Voice.Send(t.Context(), nil))},
		{"Voice.Send, text and recording", sound("text", "https://example.com/a.mp3")},
		{"Voice.Send, neither text nor recording", sound("", "")},
		{"Voice.Send, relative recording", sound("", "/a.mp3")},
		{"Voice.Send, no recipients", dial()},
		{"Voice.Send, empty recipient", dial("")},
		{"Voice.Send, blank recipient", dial(blankText)},
		{"Voice.Send, broken recipient", dial(brokenText)},
		{"Voice.Send, broken text", sound(brokenText, "")},
		{"Voice.Send, broken voice", voice(func(p *VoiceSendParams) { p.Voice = brokenText })},
		{"Voice.Send, broken caller", voice(func(p *VoiceSendParams) { p.CallerID = brokenText })},
		{"Voice.Send, broken name", voice(func(p *VoiceSendParams) { p.Name = brokenText })},
	}
}

func otpTexts(t *testing.T) []errorText {
	c := textClient(t)
	send := func(edit func(*OTPSendParams)) error {
		p := &OTPSendParams{MobileNumber: testNumber, Sender: "HELLIO"}
		edit(p)
		return errorOf(c.OTP.Send(t.Context(), p))
	}
	number := func(channel Channel, text string) error {
		return send(func(p *OTPSendParams) { p.Channel, p.MobileNumber = channel, text })
	}
	purpose := func(text string) error { return send(func(p *OTPSendParams) { p.Purpose = text }) }
	verify := func(code string) error {
		p := &OTPVerifyParams{MobileNumber: testNumber, Code: code}
		return errorOf(c.OTP.Verify(t.Context(), p))
	}
	return []errorText{
		{"OTP.Send, nil params", errorOf(c.OTP.Send(t.Context(), nil))},
		{"OTP.Send, both destinations", send(func(p *OTPSendParams) { p.Email = "a@b" })},
		{"OTP.Send, no destination", number("push", "")},
		{"OTP.Send, no number", number(ChannelSMS, "")},
		{"OTP.Send, blank number", number(ChannelSMS, blankText)},
		{"OTP.Send, long number", number(ChannelSMS, long(21))},
		{"OTP.Send, broken number", number(ChannelSMS, brokenText)},
		{"OTP.Send, no e-mail", number(ChannelEmail, "")},
		{"OTP.Send, no sender", send(func(p *OTPSendParams) { p.Sender = "" })},
		{"OTP.Send, length 3", send(func(p *OTPSendParams) { p.Length = 3 })},
		{"OTP.Send, expiry 1441", send(func(p *OTPSendParams) { p.ExpiryMinutes = 1441 })},
		{"OTP.Send, long purpose", purpose(long(33))},
		{"OTP.Send, broken purpose", purpose(brokenText)},
		{"OTP.Send, broken gateway", send(func(p *OTPSendParams) { p.Gateway = brokenText })},
		{"OTP.Verify, nil params", errorOf(c.OTP.Verify(t.Context(), nil))},
		{"OTP.Verify, no code", verify("")},
		{"OTP.Verify, blank code", verify(blankText)},
		{"OTP.Verify, long code", verify(long(256))},
		{"OTP.Verify, broken code", verify(brokenText)},
	}
}

// resourceTexts are those of lookups, e-mail addresses, lists and webhooks.
func resourceTexts(t *testing.T) []errorText {
	c := textClient(t)
	ctx := t.Context()
	numbers := func(numbers ...string) error {
		return errorOf(c.Lookup.Create(ctx, &LookupParams{Numbers: numbers}))
	}
	emails := func(emails ...string) error {
		return errorOf(c.Email.Verify(ctx, &EmailVerifyParams{Emails: emails}))
	}
	country := func(text string) error { return errorOf(c.Balance.Pricing(ctx, text)) }
	hook := func(url string, events ...string) error {
		return errorOf(c.Webhooks.Create(ctx, &WebhookParams{URL: url, Events: events}))
	}
	tooLate := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	late := &LookupParams{Numbers: []string{testNumber}, ScheduledAt: tooLate}
	return []errorText{
		{"Lookup.Create, nil params", errorOf(c.Lookup.Create(ctx, nil))},
		{"Lookup.Create, no numbers", numbers()},
		{"Lookup.Create, empty number", numbers("")},
		{"Lookup.Create, blank number", numbers(blankText)},
		{"Lookup.Create, broken number", numbers(brokenText)},
		{"Lookup.Create, year 10000", errorOf(c.Lookup.Create(ctx, late))},
		{"Lookup.Get, no id", errorOf(c.Lookup.Get(ctx, ""))},
		{"Lookup.Get, two dots", errorOf(c.Lookup.Get(ctx, ".."))},
		{"Lookup.Get, id with a slash", errorOf(c.Lookup.Get(ctx, "7/8"))},
		{"Lookup.List, nil params", errorOf(c.Lookup.List(ctx, nil))},
		{"Lookup.List, 201 per page", errorOf(c.Lookup.List(ctx, &LookupListParams{PerPage: 201}))},
		{"Email.Verify, nil params", errorOf(c.Email.Verify(ctx, nil))},
		{"Email.Verify, no addresses", emails()},
		{"Email.Verify, empty address", emails("")},
		{"Email.Verify, no @", emails("ama")},
		{"Balance.Pricing, three letters", country("GHA")},
		{"Balance.Pricing, a digit", country("G1")},
		{"Webhooks.Create, nil params", errorOf(c.Webhooks.Create(ctx, nil))},
		{"Webhooks.Create, empty event", hook("https://example.com", "")},
		{"Webhooks.Create, blank event", hook("https://example.com", blankText)},
		{"Webhooks.Create, long event", hook("https://example.com", long(256))},
		{"Webhooks.Create, broken event", hook("https://example.com", brokenText)},
		{"Webhooks.Create, no URL", hook("")},
		{"Webhooks.Create, relative URL", hook("/hooks")},
		{"Webhooks.Create, plain http", hook("http://example.com")},
	}
}

func ussdTexts(t *testing.T) []errorText {
	c := textClient(t).USSD
	ctx := t.Context()
	simulate := func(edit func(*USSDSimulateParams)) error {
		p := &USSDSimulateParams{AppID: "7", SessionID: "s", MSISDN: testNumber}
		edit(p)
		return errorOf(c.Simulate(ctx, p))
	}
	msisdn := func(text string) error {
		return simulate(func(p *USSDSimulateParams) { p.MSISDN = text })
	}
	session := func(id ID) error {
		return simulate(func(p *USSDSimulateParams) { p.SessionID = id })
	}
	input := func(text string) error {
		return simulate(func(p *USSDSimulateParams) { p.Input = text })
	}
	service := func(text string) error {
		return simulate(func(p *USSDSimulateParams) { p.ServiceCode = text })
	}
	app := func(name, url string) error {
		return errorOf(c.Apps.Create(ctx, &USSDAppParams{Name: name, CallbackURL: url}))
	}
	rent := func(p USSDExtensionParams) error { return errorOf(c.Extensions.Create(ctx, &p)) }
	mode := func(mode USSDMode) error { return errorOf(c.Apps.SetMode(ctx, "7", mode)) }
	code := func(text string) error { return errorOf(c.Availability(ctx, text)) }
	shortCode := func(text string) error {
		return rent(USSDExtensionParams{Code: "123", ShortCode: text})
	}
	return []errorText{
		{"USSD.Simulate, nil params", errorOf(c.Simulate(ctx, nil))},
		{"USSD.Simulate, no app", simulate(func(p *USSDSimulateParams) { p.AppID = "" })},
		{"USSD.Simulate, broken app", simulate(func(p *USSDSimulateParams) {
			p.AppID = brokenText
		})},
		{"USSD.Simulate, no number", msisdn("")},
		{"USSD.Simulate, blank number", msisdn(blankText)},
		{"USSD.Simulate, long number", msisdn(long(21))},
		{"USSD.Simulate, broken number", msisdn(brokenText)},
		{"USSD.Simulate, long session", session(ID(long(121)))},
		{"USSD.Simulate, broken session", session(brokenText)},
		{"USSD.Simulate, long input", input(long(183))},
		{"USSD.Simulate, broken input", input(brokenText)},
		{"USSD.Simulate, long service code", service(long(33))},
		{"USSD.Simulate, broken service code", service(brokenText)},
		{"USSD.Availability, no code", code("")},
		{"USSD.Availability, long code", code("1234567890123")},
		{"USSD.Availability, a letter", code("12a")},
		{"USSD.Apps.Create, nil params", errorOf(c.Apps.Create(ctx, nil))},
		{"USSD.Apps.Create, no name", app("", "https://example.com")},
		{"USSD.Apps.Create, blank name", app(blankText, "https://example.com")},
		{"USSD.Apps.Create, long name", app(long(121), "https://example.com")},
		{"USSD.Apps.Create, broken name", app(brokenText, "https://example.com")},
		{"USSD.Apps.Create, no callback", app("Airtime", "")},
		{"USSD.Apps.Create, relative callback", app("Airtime", "/ussd")},
		{"USSD.Apps.Create, plain http", app("Airtime", "http://example.com")},
		{"USSD.Apps.SetMode, no mode", mode("")},
		{"USSD.Apps.SetMode, unknown mode", mode("draft")},
		{"USSD.Extensions.Create, nil params", errorOf(c.Extensions.Create(ctx, nil))},
		{"USSD.Extensions.Create, no code", rent(USSDExtensionParams{})},
		{
			"USSD.Extensions.Create, broken app",
			rent(USSDExtensionParams{Code: "123", AppID: brokenText}),
		},
		{"USSD.Extensions.Create, long short code", shortCode(long(33))},
		{"USSD.Extensions.Create, broken short code", shortCode(brokenText)},
	}
}

func scalarTexts() []errorText {
	var o Outcome
	amount := func(text string) error { return new(Amount).UnmarshalJSON([]byte(text)) }
	return []errorText{
		{"ParseAmount, empty", errorOf(ParseAmount(""))},
		{"ParseAmount, a word", errorOf(ParseAmount("twelve"))},
		{"Outcome.UnmarshalText", o.UnmarshalText([]byte("lost"))},
		{"Amount.UnmarshalJSON, nil", (*Amount)(nil).UnmarshalJSON([]byte("1"))},
		{"Amount.UnmarshalJSON, a word", amount(`"free"`)},
		{"Amount.UnmarshalJSON, true", amount(`true`)},
		{"ID.UnmarshalJSON, a fraction", new(ID).UnmarshalJSON([]byte(`1.5`))},
		{"ID.UnmarshalJSON, true", new(ID).UnmarshalJSON([]byte(`true`))},
		{"Timestamp.UnmarshalJSON, true", new(Timestamp).UnmarshalJSON([]byte(`true`))},
		{"ErrOutcomeUnknown", ErrOutcomeUnknown},
		{"ErrRetryBudget", ErrRetryBudget},
	}
}

func storeTexts(t *testing.T) []errorText {
	s, err := NewMemoryDedupeStore(0, 1)
	require.NoError(t, err)
	claim := func(id string, lease time.Duration) error {
		return errorOf(s.Claim(t.Context(), id, lease))
	}
	var missing *MemoryDedupeStore
	owner, err := s.Claim(t.Context(), "a", time.Minute)
	require.NoError(t, err)
	held := claim("a", time.Minute)
	full := claim("b", time.Minute)
	require.NoError(t, s.Commit(t.Context(), "a", owner))
	return []errorText{
		{"NewMemoryDedupeStore, -1ns", errorOf(NewMemoryDedupeStore(-1, 0))},
		{"NewMemoryDedupeStore, size -1", errorOf(NewMemoryDedupeStore(0, -1))},
		{"MemoryDedupeStore.Claim, nil store",
			errorOf(missing.Claim(t.Context(), "a", time.Minute))},
		{"MemoryDedupeStore.Claim, no id", claim("", time.Minute)},
		{"MemoryDedupeStore.Claim, no lease", claim("b", 0)},
		{"MemoryDedupeStore.Claim, claimed id", held},
		{"MemoryDedupeStore.Claim, committed id", claim("a", time.Minute)},
		{"MemoryDedupeStore.Claim, full store", full},
		{"MemoryDedupeStore.Commit, no owner", s.Commit(t.Context(), "a", "")},
	}
}
