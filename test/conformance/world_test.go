package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// flow is a sequence of calls to the fake. It runs in a synctest bubble, so
// that waiting takes no time.
type flow struct {
	name    string
	options []helliotest.Option // in addition to the fake's defaults
	run     func(t *testing.T, w *world)
}

// world is a fake and a client whose exchanges the Recorder checks.
type world struct {
	fake   *helliotest.Fake
	client *hellio.Client // its token has every scope
	rec    *Recorder
}

// with returns a flow's options.
func with(options ...helliotest.Option) []helliotest.Option { return options }

// lenient returns the options of a flow that sends what no correct client
// sends.
func lenient(more ...helliotest.Option) []helliotest.Option {
	return append(more, helliotest.Lenient())
}

// check runs a flow and fails the test for each difference. It returns the
// cases that were seen.
func (f flow) check(t *testing.T) (seen []Case) {
	doc := theDocument(t)
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, f.options...)
		w := &world{fake: fake, rec: NewRecorder(doc, fake.RoundTripper())}
		w.client = w.as(t, helliotest.DefaultToken)
		f.run(t, w)
		for _, d := range w.rec.Differences() {
			t.Error(d)
		}
		seen = w.rec.Seen()
	})
	return seen
}

// as returns a client with another token. It never retries, so that a flow
// decides what is sent.
func (w *world) as(t *testing.T, token string) *hellio.Client {
	t.Helper()
	client, err := hellio.NewClient(token,
		hellio.WithBaseURL(baseURL),
		hellio.WithHTTPClient(&http.Client{Transport: w.rec}),
		hellio.WithLimiter(nil),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	require.NoError(t, err)
	return client
}

const baseURL = "https://fake.hellio.invalid/v1"

// raw sends a request without the client.
func (w *world) raw(t *testing.T, method, path, body string, headers ...string) got {
	t.Helper()
	return w.do(t, tokenRequest(t, method, path, body, headers...))
}

// wrong sends a request that no correct client sends. Only the response is
// compared with the document. The flow needs Lenient.
func (w *world) wrong(t *testing.T, method, path, body string, headers ...string) got {
	t.Helper()
	r := tokenRequest(t, method, path, body, headers...)
	return w.do(t, r.WithContext(Deliberate(r.Context())))
}

// tokenRequest returns a request with the fake's default token.
func tokenRequest(
	t *testing.T, method, path, body string, headers ...string,
) *http.Request {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + helliotest.DefaultToken}, headers...)
	return request(t, method, path, body, headers...)
}

// refuses sends bodies that each have one invalid field. It requires a 422 that
// names the field.
func (w *world) refuses(t *testing.T, method, path string, bodies map[string]string) {
	t.Helper()
	for field, body := range bodies {
		g := w.wrong(t, method, path, body)
		require.Equal(t, []any{422, "invalid_request"}, []any{g.status, g.code()}, body)
		require.Contains(t, g.body["errors"], field)
	}
}

// got is a decoded response.
type got struct {
	status int
	header http.Header
	body   object
}

func (g got) code() string {
	code, _ := g.body["error"].(string)
	return code
}

func (w *world) do(t *testing.T, r *http.Request) got {
	t.Helper()
	resp, err := w.rec.RoundTrip(r)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	g := got{status: resp.StatusCode, header: resp.Header}
	if len(strings.TrimSpace(string(text))) > 0 {
		require.NoError(t, json.Unmarshal(text, &g.body), "%s", text)
	}
	return g
}

// requireRefused requires an API error with this status and code.
func requireRefused(t *testing.T, err error, status int, code string) *hellio.APIError {
	t.Helper()
	var refused *hellio.APIError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, status, refused.Status)
	require.Equal(t, code, refused.Code)
	return refused
}
