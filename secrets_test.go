package hellio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// What a call holds that must never be printed.
const (
	secretToken    = "7|QxSecretToken"
	secretDigits   = "233209990001"
	secretNumber   = "+" + secretDigits
	secretText     = "the gate opens at nine"
	secretCode     = "9839205716" // as long as no random key and no address of ours will hold it
	secretPassword = "correct-horse"
	secretMailbox  = "ama.serwaa"
	secretEmail    = secretMailbox + "@example.com"
	secretSigning  = "whsec_QxSigning"
)

var allSecrets = []string{secretToken, secretDigits, secretText, secretCode, secretPassword, secretMailbox, secretSigning}

// secretly is one operation, called with secrets wherever its params take them.
type secretly struct {
	params []any // as they are given
	call   func(ctx context.Context, c *hellio.Client, opts []hellio.Option) error
	bad    func(ctx context.Context, c *hellio.Client, opts []hellio.Option) error // with params that are refused before they are sent
	list   bool                                                                    // its data is a list
}

// on makes a secretly of good and bad params and the method that takes either.
func on[P, R any](good, bad P, method func(context.Context, *hellio.Client, *P) (R, error)) secretly {
	with := func(p P) func(context.Context, *hellio.Client, []hellio.Option) error {
		return func(ctx context.Context, c *hellio.Client, _ []hellio.Option) error {
			_, err := method(ctx, c, &p)
			return err
		}
	}
	return secretly{params: []any{good, &good, bad, &bad}, call: with(good), bad: with(bad)}
}

// word is an operation that takes no more than a string, and byID one whose string is an id.
func word[S ~string, R any](good, bad S, method func(context.Context, *hellio.Client, S) (R, error)) secretly {
	s := on(good, bad, func(ctx context.Context, c *hellio.Client, given *S) (R, error) { return method(ctx, c, *given) })
	s.params = nil
	return s
}

func byID[R any](method func(context.Context, *hellio.Client, hellio.ID) (R, error)) secretly {
	return word[hellio.ID]("90211", secretText+"/"+secretNumber, method)
}

// plain is an operation without params.
func plain[R any](method func(context.Context, *hellio.Client, ...hellio.CallOption) (R, error)) secretly {
	return secretly{
		call: func(ctx context.Context, c *hellio.Client, _ []hellio.Option) error {
			_, err := method(ctx, c)
			return err
		},
		bad: func(ctx context.Context, c *hellio.Client, _ []hellio.Option) error {
			_, err := method(ctx, c, hellio.WithIdempotencyKey(secretText+"\n"))
			return err
		},
	}
}

func listing(s secretly) secretly {
	s.list = true
	return s
}

func gone(err error) (any, error) { return nil, err }

// secretCalls are all operations, by their names.
func secretCalls() map[string]secretly {
	type client = *hellio.Client
	type ctx = context.Context
	numbers, tooLong := []string{secretNumber, secretDigits}, []string{secretNumber + secretNumber}
	long := strings.Repeat(secretText, 500)
	login := hellio.LoginParams{Email: secretEmail, Password: secretPassword, TwoFactorCode: secretCode}
	badLogin := hellio.LoginParams{Email: secretEmail + " " + secretText, Password: secretPassword, TwoFactorCode: strings.Repeat(secretCode, 50)}
	app := hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"}
	badApp := hellio.USSDAppParams{Name: "Airtime", CallbackURL: "ftp://example.com"}
	return map[string]secretly{
		"auth_token": {
			params: []any{login, &login, badLogin},
			call: func(c ctx, _ client, opts []hellio.Option) error {
				_, err := hellio.Login(c, &login, opts...)
				return err
			},
			bad: func(c ctx, _ client, opts []hellio.Option) error {
				_, err := hellio.Login(c, &badLogin, opts...)
				return err
			},
		},
		"sms_send": on(hellio.SMSSendParams{Recipients: numbers, Sender: "HELLIO", Message: secretText}, hellio.SMSSendParams{Recipients: tooLong, Sender: "HELLIO", Message: secretText},
			func(x ctx, c client, p *hellio.SMSSendParams) (any, error) { return c.SMS.Send(x, p) }),
		"otp_send": on(hellio.OTPSendParams{MobileNumber: secretNumber, Sender: "HELLIO"}, hellio.OTPSendParams{MobileNumber: secretNumber + secretNumber, Email: secretEmail},
			func(x ctx, c client, p *hellio.OTPSendParams) (any, error) { return c.OTP.Send(x, p) }),
		"otp_verify": on(hellio.OTPVerifyParams{Email: secretEmail, Code: secretCode}, hellio.OTPVerifyParams{MobileNumber: tooLong[0], Code: secretCode},
			func(x ctx, c client, p *hellio.OTPVerifyParams) (any, error) { return c.OTP.Verify(x, p) }),
		"voice_send": on(hellio.VoiceSendParams{Recipients: numbers, Text: secretText}, hellio.VoiceSendParams{Recipients: numbers, Text: secretText, AudioURL: "ftp://" + secretText},
			func(x ctx, c client, p *hellio.VoiceSendParams) (any, error) { return c.Voice.Send(x, p) }),
		"lookup_create": on(hellio.LookupParams{Numbers: numbers}, hellio.LookupParams{Numbers: []string{secretNumber, ""}},
			func(x ctx, c client, p *hellio.LookupParams) (any, error) { return c.Lookup.Create(x, p) }),
		"email_verify": listing(on(hellio.EmailVerifyParams{Emails: []string{secretEmail}}, hellio.EmailVerifyParams{Emails: []string{secretMailbox}},
			func(x ctx, c client, p *hellio.EmailVerifyParams) (any, error) { return c.Email.Verify(x, p) })),
		"webhook_create": on(hellio.WebhookParams{URL: "https://example.com/hooks"}, hellio.WebhookParams{URL: "ftp://example.com"},
			func(x ctx, c client, p *hellio.WebhookParams) (any, error) { return c.Webhooks.Create(x, p) }),
		"ussd_app_create": on(app, badApp, func(x ctx, c client, p *hellio.USSDAppParams) (any, error) { return c.USSD.Apps.Create(x, p) }),
		"ussd_app_update": on(app, badApp, func(x ctx, c client, p *hellio.USSDAppParams) (any, error) { return c.USSD.Apps.Update(x, "a", p) }),
		"ussd_extension_create": on(hellio.USSDExtensionParams{Code: "123"}, hellio.USSDExtensionParams{Code: "12x"},
			func(x ctx, c client, p *hellio.USSDExtensionParams) (any, error) {
				return c.USSD.Extensions.Create(x, p)
			}),
		"ussd_simulate": on(hellio.USSDSimulateParams{AppID: "a", MSISDN: secretNumber, Input: secretText}, hellio.USSDSimulateParams{AppID: "a", MSISDN: tooLong[0], Input: long},
			func(x ctx, c client, p *hellio.USSDSimulateParams) (any, error) { return c.USSD.Simulate(x, p) }),
		"ussd_app_mode": byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.USSD.Apps.SetMode(x, id, hellio.USSDTest) }),
		"ussd_app_rotate_secret": byID(func(x ctx, c client, id hellio.ID) (any, error) {
			return c.USSD.Apps.RotateSecret(x, id, hellio.USSDLive)
		}),
		"message_get":           byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.Reports.GetMessage(x, id) }),
		"campaign_get":          byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.Reports.GetCampaign(x, id) }),
		"voice_get":             byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.Voice.Get(x, id) }),
		"lookup_get":            byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.Lookup.Get(x, id) }),
		"ussd_session_get":      byID(func(x ctx, c client, id hellio.ID) (any, error) { return c.USSD.Sessions.Get(x, id) }),
		"webhook_delete":        byID(func(x ctx, c client, id hellio.ID) (any, error) { return gone(c.Webhooks.Delete(x, id)) }),
		"ussd_app_delete":       byID(func(x ctx, c client, id hellio.ID) (any, error) { return gone(c.USSD.Apps.Delete(x, id)) }),
		"ussd_extension_delete": byID(func(x ctx, c client, id hellio.ID) (any, error) { return gone(c.USSD.Extensions.Delete(x, id)) }),
		"ussd_availability":     word("123", secretText, func(x ctx, c client, code string) (any, error) { return c.USSD.Availability(x, code) }),
		"pricing_get":           listing(word("GH", secretText, func(x ctx, c client, country string) (any, error) { return c.Balance.Pricing(x, country) })),
		"balance_get":           plain(func(x ctx, c client, o ...hellio.CallOption) (any, error) { return c.Balance.Get(x, o...) }),
		"ussd_pricing":          plain(func(x ctx, c client, o ...hellio.CallOption) (any, error) { return c.USSD.Pricing(x, o...) }),
		"webhook_list":          listing(plain(func(x ctx, c client, o ...hellio.CallOption) (any, error) { return c.Webhooks.List(x, o...) })),
		"message_list": listing(on(hellio.MessageListParams{}, hellio.MessageListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.MessageListParams) (any, error) { return c.Reports.ListMessages(x, p) })),
		"campaign_list": listing(on(hellio.CampaignListParams{}, hellio.CampaignListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.CampaignListParams) (any, error) { return c.Reports.ListCampaigns(x, p) })),
		"lookup_list": listing(on(hellio.LookupListParams{}, hellio.LookupListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.LookupListParams) (any, error) { return c.Lookup.List(x, p) })),
		"ussd_app_list": listing(on(hellio.USSDListParams{}, hellio.USSDListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.USSDListParams) (any, error) { return c.USSD.Apps.List(x, p) })),
		"ussd_extension_list": listing(on(hellio.USSDListParams{}, hellio.USSDListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.USSDListParams) (any, error) { return c.USSD.Extensions.List(x, p) })),
		"ussd_session_list": listing(on(hellio.USSDSessionListParams{}, hellio.USSDSessionListParams{PerPage: -1},
			func(x ctx, c client, p *hellio.USSDSessionListParams) (any, error) { return c.USSD.Sessions.List(x, p) })),
	}
}

// echoes is an API that answers with all that it was sent and all that it knows: in headers, in body, in Location.
type echoes struct {
	status  int
	html    bool
	cut     bool
	list    bool // of a success
	err     func(sent string) error
	message string // the API's sentence
}

func (e echoes) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	sent := fmt.Sprint(req.URL, req.Header, string(body), allSecrets, secretNumber, secretEmail)
	if e.err != nil {
		return nil, e.err(sent)
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Echo": {sent}, "Set-Cookie": {"token=" + secretToken}}
	header.Set("Location", "https://elsewhere.example/?token="+secretToken+"&to="+secretNumber)
	header.Set("X-RateLimit-Limit", secretCode)
	answer := map[string]any{
		"data": map[string]any{
			"id": "5", "token": secretToken, "secret": secretSigning, "test_secret": secretSigning, "live_secret": secretSigning, "message": secretText,
			"mobile_number": secretNumber, "recipient": secretNumber, "echo": sent,
		},
		"error": secretCode, "errors": map[string][]string{"message": {sent}, secretText: {sent}}, "message": e.message, "period": sent,
	}
	if e.status == http.StatusOK {
		answer["data"].(map[string]any)["verified"] = true
	}
	if e.list {
		answer["data"] = []any{answer["data"]}
	}
	text, _ := json.Marshal(answer)
	if e.html {
		header.Set("Content-Type", "text/html")
		text = []byte("<html>" + sent)
	}
	if e.cut {
		text = text[:len(text)-20]
	}
	return &http.Response{StatusCode: e.status, Header: header, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: -1, Request: req}, nil
}

// echoing are the ways in which a call can fail.
func echoing() map[string]echoes {
	all := map[string]echoes{
		"refused":   {err: func(string) error { return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")} }},
		"lost":      {err: func(string) error { return io.EOF }},
		"malformed": {err: func(sent string) error { return fmt.Errorf("malformed HTTP response %q", sent) }},
		"GOAWAY":    {err: func(sent string) error { return fmt.Errorf("http2: server sent GOAWAY; debug=%q", sent) }},
		"cut off":   {status: 200, cut: true}, "HTML": {status: 200, html: true}, "HTML with 502": {status: 502, html: true},
	}
	for _, status := range []int{302, 308, 400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 503, 799} {
		all[fmt.Sprint(status)] = echoes{status: status, message: "No."}
	}
	return all
}

// paper keeps what is logged and printed of a call.
type paper struct {
	bytes.Buffer
	errors bytes.Buffer // errors by fmt, which may quote the API's sentence
}

// loggers write lines of debug and above as text and as JSON.
func loggers(w io.Writer) []*slog.Logger {
	debug := &slog.HandlerOptions{Level: slog.LevelDebug}
	return []*slog.Logger{slog.New(slog.NewTextHandler(w, debug)), slog.New(slog.NewJSONHandler(w, debug))}
}

// put writes a value in each form that fmt and slog have for it.
func put(w io.Writer, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(w, verb+"\n", v)
		fmt.Fprintf(w, verb+"\n", struct{ V any }{v})
	}
	for _, logger := range loggers(w) {
		logger.Debug("value", "value", v)
	}
}

// putJSON writes a value as JSON. Params are not for it: they marshal whole, for users queue them.
func (p *paper) putJSON(t testing.TB, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	p.Write(text)
}

func (p *paper) hook(t testing.TB) func(context.Context, hellio.Attempt) {
	return func(_ context.Context, a hellio.Attempt) {
		put(p, a)
		put(p, &a)
		p.putJSON(t, a)
	}
}

// options are a client's that talks to rt and has all that prints; logger is 0 for text and 1 for JSON.
func (p *paper) options(t testing.TB, rt http.RoundTripper, logger int) []hellio.Option {
	return []hellio.Option{
		hellio.WithHTTPClient(&http.Client{Transport: rt}), hellio.WithLogger(loggers(p)[logger]), hellio.WithAttemptHook(p.hook(t)),
	}
}

func requireClean(t testing.TB, written string, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, "PANIC=") {
		for form, text := range map[string]string{"as it is": secret, "in hex": fmt.Sprintf("%x", secret)} {
			if at := strings.Index(written, text); at >= 0 {
				require.Fail(t, "printed", "%q %s: …%s…", secret, form, written[max(0, at-200):min(len(written), at+100)])
			}
		}
	}
}

// operationNames are the names of the contract's operations, read from its source.
func operationNames(t testing.TB) []string {
	t.Helper()
	source, err := os.ReadFile("internal/contract/operations.go")
	require.NoError(t, err)
	var names []string
	for _, match := range regexp.MustCompile(`Operation\{Name: "([a-z_]+)"`).FindAllSubmatch(source, -1) {
		names = append(names, string(match[1]))
	}
	require.Greater(t, len(names), 30)
	return names
}

func TestNothingThatIsPrintedOrLoggedHoldsASecret(t *testing.T) {
	calls := secretCalls()
	for _, name := range operationNames(t) {
		op, ok := calls[name]
		require.True(t, ok, "no call of %s", name)
		delete(calls, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, api := range echoing() {
				p := op.printed(t, api)
				if p.errors.Len() == 0 {
					require.Equal(t, "204", kind, "it must fail")
				}
				requireClean(t, kind+p.String()+p.errors.String(), allSecrets...)
			}
			p := op.printed(t, echoes{status: 200, list: op.list})
			require.Zero(t, p.errors.Len(), "it must succeed: %.200s", p.errors.String())
			requireClean(t, p.String(), allSecrets...)

			p = op.refused(t)
			requireClean(t, p.String()+p.errors.String(), allSecrets...)

			// The API's sentence may quote what was sent, and an error's text may quote the sentence: a log, an Attempt and JSON may not.
			p = op.printed(t, echoes{status: 422, message: fmt.Sprint(allSecrets, secretNumber)})
			requireClean(t, p.String(), allSecrets...)
			requireClean(t, p.errors.String(), secretDigits)
		})
	}
	require.Empty(t, calls, "an operation that the contract does not have")
}

// printed makes the call against an API, once with each logger, and prints all that it leaves.
func (op secretly) printed(t *testing.T, api http.RoundTripper) (p *paper) {
	t.Helper()
	p = &paper{}
	synctest.Test(t, func(t *testing.T) {
		for logger := range loggers(p) {
			opts := p.options(t, api, logger)
			c, err := hellio.NewClient(secretToken, opts...)
			require.NoError(t, err)
			if err := op.call(t.Context(), c, opts); err != nil {
				p.putError(t, err)
			}
			put(p, c)
			put(p, *c)
		}
	})
	require.True(t, strings.Contains(p.String(), "level=DEBUG"), "the client logs")
	return p
}

// refused prints the params, and the error of bad ones.
func (op secretly) refused(t *testing.T) *paper {
	t.Helper()
	p := &paper{}
	for _, params := range op.params {
		put(p, params)
	}
	opts := p.options(t, echoes{status: 500}, 0)
	c, err := hellio.NewClient(secretToken, opts...)
	require.NoError(t, err)
	err = op.bad(t.Context(), c, opts)
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
	p.putError(t, err)
	return p
}

// putError writes an error, bare and wrapped, with the Response that it carries.
func (p *paper) putError(t testing.TB, err error) {
	t.Helper()
	put(&p.errors, err)
	for _, logger := range loggers(p) {
		logger.Error("call failed", "err", err)
	}
	put(&p.errors, fmt.Errorf("wrapped: %w", err))
	put(&p.errors, errors.Join(errors.New("first"), err))
	p.putJSON(t, err)
	p.putJSON(t, struct{ Err error }{err})
	var api *hellio.APIError
	var connection *hellio.ConnectionError
	var unreadable *hellio.DecodeError
	switch {
	case errors.As(err, &api):
		put(&p.errors, api)
		put(p, api.Response)
		p.putJSON(t, api.Response)
	case errors.As(err, &connection):
		put(p, &connection.Response)
	case errors.As(err, &unreadable):
		put(p, unreadable.Response)
		p.putJSON(t, &unreadable.Response)
	}
}
