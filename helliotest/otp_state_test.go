package helliotest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestARightCodeIsVerifiedOnce(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.sendOTP(oneOTP)
	code := f.OTP("+233 20-999-0001")
	resp := a.tries(" " + code + " ")
	require.Equal(t, http.StatusOK, resp.status)
	require.Equal(t, saysVerified, resp.body)
	again := a.tries(code)
	require.Equal(t, http.StatusUnprocessableEntity, again.status)
	require.Equal(t, saysInvalid, again.body)
	_, live := f.LookupOTP("233209990001")
	require.False(t, live)
}

func TestANumberWithoutACodeIsNotVerified(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	for _, body := range []string{
		`{"mobile_number":"233209990001","code":"123456"}`, `{"mobile_number":"x","code":"123456"}`,
		`{"email":"ama@example.com","code":"123456"}`,
		`{"channel":"whatsapp","mobile_number":"233209990001","code":"1"}`,
		`{"channel":"email","email":"ama@example.com","mobile_number":"233209990001","code":"1"}`,
	} {
		resp := a.checkOTP(body)
		require.Equal(t, 422, resp.status)
		require.Equal(t, saysInvalid, resp.body)
	}
}

func TestAVerifyWithoutItsFieldsIsAnError(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"code":"1"}`: "mobile_number",
		`{"channel":"email","mobile_number":"233209990001","code":"1"}`: "email",
		`{"channel":"sms","email":"ama@example.com","code":"1"}`:        "mobile_number",
		`{"channel":"fax","email":"ama@example.com","code":"1"}`:        "channel",
		`{"email":"ama","code":"1"}`:                                    "email",
		`{"mobile_number":"233209990001"}`:                              "code",
		`{"mobile_number":"233209990001","code":"  "}`:                  "code",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			resp := newAPI(t, helliotest.New(t)).checkOTP(body)
			resp.refused(t, 422, "invalid_request")
			require.Contains(t, resp.decoded(t)["errors"], field)
			require.NotContains(t, resp.decoded(t), "data")
		})
	}
}

func TestTheNewestCodeReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.sendOTP(oneOTP)
	first := f.OTP("233209990001")
	a.sendOTP(`{"mobile_number":"233209990001","channel":"whatsapp"}`)
	second := f.OTP("233209990001")
	require.NotEqual(t, first, second)
	require.Equal(t, saysInvalid, a.tries(first).body)
	require.Equal(t, saysVerified, a.tries(second).body, "on whatever channel it came")
}

func TestACodeExpiresOnTheFakesClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.sendOTP(`{"mobile_number":"233209990001","sender":"HELLIO","expiry":1}`)
		code, live := f.LookupOTP("233209990001")
		require.True(t, live)
		require.Equal(t, time.Now().Add(time.Minute).UTC(), code.ExpiresAt)
		time.Sleep(time.Minute - time.Nanosecond)
		require.Equal(t, saysInvalid, a.tries(wrongCode(code.Code)).body)
		time.Sleep(time.Nanosecond)
		resp := a.tries(code.Code)
		require.Equal(t, 422, resp.status)
		require.Equal(t, saysExpired, resp.body)
		_, live = f.LookupOTP("233209990001")
		require.False(t, live)
	})
}

func TestAdvanceLetsACodeExpireOutsideABubble(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.sendOTP(oneOTP)
	code := f.OTP("233209990001")
	f.Advance(5 * time.Minute)
	require.Equal(t, saysExpired, a.tries(code).body)
}

func TestFiveWrongTriesEndACode(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.sendOTP(oneOTP)
	code := f.OTP("233209990001")
	for left := 5; left > 0; left-- {
		live, _ := f.LookupOTP("233209990001")
		require.Equal(t, left, live.TriesLeft)
		require.Equal(t, saysInvalid, a.tries(wrongCode(code)).body)
	}
	require.Equal(t, saysInvalid, a.tries(code).body)
	_, live := f.LookupOTP("233209990001")
	require.False(t, live)
	a.sendOTP(oneOTP)
	require.Equal(t, saysVerified, a.tries(f.OTP("233209990001")).body, "a new code begins anew")
}

func TestCodesComeFromTheSeed(t *testing.T) {
	t.Parallel()
	codes := func(options ...helliotest.Option) (all []string) {
		f := helliotest.New(t, options...)
		a := newAPI(t, f)
		for _, number := range []string{"233209990001", "233209990002", "233209990003"} {
			require.Equal(t, 201,
				a.sendOTP(`{"mobile_number":"`+number+`","sender":"HELLIO"}`).status)
			all = append(all, f.OTP(number))
		}
		return all
	}
	plain := codes(helliotest.WithSeed(7))
	require.Equal(t, plain, codes(helliotest.WithSeed(7)))
	require.NotEqual(t, plain, codes(helliotest.WithSeed(8)))
	require.Equal(t, []string{plain[0], "0042", plain[2]},
		codes(helliotest.WithSeed(7), helliotest.WithOTP("+233 20 999 0002", "0042")))
}

func TestASetCodeExpiresLikeAnyOther(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithOTP("Ama@example.com", "123456"))
	a := newAPI(t, f)
	_, live := f.LookupOTP("ama@example.com")
	require.False(t, live, "it was not sent")
	a.sendOTP(`{"channel":"email","email":"ama@example.com","length":10}`)
	require.Equal(t, "123456", f.OTP("ama@example.com"))
	require.Equal(t, saysVerified,
		a.checkOTP(`{"channel":"email","email":"ama@example.com","code":"123456"}`).body)
	f.Reset()
	_, live = f.LookupOTP("ama@example.com")
	require.False(t, live)
	a.sendOTP(`{"channel":"email","email":"ama@example.com"}`)
	require.Equal(t, "123456", f.OTP("ama@example.com"), "Reset keeps the options")
}

func TestBadOTPOptionsAreErrors(t *testing.T) {
	t.Parallel()
	for want, option := range map[string]helliotest.Option{
		`WithOTP: "nobody" is neither a number nor an e-mail address`: helliotest.WithOTP(
			"nobody", "1234"),
		`WithOTP: the code "123" does not have 4 to 10 digits`: helliotest.WithOTP(someone, "123"),
		`WithOTP: the code "12a4" does not have 4 to 10 digits`: helliotest.WithOTP(someone,
			"12a4"),
		`WithOTP: the code "12345678901" does not have 4 to 10 digits`: helliotest.WithOTP(
			someone, "12345678901"),
		`WithOTPLimit: -1 is negative`: helliotest.WithOTPLimit(-1),
	} {
		_, err := helliotest.Start(option)
		require.EqualError(t, err, want)
	}
}

func TestOTPFailsTheTestWithoutALiveCode(t *testing.T) {
	t.Parallel()
	for says, before := range map[string]func(f *helliotest.Fake, a api){
		"none was ever sent, nor to any other destination": func(*helliotest.Fake, api) {},
		"none was ever sent, though 1 other destination got one": func(_ *helliotest.Fake, a api) {
			a.do("POST", "/otp/send", `{"mobile_number":"233209990002","sender":"HELLIO"}`)
		},
		"the last one was used": func(f *helliotest.Fake, a api) {
			a.do("POST", "/otp/send", `{"mobile_number":"233209990001","sender":"HELLIO"}`)
			a.do("POST", "/otp/verify",
				`{"mobile_number":"233209990001","code":"`+f.OTP("233209990001")+`"}`)
		},
		"the last one is out of tries": func(_ *helliotest.Fake, a api) {
			a.do("POST", "/otp/send", `{"mobile_number":"233209990001","sender":"HELLIO"}`)
			for range 5 {
				a.do("POST", "/otp/verify", `{"mobile_number":"233209990001","code":"x"}`)
			}
		},
		"the last one expired 1m0s ago": func(f *helliotest.Fake, a api) {
			a.do("POST", "/otp/send", `{"mobile_number":"233209990001","sender":"HELLIO"}`)
			f.Advance(6 * time.Minute)
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			r := watch(t, func(tb testing.TB) {
				f := helliotest.New(tb)
				before(f, newAPI(t, f))
				f.OTP("233209990001")
			})
			require.Equal(t, "helliotest: OTP(…0001): no code is live there: "+says, r.fatal)
		})
	}
}

func TestACodesJSONMatchesTheControlAPI(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(helliotest.OTPCode{
		Code:      "0042",
		ExpiresAt: time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC),
		TriesLeft: 3,
	})
	require.NoError(t, err)
	require.Equal(t, `{"code":"0042","expires_at":"2026-03-04T05:06:07+00:00","tries_left":3}`,
		string(text))
}
