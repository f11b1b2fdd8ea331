package hellio_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// The secrets of a call, which must never be printed.
const (
	secretToken    = "7|QxSecretToken"
	secretDigits   = "233209990001"
	secretNumber   = "+" + secretDigits
	secretText     = "the gate opens at nine"
	secretCode     = "9839205716" // long enough not to occur in a random key or an address
	secretPassword = "correct-horse"
	secretEmail    = "ama.serwaa@example.com"
	secretSigning  = "whsec_QxSigning"
)

var allSecrets = []string{
	secretToken,
	secretDigits,
	secretText,
	secretCode,
	secretPassword,
	secretEmail,
	secretSigning,
}

type (
	hctx    = context.Context
	hclient = *hellio.Client
)

// operation is one call of the API with secrets in all params that accept them.
type operation struct {
	params []any // good and bad ones, as values and pointers
	call   func(x hctx, c hclient, opts []hellio.Option) error
	bad    func(x hctx, c hclient, opts []hellio.Option) error // refused before it is sent
	list   bool                                                // its data is a list
}

// withParams returns an operation with good and bad params and its method.
func withParams[P, R any](good, bad P, method func(hctx, hclient, *P) (R, error)) operation {
	with := func(p P) func(hctx, hclient, []hellio.Option) error {
		return func(x hctx, c hclient, _ []hellio.Option) error {
			_, err := method(x, c, &p)
			return err
		}
	}
	return operation{params: []any{good, &good, bad, &bad}, call: with(good), bad: with(bad)}
}

// withText returns an operation that takes a string; withID returns one that
// takes an id.
func withText[R any](good, bad string, method func(hctx, hclient, string) (R, error)) operation {
	o := withParams(good, bad, func(x hctx, c hclient, given *string) (R, error) {
		return method(x, c, *given)
	})
	o.params = nil
	return o
}

func withID[R any](method func(hctx, hclient, hellio.ID) (R, error)) operation {
	const bad = secretText + "/" + secretNumber
	return withText("90211", bad, func(x hctx, c hclient, id string) (R, error) {
		return method(x, c, hellio.ID(id))
	})
}

// withoutParams returns an operation without params.
func withoutParams[R any](method func(hctx, hclient, ...hellio.CallOption) (R, error)) operation {
	return operation{
		call: func(x hctx, c hclient, _ []hellio.Option) error {
			_, err := method(x, c)
			return err
		},
		bad: func(x hctx, c hclient, _ []hellio.Option) error {
			_, err := method(x, c, hellio.WithIdempotencyKey(secretText+"\n"))
			return err
		},
	}
}

func asList(o operation) operation {
	o.list = true
	return o
}

func gone(err error) (any, error) { return nil, err }

// operations returns all operations of the API, by their names in the contract.
func operations() map[string]operation {
	all := sends()
	for _, more := range []map[string]operation{reads(), ussdWrites(), ussdReads()} {
		for name, o := range more {
			all[name] = o
		}
	}
	return all
}

func sends() map[string]operation {
	numbers := []string{secretNumber, secretDigits}
	tooLong := secretNumber + secretNumber
	login := hellio.LoginParams{
		Email:         secretEmail,
		Password:      secretPassword,
		TwoFactorCode: secretCode,
	}
	badLogin := login
	badLogin.TwoFactorCode = strings.Repeat(secretCode, 50)
	return map[string]operation{
		"auth_token": {
			params: []any{login, &login, badLogin},
			call: func(x hctx, _ hclient, opts []hellio.Option) error {
				_, err := hellio.Login(x, &login, opts...)
				return err
			},
			bad: func(x hctx, _ hclient, opts []hellio.Option) error {
				_, err := hellio.Login(x, &badLogin, opts...)
				return err
			},
		},
		"sms_send": withParams(
			hellio.SMSSendParams{Recipients: numbers, Sender: "HELLIO", Message: secretText},
			hellio.SMSSendParams{
				Recipients: []string{tooLong},
				Sender:     "HELLIO",
				Message:    secretText,
			},
			func(x hctx, c hclient, p *hellio.SMSSendParams) (any, error) {
				return c.SMS.Send(x, p)
			}),
		"otp_send": withParams(
			hellio.OTPSendParams{MobileNumber: secretNumber, Sender: "HELLIO"},
			hellio.OTPSendParams{MobileNumber: tooLong, Email: secretEmail},
			func(x hctx, c hclient, p *hellio.OTPSendParams) (any, error) {
				return c.OTP.Send(x, p)
			}),
		"otp_verify": withParams(
			hellio.OTPVerifyParams{Email: secretEmail, Code: secretCode},
			hellio.OTPVerifyParams{MobileNumber: tooLong, Code: secretCode},
			func(x hctx, c hclient, p *hellio.OTPVerifyParams) (any, error) {
				return c.OTP.Verify(x, p)
			}),
		"voice_send": withParams(
			hellio.VoiceSendParams{Recipients: numbers, Text: secretText},
			hellio.VoiceSendParams{Recipients: numbers, AudioURL: "ftp://" + secretText},
			func(x hctx, c hclient, p *hellio.VoiceSendParams) (any, error) {
				return c.Voice.Send(x, p)
			}),
		"lookup_create": withParams(
			hellio.LookupParams{Numbers: numbers},
			hellio.LookupParams{Numbers: []string{secretNumber, ""}},
			func(x hctx, c hclient, p *hellio.LookupParams) (any, error) {
				return c.Lookup.Create(x, p)
			}),
		"email_verify": asList(withParams(
			hellio.EmailVerifyParams{Emails: []string{secretEmail}},
			hellio.EmailVerifyParams{Emails: []string{"ama.serwaa"}},
			func(x hctx, c hclient, p *hellio.EmailVerifyParams) (any, error) {
				return c.Email.Verify(x, p)
			})),
		"webhook_create": withParams(
			hellio.WebhookParams{URL: "https://example.com/hooks"},
			hellio.WebhookParams{URL: "ftp://example.com"},
			func(x hctx, c hclient, p *hellio.WebhookParams) (any, error) {
				return c.Webhooks.Create(x, p)
			}),
		"webhook_delete": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return gone(c.Webhooks.Delete(x, id))
		}),
	}
}

func reads() map[string]operation {
	type messages = hellio.MessageListParams
	type campaigns = hellio.CampaignListParams
	type lookups = hellio.LookupListParams
	return map[string]operation{
		"message_get": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.Reports.GetMessage(x, id)
		}),
		"campaign_get": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.Reports.GetCampaign(x, id)
		}),
		"voice_get": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.Voice.Get(x, id)
		}),
		"lookup_get": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.Lookup.Get(x, id)
		}),
		"message_list": asList(withParams(messages{}, messages{PerPage: -1},
			func(x hctx, c hclient, p *messages) (any, error) {
				return c.Reports.ListMessages(x, p)
			})),
		"campaign_list": asList(withParams(campaigns{}, campaigns{PerPage: -1},
			func(x hctx, c hclient, p *campaigns) (any, error) {
				return c.Reports.ListCampaigns(x, p)
			})),
		"lookup_list": asList(withParams(lookups{}, lookups{PerPage: -1},
			func(x hctx, c hclient, p *lookups) (any, error) { return c.Lookup.List(x, p) })),
		"balance_get": withoutParams(func(x hctx, c hclient, o ...hellio.CallOption) (any, error) {
			return c.Balance.Get(x, o...)
		}),
		"pricing_get": asList(withText("GH", secretText,
			func(x hctx, c hclient, s string) (any, error) {
				return c.Balance.Pricing(x, s)
			})),
		"webhook_list": asList(withoutParams(
			func(x hctx, c hclient, o ...hellio.CallOption) (any, error) {
				return c.Webhooks.List(x, o...)
			})),
	}
}

func ussdWrites() map[string]operation {
	app := hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"}
	badApp := hellio.USSDAppParams{Name: "Airtime", CallbackURL: "ftp://example.com"}
	long := strings.Repeat(secretText, 500)
	type extension = hellio.USSDExtensionParams
	type step = hellio.USSDSimulateParams
	return map[string]operation{
		"ussd_app_create": withParams(app, badApp,
			func(x hctx, c hclient, p *hellio.USSDAppParams) (any, error) {
				return c.USSD.Apps.Create(x, p)
			}),
		"ussd_app_update": withParams(app, badApp,
			func(x hctx, c hclient, p *hellio.USSDAppParams) (any, error) {
				return c.USSD.Apps.Update(x, "a", p)
			}),
		"ussd_extension_create": withParams(extension{Code: "123"}, extension{Code: "12x"},
			func(x hctx, c hclient, p *extension) (any, error) {
				return c.USSD.Extensions.Create(x, p)
			}),
		"ussd_simulate": withParams(
			step{AppID: "a", MSISDN: secretNumber, Input: secretText},
			step{AppID: "a", MSISDN: secretNumber, Input: long},
			func(x hctx, c hclient, p *step) (any, error) { return c.USSD.Simulate(x, p) }),
		"ussd_app_mode": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.USSD.Apps.SetMode(x, id, hellio.USSDTest)
		}),
		"ussd_app_rotate_secret": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.USSD.Apps.RotateSecret(x, id, hellio.USSDLive)
		}),
		"ussd_app_delete": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return gone(c.USSD.Apps.Delete(x, id))
		}),
		"ussd_extension_delete": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return gone(c.USSD.Extensions.Delete(x, id))
		}),
	}
}

func ussdReads() map[string]operation {
	type params = hellio.USSDListParams
	type sessions = hellio.USSDSessionListParams
	return map[string]operation{
		"ussd_pricing": withoutParams(func(x hctx, c hclient, o ...hellio.CallOption) (any, error) {
			return c.USSD.Pricing(x, o...)
		}),
		"ussd_availability": withText("123", secretText,
			func(x hctx, c hclient, s string) (any, error) {
				return c.USSD.Availability(x, s)
			}),
		"ussd_session_get": withID(func(x hctx, c hclient, id hellio.ID) (any, error) {
			return c.USSD.Sessions.Get(x, id)
		}),
		"ussd_app_list": asList(withParams(params{}, params{PerPage: -1},
			func(x hctx, c hclient, p *params) (any, error) { return c.USSD.Apps.List(x, p) })),
		"ussd_extension_list": asList(withParams(params{}, params{PerPage: -1},
			func(x hctx, c hclient, p *params) (any, error) {
				return c.USSD.Extensions.List(x, p)
			})),
		"ussd_session_list": asList(withParams(sessions{}, sessions{PerPage: -1},
			func(x hctx, c hclient, p *sessions) (any, error) {
				return c.USSD.Sessions.List(x, p)
			})),
	}
}

func TestEveryOperationOfTheContractHasACall(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("internal/contract/operations.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`Operation\{\s*Name:\s+"([a-z_]+)"`).FindAllSubmatch(source, -1)
	require.Greater(t, len(names), 30)
	calls := operations()
	for _, name := range names {
		require.Contains(t, calls, string(name[1]))
	}
	require.Len(t, calls, len(names), "an operation that the contract does not have")
}

func TestOperationsOfAZeroClientAreParamErrors(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]hclient{
		"nil services": {USSD: &hellio.USSDService{}},
		"zero services": {
			SMS:      &hellio.SMSService{},
			OTP:      &hellio.OTPService{},
			Voice:    &hellio.VoiceService{},
			Lookup:   &hellio.LookupService{},
			Email:    &hellio.EmailService{},
			Reports:  &hellio.ReportsService{},
			Balance:  &hellio.BalanceService{},
			Webhooks: &hellio.WebhooksService{},
			USSD: &hellio.USSDService{
				Apps:       &hellio.USSDAppsService{},
				Extensions: &hellio.USSDExtensionsService{},
				Sessions:   &hellio.USSDSessionsService{},
			},
		},
	} {
		for name, o := range operations() {
			if name == "auth_token" { // Login has no client
				continue
			}
			var bad *hellio.ParamError
			err := o.call(t.Context(), c, nil)
			require.ErrorAs(t, err, &bad, "%s of %s", name, kind)
			require.Equal(t, "client", bad.Field, "%s of %s", name, kind)
			require.ErrorAs(t, o.bad(t.Context(), c, nil), &bad, "%s of %s, bad params", name, kind)
		}
	}
}
