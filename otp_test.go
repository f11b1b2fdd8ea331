package hellio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleOTPService_Send() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	sent, err := client.OTP.Send(context.Background(), &hellio.OTPSendParams{
		MobileNumber:  "+233209990001",
		Sender:        "HELLIO",
		Length:        4,
		ExpiryMinutes: 10,
	})
	var throttled *hellio.RateLimitError
	switch {
	case errors.As(err, &throttled):
		log.Fatal("ask again in ", throttled.RetryAfter)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(sent.Status, "for", sent.MobileNumber, "and good for", sent.ExpiresInMinutes, "minutes")
	fmt.Println("digits:", len(fake.OTP("+233209990001")))
	// Output:
	// queued for 233209990001 and good for 10 minutes
	// digits: 4
}

func ExampleOTPService_Verify() {
	fake, err := helliotest.Start(helliotest.WithOTP("ama@example.com", "483920")) // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	ctx := context.Background()
	if _, err := client.OTP.Send(ctx, &hellio.OTPSendParams{Email: "ama@example.com"}); err != nil {
		log.Fatal(err)
	}
	for _, typed := range []string{"000000", "483920", "483920"} {
		verified, err := client.OTP.Verify(ctx, &hellio.OTPVerifyParams{Email: "ama@example.com", Code: typed})
		if err != nil {
			log.Fatal(err) // not known: a wrong code is no error
		}
		fmt.Println(typed, verified)
	}
	// Output:
	// 000000 false
	// 483920 true
	// 483920 false
}

func ExampleOTPStatusOf() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	ctx := context.Background()
	const number = "+233209990001"
	_, err = client.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO"})
	if err != nil {
		log.Fatal(err)
	}
	params := &hellio.OTPVerifyParams{MobileNumber: number, Code: fake.OTP(number)}
	fake.Advance(10 * time.Minute) // the code lives for 5

	var response hellio.Response
	verified, err := client.OTP.Verify(ctx, params, hellio.WithResponse(&response))
	switch status := hellio.OTPStatusOf(&response); {
	case err != nil:
		log.Fatal(err)
	case verified:
		fmt.Println("welcome")
	case status == hellio.OTPExpired:
		fmt.Println("the code has expired, ask for a new one")
	default:
		fmt.Println("wrong code:", status)
	}
	// Output: the code has expired, ask for a new one
}

// toAma sends a code by SMS and gives a function that tries one.
func toAma(t testing.TB, fake *helliotest.Fake) (code string, try func(code string) bool) {
	t.Helper()
	client := fake.Client()
	_, err := client.OTP.Send(t.Context(), &hellio.OTPSendParams{MobileNumber: "+233209990001", Sender: "HELLIO"})
	require.NoError(t, err)
	return fake.OTP("+233209990001"), func(code string) bool {
		t.Helper()
		verified, err := client.OTP.Verify(t.Context(), &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: code})
		require.NoError(t, err)
		return verified
	}
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
				code, try := toAma(t, helliotest.New(t, helliotest.WithOTP("233209990001", "123456")))
				for range guesses {
					require.False(t, try("000000"))
				}
				require.Equal(t, guesses < 5, try(code))
			})
		})
	}
}

func TestAnOTPGoesByEachChannel(t *testing.T) {
	t.Parallel()
	const number, address = "+233209990001", "ama@example.com"
	for name, c := range map[string]struct {
		params   hellio.OTPSendParams
		channel  string
		sender   string
		wire     map[string]any // what is sent
		receipt  hellio.OTPSendResult
		lookedUp string
	}{
		"a number alone": {hellio.OTPSendParams{MobileNumber: number}, "sms", "ACME",
			map[string]any{"mobile_number": number, "sender": "ACME"}, hellio.OTPSendResult{MobileNumber: "233209990001", ExpiresInMinutes: 5}, number},
		"sms": {hellio.OTPSendParams{Channel: hellio.ChannelSMS, MobileNumber: number}, "sms", "ACME",
			map[string]any{"channel": "sms", "mobile_number": number, "sender": "ACME"}, hellio.OTPSendResult{MobileNumber: "233209990001", ExpiresInMinutes: 5}, number},
		"an address alone": {hellio.OTPSendParams{Email: address}, "email", "",
			map[string]any{"channel": "email", "email": address}, hellio.OTPSendResult{Email: address, ExpiresInMinutes: 5}, address},
		"voice": {hellio.OTPSendParams{Channel: hellio.ChannelVoice, MobileNumber: number, Sender: "HELLIO", ExpiryMinutes: 1440}, "voice", "HELLIO",
			map[string]any{"channel": "voice", "mobile_number": number, "sender": "HELLIO", "expiry": 1440.0}, hellio.OTPSendResult{MobileNumber: "233209990001", ExpiresInMinutes: 1440}, number},
		"whatsapp": {hellio.OTPSendParams{Channel: hellio.ChannelWhatsApp, MobileNumber: number, Length: 10, Purpose: "login", Gateway: "direct"}, "whatsapp", "",
			map[string]any{"channel": "whatsapp", "mobile_number": number, "length": 10.0, "purpose": "login", "gateway": "direct"},
			hellio.OTPSendResult{MobileNumber: "233209990001", ExpiresInMinutes: 5}, number},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := helliotest.New(t)
			client := fake.Client(hellio.WithDefaultSender("ACME"))
			before := c.params
			got, err := client.OTP.Send(t.Context(), &c.params)
			require.NoError(t, err)
			require.Equal(t, before, c.params, "the caller's params stay as they are")
			var wire map[string]any
			require.NoError(t, json.Unmarshal(fake.Requests()[0].Body, &wire))
			require.Equal(t, c.wire, wire)
			m := fake.Messages()[0]
			require.Equal(t, [3]string{c.channel, c.sender, got.Reference}, [3]string{m.Channel, m.Sender, m.Reference})
			require.NotEmpty(t, got.IdempotencyKey)
			c.receipt.KeyedResult, c.receipt.Reference, c.receipt.Status = got.KeyedResult, m.Reference, hellio.MessageStatus("queued")
			require.Equal(t, &c.receipt, got)
			verified, err := client.OTP.Verify(t.Context(), &hellio.OTPVerifyParams{
				Channel: c.params.Channel, MobileNumber: c.params.MobileNumber, Email: c.params.Email, Code: " " + fake.OTP(c.lookedUp) + "\n",
			})
			require.NoError(t, err)
			require.True(t, verified)
		})
	}
}

func TestACodeWhoseReplyIsLostIsSentAndPaidForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.OTPSend, helliotest.Times(2), helliotest.LoseReply())
		sent, err := fake.Client().OTP.Send(t.Context(), &hellio.OTPSendParams{MobileNumber: "233209990001", Sender: "HELLIO"})
		require.NoError(t, err)
		require.True(t, sent.Replayed)
		require.Len(t, fake.Messages(), 1)
		require.Equal(t, "0.0310", fake.Balance().Reserved)
	})
}

func TestACheckWhoseReplyIsLostIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		code, try := toAma(t, fake)
		fake.Fault(helliotest.OTPVerify, helliotest.Nth(1), helliotest.LoseReply())
		verified, err := fake.Client().OTP.Verify(t.Context(), &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: code})
		require.ErrorIs(t, err, hellio.ErrOutcomeUnknown)
		require.False(t, verified)
		require.False(t, try(code), "it was used up")
	})
}

func TestAnOTPOverTheLimitOfItsAddressIsARateLimitError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := helliotest.New(t).Client(hellio.WithLimiter(nil))
		p := &hellio.OTPSendParams{MobileNumber: "233209990001", Sender: "HELLIO"}
		for range 10 {
			_, err := client.OTP.Send(t.Context(), p)
			require.NoError(t, err)
		}
		_, err := client.OTP.Send(t.Context(), p, hellio.WithMaxRetries(0))
		var throttled *hellio.RateLimitError
		require.ErrorAs(t, err, &throttled)
		require.Equal(t, hellio.CodeThrottled, throttled.Code)
		require.Equal(t, time.Minute, throttled.RetryAfter)
		require.Equal(t, 10, throttled.Response.RateLimit.Limit)
	})
}

func TestAnOTPThatTheAPIRefusesIsAnErrorOfItsKind(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		to, sender string
		options    []helliotest.Option
	}{
		hellio.CodeInvalidRecipient:    {helliotest.NumberInvalid, "HELLIO", nil},
		hellio.CodeSenderNotApproved:   {"+233209990001", "NOPE", nil},
		hellio.CodeInsufficientBalance: {"+233209990001", "HELLIO", []helliotest.Option{helliotest.WithBalance("0.0309")}},
		hellio.CodeSpendLimitExceeded:  {"+233209990001", "HELLIO", []helliotest.Option{helliotest.WithSpendLimit("daily", "0.03")}},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			_, err := helliotest.New(t, c.options...).Client().OTP.Send(t.Context(), &hellio.OTPSendParams{MobileNumber: c.to, Sender: c.sender})
			var refused *hellio.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, code, refused.Code)
			require.Equal(t, hellio.OutcomeRejected, hellio.OutcomeOf(err))
		})
	}
}

func TestOTPRefusesBadInput(t *testing.T) {
	t.Parallel()
	const number = "233209990001"
	send := func(p *hellio.OTPSendParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			_, err := c.OTP.Send(context.Background(), p)
			return err
		}
	}
	verify := func(p *hellio.OTPVerifyParams) func(*hellio.Client) error {
		return func(c *hellio.Client) error {
			verified, err := c.OTP.Verify(context.Background(), p)
			if verified {
				return nil
			}
			return err
		}
	}
	requireRefused(t, map[string]refusal{
		"nil params":                  {"params", send(nil)},
		"no destination":              {"mobile_number", send(&hellio.OTPSendParams{Sender: "HELLIO"})},
		"both destinations":           {"mobile_number", send(&hellio.OTPSendParams{MobileNumber: number, Email: "ama@example.com", Sender: "HELLIO"})},
		"both by e-mail":              {"mobile_number", send(&hellio.OTPSendParams{Channel: hellio.ChannelEmail, MobileNumber: number, Email: "ama@example.com"})},
		"a long sender by e-mail":     {"sender", send(&hellio.OTPSendParams{Email: "ama@example.com", Sender: "TWELVE CHARS"})},
		"sms without number":          {"mobile_number", send(&hellio.OTPSendParams{Channel: hellio.ChannelSMS, Email: "ama@example.com", Sender: "HELLIO"})},
		"voice without number":        {"mobile_number", send(&hellio.OTPSendParams{Channel: hellio.ChannelVoice, Sender: "HELLIO"})},
		"whatsapp without number":     {"mobile_number", send(&hellio.OTPSendParams{Channel: hellio.ChannelWhatsApp, Email: "ama@example.com"})},
		"e-mail without address":      {"email", send(&hellio.OTPSendParams{Channel: hellio.ChannelEmail, MobileNumber: number})},
		"e-mail without @":            {"email", send(&hellio.OTPSendParams{Email: "ama.example.com"})},
		"e-mail of nobody":            {"email", send(&hellio.OTPSendParams{Email: "@example.com"})},
		"a new channel to nowhere":    {"mobile_number", send(&hellio.OTPSendParams{Channel: "pigeon"})},
		"a blank number":              {"mobile_number", send(&hellio.OTPSendParams{MobileNumber: " ", Sender: "HELLIO"})},
		"a number too long":           {"mobile_number", send(&hellio.OTPSendParams{MobileNumber: strings.Repeat("2", 21), Sender: "HELLIO"})},
		"no sender":                   {"sender", send(&hellio.OTPSendParams{MobileNumber: number})},
		"no sender by voice":          {"sender", send(&hellio.OTPSendParams{Channel: hellio.ChannelVoice, MobileNumber: number})},
		"a sender too long":           {"sender", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "ABCDEFGHIJKL"})},
		"length 3":                    {"length", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", Length: 3})},
		"length 11":                   {"length", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", Length: 11})},
		"length -1":                   {"length", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", Length: -1})},
		"expiry -1":                   {"expiry", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", ExpiryMinutes: -1})},
		"expiry 1441":                 {"expiry", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", ExpiryMinutes: 1441})},
		"purpose of 33":               {"purpose", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", Purpose: strings.Repeat("é", 33)})},
		"gateway not UTF-8":           {"gateway", send(&hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO", Gateway: "\xff"})},
		"verify, nil params":          {"params", verify(nil)},
		"verify, no code":             {"code", verify(&hellio.OTPVerifyParams{MobileNumber: number})},
		"verify, a blank code":        {"code", verify(&hellio.OTPVerifyParams{MobileNumber: number, Code: " \t"})},
		"verify, a code of 256":       {"code", verify(&hellio.OTPVerifyParams{MobileNumber: number, Code: strings.Repeat("1", 256)})},
		"verify, no destination":      {"mobile_number", verify(&hellio.OTPVerifyParams{Code: "123456"})},
		"verify, both destinations":   {"mobile_number", verify(&hellio.OTPVerifyParams{MobileNumber: number, Email: "ama@example.com", Code: "123456"})},
		"verify, e-mail without @":    {"email", verify(&hellio.OTPVerifyParams{Email: "ama", Code: "123456"})},
		"verify, channel and address": {"mobile_number", verify(&hellio.OTPVerifyParams{Channel: hellio.ChannelSMS, Email: "ama@example.com", Code: "123456"})},
	})
}

func TestTheLimitsOfAnOTPAreWithinThem(t *testing.T) {
	t.Parallel()
	client := helliotest.New(t).Client()
	for _, p := range []hellio.OTPSendParams{
		{MobileNumber: strings.Repeat("2", 15), Sender: "HELLIO", Length: 4, ExpiryMinutes: 1, Purpose: strings.Repeat("é", 32)},
		{MobileNumber: "+233 20 999 0001", Sender: "HELLIO", Length: 10, ExpiryMinutes: 1440},
	} {
		_, err := client.OTP.Send(t.Context(), &p)
		require.NoError(t, err)
	}
}

// otpAnswer is an API that gives one answer to every request.
type otpAnswer struct {
	status int
	body   string
}

func (a otpAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode:    a.status,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: -1,
		Request:       req,
	}, nil
}

// verify checks a code against the answer.
func (a otpAnswer) verify(t testing.TB) (verified bool, r hellio.Response, err error) {
	t.Helper()
	client, err := hellio.NewClient("7|token", hellio.WithLimiter(nil),
		hellio.WithHTTPClient(&http.Client{Transport: a}))
	require.NoError(t, err)
	params := &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: "123456"}
	verified, err = client.OTP.Verify(t.Context(), params,
		hellio.WithResponse(&r), hellio.WithMaxRetries(0))
	return verified, r, err
}

// verdicts are all forms of data.verified, by what they are.
var verdicts = map[string][]string{
	"true": {
		`{"data":{"verified":true}}`,
		`{"data":{"verified":true,"status":"verified"}}`,
		`{"data":{"verified":true,"status":"used"},"message":"The code was already used."}`,
		" {\n\"data\" : { \"status\":7, \"verified\"\t: true } } ",
	},
	"false": {
		`{"data":{"verified":false}}`,
		`{"data":{"verified":false,"status":"expired"}}`,
		`{"data":{"verified":false,"status":"verified","more":[1]}}`,
		`{"message":"No.","error":"invalid","data":{"verified":false}}`,
	},
	"no bool": {
		`{"data":{"verified":"true"}}`,
		`{"data":{"verified":"false"}}`,
		`{"data":{"verified":1}}`,
		`{"data":{"verified":0}}`,
		`{"data":{"verified":null}}`,
		`{"data":{"verified":[true]}}`,
		`{"data":{"verified":{"verified":true}}}`,
	},
	"absent": {
		``,
		`true`,
		`null`,
		`[]`,
		`{}`,
		`{"verified":true}`,
		`{"data":null}`,
		`{"data":true}`,
		`{"data":"verified"}`,
		`{"data":{}}`,
		`{"data":{"status":"verified"}}`,
		`{"data":{"Verified":true}}`,
		`{"data":[{"verified":true}]}`,
		`{"data":{"verified":true}`,
		`<html>{"data":{"verified":true}}`,
		`{"message":"The code field is required.","errors":{"code":["It is required."]}}`,
	},
}

func TestVerifyIsTrueFromA2xxAlone(t *testing.T) {
	t.Parallel()
	for status := 100; status < 600; status++ {
		for form, bodies := range verdicts {
			for _, body := range bodies {
				verified, r, err := otpAnswer{status, body}.verify(t)
				name := fmt.Sprint(status, " ", body)
				success, refusal := status/100 == 2, status == http.StatusUnprocessableEntity
				require.Equal(t, success && form == "true", verified, name)
				require.Equal(t, verified, hellio.OTPStatusOf(&r) == hellio.OTPVerified, name)
				switch {
				case (success || refusal) && (form == "true" || form == "false"):
					require.NoError(t, err, name)
					continue
				case success || refusal && form == "no bool":
					require.ErrorAs(t, err, new(*hellio.DecodeError), name)
				case refusal:
					require.ErrorAs(t, err, new(*hellio.ValidationError), name)
				default:
					require.ErrorAs(t, err, new(*hellio.APIError), name)
				}
				require.Empty(t, hellio.OTPStatusOf(&r), name)
			}
		}
	}
}

func TestOTPStatusSaysWhyACodeIsNotRight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   hellio.OTPStatus
	}{
		"verified":              {200, `{"data":{"verified":true,"status":"verified"}}`, hellio.OTPVerified},
		"verified, no status":   {201, `{"data":{"verified":true}}`, hellio.OTPVerified},
		"verified, odd status":  {200, `{"data":{"verified":true,"status":"expired"}}`, hellio.OTPVerified},
		"invalid":               {422, `{"data":{"verified":false,"status":"invalid"}}`, hellio.OTPInvalid},
		"expired":               {422, `{"data":{"verified":false,"status":"expired"}}`, hellio.OTPExpired},
		"false with 200":        {200, `{"data":{"verified":false,"status":"expired"}}`, hellio.OTPExpired},
		"an unknown status":     {422, `{"data":{"verified":false,"status":"locked"}}`, "locked"},
		"true in a refusal":     {422, `{"data":{"verified":true,"status":"used"}}`, "used"},
		"verified in a refusal": {422, `{"data":{"verified":true,"status":"verified"}}`, ""},
		"verified and false":    {200, `{"data":{"verified":false,"status":"verified"}}`, ""},
		"no status":             {422, `{"data":{"verified":false}}`, ""},
		"a status that is none": {422, `{"data":{"verified":false,"status":7}}`, ""},
		"a null status":         {422, `{"data":{"verified":false,"status":null}}`, ""},
		"no verdict":            {422, `{"data":{"status":"expired"}}`, ""},
		"another refusal":       {429, `{"data":{"verified":false,"status":"expired"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r, _ := otpAnswer{c.status, c.body}.verify(t)
			require.Equal(t, c.want, hellio.OTPStatusOf(&r))
		})
	}
	require.Empty(t, hellio.OTPStatusOf(nil))
	require.Empty(t, hellio.OTPStatusOf(&hellio.Response{}))
}

func TestAVerdictKeepsItsResponse(t *testing.T) {
	t.Parallel()
	var response hellio.Response
	verified, err := helliotest.New(t).Client().OTP.Verify(t.Context(), &hellio.OTPVerifyParams{MobileNumber: "233209990001", Code: "1"}, hellio.WithResponse(&response))
	require.NoError(t, err)
	require.False(t, verified)
	require.Equal(t, http.StatusUnprocessableEntity, response.StatusCode)
	require.Empty(t, response.IdempotencyKey)
	require.True(t, json.Valid(response.Body))
}

func TestANewChannelIsLeftToTheAPI(t *testing.T) {
	t.Parallel()
	for _, p := range []*hellio.OTPSendParams{{Channel: "pigeon", MobileNumber: "233209990001"}, {Channel: "pigeon", Email: "ama@example.com"}} {
		_, err := helliotest.New(t).Client().OTP.Send(t.Context(), p)
		var refused *hellio.ValidationError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []string{"The selected channel is invalid."}, refused.Fields["channel"])
	}
}

// requireSilent wants none of these values' secrets in any printed form of them.
func requireSilent(t *testing.T, secrets []string, values ...any) {
	t.Helper()
	var out strings.Builder
	log := logTo(&out)
	for _, value := range values {
		log.Info("x", "value", value)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			text := fmt.Sprintf(verb, value)
			require.Contains(t, text, "{", "something is printed of a %T by %s", value, verb)
			out.WriteString(text)
		}
	}
	for _, secret := range secrets {
		require.NotContains(t, out.String(), secret)
	}
}

func TestParamsOfAnOTPPrintNeitherCodeNorDestination(t *testing.T) {
	t.Parallel()
	send := hellio.OTPSendParams{Channel: "sms", MobileNumber: "+233209990001", Email: "ama@example.com"}
	verify := hellio.OTPVerifyParams{MobileNumber: "+233209990001", Email: "ama@example.com", Code: "483920"}
	requireSilent(t, []string{"233209990001", "ama@example.com", "483920"}, send, &send, verify, &verify)
}
