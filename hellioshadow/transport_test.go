package hellioshadow_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/hellioshadow"
)

const balance = `{"data":{"balance":"1.0000","available":"1.0000","reserved":"0.0000","currency":"GHS"}}`

// answers is a RoundTripper with one answer.
func answers(status int, header http.Header, body io.ReadCloser, length int64) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode:    status,
			Header:        header,
			Body:          body,
			ContentLength: length,
			Request:       r,
		}, nil
	})
}

var jsonHeader = http.Header{"Content-Type": {"application/json; charset=utf-8"}}

// closing counts the calls of Close and returns an error from it.
type closing struct {
	io.Reader
	closed int
}

var (
	errRead  = errors.New("the connection broke")
	errClose = errors.New("closing failed")
)

func (c *closing) Close() error {
	c.closed++
	return errClose
}

// get makes a request for the balance.
func get(t *testing.T, rt http.RoundTripper) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://a.example/v1/balance", nil)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)
	return resp
}

// repeated reads n bytes.
func repeated(n int64) io.Reader { return io.LimitReader(zeros{}, n) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestCallsWithOddBodiesAreUnchanged(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := io.WriteString(w, balance)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	tests := []struct {
		name     string
		header   http.Header
		body     io.Reader
		length   int64
		size     int64 // that the caller reads
		err      error
		compared bool // its members too
	}{
		{
			name: "JSON", header: jsonHeader, body: strings.NewReader(balance),
			length: int64(len(balance)), size: int64(len(balance)), compared: true,
		},
		{
			name: "JSON of unknown length", header: jsonHeader, body: strings.NewReader(balance),
			length: -1, size: int64(len(balance)), compared: true,
		},
		{
			name: "HTML", header: http.Header{"Content-Type": {"text/html"}},
			body: strings.NewReader("<p>"), length: 3, size: 3,
		},
		{
			name: "HTML that says it is JSON", header: jsonHeader,
			body: strings.NewReader("<p>"), length: 3, size: 3,
		},
		{
			name: "no media type", header: http.Header{}, body: strings.NewReader(balance),
			length: int64(len(balance)), size: int64(len(balance)),
		},
		{
			name: "cut JSON", header: jsonHeader, body: strings.NewReader(balance[:30]),
			length: 30, size: 30,
		},
		{
			name: "two values", header: jsonHeader, body: strings.NewReader(balance + "{}"),
			length: -1, size: int64(len(balance)) + 2,
		},
		{
			name: "100 MB", header: jsonHeader, body: repeated(100 << 20),
			length: 100 << 20, size: 100 << 20,
		},
		{
			name: "100 MB of unknown length", header: jsonHeader, body: repeated(100 << 20),
			length: -1, size: 100 << 20,
		},
		{
			name: "a broken body", header: jsonHeader,
			body:   io.MultiReader(strings.NewReader(balance), broken{}),
			length: int64(len(balance)) + 5, size: int64(len(balance)), err: errRead,
		},
		{
			name: "gzip", header: http.Header{
				"Content-Type":     {"application/json"},
				"Content-Encoding": {"gzip"},
			},
			body: bytes.NewReader(zipped.Bytes()), length: int64(zipped.Len()), size: int64(zipped.Len()),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := &closing{Reader: tt.body}
			shadow := hellioshadow.New()
			resp := get(t, shadow.Wrap(answers(200, tt.header, body, tt.length)))
			require.Equal(t, tt.length, resp.ContentLength)
			require.Equal(t, tt.header, resp.Header)
			size, err := io.Copy(io.Discard, resp.Body)
			require.Equal(t, tt.err, err)
			require.Equal(t, tt.size, size)
			require.Equal(t, errClose, resp.Body.Close())
			require.Equal(t, errClose, resp.Body.Close())
			require.Equal(t, 2, body.closed)
			requireSeen(t, shadow, tt.compared)
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errRead }

// requireSeen requires one answer, of which the status was compared, and the
// members if compared.
func requireSeen(t *testing.T, shadow *hellioshadow.Shadow, compared bool) {
	t.Helper()
	report := shadow.Report()
	require.Equal(t, 1, report.Answers)
	require.Equal(t, 1, report.Compared)
	require.Zero(t, report.Dropped)
	require.Empty(t, report.Unknown)
	var places []string
	for _, m := range report.Marks {
		require.Empty(t, m.Contradicted, m.At)
		places = append(places, m.At)
	}
	require.Contains(t, places, "GET /balance 200")
	if compared {
		require.Contains(t, places, "GET /balance 200 data.reserved")
		return
	}
	require.Len(t, places, 1)
}

func TestBodyThatIsClosedEarlyIsNotCompared(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{-1, int64(len(balance))} {
		shadow := hellioshadow.New()
		body := &closing{Reader: strings.NewReader(balance)}
		resp := get(t, shadow.Wrap(answers(200, jsonHeader, body, length)))
		_, err := io.ReadFull(resp.Body, make([]byte, 20))
		require.NoError(t, err)
		require.Equal(t, errClose, resp.Body.Close())
		requireSeen(t, shadow, false)
	}
}

func TestReaderOfTheWholeLengthNeedsNoEOF(t *testing.T) {
	t.Parallel()
	shadow := hellioshadow.New()
	body := &closing{Reader: strings.NewReader(balance)}
	resp := get(t, shadow.Wrap(answers(200, jsonHeader, body, int64(len(balance)))))
	_, err := io.ReadFull(resp.Body, make([]byte, len(balance)))
	require.NoError(t, err)
	require.Equal(t, errClose, resp.Body.Close())
	requireSeen(t, shadow, true)
}

func TestBodyAboveTheLimitIsNotCompared(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{-1, int64(len(balance))} {
		shadow := hellioshadow.New(hellioshadow.WithMaxBody(len(balance) - 1))
		body := &closing{Reader: strings.NewReader(balance)}
		resp := get(t, shadow.Wrap(answers(200, jsonHeader, body, length)))
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, balance, string(text))
		requireSeen(t, shadow, false)
	}
}

func TestErrorsAndForeignRequestsAreUnchanged(t *testing.T) {
	t.Parallel()
	shadow := hellioshadow.New()
	fails := shadow.Wrap(roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errRead
	}))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://a.example/v1/balance", nil)
	require.NoError(t, err)
	resp, err := fails.RoundTrip(req)
	require.Nil(t, resp)
	require.Equal(t, errRead, err)

	body := &closing{Reader: strings.NewReader(balance)}
	foreign := shadow.Wrap(answers(200, jsonHeader, body, -1))
	for _, line := range []string{
		"HEAD https://a.example/v1/balance",
		"GET https://a.example/v1/balance/",
		"GET https://a.example/v1/other",
		"GET https://a.example",
		"GET /",
	} {
		method, url, _ := strings.Cut(line, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		require.NoError(t, err)
		resp, err := foreign.RoundTrip(req)
		require.NoError(t, err)
		require.Same(t, body, resp.Body, line)
	}
	require.Zero(t, shadow.Report().Answers)
}

func TestAnswerWithoutABodyKeepsItsBody(t *testing.T) {
	t.Parallel()
	shadow := hellioshadow.New()
	rt := shadow.Wrap(answers(204, http.Header{}, http.NoBody, 0))
	req, err := http.NewRequestWithContext(t.Context(), "DELETE",
		"https://a.example/v1/ussd/apps/1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b", nil)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, http.NoBody, resp.Body)
	report := shadow.Report()
	require.Len(t, report.Marks, 1)
	require.Equal(t, "DELETE /ussd/apps/{id} 204", report.Marks[0].At)
}

func TestRealConnectionsAreCompared(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Accept-Encoding") != "gzip" {
			_, _ = io.WriteString(w, balance)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		_, _ = io.WriteString(zip, balance)
		_ = zip.Close()
	})
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = http2
		server.StartTLS()
		shadow := hellioshadow.New()
		client := server.Client() // its Transport asks for gzip and unpacks it
		client.Transport = shadow.Wrap(client.Transport)
		resp, err := client.Get(server.URL + "/prefix/v1/balance")
		require.NoError(t, err)
		require.Equal(t, http2, resp.ProtoMajor == 2)
		require.True(t, resp.Uncompressed)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, balance, string(text))
		requireSeen(t, shadow, true)
		client.CloseIdleConnections()
		server.Close()
	}
}

func TestBodyMayBeClosedWhileItIsRead(t *testing.T) {
	t.Parallel()
	shadow := hellioshadow.New()
	r, w := io.Pipe()
	resp := get(t, shadow.Wrap(answers(200, jsonHeader, r, -1)))
	read := make(chan error)
	go func() {
		_, err := io.ReadAll(resp.Body)
		read <- err
	}()
	_, err := io.WriteString(w, balance[:10])
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, io.ErrClosedPipe, <-read)
	requireSeen(t, shadow, false)
}

func TestNilTransportIsTheDefault(t *testing.T) {
	t.Parallel()
	require.IsType(t, &hellioshadow.ShadowTransport{}, hellioshadow.New().Wrap(nil))
}
