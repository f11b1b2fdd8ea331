package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestErrorKindFollowsCodeThenStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		kind   any
	}{
		{400, "", new(*APIError)},
		{401, "", new(*AuthenticationError)},
		{401, "invalid_credentials", new(*AuthenticationError)},
		{402, "insufficient_balance", new(*InsufficientBalanceError)},
		{402, "insufficient_ussd_balance", new(*InsufficientBalanceError)},
		{403, "", new(*PermissionError)},
		{403, "ip_not_allowed", new(*PermissionError)},
		{403, "spend_limit_exceeded", new(*PermissionError)},
		{404, "not_found", new(*NotFoundError)},
		{405, "method_not_allowed", new(*APIError)},
		{408, "", new(*APIError)},
		{409, "idempotency_conflict", new(*ConflictError)},
		{409, "extension_unavailable", new(*ConflictError)},
		{413, "", new(*APIError)},
		{422, "", new(*ValidationError)},
		{422, "sender_not_approved", new(*ValidationError)},
		{429, "throttled", new(*RateLimitError)},
		{422, "traffic_not_routable", new(*ValidationError)},
		{403, "traffic_not_routable", new(*ValidationError)},
		{500, "", new(*ServerError)},
		{503, "service_unavailable", new(*ServerError)},
		{599, "", new(*ServerError)},
		{799, "", new(*ServerError)},
		{302, "", new(*RedirectError)},
		{304, "", new(*RedirectError)},
	} {
		t.Run(itoa(c.status)+" "+c.code, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]any{
				"message": "What the API says.",
				"error":   c.code,
			})
			require.NoError(t, err)
			s := newStub(reply(c.status, string(body)))
			_, err = stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
			require.ErrorAs(t, err, c.kind)
			var api *APIError
			require.ErrorAs(t, err, &api, "each kind unwraps to it")
			require.Equal(t, c.status, api.Status)
			require.Equal(t, c.code, api.Code)
			require.Equal(t, "What the API says.", api.Message)
			require.Equal(t, c.status, api.Response.StatusCode)
			require.Contains(t, err.Error(), "sms_send")
			require.Contains(t, err.Error(), itoa(c.status))
			require.Contains(t, err.Error(), c.code)
			require.Contains(t, err.Error(), api.Outcome.String())
		})
	}
}

func TestMissingExtensionIsNotABalanceError(t *testing.T) {
	t.Parallel()
	err := sendSMS(t.Context(), stubbed(t, newStub(reply(402, `{"error":"extension_required"}`))))
	var balance *InsufficientBalanceError
	require.False(t, errors.As(err, &balance))
	var api *APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "extension_required", api.Code)
}

func TestErrorBodyIsReadInEachForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status        int
		body          string
		code, message string
		fields        map[string][]string
	}{
		"message and code": {422, `{"message":"No.","error":"invalid_request"}`, "invalid_request",
			"No.", nil},
		"code alone":    {422, `{"error":"unknown_app"}`, "unknown_app", "unknown_app", nil},
		"Laravel's 401": {401, `{"message":"Unauthenticated."}`, "", "Unauthenticated.", nil},
		"Laravel's 403": {403, `{"message":"Invalid ability provided."}`, "",
			"Invalid ability provided.", nil},
		"Laravel's 404": {404, `{"message":"The route v1/x could not be found."}`, "",
			"The route v1/x could not be found.", nil},
		"Laravel's 429": {429, `{"message":"Too Many Attempts."}`, "", "Too Many Attempts.", nil},
		"Laravel's 500": {500, `{"message":"Server Error"}`, "", "Server Error", nil},
		"Laravel's 422": {422,
			`{"message":"The sender field is required. (and 1 more error)",` +
				`"errors":{"sender":["The sender field is required."],"message":["Too long.",` +
				`"Not text."]}}`,
			"",
			"The sender field is required. (and 1 more error)",
			map[string][]string{
				"sender":  {"The sender field is required."},
				"message": {"Too long.", "Not text."},
			},
		},
		"debug members": {500,
			`{"message":"x","exception":"E","trace":[{"file":"a","line":1}]}`, "", "x", nil},
		"empty":           {500, ``, "", "Internal Server Error", nil},
		"an empty object": {404, `{}`, "", "Not Found", nil},
		"null":            {403, `null`, "", "Forbidden", nil},
		"an array":        {422, `[1,2]`, "", "Unprocessable Entity", nil},
		"a string":        {422, `"no"`, "", "Unprocessable Entity", nil},
		"HTML":            {502, `<html><h1>Bad Gateway</h1></html>`, "", "Bad Gateway", nil},
		"cut off": {422, `{"message":"No.","error":"inval`, "",
			"Unprocessable Entity", nil},
		"members of other types": {422, `{"message":{"a":1},"error":17,"errors":"many"}`, "",
			"Unprocessable Entity", nil},
		"null members": {422, `{"message":null,"error":null,"errors":null}`, "",
			"Unprocessable Entity", nil},
		"one odd member": {422, `{"message":["x"],"error":"invalid_request"}`,
			"invalid_request", "invalid_request", nil},
		"an odd member at the end": {422,
			`{"error":"invalid_request","message":"No.","errors":[1],"period":false}`,
			"invalid_request",
			"No.",
			nil,
		},
		"no fields, as PHP writes": {422, `{"message":"No.","errors":[]}`, "", "No.", nil},
		"a status without a name":  {599, ``, "", "unexpected status", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := stubbed(t, newStub(reply(c.status, c.body)))
			_, err := client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
			var api *APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, c.status, api.Status)
			require.Equal(t, c.code, api.Code)
			require.Equal(t, c.message, api.Message)
			require.Equal(t, c.fields, api.Fields)
			require.Equal(t, c.body, string(api.Response.Body), "the body is kept as received")
		})
	}
}

func TestOddComplaintKeepsTheOthersVisible(t *testing.T) {
	t.Parallel()
	body := `{"message":"No.","errors":{"sender":"One string.","message":["Too long."],` +
		`"recipients":{"0":"odd"}}}`
	err := sendSMS(t.Context(), stubbed(t, newStub(reply(422, body))))
	var invalid *ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, []string{"Too long."}, invalid.Fields["message"])
	require.Contains(t, invalid.Fields, "sender",
		"the field is present although its complaint has another type")
}

func TestErrorKindsHoldTheirDetails(t *testing.T) {
	t.Parallel()
	err := sendSMS(t.Context(),
		stubbed(t, newStub(reply(403, `{"error":"spend_limit_exceeded","period":"daily"}`))))
	var permission *PermissionError
	require.ErrorAs(t, err, &permission)
	require.Equal(t, "daily", permission.Period)

	client := stubbed(t, newStub(reply(429, `{}`, "Retry-After", "17")))
	_, err = client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
	var limited *RateLimitError
	require.ErrorAs(t, err, &limited)
	require.Equal(t, 17*time.Second, limited.RetryAfter)

	past := []string{"Date", "Wed, 04 Mar 2026 05:06:07 GMT", "X-RateLimit-Reset", "1"}
	_, err = stubbed(t, newStub(reply(429, `{}`, past...))).SMS.Send(t.Context(), oneSMS(),
		WithMaxRetries(0))
	require.ErrorAs(t, err, &limited)
	require.Zero(t, limited.RetryAfter, "an ended window does not return a negative wait")

	err = sendSMS(t.Context(),
		stubbed(t, newStub(reply(302, ``, "Location", "https://elsewhere.example/"))))
	var redirect *RedirectError
	require.ErrorAs(t, err, &redirect)
	require.Equal(t, "https://elsewhere.example/", redirect.Location)
}

func TestErrorsMadeByTheCallerDoNotPanic(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		(*APIError)(nil),
		&APIError{},
		&AuthenticationError{},
		&InsufficientBalanceError{},
		&PermissionError{},
		&NotFoundError{},
		&ConflictError{},
		&ValidationError{},
		&RateLimitError{},
		&ServerError{},
		&RedirectError{},
		&ConnectionError{},
		&DecodeError{},
		&ParamError{},
	} {
		require.NotEmpty(t, err.Error())
		require.NotPanics(t, func() {
			OutcomeOf(err)
			_ = errors.Is(err, ErrOutcomeUnknown)
			_ = errors.Unwrap(err)
			_, _ = json.Marshal(err)
			_ = Attempt{Err: err}.LogValue()
			var timeout interface{ Timeout() bool }
			_ = errors.As(err, &timeout) && timeout.Timeout()
			var api *APIError
			require.False(t, errors.As(err, &api) && api == nil && errors.Unwrap(err) != nil,
				"Unwrap returns no typed nil")
		}, "%T", err)
	}
	require.NoError(t, errors.Unwrap(&ServerError{}),
		"a kind without an APIError unwraps to nil, not to a typed nil")
}

func TestErrorsPrintTheSameTextForEveryVerb(t *testing.T) {
	t.Parallel()
	info := callInfo{op: "sms_send"}
	for _, c := range []struct {
		want string
		err  error
	}{
		{"hellio: sms_send: 422 Unprocessable Entity invalid_request: No. (outcome: rejected)",
			&APIError{
				Status:  422,
				Code:    CodeInvalidRequest,
				Message: "No.",
				Outcome: OutcomeRejected,
				call:    info,
			}},
		{"hellio: sms_send: no response: The window is full. (outcome: not sent)", &APIError{
			Message: "The window is full.",
			Outcome: OutcomeNotSent,
			call:    info,
		}},
		{"hellio: 503 Service Unavailable: Down.; no budget (outcome: unknown)", &APIError{
			Status:  503,
			Message: "Down.",
			call:    callInfo{stop: "no budget"},
		}},
		{"hellio: sms_send: no response: EOF (outcome: unknown)", &ConnectionError{
			Err:  io.EOF,
			call: info,
		}},
		{"hellio: sms_send: 202 with a response that was not read to its end: EOF (outcome: accepted)",
			&ConnectionError{
				Err:      io.EOF,
				Outcome:  OutcomeAccepted,
				Response: Response{StatusCode: 202},
				call:     info,
			}},
		{"hellio: sms_send: 202 with an unreadable response: the response has no data (outcome: accepted)",
			&DecodeError{
				Err:      errNoData,
				Outcome:  OutcomeAccepted,
				Response: Response{StatusCode: 202},
				call:     info,
			}},
		{"hellio: sms_send: 404 Not Found not_found: the one with +*********01 is (outcome: rejected)",
			&APIError{
				Status:  404,
				Code:    CodeNotFound,
				Message: "the one with +23320999001 is",
				Outcome: OutcomeRejected,
				call:    info,
			}},
	} {
		require.Equal(t, c.want, c.err.Error())
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			require.Equal(t, c.want, fmt.Sprintf(verb, c.err), verb)
		}
	}
}

func TestConnectionErrorReportsTimeouts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{timeoutError{}, true},
		{context.DeadlineExceeded, true},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, true},
		{context.Canceled, false},
		{io.EOF, false},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, false},
	} {
		err := &ConnectionError{Err: c.err}
		require.Equal(t, c.want, err.Timeout(), "%v", c.err)
		data, jsonErr := json.Marshal(err)
		require.NoError(t, jsonErr)
		require.Contains(t, string(data), `"timeout":`+strconv.FormatBool(c.want))
	}
}

func TestErrorTextSaysWhyRetriesStopped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		err := sendSMS(t.Context(), stubbed(t, newStub(reply(429, `{}`, "Retry-After", "90"))))
		require.ErrorContains(t, err, "1m30s")
		var api *APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, http.StatusText(http.StatusTooManyRequests), api.Message)
	})
}

func FuzzParseErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"message":"No.","error":"invalid_request","errors":{"sender":["x"]},"period":"daily"}`,
		`{"errors":{"a":"b","c":[1,null]}}`,
		`null`,
		`[`,
		`{"error":{}}`,
		"\xff",
		`{"message":"\ud800"}`,
		strings.Repeat("[", 20000),
		`{"message":"+233209990001"}`,
		``,
	} {
		f.Add(422, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 || status/100 == 2 {
			status = 422
		}
		err := sendOnce(t, reply(status, string(body)))
		var api *APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, status, api.Status)
		require.NotEmpty(t, api.Message)
		require.NotEmpty(t, err.Error())
		if !json.Valid(body) {
			require.Empty(t, api.Code)
			require.Empty(t, api.Fields)
		}
		require.NotEqual(t, OutcomeNotSent, api.Outcome)
		require.NotEqual(t, OutcomeAccepted, api.Outcome)
		if status >= 500 {
			require.Equal(t, OutcomeUnknown, api.Outcome)
		}
	})
}

func sendOnce(t testing.TB, s step) error {
	t.Helper()
	_, err := stubbed(t, newStub(s)).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
	return err
}
