package hellio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

const (
	ussdSecret = "ussk_test_0123456789"
	stepBody   = `{"sessionId":"s-1","msisdn":"233209990001","serviceCode":"*920#",` +
		`"input":"4711","sequence":2,"mode":"test"}`
)

type ussdFunc = func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error)

func hangUp(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
	return hellio.EndUSSD("Goodbye."), nil
}

// replying returns a function that replies the same to every step.
func replying(reply *hellio.USSDReply, err error) ussdFunc {
	return func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
		return reply, err
	}
}

// keeping returns a function that keeps the step.
func keeping(step **hellio.USSDRequest) ussdFunc {
	return func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
		*step = r
		return hellio.ContinueUSSD("1. Airtime\n2. <More> é"), nil
	}
}

func ussdHandler(
	t testing.TB,
	handle ussdFunc,
	opts ...hellio.USSDOption,
) *hellio.USSDHandler {
	t.Helper()
	silent := hellio.WithUSSDLogger(slog.New(slog.DiscardHandler))
	opts = append([]hellio.USSDOption{silent}, opts...)
	h, err := hellio.NewUSSDHandler([]string{ussdSecret, nextSecret}, handle, opts...)
	require.NoError(t, err)
	return h
}

// dial sends one step, signed with the first secret, to a handler.
func dial(h http.Handler, body string) *httptest.ResponseRecorder {
	return post(h, http.Header{headerV1: {hexMAC(ussdSecret, body)}}, body)
}

func TestAStepIsDecodedAndAnswered(t *testing.T) {
	t.Parallel()
	var got *hellio.USSDRequest
	w := dial(ussdHandler(t, keeping(&got)), stepBody)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	want := `{"message":"1. Airtime\n2. <More> é","action":"continue"}`
	require.JSONEq(t, want, w.Body.String())
	require.True(t, *got == hellio.USSDRequest{
		SessionID:   "s-1",
		MSISDN:      "233209990001",
		ServiceCode: "*920#",
		Input:       "4711",
		Sequence:    2,
		Mode:        hellio.USSDTest,
	})

	w = dial(ussdHandler(t, hangUp), stepBody)
	require.JSONEq(t, `{"message":"Goodbye.","action":"end"}`, w.Body.String())
}

func TestTheFirstStepMayComeWithoutInput(t *testing.T) {
	t.Parallel()
	const nulls = `{"sessionId":"s","msisdn":null,"mode":null,"sequence":null}`
	const scalars = `{"sessionId":7,"msisdn":233,"input":1,"sequence":"2"}`
	for body, want := range map[string]hellio.USSDRequest{
		`{"sessionId":"s","input":""}`:                {SessionID: "s"},
		`{"sessionId":"s","input":null,"sequence":1}`: {SessionID: "s", Sequence: 1},
		`{"sessionId":"s"}`:                           {SessionID: "s"},
		nulls:                                         {SessionID: "s"},
		`{"sessionId":"a\/b","input":"\u0031*\u00e9\""}`: {SessionID: "a/b", Input: "1*é\""},
		`{"sessionId":"s","mode":"preview","new":{}}`:    {SessionID: "s", Mode: "preview"},
		scalars: {
			SessionID: "7",
			MSISDN:    "233",
			Input:     "1",
			Sequence:  2,
		},
	} {
		var got *hellio.USSDRequest
		w := dial(ussdHandler(t, keeping(&got)), body)
		require.Equal(t, http.StatusOK, w.Code, body)
		require.True(t, want == *got, body)
	}
}

func TestAnAmbiguousSignedStepIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"",
		" ",
		"sessionId=s",
		"null",
		"[]",
		`"s"`,
		"12",
		stepBody + stepBody,
		stepBody[:30],
		`{}`,
		`{"sessionId":""}`,
		`{"sessionId":null}`,
		`{"sessionId":{}}`,
		`{"SessionID":"s"}`,
		`{"sessionId":"s","sessionId":"t"}`,
		`{"sessionId":"s","input":{}}`,
		`{"sessionId":"s","input":["1"]}`,
		`{"sessionId":"s","input":true}`,
		`{"sessionId":"s","msisdn":false}`,
		`{"sessionId":"s","sequence":1.5}`,
		`{"sessionId":"s","sequence":"two"}`,
		`{"sessionId":"s","sequence":99999999999999999999}`,
		"{\"sessionId\":\"s\xff\"}",
	} {
		w := dial(ussdHandler(t, hangUp), body)
		require.Equal(t, http.StatusBadRequest, w.Code, body)
		require.Equal(t, "Bad Request\n", w.Body.String())
	}
}

func TestAStepNeedsAValidSignature(t *testing.T) {
	t.Parallel()
	right := hexMAC(ussdSecret, stepBody)
	for name, c := range map[string]struct {
		headers http.Header
		want    int
	}{
		"right":              {http.Header{headerV1: {right}}, 200},
		"of the other mode":  {http.Header{headerV1: {hexMAC(nextSecret, stepBody)}}, 200},
		"upper-case hex":     {http.Header{headerV1: {strings.ToUpper(right)}}, 200},
		"lower-case name":    {http.Header{strings.ToLower(headerV1): {right}}, 200},
		"missing":            {http.Header{}, 401},
		"empty":              {http.Header{headerV1: {""}}, 401},
		"twice":              {http.Header{headerV1: {right, right}}, 401},
		"with a space":       {http.Header{headerV1: {right + " "}}, 401},
		"too short":          {http.Header{headerV1: {right[:62]}}, 401},
		"of another body":    {http.Header{headerV1: {hexMAC(ussdSecret, stepBody+" ")}}, 401},
		"of another secret":  {http.Header{headerV1: {hexMAC(webhookSecret, stepBody)}}, 401},
		"under another name": {http.Header{headerV2: {right}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := post(ussdHandler(t, hangUp), c.headers, stepBody)
			require.Equal(t, c.want, w.Code)
		})
	}
}

func TestARefusedStepIsLoggedWithoutItsBody(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := ussdHandler(t, hangUp, hellio.WithUSSDLogger(logTo(&log)))
	require.Equal(t, http.StatusUnauthorized, post(h, http.Header{}, stepBody).Code)
	require.Contains(t, log.String(), `"status":401`)
	require.Contains(t, log.String(), headerV1)
	require.NotContains(t, log.String(), "4711")
	require.NotContains(t, log.String(), "233209990001")
}

func TestAUSSDHandlerRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	h := ussdHandler(t, hangUp)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, http.MethodPost, w.Header().Get("Allow"))

	large := strings.Repeat(" ", 1<<20+1)
	require.Equal(t, http.StatusRequestEntityTooLarge, dial(h, large).Code)

	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(io.ErrUnexpectedEOF))
	r.Header.Set(headerV1, hexMAC(ussdSecret, stepBody))
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, http.StatusBadRequest, w.Code, "a body that ends early is not forged")
}

func TestBadInputOfAUSSDHandlerIsRefused(t *testing.T) {
	t.Parallel()
	h, err := hellio.NewUSSDHandler([]string{ussdSecret}, nil)
	requireParamField(t, "handle", err)
	require.Nil(t, h)
	h, err = hellio.NewUSSDHandler([]string{ussdSecret}, hangUp, nil)
	requireParamField(t, "option", err)
	require.Nil(t, h)
}

func TestAUSSDHandlerCopiesItsSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{ussdSecret}
	silent := hellio.WithUSSDLogger(slog.New(slog.DiscardHandler))
	h, err := hellio.NewUSSDHandler(secrets, hangUp, silent)
	require.NoError(t, err)
	secrets[0] = nextSecret
	require.Equal(t, http.StatusOK, dial(h, stepBody).Code)
	w := post(h, http.Header{headerV1: {hexMAC(nextSecret, stepBody)}}, stepBody)
	require.Equal(t, http.StatusUnauthorized, w.Code)
}

func TestAFailedStepIsA500WithoutDetail(t *testing.T) {
	t.Parallel()
	locked := errors.New("wallet is locked")
	for name, c := range map[string]struct {
		handle ussdFunc
		logged string
	}{
		"an error":      {replying(nil, locked), "wallet is locked"},
		"no reply":      {replying(nil, nil), "nil"},
		"no action":     {replying(&hellio.USSDReply{Message: "PIN?"}, nil), "action"},
		"a zero reply":  {replying(new(hellio.USSDReply), nil), "action"},
		"invalid UTF-8": {replying(hellio.EndUSSD("\xff"), nil), "UTF-8"},
		"a panic": {
			func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) { panic(locked) },
			"wallet is locked",
		},
		"an error that quotes the step": {
			func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
				return nil, fmt.Errorf("%s: %+v", r.MSISDN, r)
			},
			"4 characters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := dial(ussdHandler(t, c.handle, hellio.WithUSSDLogger(logTo(&log))), stepBody)
			require.Equal(t, http.StatusInternalServerError, w.Code)
			require.Equal(t, "Internal Server Error\n", w.Body.String())
			require.Contains(t, log.String(), c.logged)
			require.Contains(t, log.String(), "USSDRequest{session s-1, step 2, mode test, "+
				"number **********01, input of 4 characters}")
			for _, hidden := range []string{
				"233209990001",
				"4711",
				"PIN?",
				ussdSecret,
				hexMAC(ussdSecret, stepBody),
			} {
				require.NotContains(t, log.String(), hidden)
			}
		})
	}
}

func TestAnAbortedStepIsAborted(t *testing.T) {
	t.Parallel()
	h := ussdHandler(t, func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
		panic(http.ErrAbortHandler)
	})
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { dial(h, stepBody) })
}

func TestALongMessageIsSentWithAWarning(t *testing.T) {
	t.Parallel()
	for length, warned := range map[int]bool{182: false, 183: true} {
		var log bytes.Buffer
		message := strings.Repeat("é", length)
		logger := hellio.WithUSSDLogger(slog.New(slog.NewTextHandler(&log, nil)))
		h := ussdHandler(t, replying(hellio.ContinueUSSD(message), nil), logger)
		want := `{"message":"` + message + `","action":"continue"}`
		require.JSONEq(t, want, dial(h, stepBody).Body.String())
		require.Equal(t, warned, strings.Contains(log.String(), "level=WARN"), log.String())
		require.NotContains(t, log.String(), "éé")
	}
}

func TestStepsAndRepliesPrintWithoutTheirContent(t *testing.T) {
	t.Parallel()
	step := hellio.USSDRequest{SessionID: "s", MSISDN: "233209990001", Input: "4711"}
	for _, value := range []any{
		step,
		&step,
		*hellio.EndUSSD("secret"),
		hellio.EndUSSD("secret"),
	} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("step", "value", value)
		for _, printed := range []string{
			fmt.Sprintf("%v", value),
			fmt.Sprintf("%+v", value),
			fmt.Sprintf("%#v", value),
			log.String(),
		} {
			require.Contains(t, printed, "USSDRe")
			for _, hidden := range []string{"20999", "4711", "secret"} {
				require.NotContains(t, printed, hidden)
			}
		}
	}
}

func TestNilStepsAndRepliesPrintWithoutAPanic(t *testing.T) {
	t.Parallel()
	for _, value := range []any{(*hellio.USSDRequest)(nil), (*hellio.USSDReply)(nil)} {
		require.Contains(t, fmt.Sprint(value), "nil")
		var log bytes.Buffer
		logTo(&log).Info("step", "value", value)
		require.NotEmpty(t, log.String())
	}
}

// Any member that comes from outside may contain a number or a text.
func TestNoMemberPrintsANumberOrAText(t *testing.T) {
	t.Parallel()
	const number, text = "233209990001", "The Code Is 4711"
	for want, value := range map[string]any{
		"USSDRequest{session **********01, step 0, mode test, ": hellio.USSDRequest{
			SessionID: number,
			Mode:      hellio.USSDTest,
		},
		"USSDRequest{session s, step 0, mode (unknown code), ": hellio.USSDRequest{
			SessionID: "s",
			Mode:      text,
		},
		"USSDReply{(unknown code), ": hellio.USSDReply{Action: text},
		"WebhookEvent{(unknown code), message **********01, ": hellio.WebhookEvent{
			Event:             text,
			ProviderMessageID: number,
		},
		"WebhookEvent{message.sent, message , status (unknown code": hellio.WebhookEvent{
			Event:  "message.sent",
			Status: text,
		},
	} {
		require.Contains(t, fmt.Sprint(value), want)
	}
}

// FuzzUSSDHandler checks that no body makes the handler panic. A step reaches
// the user's function only with a valid signature and a session.
func FuzzUSSDHandler(f *testing.F) {
	f.Add(hexMAC(ussdSecret, stepBody), stepBody, false)
	f.Add("", stepBody, true)
	f.Add("", `{"sessionId":"s","input":null,"sequence":"1"}`, true)
	f.Add("00", `{"sessionId":"s","sessionId":"t"}`, true)
	f.Fuzz(func(t *testing.T, signature, body string, sign bool) {
		if sign {
			signature = hexMAC(ussdSecret, body)
		}
		var step *hellio.USSDRequest
		h := ussdHandler(t, keeping(&step))
		w := post(h, http.Header{headerV1: {signature}}, body)
		require.Equal(t, w.Code == http.StatusOK, step != nil)
		if step == nil {
			require.Contains(t, []int{400, 401}, w.Code)
			return
		}
		valid := []string{hexMAC(ussdSecret, body), hexMAC(nextSecret, body)}
		require.Contains(t, valid, strings.ToLower(signature))
		require.NotEmpty(t, step.SessionID)
	})
}
