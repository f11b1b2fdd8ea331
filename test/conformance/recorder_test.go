package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRecorderKeepsDifferencesAndChangesNothing(t *testing.T) {
	t.Parallel()
	const sent, received = `{"data":1}`, `{"balance":"1"}`
	type key struct{}
	rec := NewRecorder(theDocument(t), roundTripper(func(r *http.Request) (*http.Response, error) {
		require.Equal(t, "traced", r.Context().Value(key{}))
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, sent, string(body))
		return answer(200, received), nil
	}))
	r := request(t, "GET", "/balance", sent)
	resp, err := rec.RoundTrip(r.WithContext(context.WithValue(t.Context(), key{}, "traced")))
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, received, string(body))
	requireDifference(t, "balance_get: request: the document describes no body here",
		rec.Differences())
	requireDifference(t, "balance_get: response 200: missing property 'data'", rec.Differences())
	require.Equal(t, []Case{{"balance_get", "200", ""}}, rec.Seen())
}

func TestDeliberateRequestHasOnlyItsResponseChecked(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(theDocument(t), roundTripper(func(*http.Request) (*http.Response, error) {
		return answer(422, `{"message":"No.","error":"sender_unknown"}`), nil
	}))
	r := request(t, "POST", "/sms/send", `{"to":"1"}`)
	_, err := rec.RoundTrip(r.WithContext(Deliberate(t.Context())))
	require.NoError(t, err)
	require.NotEmpty(t, rec.Differences())
	for _, d := range rec.Differences() {
		require.Equal(t, 422, d.Status, d.String())
	}
}

func TestLostConnectionIsNoDifference(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(theDocument(t),
		roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }))
	_, err := rec.RoundTrip(request(t, "GET", "/balance", ""))
	require.ErrorIs(t, err, io.EOF)
	require.Empty(t, rec.Differences())
}

func TestTruncatedBodyIsADifference(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(theDocument(t), roundTripper(func(*http.Request) (*http.Response, error) {
		resp := answer(200, "x")
		resp.Body = io.NopCloser(
			io.MultiReader(strings.NewReader(`{"da`), failing{io.ErrUnexpectedEOF}))
		return resp, nil
	}))
	resp, err := rec.RoundTrip(request(t, "GET", "/balance", ""))
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, `{"da`, string(body))
	requireDifference(t, "ends early", rec.Differences())
}

func TestUnreadableBodyIsNotSent(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(theDocument(t), roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("must not be reached")
	}))
	r := request(t, "GET", "/balance", "")
	r.Body = io.NopCloser(failing{io.ErrClosedPipe})
	_, err := rec.RoundTrip(r)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestCaseOfReturnsTheDocumentsCase(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path string
		status       int
		body         string
		want         string
	}{
		{
			"POST", "/sms/send", 422, `{"error":"sender_not_approved"}`,
			"sms_send 422 sender_not_approved",
		},
		{"POST", "/sms/send", 502, `{"error":"bad_gateway"}`, "sms_send 5XX"},
		{"POST", "/otp/verify", 422, `{"data":{"verified":false}}`, "otp_verify 422"},
		{"DELETE", "/webhooks/1", 204, ``, "webhook_delete 204"},
	}
	doc := theDocument(t)
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			c := doc.caseOf(request(t, tt.method, tt.path, ""), tt.status, []byte(tt.body))
			require.Equal(t, tt.want, c.String())
		})
	}
	require.Nil(t, doc.caseOf(request(t, "GET", "/nowhere", ""), 404, nil))
}
