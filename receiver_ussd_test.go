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
	"github.com/hellio-go/hellio/helliotest"
)

const (
	ussdSecret = "ussk_test_0123456789"
	stepBody   = `{"sessionId":"s-1","msisdn":"233209990001","serviceCode":"*920#","input":"4711","sequence":2,"mode":"test"}`
)

type ussdFunc = func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error)

func hangUp(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
	return hellio.EndUSSD("Goodbye."), nil
}

func ussdHandler(t testing.TB, handle ussdFunc, opts ...hellio.USSDOption) http.Handler {
	t.Helper()
	opts = append([]hellio.USSDOption{hellio.WithUSSDLogger(slog.New(slog.DiscardHandler))}, opts...)
	h, err := hellio.NewUSSDHandler([]string{ussdSecret, nextSecret}, handle, opts...)
	require.NoError(t, err)
	return h
}

// dial gives a handler one step, signed with the first secret.
func dial(h http.Handler, body string) *httptest.ResponseRecorder {
	return post(h, http.Header{"X-Hellio-Signature": {hexMAC(ussdSecret, body)}}, body)
}

func TestAStepIsReadAndAnswered(t *testing.T) {
	t.Parallel()
	var got *hellio.USSDRequest
	h := ussdHandler(t, func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
		got = r
		return hellio.ContinueUSSD("1. Airtime\n2. <More> é"), nil
	})
	w := dial(h, stepBody)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `{"message":"1. Airtime\n2. <More> é","action":"continue"}`, w.Body.String())
	want := hellio.USSDRequest{SessionID: "s-1", MSISDN: "233209990001", ServiceCode: "*920#", Input: "4711", Sequence: 2, Mode: hellio.USSDTest}
	require.True(t, want == *got)

	require.JSONEq(t, `{"message":"Goodbye.","action":"end"}`, dial(ussdHandler(t, hangUp), stepBody).Body.String())
}

func TestTheFirstStepMayComeWithoutInput(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]hellio.USSDRequest{
		`{"sessionId":"s","input":""}`:                                {SessionID: "s"},
		`{"sessionId":"s","input":null,"sequence":1}`:                 {SessionID: "s", Sequence: 1},
		`{"sessionId":"s"}`:                                           {SessionID: "s"},
		`{"sessionId":"s","msisdn":null,"mode":null,"sequence":null}`: {SessionID: "s"},
		`{"sessionId":7,"msisdn":233,"input":1,"sequence":"2"}`:       {SessionID: "7", MSISDN: "233", Input: "1", Sequence: 2},
		`{"sessionId":"a\/b","input":"\u0031*\u00e9\""}`:              {SessionID: "a/b", Input: "1*é\""},
		`{"sessionId":"s","mode":"preview","new":{}}`:                 {SessionID: "s", Mode: "preview"},
	} {
		var got hellio.USSDRequest
		w := dial(ussdHandler(t, func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
			got = *r
			return hellio.EndUSSD(""), nil
		}), body)
		require.Equal(t, http.StatusOK, w.Code, body)
		require.True(t, want == got, body)
	}
}

func TestASignedStepThatCanBeMisreadIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", " ", "sessionId=s", "null", "[]", `"s"`, "12", stepBody + stepBody, stepBody[:30], `{}`, `{"sessionId":""}`, `{"sessionId":null}`,
		`{"sessionId":{}}`, `{"SessionID":"s"}`, `{"sessionId":"s","sessionId":"t"}`, `{"sessionId":"s","input":{}}`, `{"sessionId":"s","input":["1"]}`,
		`{"sessionId":"s","input":true}`, `{"sessionId":"s","msisdn":false}`, `{"sessionId":"s","sequence":1.5}`, `{"sessionId":"s","sequence":"two"}`,
		`{"sessionId":"s","sequence":99999999999999999999}`, "{\"sessionId\":\"s\xff\"}",
	} {
		w := dial(ussdHandler(t, hangUp), body)
		require.Equal(t, http.StatusBadRequest, w.Code, body)
		require.Equal(t, "Bad Request\n", w.Body.String())
	}
}

func TestAStepNeedsARightSignature(t *testing.T) {
	t.Parallel()
	right := hexMAC(ussdSecret, stepBody)
	for name, c := range map[string]struct {
		header http.Header
		want   int
	}{
		"right":              {http.Header{"X-Hellio-Signature": {right}}, 200},
		"of the other mode":  {http.Header{"X-Hellio-Signature": {hexMAC(nextSecret, stepBody)}}, 200},
		"upper case":         {http.Header{"X-Hellio-Signature": {strings.ToUpper(right)}}, 200},
		"missing":            {http.Header{}, 401},
		"empty":              {http.Header{"X-Hellio-Signature": {""}}, 401},
		"doubled":            {http.Header{"X-Hellio-Signature": {right, right}}, 401},
		"with a space":       {http.Header{"X-Hellio-Signature": {right + " "}}, 401},
		"too short":          {http.Header{"X-Hellio-Signature": {right[:62]}}, 401},
		"of another body":    {http.Header{"X-Hellio-Signature": {hexMAC(ussdSecret, stepBody+" ")}}, 401},
		"of another secret":  {http.Header{"X-Hellio-Signature": {hexMAC(webhookSecret, stepBody)}}, 401},
		"under another name": {http.Header{"X-Hellio-Signature-V2": {right}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, post(ussdHandler(t, hangUp), c.header, stepBody).Code)
		})
	}
}

func TestARefusedStepIsForTheLogWithoutItsBody(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := ussdHandler(t, hangUp, hellio.WithUSSDLogger(logTo(&log)))
	require.Equal(t, http.StatusUnauthorized, post(h, http.Header{}, stepBody).Code)
	require.Contains(t, log.String(), `"status":401`)
	require.Contains(t, log.String(), "X-Hellio-Signature")
	require.NotContains(t, log.String(), "4711")
	require.NotContains(t, log.String(), "233209990001")
}

func TestOtherRequestsOfAUSSDHandlerAreRefused(t *testing.T) {
	t.Parallel()
	h := ussdHandler(t, hangUp)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
	require.Equal(t, http.StatusRequestEntityTooLarge, dial(h, strings.Repeat(" ", 1<<20+1)).Code)
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.Equal(t, http.StatusBadRequest, w.Code, "a body that breaks off is no forgery")
	_, err := hellio.NewUSSDHandler([]string{ussdSecret}, nil)
	var p *hellio.ParamError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "handle", p.Field)
}

func TestTheUSSDHandlerKeepsItsOwnListOfSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{ussdSecret}
	h, err := hellio.NewUSSDHandler(secrets, hangUp, hellio.WithUSSDLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	secrets[0] = nextSecret
	require.Equal(t, http.StatusOK, dial(h, stepBody).Code)
	require.Equal(t, http.StatusUnauthorized, post(h, http.Header{"X-Hellio-Signature": {hexMAC(nextSecret, stepBody)}}, stepBody).Code)
}

func TestAStepThatFailsIsA500ThatTellsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle ussdFunc
		logged string
	}{
		"an error": {func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
			return nil, errors.New("wallet is locked")
		}, "wallet is locked"},
		"a panic":  {func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) { panic("wallet is locked") }, "wallet is locked"},
		"no reply": {func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) { return nil, nil }, "nil"},
		"no action": {func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
			return &hellio.USSDReply{Message: "PIN?"}, nil
		}, "action"},
		"invalid UTF-8": {func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
			return hellio.EndUSSD("\xff"), nil
		}, "UTF-8"},
		"error with all": {func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
			return nil, fmt.Errorf("%s: %+v", r.MSISDN, r)
		}, "4 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := dial(ussdHandler(t, c.handle, hellio.WithUSSDLogger(logTo(&log))), stepBody)
			require.Equal(t, http.StatusInternalServerError, w.Code)
			require.Equal(t, "Internal Server Error\n", w.Body.String())
			require.Contains(t, log.String(), c.logged)
			require.Contains(t, log.String(), "USSDRequest{session s-1, step 2, mode test, number **********01, input of 4 characters}")
			for _, secret := range []string{"233209990001", "4711", "PIN?", ussdSecret, hexMAC(ussdSecret, stepBody)} {
				require.NotContains(t, log.String(), secret)
			}
		})
	}
}

func TestAnAbortedStepIsAborted(t *testing.T) {
	t.Parallel()
	h := ussdHandler(t, func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) { panic(http.ErrAbortHandler) })
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { dial(h, stepBody) })
}

func TestAMessageThatIsTooLongIsSentAsItIsWithAWarning(t *testing.T) {
	t.Parallel()
	for length, warned := range map[int]bool{182: false, 183: true} {
		var log bytes.Buffer
		message := strings.Repeat("é", length)
		h := ussdHandler(t, func(context.Context, *hellio.USSDRequest) (*hellio.USSDReply, error) {
			return hellio.ContinueUSSD(message), nil
		},
			hellio.WithUSSDLogger(slog.New(slog.NewTextHandler(&log, nil))))
		w := dial(h, stepBody)
		require.JSONEq(t, `{"message":"`+message+`","action":"continue"}`, w.Body.String())
		require.Equal(t, warned, strings.Contains(log.String(), "level=WARN"), log.String())
		require.NotContains(t, log.String(), "éé")
	}
}

func TestStepsAndRepliesPrintWithoutNumberInputAndMessage(t *testing.T) {
	t.Parallel()
	step := hellio.USSDRequest{SessionID: "s", MSISDN: "233209990001", Input: "4711"}
	for _, value := range []any{step, &step, *hellio.EndUSSD("secret"), hellio.EndUSSD("secret")} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("step", "value", value)
		for _, printed := range []string{fmt.Sprintf("%v", value), fmt.Sprintf("%+v", value), fmt.Sprintf("%#v", value), log.String()} {
			require.Contains(t, printed, "USSDRe")
			for _, secret := range []string{"20999", "4711", "secret"} {
				require.NotContains(t, printed, secret)
			}
		}
	}
}

// What comes from outside may hold a number or a text in any of its members.
func TestWhatArrivesPrintsNoNumberAndNoTextWhereverItStands(t *testing.T) {
	t.Parallel()
	const number, text = "233209990001", "The Code Is 4711"
	for want, value := range map[string]any{
		"USSDRequest{session **********01, step 0, mode test, ":     hellio.USSDRequest{SessionID: number, Mode: hellio.USSDTest},
		"USSDRequest{session s, step 0, mode (unknown code), ":      hellio.USSDRequest{SessionID: "s", Mode: text},
		"USSDReply{(unknown code), ":                                hellio.USSDReply{Action: text},
		"WebhookEvent{(unknown code), message **********01, ":       hellio.WebhookEvent{Event: text, ProviderMessageID: number},
		"WebhookEvent{message.sent, message , status (unknown code": hellio.WebhookEvent{Event: "message.sent", Status: text},
	} {
		require.Contains(t, fmt.Sprint(value), want)
	}
}

func TestTheFakesStepsAreTakenByTheHandler(t *testing.T) {
	t.Parallel()
	const url = "https://menu.example/ussd"
	var handler http.Handler
	fake := helliotest.New(t, helliotest.WithUSSDHandler(url, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })))
	client := fake.Client()
	app, err := client.USSD.Apps.Create(t.Context(), &hellio.USSDAppParams{Name: "Echo", CallbackURL: url})
	require.NoError(t, err)
	handler, err = hellio.NewUSSDHandler([]string{app.TestSecret, app.LiveSecret}, func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
		if r.Input == "0" {
			return hellio.EndUSSD(fmt.Sprint("after ", r.Sequence)), nil
		}
		return hellio.ContinueUSSD(fmt.Sprintf("%d %q %s", r.Sequence, r.Input, r.Mode)), nil
	})
	require.NoError(t, err)
	session, shown := hellio.ID(""), []string{}
	for _, input := range []string{"", "1", "0"} {
		step, err := client.USSD.Simulate(t.Context(), &hellio.USSDSimulateParams{AppID: app.ID, SessionID: session, MSISDN: "+233209990001", Input: input})
		require.NoError(t, err)
		session, shown = step.SessionID, append(shown, step.Message)
	}
	require.Equal(t, []string{`1 "" test`, `2 "1" test`, "after 3"}, shown)
}

// FuzzUSSDHandler: no body makes the handler panic, none without a right signature reaches the user, and what reaches it has a session.
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
		h := ussdHandler(t, func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
			step = r
			return hellio.ContinueUSSD(r.Input), nil
		})
		w := post(h, http.Header{"X-Hellio-Signature": {signature}}, body)
		require.Equal(t, w.Code == http.StatusOK, step != nil)
		if step == nil {
			require.Contains(t, []int{400, 401}, w.Code)
			return
		}
		require.Contains(t, []string{hexMAC(ussdSecret, body), hexMAC(nextSecret, body)}, strings.ToLower(signature))
		require.NotEmpty(t, step.SessionID)
	})
}
