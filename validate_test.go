package hellio

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefusalNamesGivenAndAllowedAsNouns(t *testing.T) {
	t.Parallel()
	_, amount := ParseAmount("twelve")
	_, noAmount := ParseAmount("")
	_, country := countryQuery("G1")
	_, countries := countryQuery("GHA")
	_, mode := modeCall(t.Context(), nil, nil, "id", "draft", nil)
	_, noMode := modeCall(t.Context(), nil, nil, "id", "", nil)
	const (
		decimal   = "a plain decimal number of at most 64 bytes"
		letters   = "two letters A to Z, or an empty string for all countries"
		httpsURL  = "an absolute https URL"
		anyURL    = "an absolute http or https URL"
		validUTF8 = "valid UTF-8"
	)
	for _, c := range []struct {
		err            error
		given, allowed string
	}{
		{nilParams(), "nil", "a pointer to params"},
		{nilContext(), "nil", "a context"},
		{checkText("f", "", 1, 1600), "an empty string", "1 to 1600 characters"},
		{checkText("f", "é", 2, 0), "1 character", "at least 2 characters"},
		{checkText("f", "ééé", 0, 2), "3 characters", "at most 2 characters"},
		{checkText("f", "éé", 0, 1), "2 characters", "at most 1 character"},
		{checkText("f", "\xff", 0, 0), "invalid UTF-8", validUTF8},
		{checkNumbers("f", nil, 0, 0), "0 numbers", "at least 1 number"},
		{checkNumbers("f", []string{"2", "3"}, 1, 0), "2 numbers", "1 to 1 number"},
		{checkNumbers("f", []string{""}, 0, 0), "an empty string", "at least 1 character"},
		{checkNumbers("f", []string{"234"}, 1, 2), "3 characters", "1 to 2 characters"},
		{checkFilled("f", " \t", 11), "2 characters of white space", "1 to 11 characters"},
		{checkFilled("f", "2\xff", 11), "invalid UTF-8", validUTF8},
		{
			checkSender(""),
			"an empty string",
			"1 to 11 characters, in the params or by WithDefaultSender",
		},
		{checkSender(strings.Repeat("é", 12)), "12 characters", "1 to 11 characters"},
		{checkRange("f", 3, 4, 10), "3", "4 to 10, or 0 for the API's default"},
		{checkRange("f", -1, 4, 10), "-1", "4 to 10, or 0 for the API's default"},
		{checkEmail("f", ""), "an empty string", "an e-mail address"},
		{checkEmail("f", "ama.example.com"), "no @", "an e-mail address"},
		{checkEmail("f", " @example.com"), "nothing before the @", "an e-mail address"},
		{checkEmail("f", "ama@ "), "nothing after the @", "an e-mail address"},
		{checkEmail("f", "ama@\xff"), "invalid UTF-8", "an e-mail address"},
		{checkCallback("f", ""), "an empty string", httpsURL},
		{checkCallback("f", "/hooks"), "a URL that is not absolute", httpsURL},
		{checkCallback("f", "ftp://example.com"), "a URL that is not absolute", httpsURL},
		{checkCallback("f", "http://example.com"), "plain http", httpsURL},
		{(&VoiceSendParams{AudioURL: "/a"}).check(), "a URL that is not absolute", anyURL},
		{(&VoiceSendParams{}).check(), "neither text nor audio_url", "one of them"},
		{(&EmailVerifyParams{}).check(), "no addresses", "at least 1 address"},
		{(&LoginParams{}).check(), "an empty string", "at least 1 character"},
		{checkCode(""), "an empty string", "1 to 12 digits"},
		{checkCode("1234567890123"), "13 characters", "1 to 12 digits"},
		{checkCode("12a"), "a character that is not a digit", "1 to 12 digits"},
		{country, "a character that is not a letter", letters},
		{countries, "3 characters", letters},
		{mode, "an unknown mode", "test or live"},
		{noMode, "an empty string", "test or live"},
		{amount, "6 bytes in another form", decimal},
		{noAmount, "an empty string", decimal},
	} {
		var bad *ParamError
		require.ErrorAs(t, c.err, &bad)
		require.Equal(t, [2]string{c.given, c.allowed}, [2]string{bad.Given, bad.Allowed})
	}
}

func TestChecksAcceptValuesWithinTheLimits(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"an empty text":        checkText("f", "", 0, 2),
		"the longest text":     checkText("f", "éé", 0, 2),
		"a text without bound": checkText("f", strings.Repeat("a", 9999), 0, 0),
		"the most numbers":     checkNumbers("f", []string{"12", "3"}, 2, 2),
		"a sender":             checkSender(strings.Repeat("é", 11)),
		"the lower bound":      checkRange("f", 4, 4, 10),
		"the upper bound":      checkRange("f", 10, 4, 10),
		"the API's default":    checkRange("f", 0, 4, 10),
		"an address":           checkEmail("f", "a@b"),
		"an https URL":         checkCallback("f", "https://example.com/h"),
		"a loopback URL":       checkCallback("f", "http://[::1]:8080/h"),
		"a code":               checkCode("123456789012"),
	} {
		require.NoError(t, err, name)
	}
}

func TestRefusalDoesNotQuoteTheValue(t *testing.T) {
	t.Parallel()
	const secret = "xyzzy/" // also where a URL, a country or an id is due
	_, country := countryQuery(secret)
	_, mode := modeCall(t.Context(), nil, nil, "id", secret, nil)
	_, amount := ParseAmount(secret)
	for name, err := range map[string]error{
		"callback":             checkCallback("url", "ftp://me:"+secret),
		"audio":                (&VoiceSendParams{AudioURL: "ftp://me:" + secret}).check(),
		"address":              checkEmail("emails[0]", secret),
		"code":                 checkCode(secret),
		"id":                   checkID("id", secret),
		"country":              country,
		"mode":                 mode,
		"amount":               amount,
		"number":               checkNumbers("recipients", []string{secret}, 1, 2),
		"long text":            checkText("message", secret, 0, 2),
		"broken text":          checkText("message", secret+"\xff", 0, 0),
		"sender":               checkSender(secret + secret),
		"secrets":              checkSecrets([]string{secret}),
		"secrets with a space": checkSecrets([]string{secret + secret + secret + " "}),
	} {
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "xyzzy", name)
	}
}

// values returns the zero values of the types of params and results. The test
// of the zero values checks that no type is missing.
func values() []any {
	return []any{
		SMSSendParams{},
		SMSSendResult{},
		OTPSendParams{},
		OTPSendResult{},
		OTPVerifyParams{},
		VoiceSendParams{},
		VoiceSendResult{},
		VoiceCampaign{},
		LookupParams{},
		LookupBatch{},
		Lookup{},
		LookupListParams{},
		EmailVerifyParams{},
		EmailResult{},
		Message{},
		Campaign{},
		MessageListParams{},
		CampaignListParams{},
		Balance{},
		Price{},
		WebhookParams{},
		Webhook{},
		USSDListParams{},
		USSDPricing{},
		USSDSessionPrice{},
		USSDExtensionPrice{},
		USSDAvailability{},
		USSDSimulateParams{},
		USSDSimulateResult{},
		USSDAppParams{},
		USSDApp{},
		USSDExtensionParams{},
		USSDExtension{},
		USSDSession{},
		USSDSessionListParams{},
		LoginParams{},
		AccessToken{},
		Segments{},
		Page[Message]{},
		Page[Lookup]{},
	}
}

// otherValues returns the zero values of the other exported types.
func otherValues() []any {
	return []any{
		Channel(""),
		OTPStatus(""),
		Voice(""),
		VoiceStatus(""),
		LookupStatus(""),
		EmailStatus(""),
		MessageStatus(""),
		CampaignStatus(""),
		USSDMode(""),
		USSDAction(""),
		USSDSessionStatus(""),
		Encoding(""),
		Amount{},
		ID(""),
		Timestamp{},
		SMSService{},
		OTPService{},
		VoiceService{},
		LookupService{},
		EmailService{},
		ReportsService{},
		BalanceService{},
		WebhooksService{},
		USSDService{},
		USSDAppsService{},
		USSDExtensionsService{},
		USSDSessionsService{},
	}
}

// exportedTypes returns the names of the types that the service files and those
// of the values declare.
func exportedTypes(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range []string{
		"sms.go", "otp.go", "voice.go", "lookup.go", "email.go", "reports.go", "balance.go",
		"webhooks.go", "ussd.go", "ussd_json.go", "login.go", "page.go", "poll.go",
		"scalars.go", "validate.go", "codes.go", "redact.go", "segments.go", "secrets.go",
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				names = append(names, spec.Name.Name)
			}
			return true
		})
	}
	return names
}

func TestZeroAndNilValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, value := range append(values(), otherValues()...) {
		typ := reflect.TypeOf(value)
		name, _, _ := strings.Cut(typ.Name(), "[")
		covered[name] = true
		zero, none := reflect.New(typ), reflect.Zero(reflect.PointerTo(typ))
		for i := range zero.NumMethod() {
			method := zero.Type().Method(i).Name
			if isOfTime(typ, method) {
				continue
			}
			callMethod(t, zero, i)
			if _, byValue := typ.MethodByName(method); !byValue {
				callMethod(t, none, i)
			}
		}
	}
	for _, name := range exportedTypes(t) {
		require.True(t, covered[name], "%s is in neither list", name)
	}
}

// isOfTime reports whether a method belongs to the time.Time in a Timestamp.
func isOfTime(typ reflect.Type, method string) bool {
	_, found := reflect.TypeFor[*time.Time]().MethodByName(method)
	own := method == "MarshalJSON" || method == "UnmarshalJSON"
	return found && !own && typ == reflect.TypeFor[Timestamp]()
}

// printer is the state of fmt that a Formatter writes to.
type printer struct{ bytes.Buffer }

func (*printer) Width() (int, bool)     { return 0, false }
func (*printer) Precision() (int, bool) { return 0, false }
func (*printer) Flag(int) bool          { return false }

// callMethod calls a method with nil and zero arguments, with and without a
// context. A service method must return a *ParamError.
func callMethod(t *testing.T, v reflect.Value, i int) {
	t.Helper()
	name := v.Type().String() + "." + v.Type().Method(i).Name
	method := v.Method(i)
	for _, ctx := range []reflect.Value{
		reflect.Zero(reflect.TypeFor[context.Context]()),
		reflect.ValueOf(t.Context()),
	} {
		var args []reflect.Value
		for n := range method.Type().NumIn() {
			switch in := method.Type().In(n); {
			case method.Type().IsVariadic() && n == method.Type().NumIn()-1:
			case in == reflect.TypeFor[fmt.State]():
				args = append(args, reflect.ValueOf(new(printer)))
			case in == ctx.Type() || in == reflect.TypeFor[context.Context]():
				args = append(args, ctx)
			default:
				args = append(args, reflect.Zero(in))
			}
		}
		var results []reflect.Value
		require.NotPanics(t, func() { results = method.Call(args) }, name)
		for _, result := range results {
			if err, failed := result.Interface().(error); failed &&
				strings.Contains(name, "Service") {
				require.ErrorAs(t, err, new(*ParamError), name)
			}
			if result.Kind() == reflect.Func {
				require.NotPanics(t, func() { result.Call([]reflect.Value{endOf(result)}) }, name)
			}
		}
	}
}

// endOf returns a yield function for an iterator.
func endOf(iterator reflect.Value) reflect.Value {
	yield := iterator.Type().In(0)
	return reflect.MakeFunc(yield, func([]reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(true)}
	})
}

func TestNilParamsAreParamErrors(t *testing.T) {
	t.Parallel()
	c := stubbed(t, newStub(lost))
	services := []any{
		c.SMS, c.OTP, c.Voice, c.Lookup, c.Email, c.Reports, c.Balance, c.Webhooks,
		c.USSD, c.USSD.Apps, c.USSD.Extensions, c.USSD.Sessions,
	}
	calls := 0
	for _, service := range services {
		v := reflect.ValueOf(service)
		for i := range v.NumMethod() {
			method := v.Method(i)
			last := method.Type().NumIn() - 2 // before the options
			if last < 1 || method.Type().In(last).Kind() != reflect.Pointer {
				continue
			}
			calls++
			callMethod(t, v, i)
		}
	}
	require.Greater(t, calls, 15)
	_, err := Login(t.Context(), nil)
	requireParamError(t, err, "params", "nil")
}
