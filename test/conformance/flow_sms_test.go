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

const oneSMS = `{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi"}`

func smsFlows() []flow {
	return []flow{
		{"an SMS is accepted, replayed and delivered", nil, smsDelivered},
		{"an SMS with every member is accepted", nil, func(t *testing.T, w *world) {
			text := "One text that is long enough for two segments: €"
			result, err := w.client.SMS.Send(t.Context(), &hellio.SMSSendParams{
				Recipients: []string{"+233 20-999-0001", "233209990001", "12"},
				Sender:     "ACME",
				Message:    text + text,
				Gateway:    "any",
			})
			require.NoError(t, err)
			require.Equal(t, []int{1, 1},
				[]int{result.AcceptedRecipients, result.InvalidRecipients})
		}},
		{"traffic that cannot be routed", nil, func(t *testing.T, w *world) {
			for _, op := range []helliotest.Op{
				helliotest.SMSSend, helliotest.OTPSend, helliotest.VoiceSend,
			} {
				w.fake.Fault(op, helliotest.Nth(1),
					helliotest.Status(422, contract.CodeTrafficNotRoutable))
			}
			requireRefused(t, sendSMS(t, w.client), 422, contract.CodeTrafficNotRoutable)
			_, err := w.client.OTP.Send(t.Context(), &hellio.OTPSendParams{
				MobileNumber: "+233209990001",
				Sender:       "HELLIO",
			})
			requireRefused(t, err, 422, contract.CodeTrafficNotRoutable)
			_, err = w.client.Voice.Send(t.Context(), &hellio.VoiceSendParams{
				Recipients: []string{"+233209990001"},
				Text:       "Hello.",
			})
			requireRefused(t, err, 422, contract.CodeTrafficNotRoutable)
		}},
		{
			"an SMS that costs more than the balance",
			with(helliotest.WithBalance("0.0300")),
			func(t *testing.T, w *world) {
				requireRefused(t, sendSMS(t, w.client), 402, contract.CodeInsufficientBalance)
			},
		},
		{
			"an SMS over the daily limit",
			with(helliotest.WithSpendLimit("daily", "0.0300")),
			func(t *testing.T, w *world) {
				requireRefused(t, sendSMS(t, w.client), 403, contract.CodeSpendLimitExceeded)
			},
		},
		{
			"an SMS over the monthly limit",
			with(helliotest.WithSpendLimit("monthly", "0.0300")),
			func(t *testing.T, w *world) {
				requireRefused(t, sendSMS(t, w.client), 403, contract.CodeSpendLimitExceeded)
			},
		},
		{
			"an SMS from an unapproved sender",
			with(helliotest.WithSenders("OTHER")),
			func(t *testing.T, w *world) {
				requireRefused(t, sendSMS(t, w.client), 422, contract.CodeSenderNotApproved)
			},
		},
		{"an SMS without a valid number", nil, func(t *testing.T, w *world) {
			_, err := w.client.SMS.Send(t.Context(), &hellio.SMSSendParams{
				Recipients: []string{"12", "x"},
				Sender:     "HELLIO",
				Message:    "Hi",
			})
			requireRefused(t, err, 422, contract.CodeNoValidRecipients)
		}},
		{"an SMS with invalid fields", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/sms/send", map[string]string{
				"recipients":   `{"recipients":[],"sender":"HELLIO","message":"Hi"}`,
				"recipients.0": `{"recipients":["000000000000000000001"],"sender":"HELLIO","message":"Hi"}`,
				"sender":       `{"recipients":["233209990001"],"sender":"LONGERTHAN11","message":"Hi"}`,
				"message":      `{"recipients":["233209990001"],"sender":"HELLIO","message":""}`,
				"gateway":      `{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi","gateway":1}`,
			})
		}},
		{"an SMS whose numbers are one string", lenient(), func(t *testing.T, w *world) {
			const numbers = `"233209990001,233209990002\n233209990003"`
			g := w.wrong(t, "POST", "/sms/send",
				`{"recipients":`+numbers+`,"sender":"HELLIO","message":"Hi"}`)
			require.Equal(t, 202, g.status)
		}},
		{"an SMS with a null gateway", nil, func(t *testing.T, w *world) {
			g := w.raw(t, "POST", "/sms/send",
				`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi","gateway":null}`)
			require.Equal(t, 202, g.status)
		}},
		{"an SMS with too long a key", lenient(), func(t *testing.T, w *world) {
			key := strings.Repeat("k", 256)
			g := w.wrong(t, "POST", "/sms/send", oneSMS, "Idempotency-Key", key)
			require.Equal(t, []any{422, contract.CodeInvalidRequest}, []any{g.status, g.code()})
		}},
	}
}

func sendSMS(t *testing.T, client *hellio.Client, opts ...hellio.CallOption) error {
	t.Helper()
	_, err := client.SMS.Send(t.Context(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "HELLIO",
		Message:    "Hi",
	}, opts...)
	return err
}

func smsDelivered(t *testing.T, w *world) {
	params := &hellio.SMSSendParams{
		Recipients: []string{"+233209990001", "233209990002", "nobody"},
		Sender:     "HELLIO",
		Message:    "Your order is on its way.",
	}
	first, err := w.client.SMS.Send(t.Context(), params, hellio.WithIdempotencyKey("order-17"))
	require.NoError(t, err)
	again, err := w.client.SMS.Send(t.Context(), params, hellio.WithIdempotencyKey("order-17"))
	require.NoError(t, err)
	require.Equal(t, first.Reference, again.Reference)
	w.fake.Advance(5 * time.Second)
	require.Len(t, w.fake.Messages(), 2)
}
