package hellio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// toAma sends a code by SMS and returns a function that tries one.
func toAma(t testing.TB, fake *helliotest.Fake) (code string, try func(code string) bool) {
	t.Helper()
	client := fake.Client()
	_, err := client.OTP.Send(t.Context(), otpToAma())
	require.NoError(t, err)
	return fake.OTP("+233209990001"), func(code string) bool {
		t.Helper()
		p := &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: code}
		verified, err := client.OTP.Verify(t.Context(), p)
		require.NoError(t, err)
		return verified
	}
}

func otpToAma() *hellio.OTPSendParams {
	return &hellio.OTPSendParams{MobileNumber: "+233209990001", Sender: "HELLIO"}
}

func TestACodeIsRightUntilItExpires(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait time.Duration
		want bool
	}{
		"just before": {5*time.Minute - time.Nanosecond, true},
		"at the end":  {5 * time.Minute, false},
		"a day later": {24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				code, try := toAma(t, helliotest.New(t))
				time.Sleep(c.wait)
				require.Equal(t, c.want, try(code))
			})
		})
	}
}

func TestACodeIsDeadAfterFiveWrongGuesses(t *testing.T) {
	t.Parallel()
	for _, guesses := range []int{4, 5} {
		t.Run(fmt.Sprint(guesses), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				code, try := toAma(t,
					helliotest.New(t, helliotest.WithOTP("233209990001", "123456")))
				for range guesses {
					require.False(t, try("000000"))
				}
				require.Equal(t, guesses < 5, try(code))
			})
		})
	}
}

func TestAnOTPIsSentByEachChannel(t *testing.T) {
	t.Parallel()
	const number, address = "+233209990001", "ama@example.com"
	for name, c := range map[string]struct {
		params hellio.OTPSendParams
		wire   string // what is sent
		sender string // of the message
	}{
		"a number alone": {
			hellio.OTPSendParams{MobileNumber: number},
			`{"mobile_number":"+233209990001","sender":"ACME"}`,
			"ACME",
		},
		"sms": {
			hellio.OTPSendParams{Channel: hellio.ChannelSMS, MobileNumber: number},
			`{"channel":"sms","mobile_number":"+233209990001","sender":"ACME"}`,
			"ACME",
		},
		"an address alone": {
			hellio.OTPSendParams{Email: address},
			`{"channel":"email","email":"ama@example.com"}`,
			"",
		},
		"voice": {
			hellio.OTPSendParams{
				Channel:       hellio.ChannelVoice,
				MobileNumber:  number,
				Sender:        "HELLIO",
				ExpiryMinutes: 1440,
			},
			`{"channel":"voice","mobile_number":"+233209990001","sender":"HELLIO","expiry":1440}`,
			"HELLIO",
		},
		"whatsapp": {
			hellio.OTPSendParams{
				Channel:      hellio.ChannelWhatsApp,
				MobileNumber: number,
				Length:       10,
				Purpose:      "login",
				Gateway:      "direct",
			},
			`{"channel":"whatsapp","mobile_number":"+233209990001","length":10,` +
				`"purpose":"login","gateway":"direct"}`,
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := helliotest.New(t)
			client := fake.Client(hellio.WithDefaultSender("ACME"))
			params := c.params
			got, err := client.OTP.Send(t.Context(), &params)
			require.NoError(t, err)
			require.Equal(t, c.params, params, "the caller's params are unchanged")
			require.JSONEq(t, c.wire, string(fake.Requests()[0].Body))
			m := fake.Messages()[0]
			require.Equal(t, [2]string{c.sender, got.Reference}, [2]string{m.Sender, m.Reference})
			require.NotEmpty(t, got.IdempotencyKey)
			require.Equal(t, &hellio.OTPSendResult{
				KeyedResult:      got.KeyedResult,
				Reference:        m.Reference,
				MobileNumber:     strings.TrimPrefix(c.params.MobileNumber, "+"),
				Email:            c.params.Email,
				ExpiresInMinutes: max(c.params.ExpiryMinutes, 5),
				Status:           hellio.MessageQueued,
			}, got)
			to := c.params.MobileNumber + c.params.Email
			verified, err := client.OTP.Verify(t.Context(), &hellio.OTPVerifyParams{
				Channel:      c.params.Channel,
				MobileNumber: c.params.MobileNumber,
				Email:        c.params.Email,
				Code:         " " + fake.OTP(to) + "\n",
			})
			require.NoError(t, err)
			require.True(t, verified)
		})
	}
}

func TestCodesWithLostRepliesAreSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.OTPSend, helliotest.Times(2), helliotest.LoseReply())
		sent, err := fake.Client().OTP.Send(t.Context(), otpToAma())
		require.NoError(t, err)
		require.True(t, sent.Replayed)
		require.Len(t, fake.Messages(), 1)
		require.Equal(t, "0.0310", fake.Balance().Reserved)
	})
}

func TestChecksWithLostRepliesAreNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		code, try := toAma(t, fake)
		fake.Fault(helliotest.OTPVerify, helliotest.Nth(1), helliotest.LoseReply())
		p := &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: code}
		verified, err := fake.Client().OTP.Verify(t.Context(), p)
		require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
		require.False(t, verified)
		require.False(t, try(code), "the code is used up")
	})
}

func TestTheAddressLimitIsARateLimitError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := helliotest.New(t).Client(hellio.WithLimiter(nil))
		for range 10 {
			_, err := client.OTP.Send(t.Context(), otpToAma())
			require.NoError(t, err)
		}
		_, err := client.OTP.Send(t.Context(), otpToAma(), hellio.WithMaxRetries(0))
		var throttled *hellio.RateLimitError
		require.ErrorAs(t, err, &throttled)
		require.Equal(t, hellio.CodeThrottled, throttled.Code)
		require.Equal(t, time.Minute, throttled.RetryAfter)
		require.Equal(t, 10, throttled.Response.RateLimit.Limit)
	})
}

func TestRefusedOTPsAreErrorsOfTheirKind(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		to, sender string
		option     helliotest.Option
	}{
		hellio.CodeInvalidRecipient:    {to: helliotest.NumberInvalid},
		hellio.CodeSenderNotApproved:   {sender: "NOPE"},
		hellio.CodeInsufficientBalance: {option: helliotest.WithBalance("0.0309")},
		hellio.CodeSpendLimitExceeded:  {option: helliotest.WithSpendLimit("daily", "0.03")},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			var options []helliotest.Option
			if c.option != nil {
				options = append(options, c.option)
			}
			p := otpToAma()
			if c.to != "" {
				p.MobileNumber = c.to
			}
			if c.sender != "" {
				p.Sender = c.sender
			}
			_, err := helliotest.New(t, options...).Client().OTP.Send(t.Context(), p)
			var refused *hellio.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, code, refused.Code)
			require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
		})
	}
}

func TestOTPSendRefusesBadInput(t *testing.T) {
	t.Parallel()
	type params = hellio.OTPSendParams
	sending := func(p *params) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.OTP.Send(context.Background(), p)
			return err
		}
	}
	changed := func(change func(p *params)) func(*hellio.Client) error {
		p := otpToAma()
		change(p)
		return sending(p)
	}
	const address = "ama@example.com"
	const email, voice, whatsapp = hellio.ChannelEmail, hellio.ChannelVoice, hellio.ChannelWhatsApp
	requireRefused(t, map[string]refusal{
		"nil params":     {"params", sending(nil)},
		"no destination": {"mobile_number", sending(&params{Sender: "HELLIO"})},
		"both destinations": {"mobile_number", changed(func(p *params) {
			p.Email = address
		})},
		"a blank number": {"mobile_number", changed(func(p *params) {
			p.MobileNumber = " "
		})},
		"a new channel": {"mobile_number", sending(&params{Channel: "pigeon"})},
		"voice without number": {"mobile_number", sending(&params{
			Channel: voice,
			Sender:  "HELLIO",
		})},
		"whatsapp without number": {"mobile_number", sending(&params{
			Channel: whatsapp,
			Email:   address,
		})},
		"e-mail without address": {"email", changed(func(p *params) { p.Channel = email })},
		"e-mail without @":       {"email", sending(&params{Email: "ama.example.com"})},
		"nothing before the @":   {"email", sending(&params{Email: "@example.com"})},
		"a long sender by e-mail": {"sender", sending(&params{
			Email:  address,
			Sender: "TWELVE CHARS",
		})},
		"no sender":          {"sender", changed(func(p *params) { p.Sender = "" })},
		"no sender by voice": {"sender", sending(&params{Channel: voice, MobileNumber: "233"})},
		"a sender too long":  {"sender", changed(func(p *params) { p.Sender = "ABCDEFGHIJKL" })},
		"length 3":           {"length", changed(func(p *params) { p.Length = 3 })},
		"length 11":          {"length", changed(func(p *params) { p.Length = 11 })},
		"length -1":          {"length", changed(func(p *params) { p.Length = -1 })},
		"expiry -1":          {"expiry", changed(func(p *params) { p.ExpiryMinutes = -1 })},
		"expiry 1441":        {"expiry", changed(func(p *params) { p.ExpiryMinutes = 1441 })},
		"gateway not UTF-8":  {"gateway", changed(func(p *params) { p.Gateway = "\xff" })},
		"purpose of 33": {
			"purpose",
			changed(func(p *params) { p.Purpose = strings.Repeat("é", 33) }),
		},
		"a number too long": {
			"mobile_number",
			changed(func(p *params) { p.MobileNumber = strings.Repeat("2", 21) }),
		},
		"both by e-mail": {
			"mobile_number",
			changed(func(p *params) { p.Channel, p.Email = email, address }),
		},
		"sms without number": {
			"mobile_number",
			changed(func(p *params) { p.Channel, p.MobileNumber = hellio.ChannelSMS, "" }),
		},
	})
}

func TestOTPVerifyRefusesBadInput(t *testing.T) {
	t.Parallel()
	type params = hellio.OTPVerifyParams
	verify := func(p *params) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			verified, err := c.OTP.Verify(context.Background(), p)
			if verified {
				return nil
			}
			return err
		}
	}
	const number, address = "233209990001", "ama@example.com"
	long := strings.Repeat("1", 256)
	requireRefused(t, map[string]refusal{
		"nil params":     {"params", verify(nil)},
		"no code":        {"code", verify(&params{MobileNumber: number})},
		"a blank code":   {"code", verify(&params{MobileNumber: number, Code: " \t"})},
		"a code of 256":  {"code", verify(&params{MobileNumber: number, Code: long})},
		"no destination": {"mobile_number", verify(&params{Code: "123456"})},
		"no @":           {"email", verify(&params{Email: "ama", Code: "123456"})},
		"both destinations": {
			"mobile_number",
			verify(&params{MobileNumber: number, Email: address, Code: "123456"}),
		},
		"a channel and the other address": {
			"mobile_number",
			verify(&params{Channel: hellio.ChannelSMS, Email: address, Code: "123456"}),
		},
	})
}

func TestOTPTakesParamsAtTheirLimits(t *testing.T) {
	t.Parallel()
	client := helliotest.New(t).Client()
	for _, p := range []hellio.OTPSendParams{
		{
			MobileNumber:  strings.Repeat("2", 15),
			Sender:        "HELLIO",
			Length:        4,
			ExpiryMinutes: 1,
			Purpose:       strings.Repeat("é", 32),
		},
		{
			MobileNumber:  "+233 20 999 0001",
			Sender:        "HELLIO",
			Length:        10,
			ExpiryMinutes: 1440,
		},
	} {
		_, err := client.OTP.Send(t.Context(), &p)
		require.NoError(t, err)
	}
}

func TestAVerdictKeepsItsResponse(t *testing.T) {
	t.Parallel()
	var r hellio.Response
	client := helliotest.New(t).Client()
	p := &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: "1"}
	verified, err := client.OTP.Verify(t.Context(), p, hellio.WithResponse(&r))
	require.NoError(t, err)
	require.False(t, verified)
	require.Equal(t, http.StatusUnprocessableEntity, r.StatusCode)
	require.Empty(t, r.IdempotencyKey)
	require.True(t, json.Valid(r.Body))
}

func TestNewChannelsAreLeftToTheAPI(t *testing.T) {
	t.Parallel()
	for _, p := range []*hellio.OTPSendParams{
		{Channel: "pigeon", MobileNumber: "233209990001"},
		{Channel: "pigeon", Email: "ama@example.com"},
	} {
		_, err := helliotest.New(t).Client().OTP.Send(t.Context(), p)
		var refused *hellio.ValidationError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []string{"The selected channel is invalid."}, refused.Fields["channel"])
	}
}
