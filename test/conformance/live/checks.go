package main

import (
	"context"

	"github.com/hellio-go/hellio"
)

// check is one call, or a call of a list and one of its first element.
type check struct {
	name string
	call func(context.Context, *hellio.Client) error
}

// reads returns the calls that change nothing and cost nothing.
func reads() []check {
	return []check{
		{"balance", func(ctx context.Context, c *hellio.Client) error {
			return second(c.Balance.Get(ctx))
		}},
		{"pricing", func(ctx context.Context, c *hellio.Client) error {
			return second(c.Balance.Pricing(ctx, ""))
		}},
		{"messages", func(ctx context.Context, c *hellio.Client) error {
			page, err := c.Reports.ListMessages(ctx, &hellio.MessageListParams{PerPage: 10})
			return first(page, err, func(m hellio.Message) error {
				return second(c.Reports.GetMessage(ctx, m.ID))
			})
		}},
		{"campaigns", func(ctx context.Context, c *hellio.Client) error {
			page, err := c.Reports.ListCampaigns(ctx, &hellio.CampaignListParams{PerPage: 10})
			return first(page, err, func(m hellio.Campaign) error {
				return second(c.Reports.GetCampaign(ctx, m.ID))
			})
		}},
		{"lookups", func(ctx context.Context, c *hellio.Client) error {
			page, err := c.Lookup.List(ctx, &hellio.LookupListParams{PerPage: 10})
			return first(page, err, func(l hellio.Lookup) error {
				return second(c.Lookup.Get(ctx, l.ID))
			})
		}},
		{"webhooks", func(ctx context.Context, c *hellio.Client) error {
			return second(c.Webhooks.List(ctx))
		}},
		{"ussd pricing", func(ctx context.Context, c *hellio.Client) error {
			return second(c.USSD.Pricing(ctx))
		}},
		{"ussd availability", func(ctx context.Context, c *hellio.Client) error {
			return second(c.USSD.Availability(ctx, "123"))
		}},
		{"ussd apps", func(ctx context.Context, c *hellio.Client) error {
			return second(c.USSD.Apps.List(ctx, &hellio.USSDListParams{}))
		}},
		{"ussd extensions", func(ctx context.Context, c *hellio.Client) error {
			return second(c.USSD.Extensions.List(ctx, &hellio.USSDListParams{}))
		}},
		{"ussd sessions", func(ctx context.Context, c *hellio.Client) error {
			page, err := c.USSD.Sessions.List(ctx, &hellio.USSDSessionListParams{})
			return first(page, err, func(s hellio.USSDSession) error {
				return second(c.USSD.Sessions.Get(ctx, s.ID))
			})
		}},
	}
}

// sends returns one call of each kind that costs money, and the free calls that
// follow them.
func sends(to, sender string) []check {
	return []check{
		{"sms", func(ctx context.Context, c *hellio.Client) error {
			return second(c.SMS.Send(ctx, &hellio.SMSSendParams{
				Recipients: []string{to},
				Sender:     sender,
				Message:    "A test of the API's documentation.",
			}))
		}},
		{"otp", func(ctx context.Context, c *hellio.Client) error {
			return second(c.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: to, Sender: sender}))
		}},
		{"otp, a wrong code", func(ctx context.Context, c *hellio.Client) error {
			return second(c.OTP.Verify(ctx, &hellio.OTPVerifyParams{
				MobileNumber: to,
				Code:         "000000",
			}))
		}},
		{"voice", func(ctx context.Context, c *hellio.Client) error {
			sent, err := c.Voice.Send(ctx, &hellio.VoiceSendParams{
				Recipients: []string{to},
				CallerID:   sender,
				Text:       "A test of the documentation.",
			})
			if err != nil {
				return err
			}
			return second(c.Voice.Get(ctx, sent.ID))
		}},
		{"lookup", func(ctx context.Context, c *hellio.Client) error {
			return second(c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{to}}))
		}},
		{"email", func(ctx context.Context, c *hellio.Client) error {
			return second(c.Email.Verify(ctx, &hellio.EmailVerifyParams{
				Emails: []string{"postmaster@example.com"},
			}))
		}},
	}
}

func second[T any](_ T, err error) error { return err }

// first passes the first element of a page to call. An empty page is no error.
func first[T any](page *hellio.Page[T], err error, call func(T) error) error {
	if err != nil || len(page.Data) == 0 {
		return err
	}
	return call(page.Data[0])
}
