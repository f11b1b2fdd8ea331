package hellio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// echo is an API that quotes all that it received and all that it knows: in
// headers, body and Location.
type echo struct {
	status int
	html   bool
	cut    bool
	list   bool // of a success
	err    func(quote string) error
	sent   *[]string // the secrets that the request held
}

func (e echo) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	request := fmt.Sprint(req.URL, req.Header, string(body))
	quote := e.quote(request)
	if e.err != nil {
		return nil, e.err(quote)
	}
	header := http.Header{
		"Content-Type":      {"application/json"},
		"X-Echo":            {request},
		"Set-Cookie":        {"token=" + secretToken},
		"Location":          {"https://elsewhere.example/?" + url.Values{"q": {quote}}.Encode()},
		"X-Ratelimit-Limit": {secretCode},
	}
	answer := e.answer(quote)
	if e.html {
		header.Set("Content-Type", "text/html")
		answer = []byte("<html>" + quote)
	}
	if e.cut {
		answer = answer[:len(answer)-20]
	}
	return &http.Response{
		StatusCode:    e.status,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(answer)),
		ContentLength: -1,
		Request:       req,
	}, nil
}

// quote records the secrets of a request and returns a sentence that quotes
// each of them, and the whole request.
func (e echo) quote(request string) string {
	var said strings.Builder
	for _, secret := range allSecrets {
		if strings.Contains(request, secret) {
			*e.sent = append(*e.sent, secret)
			fmt.Fprintf(&said, "The value %s is wrong, and so is %q. ", secret, secret)
		}
	}
	return said.String() + request
}

func (e echo) answer(quote string) []byte {
	data := map[string]any{
		"id":            "5",
		"token":         secretToken,
		"secret":        secretSigning,
		"test_secret":   secretSigning,
		"live_secret":   secretSigning,
		"message":       secretText,
		"mobile_number": secretNumber,
		"recipient":     secretNumber,
		"echo":          quote,
	}
	answer := map[string]any{
		"data":    data,
		"error":   quote,
		"errors":  map[string][]string{"message": {"No.", quote}, secretText: {quote}},
		"message": quote,
		"period":  quote,
	}
	if e.status == http.StatusOK {
		data["verified"] = true
	}
	if e.list {
		answer["data"] = []any{data}
	}
	text, _ := json.Marshal(answer)
	return text
}

// echoes are the ways in which a call can fail.
func echoes() map[string]echo {
	broken := func(cause error) func(string) error { return func(string) error { return cause } }
	all := map[string]echo{
		"refused": {err: broken(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")})},
		"lost":    {err: broken(io.EOF)},
		"malformed": {err: func(quote string) error {
			return fmt.Errorf("malformed HTTP response %q", quote)
		}},
		"GOAWAY": {err: func(quote string) error {
			return fmt.Errorf("http2: server sent GOAWAY; debug=%q", quote)
		}},
		"a plain quotation": {err: func(quote string) error { return errors.New(quote) }},
		"a URL": {err: func(quote string) error {
			return &url.Error{Op: "Post", URL: "https://h.example/" + quote, Err: io.EOF}
		}},
		"a URL that is encoded": {err: func(quote string) error {
			return errors.New("GET /?" + url.Values{"q": {quote}}.Encode() + " failed")
		}},
		"cut off":       {status: 200, cut: true},
		"HTML":          {status: 200, html: true},
		"HTML with 502": {status: 502, html: true},
	}
	errorStatuses := []int{302, 308, 400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 503, 799}
	for _, status := range errorStatuses {
		all[fmt.Sprint(status)] = echo{status: status}
	}
	return all
}

// paper collects what is logged and printed of a call.
type paper struct {
	bytes.Buffer
	errors bytes.Buffer // errors and their texts, which may quote the API
	sent   []string     // the secrets of the call
}

// loggers write lines of debug and above as text and as JSON. They omit the
// time, whose digits may be those of a code.
func loggers(w io.Writer) []*slog.Logger {
	options := &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}
	return []*slog.Logger{
		slog.New(slog.NewTextHandler(w, options)),
		slog.New(slog.NewJSONHandler(w, options)),
	}
}

// put writes a value in each form that fmt and slog have for it.
func put(w io.Writer, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(w, verb+"\n", v)
		fmt.Fprintf(w, verb+"\n", struct{ V any }{v})
	}
	for _, logger := range loggers(w) {
		logger.Debug("value", "value", v)
	}
}

// putJSON writes a value as JSON. It is not for params and results, which
// marshal whole because callers store them.
func (p *paper) putJSON(t testing.TB, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	p.Write(text)
}

// options returns the options of a client over rt that prints all that it can.
func (p *paper) options(t testing.TB, rt http.RoundTripper, l *slog.Logger) []hellio.Option {
	hook := func(_ context.Context, a hellio.Attempt) {
		put(p, a)
		put(p, &a)
		p.putJSON(t, a)
		if a.Err != nil {
			put(&p.errors, a.Err)
		}
	}
	return []hellio.Option{
		hellio.WithHTTPClient(&http.Client{Transport: rt}),
		hellio.WithLogger(l),
		hellio.WithAttemptHook(hook),
	}
}

// putError writes an error, bare and wrapped, with all that it holds.
func (p *paper) putError(t testing.TB, err error) {
	t.Helper()
	put(&p.errors, err)
	for _, logger := range loggers(p) {
		logger.Error("call failed", "err", err)
	}
	for _, outer := range []error{
		fmt.Errorf("wrapped: %w", err),
		errors.Join(errors.New("first"), err),
	} { // other verbs print addresses of the outer one
		fmt.Fprintf(&p.errors, "%v %+v %s %q\n", outer, outer, outer, outer)
	}
	p.putJSON(t, err)
	p.putJSON(t, struct{ Err error }{err})
	var api *hellio.APIError
	var connection *hellio.ConnectionError
	var unreadable *hellio.DecodeError
	switch {
	case errors.As(err, &api):
		put(&p.errors, api)
		p.putTexts(err, api)
		put(p, api.Response)
		p.putJSON(t, api.Response)
	case errors.As(err, &connection):
		put(&p.errors, connection.Err)
		put(p, &connection.Response)
	case errors.As(err, &unreadable):
		put(&p.errors, unreadable.Err)
		put(p, unreadable.Response)
		p.putJSON(t, &unreadable.Response)
	}
}

// putTexts writes the texts of the API that an error holds.
func (p *paper) putTexts(err error, api *hellio.APIError) {
	put(&p.errors, api.Message)
	put(&p.errors, api.Code)
	for _, complaints := range api.Fields {
		put(&p.errors, complaints)
	}
	var forbidden *hellio.PermissionError
	if errors.As(err, &forbidden) {
		put(&p.errors, forbidden.Period)
	}
	var redirect *hellio.RedirectError
	if errors.As(err, &redirect) {
		put(&p.errors, redirect.Location)
	}
}

func requireClean(t testing.TB, written string, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, "PANIC=") {
		for form, text := range map[string]string{
			"plain":  secret,
			"hex":    fmt.Sprintf("%x", secret),
			"a URL":  url.QueryEscape(secret),
			"a path": url.PathEscape(secret),
		} {
			at := strings.Index(written, text)
			if at < 0 {
				continue
			}
			around := written[max(0, at-200):min(len(written), at+100)]
			require.Fail(t, "printed", "%q as %s: …%s…", secret, form, around)
		}
	}
}
