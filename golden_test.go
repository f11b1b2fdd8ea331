package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// golden returns a client whose API answers each request with one body of
// testdata/golden.
func golden(t *testing.T, file string, status int) (*hellio.Client, hellio.Option) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "golden", file))
	require.NoError(t, err)
	api := httpmock.NewMockTransport()
	api.RegisterNoResponder(func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewBytesResponse(status, body)
		resp.Header.Set("Content-Type", "application/json")
		return resp, nil
	})
	option := hellio.WithHTTPClient(&http.Client{Transport: api})
	client, err := hellio.NewClient("hellio_test", option,
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	require.NoError(t, err)
	return client, option
}

// The calls of the tables below return the parts of the result that each body
// tests.
var (
	sendsSMS = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.SMS.Send(ctx, &hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "HELLIO",
			Message:    "Your parcel is here.",
		})
		return show(err, func() string {
			return oneLine(r.Reference[:8], r.CampaignID, r.Status, r.AcceptedRecipients,
				r.Segments,
				r.EstimatedCost, r.EstimatedCost.Rat(), r.Currency)
		})
	}
	verifies = func(ctx context.Context, c *hellio.Client) (string, error) {
		verified, err := c.OTP.Verify(ctx, &hellio.OTPVerifyParams{
			MobileNumber: "+233209990001",
			Code:         "123456",
		})
		return fmt.Sprint(verified), err
	}
	checksEmail = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.Email.Verify(ctx,
			&hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}})
		return show(err, func() string { return oneLine(len(r), r[0].Status, r[0].MailboxExists) })
	}
	getsBalance = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.Balance.Get(ctx)
		return show(err, func() string {
			return oneLine(r.Balance, r.Available, r.Reserved, r.Reserved.Rat())
		})
	}
	getsMessage = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.Reports.GetMessage(ctx, "90211")
		return show(err, func() string {
			return oneLine(r.ID, r.Status, r.Segments, r.Cost, r.CreatedAt.Unix(),
				r.CreatedAt.Text(),
				r.DeliveredAt.UnixMilli(), len(r.Raw) > 0)
		})
	}
	listsMessages = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.Reports.ListMessages(ctx, &hellio.MessageListParams{})
		return show(err, func() string { return oneLine(len(r.Data), r.NextCursor, r.PerPage) })
	}
	listsApps = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.USSD.Apps.List(ctx, &hellio.USSDListParams{})
		return show(err, func() string {
			return oneLine(r.Data[0].ID, r.Data[0].Mode, r.NextCursor, r.PerPage)
		})
	}
	looksUp = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.Lookup.Create(ctx, &hellio.LookupParams{Numbers: []string{"+233209990001"}})
		return show(err, func() string {
			return oneLine(r.Status, r.Accepted, r.EstimatedCost, len(r.Lookups))
		})
	}
	simulates = func(ctx context.Context, c *hellio.Client) (string, error) {
		r, err := c.USSD.Simulate(ctx, &hellio.USSDSimulateParams{
			AppID:     "a",
			SessionID: "s",
			MSISDN:    "+233209990001",
		})
		return show(err, func() string {
			return oneLine(r.SessionID, r.Message, r.Action, r.Continue)
		})
	}
)

// oneLine is Sprintln without the line break.
func oneLine(parts ...any) string { return strings.TrimSuffix(fmt.Sprintln(parts...), "\n") }

func show(err error, result func() string) (string, error) {
	if err != nil {
		return "", err
	}
	return result(), nil
}

func TestEachFormOfASuccessIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file   string
		status int
		call   func(context.Context, *hellio.Client) (string, error)
		want   string
	}{
		{"sms_send.json", 202, sendsSMS, "7d1f6c1e 7731 queued 2 1 0.0620 31/500 GHS"},
		{"sms_send_numeric_amount.json", 200, sendsSMS,
			"7d1f6c1e 7731 scheduled 2 1 0.0620 31/500 GHS"},
		{"otp_send.json",
			201,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.OTP.Send(ctx, &hellio.OTPSendParams{
					MobileNumber: "+233209990001",
					Sender:       "HELLIO",
				})
				return show(err, func() string {
					return oneLine(r.MobileNumber, r.ExpiresInMinutes, r.Status)
				})
			},
			"233209990001 5 queued",
		},
		{"otp_verified.json", 200, verifies, "true"},
		{"otp_wrong.json", 422, verifies, "false"},
		{"otp_wrong.json", 200, verifies, "false"},
		{"voice_send.json",
			202,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.Voice.Send(ctx, &hellio.VoiceSendParams{
					Recipients: []string{"+233209990001"},
					Text:       "Hello.",
				})
				return show(err, func() string { return oneLine(r.ID, r.Status, r.EstimatedCost) })
			},
			"412 queued 0.4500",
		},
		{"lookup_create.json", 202, looksUp, "queued 2 0.0200 2"},
		{"lookup_create_without_ids.json", 202, looksUp, "queued 2  0"},
		{"lookup_pending.json",
			200,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.Lookup.Get(ctx, "1")
				return show(err, func() string {
					return oneLine(r.Status, r.Status.IsFinal(), r.Valid == nil,
						r.CompletedAt.IsZero())
				})
			},
			"processing false true true",
		},
		{"email_list.json", 200, checksEmail, "1 deliverable <nil>"},
		{"email_results.json", 200, checksEmail, "1 deliverable <nil>"},
		{"email_emails.json", 200, checksEmail, "1 deliverable <nil>"},
		{"balance_mixed_scales.json", 200, getsBalance, "120.0000 119.38  0/1"},
		{"balance_numbers.json", 200, getsBalance, "120 119.38 6.2e-1 31/50"},
		{"pricing.json", 200, func(ctx context.Context, c *hellio.Client) (string, error) {
			r, err := c.Balance.Pricing(ctx, "GH")
			return show(err, func() string { return oneLine(r[0].Network, r[0].Price) })
		}, "MTN 0.0310"},
		{"message.json", 200, getsMessage,
			"90211 delivered 1 0.0310 1772600767 2026-03-04T05:06:07+00:00 1772600772250 true"},
		{"message_bare.json", 200, getsMessage,
			"90211 on_its_way 0  -62135596800 4 March 2026 -62135596800000 true"},
		{"message_in_a_list.json", 200, getsMessage,
			"90211 delivered 0  -62135596800  -62135596800000 true"},
		{"messages_flat_cursor.json", 200, listsMessages, "2 eyJpZCI6MX0 2"},
		{"messages_last_page.json", 200, listsMessages, "0  50"},
		{"campaign.json",
			200,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.Reports.GetCampaign(ctx, "7731")
				return show(err, func() string {
					return oneLine(r.Status, r.Cost, r.Statuses[hellio.MessageFailed])
				})
			},
			"completed 0.0310 1",
		},
		{"webhook_created.json",
			201,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.Webhooks.Create(ctx,
					&hellio.WebhookParams{URL: "https://shop.example.com/hooks"})
				return show(err, func() string {
					return oneLine(r.ID, r.Events, len(r.Secret), r.Active)
				})
			},
			"5 [*] 46 true",
		},
		{"ussd_apps_meta_cursor.json", 200, listsApps,
			"3b1f6a52-6a3c-4a9d-9a51-0d0b8d6f4e21 test eyJpZCI6M30 50"},
		{"ussd_extension_numeric_price.json",
			201,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.USSD.Extensions.Create(ctx, &hellio.USSDExtensionParams{Code: "123"})
				return show(err, func() string {
					return oneLine(r.ID, r.MonthlyPrice, r.AppID == "")
				})
			},
			"17 50 true",
		},
		{"ussd_pricing_plain_code.json",
			200,
			func(ctx context.Context, c *hellio.Client) (string, error) {
				r, err := c.USSD.Pricing(ctx)
				return show(err, func() string {
					return oneLine(r.ShortCode, r.SessionPrices[0].SessionPrice,
						r.ExtensionPrices[0].Length)
				})
			},
			"920 0.0300 3",
		},
		{"ussd_step.json", 200, simulates, "s 1. Balance continue true"},
		{"ussd_step_without_continue.json", 200, simulates, "s Bye end false"},
	} {
		t.Run(fmt.Sprint(c.file, c.status), func(t *testing.T) {
			t.Parallel()
			client, _ := golden(t, c.file, c.status)
			got, err := c.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestEachFormOfAnErrorIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		status  int
		call    func(context.Context, *hellio.Client) (string, error)
		kind    any
		code    string
		message string
	}{
		{"error.json", 422, sendsSMS, new(*hellio.ValidationError), hellio.CodeSenderNotApproved,
			"The sender is not approved for this account."},
		{"error_message_only.json", 401, sendsSMS, new(*hellio.AuthenticationError), "",
			"Unauthenticated."},
		{"error_message_only.json", 403, sendsSMS, new(*hellio.PermissionError), "",
			"Unauthenticated."},
		{"error_code_only.json", 409, listsApps, new(*hellio.ConflictError),
			hellio.CodeExtensionUnavailable, hellio.CodeExtensionUnavailable},
		{"error_fields.json", 422, sendsSMS, new(*hellio.ValidationError), "",
			"The recipients field is required. (and 1 more error)"},
		{"error_period.json", 403, sendsSMS, new(*hellio.PermissionError),
			hellio.CodeSpendLimitExceeded, "The daily spend limit is used up."},
		{"error_traffic.json", 422, sendsSMS, new(*hellio.ValidationError),
			hellio.CodeTrafficNotRoutable, "This traffic can't be routed."},
		{"error_traffic.json", 403, sendsSMS, new(*hellio.ValidationError),
			hellio.CodeTrafficNotRoutable, "This traffic can't be routed."},
		{"error_extension_required.json", 402, listsApps, new(*hellio.APIError),
			hellio.CodeExtensionRequired, "The app has no active extension."},
		{"error_model.json", 404, getsMessage, new(*hellio.NotFoundError), "",
			`No query results for model [App\Models\Message] 9`},
		{"error_server.json", 500, sendsSMS, new(*hellio.ServerError), "", "Server Error"},
		{"error_server.json", 503, sendsSMS, new(*hellio.ServerError), "", "Server Error"},
		{"error_too_many.json", 429, sendsSMS, new(*hellio.RateLimitError), "",
			"Too Many Attempts."},
		{"error_other_types.json", 422, sendsSMS, new(*hellio.ValidationError), "",
			"Unprocessable Entity"},
		{"error_fields.json", 422, verifies, new(*hellio.ValidationError), "",
			"The recipients field is required. (and 1 more error)"},
	} {
		t.Run(fmt.Sprint(c.file, c.status), func(t *testing.T) {
			t.Parallel()
			client, _ := golden(t, c.file, c.status)
			_, err := c.call(t.Context(), client)
			require.ErrorAs(t, err, c.kind)
			var api *hellio.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, []any{c.status, c.code, c.message},
				[]any{api.Status, api.Code, api.Message})
		})
	}
}

func TestVerifyAcceptsOnlyABoolVerdict(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 422} {
		client, _ := golden(t, "otp_verified_as_text.json", status)
		verified, err := verifies(t.Context(), client)
		var unreadable *hellio.DecodeError
		require.ErrorAs(t, err, &unreadable)
		require.Equal(t, "false", verified)
	}
}

func TestErrorHoldsMoreThanItsCode(t *testing.T) {
	t.Parallel()
	client, _ := golden(t, "error_period.json", 403)
	_, err := sendsSMS(t.Context(), client)
	var refused *hellio.PermissionError
	require.True(t, errors.As(err, &refused))
	require.Equal(t, "daily", refused.Period)

	client, _ = golden(t, "error_fields.json", 422)
	_, err = sendsSMS(t.Context(), client)
	var invalid *hellio.ValidationError
	require.True(t, errors.As(err, &invalid))
	require.Len(t, invalid.Fields, 2)
}

func TestLoginReadsItsToken(t *testing.T) {
	t.Parallel()
	_, option := golden(t, "auth_token.json", 201)
	token, err := hellio.Login(t.Context(), &hellio.LoginParams{
		Email:    "ama@example.com",
		Password: "secret",
	}, option)
	require.NoError(t, err)
	require.Equal(t, []string{"sms:send", "otp"}, token.Abilities)
	require.Equal(t, "Ama", token.User.Name)
}
