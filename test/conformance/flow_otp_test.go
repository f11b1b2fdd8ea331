package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

func otpFlows() []flow {
	const number = "233209990001"
	return []flow{
		{
			"a code by SMS",
			nil,
			codeFlow(hellio.OTPSendParams{MobileNumber: "+" + number, Sender: "HELLIO"}),
		},
		{"a code by voice, with every member", nil, codeFlow(hellio.OTPSendParams{
			Channel:       hellio.ChannelVoice,
			MobileNumber:  number,
			Sender:        "ACME",
			Length:        10,
			ExpiryMinutes: 1,
			Purpose:       "login",
			Gateway:       "any",
		})},
		{
			"a code by WhatsApp",
			nil,
			codeFlow(hellio.OTPSendParams{Channel: hellio.ChannelWhatsApp, MobileNumber: number}),
		},
		{"a code by e-mail", nil, codeFlow(hellio.OTPSendParams{Email: "ama@example.com"})},
		{"a code that expires", nil, func(t *testing.T, w *world) {
			_, err := w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
				MobileNumber:  number,
				Sender:        "HELLIO",
				ExpiryMinutes: 1,
			})
			require.NoError(t, err)
			code := w.fake.OTP(number)
			w.fake.Advance(time.Minute)
			verified, err := w.client.OTP.Verify(t.Context(), &hellio.OTPVerifyParams{
				MobileNumber: number,
				Code:         code,
			})
			require.NoError(t, err)
			require.False(t, verified)
		}},
		{"a code to an invalid number", nil, func(t *testing.T, w *world) {
			_, err := w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
				MobileNumber: "12",
				Sender:       "HELLIO",
			})
			requireRefused(t, err, 422, contract.CodeInvalidRecipient)
		}},
		{"a code from an unapproved sender", nil, func(t *testing.T, w *world) {
			_, err := w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
				MobileNumber: number,
				Sender:       "OTHER",
			})
			requireRefused(t, err, 422, contract.CodeSenderNotApproved)
		}},
		{
			"more codes than one address may send",
			with(helliotest.WithOTPLimit(1)),
			func(t *testing.T, w *world) {
				_, err := w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
					MobileNumber: number,
					Sender:       "HELLIO",
				})
				require.NoError(t, err)
				_, err = w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
					MobileNumber: number,
					Sender:       "HELLIO",
				})
				requireRefused(t, err, 429, contract.CodeThrottled)
			},
		},
		{"a code with invalid fields", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/otp/send", map[string]string{
				"mobile_number": `{"sender":"HELLIO"}`,
				"email":         `{"channel":"email","email":"ama"}`,
				"sender":        `{"mobile_number":"233209990001"}`,
				"channel":       `{"channel":"pigeon","mobile_number":"233209990001"}`,
				"length":        `{"mobile_number":"233209990001","sender":"HELLIO","length":11}`,
				"expiry":        `{"mobile_number":"233209990001","sender":"HELLIO","expiry":0}`,
				"purpose": `{"mobile_number":"233209990001","sender":"HELLIO","purpose":"` +
					strings.Repeat("p", 33) + `"}`,
			})
			w.refuses(t, "POST", "/otp/verify", map[string]string{
				"code":          `{"mobile_number":"233209990001"}`,
				"mobile_number": `{"code":"1"}`,
			})
		}},
	}
}

// codeFlow sends a code. It then verifies a wrong code, the right one, and the
// right one again.
func codeFlow(p hellio.OTPSendParams) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		sent, err := w.client.OTP.Send(t.Context(), &p)
		require.NoError(t, err)
		message, err := w.client.Reports.GetMessage(t.Context(), hellio.ID(sent.Reference))
		require.NoError(t, err)
		require.Equal(t, hellio.MessageQueued, message.Status)
		code := w.fake.OTP(p.MobileNumber + p.Email)
		for _, try := range []struct {
			code string
			want bool
		}{{"wrong", false}, {code, true}, {code, false}} {
			verified, err := w.client.OTP.Verify(t.Context(), &hellio.OTPVerifyParams{
				Channel:      p.Channel,
				MobileNumber: p.MobileNumber,
				Email:        p.Email,
				Code:         try.code,
			})
			require.NoError(t, err)
			require.Equal(t, try.want, verified)
		}
	}
}
