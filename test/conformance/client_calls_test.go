package conformance

import (
	"context"
	"time"

	"github.com/hellio-go/hellio"
)

const anID = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"

// clientCall makes one call with fixed parameters. Login uses opts, because it
// has no client.
type clientCall func(ctx context.Context, c *hellio.Client, opts ...hellio.Option) error

// failed returns the error of a call.
func failed[T any](_ T, err error) error { return err }

// each returns a clientCall for each of the params.
func each[P any](do func(context.Context, *hellio.Client, P) error, params ...P) []clientCall {
	var all []clientCall
	for _, p := range params {
		all = append(all, func(ctx context.Context, c *hellio.Client, _ ...hellio.Option) error {
			return do(ctx, c, p)
		})
	}
	return all
}

// clientCalls returns calls of each operation, among them one with the fewest
// fields and one with every field.
func clientCalls() map[string][]clientCall {
	all := sendingCalls()
	for op, calls := range askingCalls() {
		all[op] = calls
	}
	for op, calls := range ussdCalls() {
		all[op] = calls
	}
	return all
}

func sendingCalls() map[string][]clientCall {
	numbers := []string{"+233209990001", "233209990002"}
	return map[string][]clientCall{
		"sms_send": each(func(ctx context.Context, c *hellio.Client, p hellio.SMSSendParams) error {
			return failed(c.SMS.Send(ctx, &p))
		},
			hellio.SMSSendParams{Recipients: numbers, Sender: "HELLIO", Message: "Hi"},
			hellio.SMSSendParams{
				Recipients: numbers,
				Sender:     "HELLIO",
				Message:    "Hi",
				Gateway:    "any",
			},
		),
		"otp_send": each(func(ctx context.Context, c *hellio.Client, p hellio.OTPSendParams) error {
			return failed(c.OTP.Send(ctx, &p))
		},
			hellio.OTPSendParams{MobileNumber: "233209990001", Sender: "HELLIO"},
			hellio.OTPSendParams{
				Channel:       hellio.ChannelVoice,
				MobileNumber:  "233209990001",
				Sender:        "HELLIO",
				Length:        4,
				ExpiryMinutes: 1440,
				Purpose:       "login",
				Gateway:       "any",
			},
			hellio.OTPSendParams{Channel: hellio.ChannelWhatsApp, MobileNumber: "233209990001"},
			hellio.OTPSendParams{Email: "ama@example.com"},
		),
		"otp_verify": each(
			func(ctx context.Context, c *hellio.Client, p hellio.OTPVerifyParams) error {
				return failed(c.OTP.Verify(ctx, &p))
			},
			hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: "483920"},
			hellio.OTPVerifyParams{
				Channel:      hellio.ChannelVoice,
				MobileNumber: "233209990001",
				Code:         "483920",
			},
			hellio.OTPVerifyParams{Email: "ama@example.com", Code: "483920"},
		),
		"voice_send": each(
			func(ctx context.Context, c *hellio.Client, p hellio.VoiceSendParams) error {
				return failed(c.Voice.Send(ctx, &p))
			},
			hellio.VoiceSendParams{Recipients: numbers, Text: "Hi"},
			hellio.VoiceSendParams{
				Recipients: numbers,
				Text:       "Hi",
				Voice:      hellio.VoiceNova,
				Name:       "Tables",
				CallerID:   "HELLIO",
			},
			hellio.VoiceSendParams{Recipients: numbers, AudioURL: "https://example.com/ready.mp3"},
		),
		"lookup_create": each(
			func(ctx context.Context, c *hellio.Client, p hellio.LookupParams) error {
				return failed(c.Lookup.Create(ctx, &p))
			},
			hellio.LookupParams{Numbers: numbers},
			hellio.LookupParams{
				Numbers:     numbers,
				ScheduledAt: time.Date(2026, 3, 5, 8, 0, 0, 7, time.FixedZone("", 3600)),
			},
		),
		"email_verify": each(
			func(ctx context.Context, c *hellio.Client, p hellio.EmailVerifyParams) error {
				return failed(c.Email.Verify(ctx, &p))
			},
			hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}},
		),
		"webhook_create": each(
			func(ctx context.Context, c *hellio.Client, p hellio.WebhookParams) error {
				return failed(c.Webhooks.Create(ctx, &p))
			},
			hellio.WebhookParams{URL: "https://example.com/hooks"},
			hellio.WebhookParams{
				URL:    "http://127.0.0.1:8080/hooks",
				Events: []string{hellio.EventMessageDelivered, hellio.EventMessageFailed},
			},
		),
	}
}

func askingCalls() map[string][]clientCall {
	login := func(p hellio.LoginParams) clientCall {
		return func(ctx context.Context, _ *hellio.Client, opts ...hellio.Option) error {
			return failed(hellio.Login(ctx, &p, opts...))
		}
	}
	return map[string][]clientCall{
		"auth_token": {
			login(hellio.LoginParams{Email: "ama@example.com", Password: "p"}),
			login(hellio.LoginParams{
				Email:         "ama@example.com",
				Password:      "p",
				DeviceName:    "till 4",
				TwoFactorCode: "123456",
			}),
		},
		"message_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.MessageListParams) error {
				return failed(c.Reports.ListMessages(ctx, &p))
			},
			hellio.MessageListParams{},
			hellio.MessageListParams{Cursor: "c", PerPage: 200, Status: hellio.MessageDelivered},
		),
		"campaign_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.CampaignListParams) error {
				return failed(c.Reports.ListCampaigns(ctx, &p))
			},
			hellio.CampaignListParams{},
			hellio.CampaignListParams{Cursor: "c", PerPage: 1, Status: hellio.CampaignCompleted},
		),
		"lookup_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.LookupListParams) error {
				return failed(c.Lookup.List(ctx, &p))
			},
			hellio.LookupListParams{},
			hellio.LookupListParams{Cursor: "c", PerPage: 200},
		),
		"message_get": each(func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
			return failed(c.Reports.GetMessage(ctx, id))
		}, "90211", anID),
		"campaign_get": each(func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
			return failed(c.Reports.GetCampaign(ctx, id))
		}, "7731", anID),
		"voice_get": each(
			func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
				return failed(c.Voice.Get(ctx, id))
			},
			"311",
			anID,
		),
		"lookup_get": each(
			func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
				return failed(c.Lookup.Get(ctx, id))
			},
			"501",
			anID,
		),
		"webhook_delete": each(
			func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
				return c.Webhooks.Delete(ctx, id)
			},
			"12",
		),
		"pricing_get": each(func(ctx context.Context, c *hellio.Client, country string) error {
			return failed(c.Balance.Pricing(ctx, country))
		}, "", "GH", "gh"),
		"balance_get": each(
			func(ctx context.Context, c *hellio.Client, _ int) error {
				return failed(c.Balance.Get(ctx))
			},
			0,
		),
		"webhook_list": each(
			func(ctx context.Context, c *hellio.Client, _ int) error {
				return failed(c.Webhooks.List(ctx))
			},
			0,
		),
	}
}

func ussdCalls() map[string][]clientCall {
	active, paused := true, false
	return map[string][]clientCall{
		"ussd_pricing": each(
			func(ctx context.Context, c *hellio.Client, _ int) error {
				return failed(c.USSD.Pricing(ctx))
			},
			0,
		),
		"ussd_availability": each(func(ctx context.Context, c *hellio.Client, code string) error {
			return failed(c.USSD.Availability(ctx, code))
		}, "123"),
		"ussd_app_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDListParams) error {
				return failed(c.USSD.Apps.List(ctx, &p))
			},
			hellio.USSDListParams{},
			hellio.USSDListParams{Cursor: "c", PerPage: 200},
		),
		"ussd_app_create": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDAppParams) error {
				return failed(c.USSD.Apps.Create(ctx, &p))
			},
			hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
			hellio.USSDAppParams{
				Name:        "Airtime",
				CallbackURL: "http://127.0.0.1:8080/ussd",
				Active:      &active,
			},
		),
		"ussd_app_update": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDAppParams) error {
				return failed(c.USSD.Apps.Update(ctx, anID, &p))
			},
			hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"},
			hellio.USSDAppParams{
				Name:        "Airtime",
				CallbackURL: "https://example.com/ussd",
				Active:      &paused,
			},
		),
		"ussd_app_delete": each(
			func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
				return c.USSD.Apps.Delete(ctx, id)
			},
			anID,
		),
		"ussd_app_mode": each(
			func(ctx context.Context, c *hellio.Client, mode hellio.USSDMode) error {
				return failed(c.USSD.Apps.SetMode(ctx, anID, mode))
			},
			hellio.USSDTest,
			hellio.USSDLive,
		),
		"ussd_app_rotate_secret": each(
			func(ctx context.Context, c *hellio.Client, mode hellio.USSDMode) error {
				return failed(c.USSD.Apps.RotateSecret(ctx, anID, mode))
			},
			hellio.USSDTest,
			hellio.USSDLive,
		),
		"ussd_extension_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDListParams) error {
				return failed(c.USSD.Extensions.List(ctx, &p))
			},
			hellio.USSDListParams{},
			hellio.USSDListParams{Cursor: "c", PerPage: 200},
		),
		"ussd_extension_create": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDExtensionParams) error {
				return failed(c.USSD.Extensions.Create(ctx, &p))
			},
			hellio.USSDExtensionParams{Code: "123"},
			hellio.USSDExtensionParams{Code: "123", AppID: anID, ShortCode: "*920#"},
		),
		"ussd_extension_delete": each(
			func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
				return c.USSD.Extensions.Delete(ctx, id)
			},
			anID,
		),
		"ussd_session_list": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDSessionListParams) error {
				return failed(c.USSD.Sessions.List(ctx, &p))
			},
			hellio.USSDSessionListParams{},
			hellio.USSDSessionListParams{
				Cursor:  "c",
				PerPage: 200,
				Status:  hellio.USSDSessionEnded,
			},
		),
		"ussd_session_get": each(func(ctx context.Context, c *hellio.Client, id hellio.ID) error {
			return failed(c.USSD.Sessions.Get(ctx, id))
		}, anID),
		"ussd_simulate": each(
			func(ctx context.Context, c *hellio.Client, p hellio.USSDSimulateParams) error {
				return failed(c.USSD.Simulate(ctx, &p))
			},
			hellio.USSDSimulateParams{AppID: anID, MSISDN: "233209990001"},
			hellio.USSDSimulateParams{
				AppID:       anID,
				MSISDN:      "233209990001",
				SessionID:   "s",
				Input:       "1",
				NewSession:  true,
				ServiceCode: "*920#",
			},
		),
	}
}
