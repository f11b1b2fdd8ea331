package helliotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/contract"
)

// remoteWithin is the time limit of a control call that does not wait.
const remoteWithin = time.Minute

// Remote is one world of a running hellio-fake. A test that uses only its
// methods switches between Fake and Remote in one line. If the program refuses
// or can't be reached, a method returns the program's sentence as its error, or
// fails the test with it. It is safe for concurrent use, except Fault,
// SetFaults, ExpectRejected and Reset. Make one with Dial.
type Remote struct {
	tb     testing.TB
	root   string // http://127.0.0.1:8420
	token  string
	http   *http.Client
	faults []*RemoteFault // by Fault, in the order in which they were put
	view   view           // its strictness
	since  int64          // the newest call when the test began
}

// Dial returns the world of a token in a running hellio-fake. The address is
// the program's URL, with or without /v1. At the end of the test, each rule of
// Fault that was never hit fails the test, and so does each violation since
// Dial that ExpectRejected does not excuse. The rules of Fault are then
// removed; those of other callers stay. A bad address, a program that does not
// answer and an unknown token fail the test immediately. So does a synctest
// bubble, because a real socket stops its clock for ever.
func Dial(tb testing.TB, address, token string) *Remote {
	tb.Helper()
	if bubbled(time.Now()) {
		tb.Fatalf("helliotest: Dial: a real socket would stop the clock of the synctest bubble " +
			"for ever; use New")
	}
	root, err := programRoot(address)
	if err != nil {
		tb.Fatalf("helliotest: Dial: %v", err)
	}
	transport := &http.Transport{}
	r := &Remote{
		tb:    tb,
		root:  root,
		token: token,
		http:  &http.Client{Transport: transport},
	}
	tb.Cleanup(transport.CloseIdleConnections)
	r.must(tb, "Dial", http.MethodGet, "/_fake/account", nil, nil)
	if err := r.readViolations(false); err != nil {
		tb.Fatalf("helliotest: Dial: %v", err)
	}
	tb.Cleanup(func() {
		r.endFaults()
		r.endStrictness()
	})
	return r
}

func programRoot(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", errors.New("the URL can't be read")
	}
	path := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), contract.Root)
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || path != "" || u.RawQuery != "" {
		return "",
			fmt.Errorf("%q is not the URL of a program, such as http://127.0.0.1:8420",
				u.Redacted())
	}
	return u.Scheme + "://" + u.Host, nil
}

// Client returns a client of the API in this world, with the token of Dial.
// Options come after its own. A bad option fails the test.
func (r *Remote) Client(opts ...hellio.Option) *hellio.Client {
	r.tb.Helper()
	client, err := hellio.NewClient(r.token,
		append([]hellio.Option{hellio.WithBaseURL(r.root + contract.Root)}, opts...)...)
	if err != nil {
		r.tb.Fatalf("helliotest: Client: %v", err)
	}
	r.tb.Cleanup(client.CloseIdleConnections)
	return client
}

// refusedError is an answer without success.
type refusedError struct {
	call    string // method and route
	status  int
	message string
}

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("%s: %d: %s", e.call, e.status, e.message)
}

func isNotFound(err error) bool {
	var refused *refusedError
	return errors.As(err, &refused) && refused.status == http.StatusNotFound
}

// must makes a call that fails the test if it fails.
func (r *Remote) must(
	tb testing.TB, what, method, resourcePath string, in, out any, values ...string,
) {
	tb.Helper()
	if err := r.call(method, resourcePath, in, out, values...); err != nil {
		tb.Fatalf("helliotest: %s: %v", what, err)
	}
}

// call makes one call of the control API in good time: see callIn.
func (r *Remote) call(method, resourcePath string, in, out any, values ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), remoteWithin)
	defer cancel()
	_, err := r.callIn(ctx, method, resourcePath, in, out, values...)
	return err
}

// callIn makes one call. The values replace what is in braces in the route; in
// is the query if it is a url.Values, else the body; out receives the answer,
// unless there is none. No error quotes a value, a token or a body.
func (r *Remote) callIn(
	ctx context.Context, method, resourcePath string, in, out any, values ...string,
) (status int, err error) {
	req, err := r.request(ctx, method, resourcePath, in, values)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, resourcePath, err)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		var broken *url.Error
		if errors.As(err, &broken) {
			err = broken.Err // without the URL
		}
		return 0, fmt.Errorf("%s %s at %s: %w", method, resourcePath, r.root, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s %s: %w", method, resourcePath, err)
	case resp.StatusCode > 299:
		var told errorBody
		_ = json.Unmarshal(text, &told) // an unreadable body has no sentence of the program
		if told.Message == "" {
			told.Message = "the answer is none of hellio-fake's"
		}
		return resp.StatusCode,
			&refusedError{method + " " + resourcePath, resp.StatusCode, told.Message}
	case out == nil || len(text) == 0:
		return resp.StatusCode, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return resp.StatusCode, fmt.Errorf("%s %s: %w", method, resourcePath, err)
	}
	return resp.StatusCode, nil
}

func (r *Remote) request(
	ctx context.Context, method, resourcePath string, in any, values []string,
) (*http.Request, error) {
	path := resourcePath
	for _, value := range values {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + url.PathEscape(value) + after
	}
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case url.Values:
		path += "?" + in.Encode()
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.root+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+r.token)
	return req, nil
}
