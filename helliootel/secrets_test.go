package helliootel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// Everything that the calls of this file send. The code and the id have enough
// digits not to occur in a trace id.
const (
	secretToken    = "7|QxSecretToken"
	secretDigits   = "233209990001"
	secretText     = "the gate opens at nine"
	secretCode     = "9839205716"
	secretPassword = "correct-horse"
	secretEmail    = "ama.serwaa@example.com"
	secretID       = "902118844773"
	secretKey      = "order-7311-of-ama"
)

var secrets = []string{
	secretToken,
	secretDigits,
	secretText,
	secretCode,
	secretPassword,
	secretEmail,
	secretID,
	secretKey,
}

// callSends makes each call that sends something, with secrets in all params.
func callSends(ctx context.Context, c *hellio.Client, opts []hellio.Option) {
	numbers := []string{"+" + secretDigits, secretDigits}
	_, _ = hellio.Login(ctx, &hellio.LoginParams{
		Email:         secretEmail,
		Password:      secretPassword,
		TwoFactorCode: secretCode,
	}, opts...)
	_, _ = c.SMS.Send(ctx, &hellio.SMSSendParams{Recipients: numbers, Message: secretText},
		hellio.WithIdempotencyKey(secretKey))
	_, _ = c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: secretDigits})
	_, _ = c.OTP.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: secretDigits, Code: secretCode})
	_, _ = c.Voice.Send(ctx, &hellio.VoiceSendParams{Recipients: numbers, Text: secretText})
	_, _ = c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: numbers})
	_, _ = c.Email.Verify(ctx, &hellio.EmailVerifyParams{Emails: []string{secretEmail}})
	_, _ = c.Webhooks.Create(ctx, &hellio.WebhookParams{URL: "https://example.com/" + secretID})
	app := &hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/" + secretID}
	_, _ = c.USSD.Apps.Create(ctx, app)
	_, _ = c.USSD.Apps.Update(ctx, secretID, app)
	_, _ = c.USSD.Apps.SetMode(ctx, secretID, hellio.USSDTest)
	_, _ = c.USSD.Apps.RotateSecret(ctx, secretID, hellio.USSDLive)
	_, _ = c.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: "123"})
	_, _ = c.USSD.Simulate(ctx, &hellio.USSDSimulateParams{
		AppID:  secretID,
		MSISDN: secretDigits,
		Input:  secretText,
	})
	_ = c.USSD.Apps.Delete(ctx, secretID)
	_ = c.USSD.Extensions.Delete(ctx, secretID)
	_ = c.Webhooks.Delete(ctx, secretID)
}

// callReads makes all other calls, with secrets in ids and cursors.
func callReads(ctx context.Context, c *hellio.Client) {
	_, _ = c.Reports.GetMessage(ctx, secretID)
	_, _ = c.Reports.GetCampaign(ctx, secretID)
	_, _ = c.Reports.ListMessages(ctx, &hellio.MessageListParams{Cursor: secretID})
	_, _ = c.Reports.ListCampaigns(ctx, &hellio.CampaignListParams{Cursor: secretID})
	_, _ = c.Voice.Get(ctx, secretID)
	_, _ = c.Lookup.Get(ctx, secretID)
	_, _ = c.Lookup.List(ctx, &hellio.LookupListParams{Cursor: secretID})
	_, _ = c.Balance.Get(ctx)
	_, _ = c.Balance.Pricing(ctx, "GH")
	_, _ = c.Webhooks.List(ctx)
	_, _ = c.USSD.Pricing(ctx)
	_, _ = c.USSD.Availability(ctx, "123")
	_, _ = c.USSD.Apps.List(ctx, &hellio.USSDListParams{Cursor: secretID})
	_, _ = c.USSD.Extensions.List(ctx, &hellio.USSDListParams{Cursor: secretID})
	_, _ = c.USSD.Sessions.Get(ctx, secretID)
	_, _ = c.USSD.Sessions.List(ctx, &hellio.USSDSessionListParams{Cursor: secretID})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// quoteAll refuses each request and quotes all secrets wherever it can.
func quoteAll(req *http.Request) (*http.Response, error) {
	all := strings.Join(secrets, " ")
	body := fmt.Sprintf(`{"message":%q,"error":%q,"errors":{%q:[%q]}}`, all, all, all, all)
	return &http.Response{
		Status:     "422 " + all,
		StatusCode: http.StatusUnprocessableEntity,
		Header:     http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {all}},
		Body:       io.NopCloser(strings.NewReader(body)),
		Request:    req,
	}, nil
}

// failWithAll fails each request with an error that quotes all secrets.
func failWithAll(req *http.Request) (*http.Response, error) {
	return nil, errors.New(req.URL.String() + " with " + strings.Join(secrets, " "))
}

func TestNothingExportedHoldsASecret(t *testing.T) {
	for name, transport := range map[string]http.RoundTripper{
		"the fake":                        nil,
		"a server that quotes all":        roundTripFunc(quoteAll),
		"a transport whose errors do too": roundTripFunc(failWithAll),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				if transport == nil {
					transport = helliotest.New(t, helliotest.WithToken(secretToken),
						helliotest.WithOTP(secretDigits, secretCode),
						helliotest.WithLogin(helliotest.LoginUser{
							Email:         secretEmail,
							Password:      secretPassword,
							TwoFactorCode: secretCode,
						})).RoundTripper()
				}
				seen := observe(t)
				opts := []hellio.Option{
					seen.option(),
					hellio.WithDefaultSender("ACME"),
					hellio.WithHTTPClient(&http.Client{Transport: transport}),
				}
				client, err := hellio.NewClient(secretToken, opts...)
				require.NoError(t, err)
				callSends(t.Context(), client, opts)
				callReads(t.Context(), client)
				operations := map[string]int{}
				for _, s := range seen.spans() {
					if s.SpanKind == oteltrace.SpanKindInternal {
						operations[s.Name]++
					}
				}
				require.Len(t, operations, 33, "each operation of the API")
				dump := seen.dump(t)
				require.Empty(t, leaks(dump))
				t.Logf("%d spans, %d operations, %d bytes exported: none of %d secrets",
					len(seen.spans()), len(operations), len(dump), len(secrets))
			})
		})
	}
}

// leaks returns the secrets that are in text.
func leaks(text string) []string {
	var found []string
	for _, s := range secrets {
		if strings.Contains(text, s) {
			found = append(found, s)
		}
	}
	return found
}

func TestEachSecretWouldBeFound(t *testing.T) {
	t.Parallel()
	for _, s := range secrets {
		seen := observe(t)
		_, span := seen.provider.Tracer("").Start(t.Context(), "GET",
			oteltrace.WithAttributes(attribute.String("url.full", "https://api.test/"+s)))
		span.End()
		require.Equal(t, []string{s}, leaks(seen.dump(t)))
	}
}
