package hellio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"}

// forbidden returns what no printed form may hold, in each form in which fmt
// could write it.
func forbidden() []string {
	var all []string
	for _, s := range []string{testToken, testNumber[1:], testText} {
		all = append(all,
			s,
			fmt.Sprintf("%x", s),
			strings.Trim(fmt.Sprintf("%#v", []byte(s)), "[]byte{}"),
			strings.Trim(fmt.Sprint([]byte(s)), "[]"))
	}
	return all
}

// printed returns all forms in which fmt and slog write a value.
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

// fill sets each field to a value that must not be printed there: a number in
// names and statuses, a text or the token elsewhere.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "Abilities" { // scopes are no secret
				continue
			}
			fill(v.Field(i))
			fillText(field.Name, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`"` + testText + `"`))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.String:
		v.SetString(testText)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Bool:
		v.SetBool(true)
	}
}

func fillText(field string, v reflect.Value) {
	switch {
	case v.Kind() != reflect.String:
	case v.Type() == reflect.TypeFor[ID]():
		v.SetString("90211")
		if strings.HasPrefix(field, "Session") {
			v.SetString(testNumber)
		}
	case field == "Reference" || field == "IdempotencyKey" || field == "NextCursor":
		v.SetString("r")
	case describeText(field, "", v.Type() != reflect.TypeFor[string]()) == `""`:
		v.SetString(testNumber)
	case strings.Contains(field, "Secret"):
		v.SetString(testToken)
	}
}

func TestParamsAndResultsPrintWithoutSecrets(t *testing.T) {
	t.Parallel()
	for _, value := range values() {
		name := reflect.TypeOf(value).Name()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			filled := reflect.New(reflect.TypeOf(value))
			if _, redacts := value.(fmt.Formatter); !redacts {
				requireNothingSecret(t, filled.Elem().Type())
				return
			}
			fill(filled.Elem())
			for _, v := range []any{filled.Elem().Interface(), filled.Interface()} {
				requireNoSecret(t, v, name)
				for _, verb := range verbs {
					within := fmt.Sprintf(verb, struct{ V any }{v}) + fmt.Sprintf(verb, []any{v})
					for _, secret := range forbidden() {
						require.NotContains(t, within, secret, "within another value, by %s", verb)
					}
				}
			}
			short, _, _ := strings.Cut(name, "[")
			require.Contains(t, fmt.Sprint(filled.Interface()), short+"{")
			require.Contains(t, fmt.Sprint(value), short+"{")
		})
	}
}

// requireNothingSecret allows a type without Format only fields that are never
// secret.
func requireNothingSecret(t *testing.T, typ reflect.Type) {
	t.Helper()
	for i := range typ.NumField() {
		switch field := typ.Field(i); field.Type.Kind() {
		case reflect.String, reflect.Slice:
			require.Contains(t, []string{
				"Reference", "CampaignID", "Status", "Currency", "Network", "Slug", "Cursor",
				"Encoding", "URL", "CallbackURL", "Events", "Name", "Code", "AppID", "ShortCode",
			}, field.Name, "a text that is printed")
		}
	}
}

func TestDescribeShowsStatusesAndLengths(t *testing.T) {
	t.Parallel()
	yes := true
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for want, value := range map[string]any{
		`SMSSendParams{}`: SMSSendParams{},
		`SMSSendParams{Recipients: 2, Sender: "HELLIO", Message: 4 characters}`: SMSSendParams{
			Recipients: []string{"1", "2"},
			Sender:     "HELLIO",
			Message:    "café",
		},
		`OTPSendResult{IdempotencyKey: "k", Replayed: true, Reference: "r"}`: OTPSendResult{
			KeyedResult: KeyedResult{"k", true},
			Reference:   "r",
		},
		`Lookup{Valid: true, Cost: 0.0100, CreatedAt: 2026-03-04T05:06:07Z}`: Lookup{
			Valid:     &yes,
			Cost:      Amount{"0.0100"},
			CreatedAt: Timestamp{Time: at},
		},
		`LookupParams{Numbers: 1, ScheduledAt: 2026-03-04T05:06:07Z}`: LookupParams{
			Numbers:     []string{"1"},
			ScheduledAt: at,
		},
		`Campaign{Statuses: 2, CompletedAt: 9 characters}`: Campaign{
			Statuses:    map[MessageStatus]int{MessageSent: 1, MessageFailed: 2},
			CompletedAt: Timestamp{text: "yesterday"},
			Raw:         []byte("{}"),
		},
		`Message{Sender: "**********01", Status: "a\nb"}`: Message{
			Sender: "233209990001",
			Status: "a\nb",
		},
		`Page{Data: 1, NextCursor: 1 character, PerPage: 50}`: Page[Message]{
			Data:       []Message{{}},
			NextCursor: "x",
			PerPage:    50,
		},
	} {
		require.Equal(t, want, fmt.Sprint(value))
	}
}

func TestParamsAndResultsMarshalWhole(t *testing.T) {
	t.Parallel()
	for _, value := range values() {
		if _, paged := value.(Page[Message]); paged {
			continue // read by decodeBody alone
		}
		filled := reflect.New(reflect.TypeOf(value))
		fill(filled.Elem())
		if raw := filled.Elem().FieldByName("Raw"); raw.IsValid() {
			raw.SetZero()
		}
		data, err := json.Marshal(filled.Interface())
		require.NoError(t, err)
		read := reflect.New(filled.Elem().Type())
		require.NoError(t, json.Unmarshal(data, read.Interface()))
		written, err := json.Marshal(read.Interface())
		require.NoError(t, err)
		require.JSONEq(t, string(data), string(written), "callers store them: %T", value)
	}
}

func TestErrorsOfDecodingQuoteNothing(t *testing.T) {
	t.Parallel()
	const echoed = `{"data":{"recipients":["` + testNumber + `"],"message":"` + testText + `"}`
	for name, err := range map[string]error{
		"unreadable": sendOnce(t, reply(202, echoed)),
		"a page":     sendOnce(t, reply(200, echoed+"<", "Content-Type", "text/html")),
		"another type": sendOnce(t, reply(202,
			`{"data":{"segments":"`+testText+`","reference":"`+testNumber+`"}}`)),
		"an odd amount": sendOnce(t, reply(202, `{"data":{"estimated_cost":"`+testNumber+`"}}`)),
	} {
		require.ErrorAs(t, err, new(*DecodeError), name)
		requireNoSecret(t, err, name)
		requireNoSecret(t, struct{ Err error }{err}, name+" within a struct")
	}
	_, err := NewClient(testToken + "\n")
	requireNoSecret(t, err, "a bad token")
}

func TestErrorsLogStatusCodeAndOutcomeOnly(t *testing.T) {
	t.Parallel()
	const body = `{"message":"The weather is fine.","error":"sender_not_approved"}`
	err := sendOnce(t, reply(422, body))
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

func TestACodeOfDigitsIsNotLogged(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"":                      "",
		"throttled":             "throttled",
		"insufficient_2fa":      "insufficient_2fa",
		"error.404":             "error.404",
		"4839":                  "(unknown code)",
		"bad-4839":              "(unknown code)",
		"48-39-20":              "(unknown code)",
		"Not A Code":            "(unknown code)",
		strings.Repeat("a", 64): strings.Repeat("a", 64),
		strings.Repeat("a", 65): "(unknown code)",
	} {
		require.Equal(t, want, shownCode(code), code)
	}
}

// net/http quotes the server in the text of some errors, and a server may send
// back what it received.
func TestACauseDoesNotQuoteTheServer(t *testing.T) {
	t.Parallel()
	const quoted = `"` + testText + `"`
	for text, want := range map[string]string{
		`malformed HTTP response ` + quoted:          `malformed response`,
		`transport: broken: malformed MIME header`:   `transport: broken: malformed response`,
		`bad Content-Length ` + quoted:               `bad Content-Length (hidden)`,
		`server sent GOAWAY; debug=` + quoted + `,x`: `server sent GOAWAY; debug=(hidden),x`,
		`unsupported encoding: "a \` + quoted + `b"`: `unsupported encoding: (hidden)`,
		`dial tcp 127.0.0.1:443: connection refused`: `dial tcp 127.0.0.1:443: connection refused`,
		`one mark " alone`:                           `one mark " alone`,
	} {
		require.Equal(t, want, shownCause(errors.New(text)))
	}
	own := foreignError{"token source", errors.New(`no secret "hellio" in the vault`)}
	require.Equal(t, own.Error(), shownCause(own), "the text of the caller stays")
	for _, err := range []error{
		errors.New("lookup 233209990001.example: no such host"),
		foreignError{"token source", errors.New("no secret of 233209990001")},
	} {
		require.NotContains(t, shownCause(err), testNumber[1:])
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
		"tcp 192.168.100.200:443":   "tcp 192.168.100.200:443",
	} {
		require.Equal(t, want, maskNumbers(text))
	}
	for _, text := range []string{
		"+233 20 999 0001",
		"+233-20-999-0001",
		"(233) 209990001",
		"233.20.999.0001",
	} {
		masked := maskNumbers("The recipient " + text + " is wrong.")
		require.LessOrEqual(t, countDigits(masked), 4, masked)
	}
}

func TestDigitsOfCodesAreMaskedWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"482913":         "******",
		"a482913b":       "a******b",
		"482-913":        "***-***",
		"1482913 or 12":  "******* or 12",
		"at most 1600":   "at most 1600",
		"ip 4.8.29.13":   "ip 4.8.29.13",
		"+2332099900012": "+***********12",
	} {
		require.Equal(t, want, maskDigits(text, minNumberDigits, []string{"482913"}), text)
	}
	require.Equal(t, "**** of 123", maskDigits("1600 of 123", shortestOTP, nil))
}

func TestClientAndServicesPrintNoToken(t *testing.T) {
	t.Parallel()
	c := stubbed(t, newStub(lost), WithDefaultSender("HELLIO"))
	for name, value := range map[string]any{
		"Client":             *c,
		"*Client":            c,
		"a service":          c.SMS,
		"a service by value": *c.Balance,
		"within a struct":    struct{ C *Client }{c},
		"foreign error":      Attempt{Err: errors.New(testText)},
		"credentials":        foreignError{"token source", &ParamError{}},
	} {
		requireNoSecret(t, value, name)
	}
	require.Contains(t, fmt.Sprint(c), "https://api.helliomessaging.com/v1")
	require.Equal(t, "hellio.Client{}", fmt.Sprint(Client{}))
}

func TestHandlersPrintNoSecret(t *testing.T) {
	t.Parallel()
	secrets := []string{testToken + "-is-long"}
	webhooks, err := NewWebhookHandler(secrets,
		func(context.Context, *WebhookEvent) error { return nil })
	require.NoError(t, err)
	ussd, err := NewUSSDHandler(secrets,
		func(context.Context, *USSDRequest) (*USSDReply, error) { return nil, nil })
	require.NoError(t, err)
	for name, value := range map[string]any{
		"*WebhookHandler": webhooks,
		"WebhookHandler":  *webhooks,
		"*USSDHandler":    ussd,
		"USSDHandler":     *ussd,
	} {
		requireNoSecret(t, value, name)
	}
}

func TestResponseMarshalsWhatThereIs(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Response{
		`{"attempts":2}`: {Attempts: 2},
		`{"status":202,"attempts":1,"idempotency_key":"k","replayed":true}`: {
			StatusCode:     202,
			Attempts:       1,
			IdempotencyKey: "k",
			Replayed:       true,
			Body:           []byte("x"),
		},
	} {
		data, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, want, string(data))
	}
}

func TestTokenSourceErrorDoesNotShowTheToken(t *testing.T) {
	t.Parallel()
	source := &tokens{fetch: func(int64) (string, error) { return testToken + "\n", nil }}
	err := sendSMS(t.Context(), stubbed(t, newStub(lost), WithTokenSource(source)))
	require.Error(t, err)
	requireNoSecret(t, err, "bad token")
}
