package hellio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"}

// forbidden are what no printed form may hold, in the shapes in which fmt could write them.
func forbidden() []string {
	var all []string
	for _, s := range []string{testToken, testNumber[1:], testText} {
		all = append(all, s, fmt.Sprintf("%x", s), strings.Trim(fmt.Sprintf("%#v", []byte(s)), "[]byte{}"), strings.Trim(fmt.Sprint([]byte(s)), "[]"))
	}
	return all
}

// printed gives all forms in which fmt and slog write a value.
func printed(value any) map[string]string {
	forms := map[string]string{}
	for _, verb := range verbs {
		forms[verb] = fmt.Sprintf(verb, value)
	}
	var text, object bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&object, nil)).Info("x", "value", value)
	forms["slog text"], forms["slog JSON"] = text.String(), object.String()
	return forms
}

func requireNoSecret(t *testing.T, value any, name string) {
	t.Helper()
	for form, text := range printed(value) {
		for _, secret := range forbidden() {
			require.NotContains(t, text, secret, "%s by %s", name, form)
		}
		require.NotContains(t, text, "PANIC", "%s by %s", name, form)
	}
}

// echo is a body that quotes back what was sent.
const echo = `{"data":{"recipients":["` + testNumber + `"],"message":"` + testText + `","token":"` + testToken + `"},"message":"+233209990001 is not a number.",` +
	`"error":"invalid_recipient","errors":{"recipients":["` + testNumber + `"],"message":["` + testText + `"]}}`

// failures gives one error of each kind, all of them answers that quote what was sent.
func failures(t *testing.T) map[string]error {
	t.Helper()
	errs := map[string]error{}
	for _, status := range []int{302, 400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 503} {
		errs[itoa(status)] = sendOnce(t, reply(status, echo))
	}
	errs["unreadable"] = sendOnce(t, reply(202, strings.TrimSuffix(echo, "}")))
	errs["a page"] = sendOnce(t, reply(200, echo+"<", "Content-Type", "text/html"))
	errs["another type"] = sendOnce(t, reply(202, `{"data":{"segments":"`+testText+`","reference":"`+testNumber+`"}}`))
	errs["an odd amount"] = sendOnce(t, reply(202, `{"data":{"estimated_cost":"`+testNumber+`"}}`))
	errs["lost"] = sendOnce(t, lost)
	errs["refused"] = sendOnce(t, refused)
	errs["wrapped"] = fmt.Errorf("sending: %w", errs["422"])
	errs["joined"] = errors.Join(errs["422"], errs["500"])
	_, errs["bad input"] = stubbed(t, newStub(lost)).SMS.Send(t.Context(), &SMSSendParams{
		Recipients: []string{testNumber + testNumber}, Message: testText})
	_, errs["bad token"] = NewClient(testToken + "\n")
	return errs
}

func TestErrorsDoNotPrintWhatWasSent(t *testing.T) {
	t.Parallel()
	for name, err := range failures(t) {
		require.Error(t, err, name)
		requireNoSecret(t, err, name)
		requireNoSecret(t, struct{ Err error }{err}, name+" within a struct")
		data, jsonErr := json.Marshal(err)
		require.NoError(t, jsonErr)
		for _, secret := range forbidden() {
			require.NotContains(t, string(data), secret, "%s as JSON", name)
		}
	}
}

func TestErrorsLogAndMarshalAsStatusCodeAndOutcomeOnly(t *testing.T) {
	t.Parallel()
	err := sendOnce(t, reply(422, `{"message":"The weather is fine.","error":"sender_not_approved"}`))
	for form, text := range printed(err) {
		if strings.HasPrefix(form, "slog") {
			require.NotContains(t, text, "weather", form)
			require.Contains(t, text, "sender_not_approved", form)
			require.Contains(t, text, "rejected", form)
		}
	}
	data, jsonErr := json.Marshal(err)
	require.NoError(t, jsonErr)
	var object map[string]any
	require.NoError(t, json.Unmarshal(data, &object))
	require.EqualValues(t, 422, object["status"])
	require.Equal(t, "rejected", object["outcome"])
	require.EqualValues(t, 1, object["attempts"])
	require.Equal(t, responseOf(t, err).IdempotencyKey, object["idempotency_key"])
	require.NotContains(t, string(data), "weather")
}

// Some services put a sentence where the code belongs.
func TestSentenceInPlaceOfACodeIsNotLogged(t *testing.T) {
	t.Parallel()
	var out syncBuffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newStub(reply(422, `{"error":"The number `+testNumber+` is invalid: `+testText+`"}`))
	err := sendSMS(t.Context(), stubbed(t, s, WithLogger(logger)))
	require.Error(t, err)
	require.NotContains(t, out.String(), testText)
	require.NotContains(t, out.String(), testNumber[1:])
	require.NotContains(t, err.Error(), testNumber[1:])
}

func TestCodeOfDigitsIsNotLogged(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"throttled": "throttled", "insufficient_2fa": "insufficient_2fa", "error.404": "error.404", "": "",
		"4839": "(unknown code)", "bad-4839": "(unknown code)", "48-39-20": "(unknown code)", "Not A Code": "(unknown code)",
		strings.Repeat("a", 64): strings.Repeat("a", 64), strings.Repeat("a", 65): "(unknown code)",
	} {
		require.Equal(t, want, shownCode(code), code)
	}
}

// net/http quotes what the server sent in the text of some errors, and a server may send back what it got.
func TestCauseOfATransportDoesNotShowWhatTheServerSent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`malformed HTTP response "` + testText + `"`:                               "malformed answer",
		`net/http: HTTP/1.x transport connection broken: malformed MIME header: x`: "net/http: HTTP/1.x transport connection broken: malformed answer",
		`bad Content-Length "` + testText + `"`:                                    "bad Content-Length (hidden)",
		`http2: server sent GOAWAY; ErrCode=NO_ERROR, debug="` + testText + `", x`: "http2: server sent GOAWAY; ErrCode=NO_ERROR, debug=(hidden), x",
		`unsupported transfer encoding: "a \"` + testText + `\" b"`:                "unsupported transfer encoding: (hidden)",
		`dial tcp 127.0.0.1:443: connect: connection refused`:                      `dial tcp 127.0.0.1:443: connect: connection refused`,
		`one mark " alone`: `one mark " alone`,
	} {
		require.Equal(t, want, shownCause(errors.New(text)))
	}
	require.Equal(t, `token source: no secret "hellio" in the vault`, shownCause(foreignError{"token source", errors.New(`no secret "hellio" in the vault`)}),
		"what the caller's own code says stays")
	for _, err := range []error{errors.New("lookup 233209990001.example: no such host"), foreignError{"token source", errors.New("no secret of 233209990001")}} {
		require.NotContains(t, shownCause(err), testNumber[1:], "numbers are masked whoever wrote them")
	}
}

func TestNumbersAreMaskedHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+233209990001 is wrong":    "+**********01 is wrong",
		"233209990001, 23320999000": "**********01, *********00",
		"1234567":                   "*****67",
		"code 123456":               "code 123456",
		"":                          "",
		"no digits":                 "no digits",
		"9999999":                   "*****99",
		"from 1234 - 5678":          "from 1234 - 5678",
		"é233209990001é":            "é**********01é",
		"+233 (20) 999-0001":        "+*** (**) ***-**01",
		"dial tcp 192.168.100.200:443: connection refused": "dial tcp 192.168.100.200:443: connection refused",
	} {
		require.Equal(t, want, maskNumbers(text))
	}
	for _, text := range []string{"+233 20 999 0001", "+233-20-999-0001", "(233) 209990001", "233.20.999.0001"} {
		masked := maskNumbers("The recipient " + text + " is wrong.")
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, masked)
		require.LessOrEqual(t, len(digits), 4, "the API takes numbers with spaces and dashes: %q", masked)
	}
}

func TestResponseAttemptAndClientDoNotPrintWhatWasSent(t *testing.T) {
	t.Parallel()
	var r Response
	c := stubbed(t, newStub(reply(422, echo, "Set-Cookie", testToken, "X-Echo", testText+testNumber)), WithDefaultSender("HELLIO"))
	_, err := c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
	require.Error(t, err)
	attempt := Attempt{Number: 1, Method: "POST", Route: "/sms/send", StatusCode: 422, Err: err, IdempotencyKey: "k"}
	for name, value := range map[string]any{
		"Response": r, "*Response": &r, "Attempt": attempt, "*Attempt": &attempt, "Client": *c, "*Client": c, "a service": c.SMS, "a service by value": *c.Balance,
		"within a struct": struct {
			R Response
			A Attempt
			C *Client
		}{r, attempt, c},
		"foreign error": Attempt{Err: errors.New(testText)}, "credentials": foreignError{"token source", &ParamError{}},
	} {
		requireNoSecret(t, value, name)
	}
	require.Contains(t, fmt.Sprint(c), "https://api.helliomessaging.com/v1")
	require.Equal(t, "hellio.Client{}", fmt.Sprint(Client{}))
	for name, value := range map[string]any{"Response": r, "Attempt": attempt} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		require.Contains(t, string(data), "422", name)
		for _, secret := range forbidden() {
			require.NotContains(t, string(data), secret, name)
		}
	}
	require.Contains(t, fmt.Sprint(r), "422")
	require.Contains(t, fmt.Sprint(attempt), "invalid_recipient", "the code tells what is wrong")
}

func TestResponseTellsWhatThereIsAndNothingElse(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Response{
		`{"attempts":2}`: {Attempts: 2},
		`{"status":202,"attempts":1,"idempotency_key":"k","replayed":true}`: {StatusCode: 202, Attempts: 1, IdempotencyKey: "k", Replayed: true, Body: []byte("x")},
	} {
		data, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, want, string(data))
	}
}

func TestParamsPrintWithoutContentAndMarshalWhole(t *testing.T) {
	t.Parallel()
	p := oneSMS()
	requireNoSecret(t, *p, "params")
	requireNoSecret(t, p, "a pointer to params")
	for _, verb := range verbs {
		for _, value := range []any{struct{ P SMSSendParams }{*p}, []SMSSendParams{*p}, map[string]SMSSendParams{"a": *p}} {
			text := fmt.Sprintf(verb, value)
			for _, secret := range forbidden() {
				require.NotContains(t, text, secret, "params within something else, by %s", verb)
			}
		}
	}
	for _, form := range printed(p) {
		require.Contains(t, form, "1 recipient")
	}
	data, err := json.Marshal(p)
	require.NoError(t, err)
	var back SMSSendParams
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, *p, back, "users queue them")
}

func TestARefusalDoesNotQuoteWhatItRefuses(t *testing.T) {
	t.Parallel()
	const secret = "xyzzy/" // also where a URL, a country or an id is due
	_, country := countryQuery(secret)
	_, mode := modeCall(t.Context(), nil, nil, "id", secret, nil)
	_, amount := ParseAmount(secret)
	for name, err := range map[string]error{
		"callback": checkCallback("url", "ftp://me:"+secret), "audio": (&VoiceSendParams{AudioURL: "ftp://me:" + secret}).check(),
		"address": checkEmail("emails[0]", secret), "code": checkCode(secret), "id": checkID("id", secret), "country": country, "mode": mode, "amount": amount,
		"number": checkNumbers("recipients", []string{secret}, 1, 2), "long text": checkText("message", secret, 0, 2), "broken text": checkText("message", secret+"\xff", 0, 0),
		"sender": checkSender(secret + secret), "secrets": checkSecrets([]string{secret}), "secrets with a space": checkSecrets([]string{secret + secret + secret + " "}),
	} {
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "xyzzy", name)
	}
}

func TestTokenSourceErrorDoesNotShowTheToken(t *testing.T) {
	t.Parallel()
	source := &tokens{give: func(int64) (string, error) { return testToken + "\n", nil }}
	err := sendSMS(t.Context(), stubbed(t, newStub(lost), WithTokenSource(source)))
	require.Error(t, err)
	requireNoSecret(t, err, "bad token")
}
