package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	oneSMS         = `{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi"}`
	defaultAccount = `{"balance":"100.0000","senders":["HELLIO","ACME","HellioSMS"],` +
		`"rate_limit":120,"allowed_ips":[],"spend_limit":null}`
)

// testProgram is a running program of this process, on a free port.
type testProgram struct {
	t      testing.TB
	addr   string
	token  string
	stop   func() (status int) // ends the program as a signal does; a second call returns the same
	stderr *safeBuffer
}

// safeBuffer can be read while it is written.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs the program until the test ends. It must then end well, having
// written nothing but the ready line.
func start(t testing.TB, args ...string) *testProgram {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, stdout := io.Pipe()
	stderr := &safeBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- runProgram(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, stderr)
		stdout.Close()
	}()
	out := bufio.NewReader(reader)
	line, err := out.ReadBytes('\n')
	require.NoError(t, err, stderr)
	var ready struct{ Addr, Token string }
	require.NoError(t, json.Unmarshal(line, &ready))
	p := &testProgram{
		t:      t,
		addr:   ready.Addr,
		token:  ready.Token,
		stderr: stderr,
	}
	p.stop = sync.OnceValue(func() int {
		cancel()
		rest, err := io.ReadAll(out)
		require.NoError(t, err)
		require.Empty(t, rest, "more than the ready line on stdout")
		return <-ended
	})
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		require.Equal(t, statusOK, p.stop())
		require.Regexp(t,
			`^(hellio-fake: world \d+: \d+ violations?; GET /_fake/violations lists them\n)*$`,
			stderr.String())
	})
	return p
}

// response is an answer read whole.
type response struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// into decodes the body.
func (r response) into(v any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.body), v), r.body)
}

// object returns the body, a JSON object.
func (r response) object() (members map[string]any) {
	r.t.Helper()
	r.into(&members)
	return members
}

// list returns the body, a JSON array of objects.
func (r response) list() (items []map[string]any) {
	r.t.Helper()
	r.into(&items)
	require.NotNil(r.t, items, "null instead of an array")
	return items
}

// has asserts that the body is an object with these members, and maybe others.
func (r response) has(members string, about ...any) {
	r.t.Helper()
	var want map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(members), &want))
	got := r.object()
	for name, value := range want {
		require.Contains(r.t, got, name)
		require.Equal(r.t, value, got[name], append([]any{name}, about...))
	}
}

// refused asserts an error answer.
func (r response) refused(status int, code string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.body)
	require.Equal(r.t, "application/json", r.header.Get("Content-Type"))
	require.Equal(r.t, code, r.object()["error"])
	require.NotEmpty(r.t, r.object()["message"])
}

// as returns the same program for another token.
func (p *testProgram) as(token string) *testProgram {
	other := *p
	other.token = token
	return &other
}

// world returns the program in a world of its own.
func (p *testProgram) world(spec string) *testProgram {
	p.t.Helper()
	made := p.call(http.MethodPost, "/_fake/worlds", spec)
	require.Equal(p.t, http.StatusCreated, made.status, made.body)
	return p.as(made.object()["token"].(string))
}

func (p *testProgram) request(method, path, body string) *http.Request {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.addr+path,
		strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	return req
}

// try sends a request over a connection of its own, so that a broken one is not
// tried again.
func (p *testProgram) try(req *http.Request) (response, error) {
	p.t.Helper()
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return response{p.t, resp.StatusCode, resp.Header, string(text)}, err
}

func (p *testProgram) call(method, path, body string) response {
	p.t.Helper()
	resp, err := p.try(p.request(method, path, body))
	require.NoError(p.t, err)
	return resp
}

func (p *testProgram) get(path string) response {
	p.t.Helper()
	return p.call(http.MethodGet, path, "")
}

// send sends an SMS and wants it accepted.
func (p *testProgram) send(body string) {
	p.t.Helper()
	sent := p.call(http.MethodPost, "/v1/sms/send", body)
	require.Equal(p.t, http.StatusAccepted, sent.status, sent.body)
}

// fault puts one rule.
func (p *testProgram) fault(rule string) {
	p.t.Helper()
	put := p.call(http.MethodPut, "/_fake/faults", "["+rule+"]")
	require.Equal(p.t, http.StatusOK, put.status, put.body)
}

// client is a hellio client of the program.
func (p *testProgram) client(opts ...hellio.Option) *hellio.Client {
	p.t.Helper()
	client, err := hellio.NewClient(p.token,
		append([]hellio.Option{hellio.WithBaseURL("http://" + p.addr + "/v1")}, opts...)...)
	require.NoError(p.t, err)
	p.t.Cleanup(client.CloseIdleConnections)
	return client
}

// state is all that a bad call must leave as it is.
func (p *testProgram) state() string {
	p.t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"/_fake/account", "/_fake/faults", "/_fake/messages", "/_fake/requests",
		"/_fake/deliveries", "/_fake/webhooks", "/_fake/violations",
	} {
		all.WriteString(p.get(path).body)
	}
	return all.String()
}

func TestTheFirstWorldIsMadeFromTheFlags(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, helliotest.DefaultToken, p.token)
	p.get("/_fake/account").has(defaultAccount)

	p = start(t, "-token", "7|mine", "-balance", "5.5", "-senders", "MYCO, YOURCO", "-rate-limit",
		"0", "-seed", "42")
	require.Equal(t, "7|mine", p.token)
	account := `{"balance":"5.5000","senders":["MYCO","YOURCO"],"rate_limit":0,"allowed_ips":[],` +
		`"spend_limit":null}`
	p.get("/_fake/account").has(account)
	p.world(`{}`).get("/_fake/account").has(account)
}
