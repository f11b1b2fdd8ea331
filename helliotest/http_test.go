package helliotest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const base = "https://fake.hellio.invalid/v1"

const oneSMS = `{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi"}`

// apiResponse is an answer read whole.
type apiResponse struct {
	status int
	header http.Header
	body   string
}

// decoded returns the body as JSON.
func (r apiResponse) decoded(t testing.TB) map[string]any {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &members))
	return members
}

// data returns the body's data object.
func (r apiResponse) data(t testing.TB) map[string]any {
	t.Helper()
	data, ok := r.decoded(t)["data"].(map[string]any)
	require.True(t, ok, "no data object in %s", r.body)
	return data
}

// refused asserts an error answer.
func (r apiResponse) refused(t testing.TB, status int, code string) {
	t.Helper()
	require.Equal(t, status, r.status, r.body)
	require.Equal(t, code, r.decoded(t)["error"])
	require.NotEmpty(t, r.decoded(t)["message"])
}

// api calls a fake by plain HTTP.
type api struct {
	t      testing.TB
	client *http.Client
	base   string
	token  string
}

func newAPI(t testing.TB, f *helliotest.Fake) api {
	return api{t, f.HTTPClient(), base, helliotest.DefaultToken}
}

func (a api) request(method, path, body string, header ...string) *http.Request {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path,
		strings.NewReader(body))
	require.NoError(a.t, err)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

// try sends a request; header is name, value, name, value….
func (a api) try(method, path, body string, header ...string) (apiResponse, error) {
	a.t.Helper()
	resp, err := a.client.Do(a.request(method, path, body, header...))
	if err != nil {
		return apiResponse{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return apiResponse{resp.StatusCode, resp.Header, string(text)}, err
}

func (a api) do(method, path, body string, header ...string) apiResponse {
	a.t.Helper()
	resp, err := a.try(method, path, body, header...)
	require.NoError(a.t, err)
	return resp
}

func (a api) send(body string, header ...string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodPost, "/sms/send", body, header...)
}

func (a api) get(path string) apiResponse {
	a.t.Helper()
	return a.do(http.MethodGet, path, "")
}
