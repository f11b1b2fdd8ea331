package hellio_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// otpAnswer is an API that sends one response to every request.
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

// verdicts are all forms of data.verified, by name.
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
	"not a bool": {
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
				success, refused := status/100 == 2, status == http.StatusUnprocessableEntity
				require.Equal(t, success && form == "true", verified, name)
				require.Equal(t, verified, hellio.OTPStatusOf(&r) == hellio.OTPVerified, name)
				switch {
				case (success || refused) && (form == "true" || form == "false"):
					require.NoError(t, err, name)
					continue
				case success || refused && form == "not a bool":
					require.ErrorAs(t, err, new(*hellio.DecodeError), name)
				case refused:
					require.ErrorAs(t, err, new(*hellio.ValidationError), name)
				default:
					require.ErrorAs(t, err, new(*hellio.APIError), name)
				}
				require.Empty(t, hellio.OTPStatusOf(&r), name)
			}
		}
	}
}

func TestOTPStatusSaysWhyACodeFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   hellio.OTPStatus
	}{
		"verified": {
			200,
			`{"data":{"verified":true,"status":"verified"}}`,
			hellio.OTPVerified,
		},
		"verified, no status": {201, `{"data":{"verified":true}}`, hellio.OTPVerified},
		"verified, odd status": {
			200,
			`{"data":{"verified":true,"status":"expired"}}`,
			hellio.OTPVerified,
		},
		"invalid": {
			422,
			`{"data":{"verified":false,"status":"invalid"}}`,
			hellio.OTPInvalid,
		},
		"expired": {
			422,
			`{"data":{"verified":false,"status":"expired"}}`,
			hellio.OTPExpired,
		},
		"false with 200": {
			200,
			`{"data":{"verified":false,"status":"expired"}}`,
			hellio.OTPExpired,
		},
		"an unknown status": {422, `{"data":{"verified":false,"status":"locked"}}`,
			"locked"},
		"true in a refusal":        {422, `{"data":{"verified":true,"status":"used"}}`, "used"},
		"verified in a refusal":    {422, `{"data":{"verified":true,"status":"verified"}}`, ""},
		"verified and false":       {200, `{"data":{"verified":false,"status":"verified"}}`, ""},
		"no status":                {422, `{"data":{"verified":false}}`, ""},
		"a status of another type": {422, `{"data":{"verified":false,"status":7}}`, ""},
		"a null status":            {422, `{"data":{"verified":false,"status":null}}`, ""},
		"no verdict":               {422, `{"data":{"status":"expired"}}`, ""},
		"another refusal":          {429, `{"data":{"verified":false,"status":"expired"}}`, ""},
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
