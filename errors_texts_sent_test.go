package hellio

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// long returns a text of n characters.
func long(n int) string { return strings.Repeat("x", n) }

// smsText returns the error of an SMS whose attempts end as the steps say.
func smsText(t *testing.T, steps ...step) error {
	return sendSMS(t.Context(), stubbed(t, newStub(steps...), WithLimiter(nil)))
}

// sendWithin returns the error of an SMS with a deadline.
func sendWithin(t *testing.T, left time.Duration, steps ...step) error {
	ctx, cancel := context.WithTimeout(t.Context(), left)
	defer cancel()
	client := stubbed(t, newStub(steps...), WithLimiter(nil))
	client.core.random = func() float64 { return 0 }
	return sendSMS(ctx, client)
}

// statusTexts are those of the kinds of APIError.
func statusTexts(t *testing.T) (texts []errorText) {
	for _, c := range []struct {
		status int
		body   string
	}{
		{301, ``},
		{400, `{"message":"Malformed.","error":"invalid_request"}`},
		{401, `{"message":"Unauthenticated."}`},
		{402, `{"message":"Top up.","error":"insufficient_balance"}`},
		{402, `{"message":"Rent an extension.","error":"extension_required"}`},
		{403, `{"message":"Daily limit.","error":"spend_limit_exceeded","period":"daily"}`},
		{404, `{"error":"not_found"}`},
		{409, `{"error":"extension_unavailable"}`},
		{422, `{"message":"The sender HELLIO is not approved.","error":"sender_not_approved"}`},
		{422, `{"message":"No.","error":"A sentence in its place."}`},
		{429, ``},
		{500, `{"message":"Server Error"}`},
		{503, `<html>`},
		{799, ``},
	} {
		s := newStub(reply(c.status, c.body))
		client := stubbed(t, s, WithLimiter(nil))
		_, err := client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
		texts = append(texts, errorText{"SMS.Send, " + itoa(c.status) + " " + c.body, err})
	}
	return texts
}

// stopTexts are those of calls that would have been retried.
func stopTexts(t *testing.T) []errorText {
	later := reply(429, ``, "Retry-After", "90")
	inUse := reply(409, conflictBody)
	soon := reply(429, ``, "Retry-After", "30")
	broke := stubbed(t, newStub(reply(503, ``)), WithLimiter(nil))
	broke.core.budget.spent.Store(budgetSize)
	rotating := &tokens{fetch: func(n int64) (string, error) {
		return "token-" + itoa(int(n)), nil
	}}
	return []errorText{
		{"SMS.Send, Retry-After of 90 s", smsText(t, later)},
		{"SMS.Send, conflict that lasts", smsText(t, inUse)},
		{"SMS.Send, Retry-After past the deadline", sendWithin(t, 10*time.Second, soon)},
		{"SMS.Send, deadline within a second", sendWithin(t, time.Second/2, soon)},
		{"Balance.Get, empty retry budget", getBalance(t.Context(), broke)},
		{
			"SMS.Send, token rotated after a lost response",
			sendSMS(t.Context(), stubbed(t, newStub(lost), WithTokenSource(rotating))),
		},
	}
}

// connectionTexts are those of calls without a response.
func connectionTexts(t *testing.T) []errorText {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the user left"))
	client := stubbed(t, newStub(reply(202, sentBody)))
	resend := func(req *http.Request) (*http.Response, error) {
		reachWire(req)
		_ = req.Body.Close()
		_, err := req.Body.Read(make([]byte, 1))
		return nil, err
	}
	repeated := func(req *http.Request) (*http.Response, error) {
		reachWire(req)
		httptrace.ContextClientTrace(req.Context()).GotConn(httptrace.GotConnInfo{})
		return nil, io.EOF
	}
	deletion := stubbed(t, newStub(repeated), WithRetryPolicy(RetryPolicy{MaxRetries: -1}))
	brokenHeader := func(req *http.Request) (*http.Response, error) {
		reachWire(req)
		return nil, errors.New("net/http: malformed HTTP response \"secret\"")
	}
	quoting := func(req *http.Request) (*http.Response, error) {
		reachWire(req)
		return nil, errors.New(`unsupported transfer encoding: "secret"`)
	}
	nothing := func(*http.Request) (*http.Response, error) { return nil, nil }
	return []errorText{
		{"SMS.Send, refused dial", smsText(t, refused)},
		{"SMS.Send, lost response", smsText(t, lost)},
		{"SMS.Send, no response within 30 s", smsText(t, hangs)},
		{"SMS.Send, bad certificate", smsText(t, badCertificate)},
		{"SMS.Send, RoundTripper without a response", smsText(t, nothing)},
		{"SMS.Send, RoundTripper that sends again", smsText(t, resend)},
		{"Webhooks.Delete, repeated by net/http", deleteWebhook(t.Context(), deletion)},
		{"SMS.Send, malformed response", smsText(t, brokenHeader)},
		{"SMS.Send, error that quotes the server", smsText(t, quoting)},
		{"SMS.Send, cancelled context", sendSMS(ended, client)},
		{"SMS.Send, deadline", sendWithin(t, 2*time.Second, hangs)},
	}
}

// responseTexts are those of responses that can't be read.
func responseTexts(t *testing.T) []errorText {
	verify := func(status int, body string) error {
		c := stubbed(t, newStub(reply(status, body)))
		_, err := c.OTP.Verify(t.Context(), &OTPVerifyParams{
			MobileNumber: testNumber,
			Code:         "1234",
		})
		return err
	}
	small := stubbed(t, newStub(reply(202, sentBody)), WithMaxResponseBytes(16))
	gone := stubbed(t, newStub(reply(204, `gone`)))
	cycle := stubbed(t, newStub(reply(200, `{"data":[],"next_cursor":"c"}`)))
	repeats := error(nil)
	for _, err := range cycle.Lookup.All(t.Context(), &LookupListParams{}) {
		repeats = err
	}
	stalls := replyBody(202, func(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} })
	return []errorText{
		{"SMS.Send, 202 cut off", smsText(t, cutOff(202, `{"da`))},
		{"SMS.Send, 202 that stalls", smsText(t, stalls)},
		{"SMS.Send, deadline within a 202", sendWithin(t, 2*time.Second, stalls)},
		{"SMS.Send, 202 that is too large", sendSMS(t.Context(), small)},
		{"SMS.Send, empty 202", smsText(t, reply(202, ``))},
		{"SMS.Send, 202 without data", smsText(t, reply(202, `{"ok":true}`))},
		{"SMS.Send, 202 that is not JSON", smsText(t, reply(202, `{"data":x}`))},
		{"SMS.Send, 202 with a member of another type", smsText(t,
			reply(202, `{"data":{"segments":"two"}}`))},
		{"SMS.Send, 202 with an odd amount", smsText(t,
			reply(202, `{"data":{"estimated_cost":"free"}}`))},
		{"OTP.Verify, verdict that is not a bool", verify(200, `{"data":{"verified":1}}`)},
		{"Webhooks.Delete, 204 that is not JSON", deleteWebhook(t.Context(), gone)},
		{"Lookup.All, cursor that repeats", repeats},
	}
}

// sourceTexts are those of token sources and limiters.
func sourceTexts(t *testing.T) []errorText {
	source := func(token string, err error) error {
		s := &tokens{fetch: func(int64) (string, error) { return token, err }}
		return sendSMS(t.Context(), stubbed(t, newStub(reply(202, sentBody)), WithTokenSource(s)))
	}
	limit := func(err error) error {
		l := &limiter{wait: func(int) error { return err }}
		return sendSMS(t.Context(), stubbed(t, newStub(reply(202, sentBody)), WithLimiter(l)))
	}
	full := new(WindowLimiter)
	client := stubbed(t, newStub(reply(202, sentBody, "X-RateLimit-Limit", "1",
		"X-RateLimit-Remaining", "0")), WithLimiter(full))
	require.NoError(t, sendSMS(t.Context(), client))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	other := &RateLimitError{APIError: &APIError{}, RetryAfter: time.Minute}
	return []errorText{
		{"SMS.Send, token source that fails", source("", errors.New("the vault is sealed"))},
		{"SMS.Send, token source without a token", source("", nil)},
		{"SMS.Send, token source with a bad token", source("a b", nil)},
		{"SMS.Send, limiter that fails", limit(errors.New("store down"))},
		{"SMS.Send, limiter that refuses", limit(other)},
		{"SMS.Send, used-up window", sendSMS(ctx, client)},
	}
}

// logged returns the error that a handler logs for a request.
func logged(t *testing.T, log *strings.Builder) error {
	t.Helper()
	var line struct{ Error string }
	require.NoError(t, json.Unmarshal([]byte(log.String()), &line), log.String())
	return errors.New(line.Error)
}

const textSecret = "whsec_0123456789abcdef"

// signedText returns a signed request to a handler.
func signedText(body string, at time.Time, v2 bool) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(textSecret))
	name := "X-Hellio-Signature"
	if v2 {
		name = "X-Hellio-Signature-V2"
		fmt.Fprint(mac, stamp, ".")
	}
	fmt.Fprint(mac, body)
	r.Header.Set("X-Hellio-Timestamp", stamp)
	r.Header.Set(name, hex.EncodeToString(mac.Sum(nil)))
	return r
}

func webhookTexts(t *testing.T) []errorText {
	const event = `{"event":"message.delivered"}`
	parse := func(body string, edit func(http.Header)) error {
		r := signedText(body, time.Now(), true)
		edit(r.Header)
		return errorOf(ParseWebhook(r.Header, []byte(body), textSecret))
	}
	body := func(text string) error { return parse(text, func(http.Header) {}) }
	header := func(name string, lines ...string) error {
		return parse(event, func(h http.Header) { h[http.CanonicalHeaderKey(name)] = lines })
	}
	secrets := func(secrets ...string) error { return errorOf(ParseWebhook(nil, nil, secrets...)) }
	handle := func(context.Context, *WebhookEvent) error { return nil }
	handler := func(opts ...WebhookOption) error {
		return errorOf(NewWebhookHandler([]string{textSecret}, handle, opts...))
	}
	old := signedText(event, time.Now().Add(-time.Hour), true).Header
	return []errorText{
		{"ParseWebhook, no secret", secrets()},
		{"ParseWebhook, short secret", secrets("short")},
		{"ParseWebhook, secret with a line break", secrets(textSecret + "\n")},
		{"ParseWebhook, no signature", header("X-Hellio-Signature-V2")},
		{"ParseWebhook, short signature", header("X-Hellio-Signature-V2", "00")},
		{"ParseWebhook, two signatures", header("X-Hellio-Signature-V2", "0", "1")},
		{"ParseWebhook, body already read", errorOf(ParseWebhook(
			signedText(event, time.Now(), true).Header, nil, textSecret))},
		{"ParseWebhook, other signature", header("X-Hellio-Signature-V2", long(64))},
		{"ParseWebhook, no timestamp", header("X-Hellio-Timestamp")},
		{"ParseWebhook, date for a timestamp", header("X-Hellio-Timestamp", "2026-03-01")},
		{"ParseWebhook, an hour old", errorOf(ParseWebhook(old, []byte(event), textSecret))},
		{"ParseWebhook, not JSON", body("{")},
		{"ParseWebhook, array", body("[]")},
		{"ParseWebhook, member twice", body(`{"event":"a","event":"b"}`)},
		{"ParseWebhook, no event", body("{}")},
		{"ParseWebhook, 1 MiB and a byte", body(long(1<<20 + 1))},
		{"NewWebhookHandler, nil handle", errorOf(NewWebhookHandler([]string{textSecret}, nil))},
		{"NewWebhookHandler, nil option", handler(nil)},
		{"WithTimestampTolerance, 0", handler(WithTimestampTolerance(0))},
		{"WithDedupeStore, nil", handler(WithDedupeStore(nil))},
	}
}

// stepTexts are those that a USSDHandler returns or logs.
func stepTexts(t *testing.T) []errorText {
	serve := func(edit func(*http.Request), body string, result *USSDReply, err error) error {
		var log strings.Builder
		h, newErr := NewUSSDHandler([]string{textSecret},
			func(context.Context, *USSDRequest) (*USSDReply, error) {
				if err == io.EOF {
					panic("nil map")
				}
				return result, err
			}, WithUSSDLogger(slog.New(slog.NewJSONHandler(&log, nil))))
		require.NoError(t, newErr)
		r := signedText(body, time.Now(), false)
		if edit != nil {
			edit(r)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		return logged(t, &log)
	}
	const first = `{"sessionId":"s"}`
	serveStep := func(body string) error { return serve(nil, body, EndUSSD("Bye."), nil) }
	withReply := func(r *USSDReply) error { return serve(nil, first, r, nil) }
	get := func(r *http.Request) { r.Method = http.MethodGet }
	breaks := func(r *http.Request) { r.Body = io.NopCloser(failingReader{io.ErrUnexpectedEOF}) }
	handle := func(context.Context, *USSDRequest) (*USSDReply, error) { return nil, nil }
	return []errorText{
		{"NewUSSDHandler, nil handle", errorOf(NewUSSDHandler([]string{textSecret}, nil))},
		{"NewUSSDHandler, nil option", errorOf(NewUSSDHandler([]string{textSecret}, handle, nil))},
		{"USSDHandler, GET", serve(get, first, nil, nil)},
		{"USSDHandler, broken body", serve(breaks, first, nil, nil)},
		{"USSDHandler, no session", serveStep(`{}`)},
		{"USSDHandler, session that is an object", serveStep(`{"sessionId":{}}`)},
		{"USSDHandler, sequence that is a word", serveStep(`{"sessionId":"s","sequence":"one"}`)},
		{"USSDHandler, no reply", withReply(nil)},
		{"USSDHandler, reply without an action", withReply(&USSDReply{})},
		{"USSDHandler, broken reply", withReply(EndUSSD(brokenText))},
		{"USSDHandler, long reply", withReply(EndUSSD(long(183)))},
		{"USSDHandler, panic", serve(nil, first, nil, io.EOF)},
	}
}

// callerTexts are those of errors that a caller makes.
func callerTexts() []errorText {
	return []errorText{
		{"(*APIError)(nil)", (*APIError)(nil)},
		{"(*ConnectionError)(nil)", (*ConnectionError)(nil)},
		{"(*DecodeError)(nil)", (*DecodeError)(nil)},
		{"(*ParamError)(nil)", (*ParamError)(nil)},
		{"&APIError{}", &APIError{}},
		{"&ConnectionError{}", &ConnectionError{}},
		{"&DecodeError{}", &DecodeError{}},
		{"&ParamError{}", &ParamError{}},
		{"&RateLimitError{}", &RateLimitError{}},
		{
			"a response that was not read to its end",
			&ConnectionError{Err: io.EOF, Response: Response{StatusCode: 202}},
		},
		{"a code that quotes a number", &APIError{Status: 422, Code: "Code 4711"}},
	}
}
