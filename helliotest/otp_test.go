package helliotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const oneOTP = `{"mobile_number":"+233209990001","sender":"HELLIO"}`

func (a api) sendOTP(body string, header ...string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodPost, "/otp/send", body, header...)
}

func (a api) checkOTP(body string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodPost, "/otp/verify", body)
}

// tries checks a code for the number of oneOTP.
func (a api) tries(code string) apiResponse {
	a.t.Helper()
	return a.checkOTP(`{"mobile_number":"233209990001","code":"` + code + `"}`)
}

// wrongCode is a code of six digits that differs from the live one.
func wrongCode(live string) string {
	if live == "000000" {
		return "000001"
	}
	return "000000"
}

const (
	saysVerified = `{"data":{"verified":true,"status":"verified"}}`
	saysInvalid  = `{"data":{"verified":false,"status":"invalid"}}`
	saysExpired  = `{"data":{"verified":false,"status":"expired"}}`
)

func TestAnOTPIsAcceptedWithTheDocumentedBody(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	resp := newAPI(t, f).sendOTP(oneOTP)
	require.Equal(t, http.StatusCreated, resp.status)
	reference := f.Messages()[0].Reference
	require.NoError(t, uuid.Validate(reference))
	require.Equal(t,
		`{"data":{"reference":"`+reference+
			`","mobile_number":"233209990001","expires_in_minutes":5,"status":"queued"}}`, resp.body)
	require.Equal(t, http.StatusOK, newAPI(t, f).get("/messages/"+reference).status)
}

func TestAnOTPByEmailIsAccepted(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	resp := newAPI(t, f).sendOTP(`{"channel":"email","email":" Ama@Example.com ","expiry":1440}`)
	require.Equal(t, http.StatusCreated, resp.status)
	m := f.Messages(helliotest.To("ama@example.com"), helliotest.Channel("email"))
	require.Len(t, m, 1)
	require.Equal(t,
		`{"data":{"reference":"`+m[0].Reference+
			`","email":"Ama@Example.com","expires_in_minutes":1440,"status":"queued"}}`, resp.body)
	require.Equal(t, "Ama@Example.com", m[0].MobileNumber)
	require.Contains(t, m[0].Message, f.OTP("AMA@example.com"))
}

func TestTheMessageOfAnOTPCarriesTheCode(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		text            string
		channel, sender string
		digits          int
	}{
		oneOTP: {" is your verification code. It expires in 5 minutes.", "sms", "HELLIO", 6},
		`{"mobile_number":"233209990001","sender":"ACME","channel":"voice","length":4,"expiry":1}`: {
			" is your verification code. It expires in 1 minute.", "voice", "ACME", 4,
		},
		`{"mobile_number":"233209990001","sender":"NOPE","channel":"whatsapp","length":10,` +
			`"purpose":"login"}`: {
			" is your verification code. It expires in 5 minutes.", "whatsapp", "", 10,
		},
	} {
		t.Run(want.channel, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			resp := newAPI(t, f).sendOTP(body)
			require.Equal(t, http.StatusCreated, resp.status)
			code := f.OTP("233209990001")
			require.Len(t, code, want.digits)
			m := f.Messages()[0]
			require.Equal(t, code+want.text, m.Message)
			require.Equal(t, want.channel, m.Channel)
			require.Equal(t, want.sender, m.Sender)
			require.Equal(t, "0.0310", m.Cost)
			require.Zero(t, m.CampaignID)
		})
	}
}

func TestAnOTPsChecksHaveAnOrder(t *testing.T) {
	t.Parallel()
	const to = `"mobile_number":"233209990001",`
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"nothing": {`{}`, 422, "invalid_request", "mobile_number"},
		"no sender": {
			`{"mobile_number":"233209990001"}`, 422, "invalid_request", "sender",
		},
		"a blank channel is sms": {
			`{"mobile_number":"233209990001","sender":null,"channel":"","length":null,` +
				`"gateway":"direct"}`,
			422, "invalid_request", "sender",
		},
		"no sender by voice": {
			`{"channel":"voice","mobile_number":"233209990001"}`, 422, "invalid_request", "sender",
		},
		"no number by whatsapp": {
			`{"channel":"whatsapp","email":"a@example.com"}`, 422, "invalid_request",
			"mobile_number",
		},
		"an address, but no channel": {
			`{"email":"a@example.com","sender":"HELLIO"}`, 422, "invalid_request", "mobile_number",
		},
		"a number by e-mail": {
			`{` + to + `"channel":"email"}`, 422, "invalid_request", "email",
		},
		"no address": {
			`{"channel":"email","email":"nobody"}`, 422, "invalid_request", "email",
		},
		"a name beside the address": {
			`{"channel":"email","email":"Ama <a@example.com>"}`, 422, "invalid_request", "email",
		},
		"an unknown channel": {
			`{` + to + `"sender":"HELLIO","channel":"pigeon"}`, 422, "invalid_request", "channel",
		},
		"the case of the channel": {
			`{` + to + `"sender":"HELLIO","channel":"SMS"}`, 422, "invalid_request", "channel",
		},
		"a number too long": {
			`{"mobile_number":"` + strings.Repeat("2", 21) + `","sender":"HELLIO"}`, 422,
			"invalid_request", "mobile_number",
		},
		"a sender too long": {
			`{` + to + `"sender":"ABCDEFGHIJKL"}`, 422, "invalid_request", "sender",
		},
		"a length too short": {
			`{` + to + `"sender":"HELLIO","length":3}`, 422, "invalid_request", "length",
		},
		"a length too long": {
			`{` + to + `"sender":"HELLIO","length":11}`, 422, "invalid_request", "length",
		},
		"an expiry too short": {
			`{` + to + `"sender":"HELLIO","expiry":0}`, 422, "invalid_request", "expiry",
		},
		"an expiry too long": {
			`{` + to + `"sender":"HELLIO","expiry":1441}`, 422, "invalid_request", "expiry",
		},
		"a part of a minute": {
			`{` + to + `"sender":"HELLIO","expiry":1.5}`, 422, "invalid_request", "expiry",
		},
		"a purpose too long": {
			`{` + to + `"sender":"HELLIO","purpose":"` + strings.Repeat("p", 33) + `"}`, 422,
			"invalid_request", "purpose",
		},
		"fields before sender": {
			`{` + to + `"sender":"NOPE","length":3}`, 422, "invalid_request", "length",
		},
		"sender before recipient": {
			`{"mobile_number":"x","sender":"NOPE"}`, 422, "sender_not_approved", "",
		},
		"sender by voice": {
			`{"channel":"voice","mobile_number":"x","sender":"NOPE"}`, 422, "sender_not_approved",
			"",
		},
		"recipient before the cap": {
			`{"mobile_number":"1234567","sender":"HELLIO"}`, 422, "invalid_recipient", "",
		},
		"the magic invalid number": {
			`{"mobile_number":"` + helliotest.NumberInvalid + `","sender":"HELLIO"}`, 422,
			"invalid_recipient", "",
		},
		"cap before balance": {oneOTP, 403, "spend_limit_exceeded", ""},
		"cap, also where none is seen": {
			`{"channel":"email","email":"a@example.com"}`, 403, "spend_limit_exceeded", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, helliotest.WithBalance("0"),
				helliotest.WithSpendLimit("monthly", "0.0300"))
			resp := newAPI(t, f).sendOTP(c.body)
			resp.refused(t, c.status, c.code)
			if c.field != "" {
				require.Contains(t, resp.decoded(t)["errors"], c.field)
			}
			require.Empty(t, f.Messages())
			_, live := f.LookupOTP("233209990001")
			require.False(t, live)
		})
	}
}

func TestFieldsOfAWrongTypeAreViolations(t *testing.T) {
	t.Parallel()
	for field, body := range map[string]string{
		"mobile_number": `{"mobile_number":233209990001,"sender":"HELLIO"}`,
		"sender":        `{"mobile_number":"233209990001","sender":7}`,
		"channel":       `{"mobile_number":"233209990001","sender":"HELLIO","channel":["sms"]}`,
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			r := watch(t,
				func(tb testing.TB) {
					newAPI(t, helliotest.New(tb)).sendOTP(body).refused(t, 422, "invalid_request")
				})
			require.Equal(t,
				[]string{"helliotest: POST /v1/otp/send: body." + field + ": wrong JSON type"}, r.errors)
		})
	}
	r := watch(t, func(tb testing.TB) {
		newAPI(t, helliotest.New(tb)).checkOTP(`{"mobile_number":"233209990001","code":123456}`).
			refused(t, 422, "invalid_request")
	})
	require.Equal(t, []string{"helliotest: POST /v1/otp/verify: body.code: wrong JSON type"},
		r.errors)
}

func TestAnOTPsCostIsReservedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithBalance("0.0620"))
		a := newAPI(t, f)
		f.Fault(helliotest.OTPSend, helliotest.Nth(2), helliotest.ToNumber("ama@example.com"),
			helliotest.CarrierFail())
		// not for the fault's address: not counted
		require.Equal(t, 201, a.sendOTP(`{"channel":"email","email":"kofi@example.com"}`).status)
		require.Equal(t, 201, a.sendOTP(`{"channel":"email","email":"ama@example.com"}`).status)
		a.sendOTP(oneOTP).refused(t, 402, "insufficient_balance")
		require.Equal(t, "0.0620", f.Balance().Reserved)
		time.Sleep(5 * time.Second)
		require.Equal(t, "0.0000", f.Balance().Balance)
		require.NoError(t, f.Update(helliotest.AccountChange{Balance: pointer("1")}))
		require.Equal(t, 201, a.sendOTP(`{"channel":"email","email":"AMA@example.com"}`).status)
		time.Sleep(5 * time.Second)
		require.Equal(t, helliotest.Wallet{
			Balance:   "1.0000",
			Available: "1.0000",
			Reserved:  "0.0000",
			Currency:  "GHS",
		}, f.Balance())
		require.Equal(t, "failed", f.Messages()[2].Status)
		require.Len(t, f.OTP("ama@example.com"), 6, "the code outlives its message")
	})
}

func pointer[T any](value T) *T { return &value }

func TestOTPSendsAreLimitedPerAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithRateLimit(13))
		a := newAPI(t, f)
		for left := 9; left >= 0; left-- {
			resp := a.sendOTP(oneOTP)
			require.Equal(t, []string{"10", fmt.Sprint(left)},
				[]string{
					resp.header.Get("X-RateLimit-Limit"), resp.header.Get("X-RateLimit-Remaining"),
				})
		}
		a.token = f.IssueToken("otp", "balance")
		over := a.sendOTP(oneOTP)
		over.refused(t, 429, "throttled")
		require.Equal(t, []string{"10", "0", "60"},
			[]string{
				over.header.Get("X-RateLimit-Limit"), over.header.Get("X-RateLimit-Remaining"),
				over.header.Get("Retry-After"),
			})
		require.NotEmpty(t, over.header.Get("X-RateLimit-Reset"))
		require.Equal(t, "12", a.get("/balance").header.Get("X-RateLimit-Remaining"),
			"the refused send counted to neither limit")
		require.Equal(t, 422, a.tries("1").status, "checks have no such limit")
		time.Sleep(time.Minute)
		require.Equal(t, 201, a.sendOTP(oneOTP).status)
	})
}

func TestAnOTPShowsTheNearerLimit(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithRateLimit(3))
	a := newAPI(t, f)
	require.Equal(t, "2", a.sendOTP(oneOTP).header.Get("X-RateLimit-Remaining"))
	require.Equal(t, "3", a.sendOTP(oneOTP).header.Get("X-RateLimit-Limit"))
	require.Equal(t, "0", a.sendOTP(oneOTP).header.Get("X-RateLimit-Remaining"))
	a.sendOTP(oneOTP).refused(t, 429, "throttled")
	require.Len(t, f.Messages(), 3)
}

func TestWithOTPLimitSetsOrLiftsTheLimit(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t, helliotest.WithOTPLimit(1)))
	require.Equal(t, 201, a.sendOTP(oneOTP).status)
	a.sendOTP(oneOTP).refused(t, 429, "throttled")
	free := newAPI(t, helliotest.New(t, helliotest.WithOTPLimit(0), helliotest.WithRateLimit(0)))
	for range 12 {
		resp := free.sendOTP(oneOTP)
		require.Equal(t, 201, resp.status)
		require.Empty(t, resp.header.Get("X-RateLimit-Limit"))
	}
}

func TestAnOTPIsReplayedUnderItsKey(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	first := a.sendOTP(oneOTP, "Idempotency-Key", "k")
	code := f.OTP("233209990001")
	again := a.sendOTP(oneOTP, "Idempotency-Key", "k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, "8", again.header.Get("X-RateLimit-Remaining"), "a replay is counted")
	require.Equal(t, code, f.OTP("233209990001"))
	require.Len(t, f.Messages(), 1)
}

func TestUpdateChangesTheOTPLimit(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithOTPLimit(1))
	a := newAPI(t, f)
	order := `{"mobile_number":"+233209990001","sender":"HellioSMS"}`
	require.Equal(t, 201, a.do("POST", "/otp/send", order).status)
	a.do("POST", "/otp/send", order).refused(t, 429, "throttled")
	require.NoError(t, f.Update(helliotest.AccountChange{OTPLimit: pointer(0)}))
	require.Zero(t, f.Account().OTPLimit)
	require.Equal(t, 201, a.do("POST", "/otp/send", order).status)
	f.Reset()
	require.Equal(t, 1, f.Account().OTPLimit)
}
