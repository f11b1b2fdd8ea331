package helliotest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// traced notes which hooks fire, in order.
type traced struct {
	mu    sync.Mutex
	hooks []string
}

func (tr *traced) note(hook string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.hooks = append(tr.hooks, hook)
}

func (tr *traced) names() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.hooks)
}

func (tr *traced) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(hostPort string) { tr.note("GetConn " + hostPort) },
		GotConn: func(info httptrace.GotConnInfo) {
			tr.note("GotConn " + info.Conn.RemoteAddr().Network())
		},
		WroteHeaders: func() { tr.note("WroteHeaders") },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				tr.note("WroteRequest failed")
				return
			}
			tr.note("WroteRequest")
		},
		GotFirstResponseByte: func() { tr.note("GotFirstResponseByte") },
	})
}

func TestTraceHooksFireLikeARealConnections(t *testing.T) {
	t.Parallel()
	arrived := []string{
		"GetConn fake.hellio.invalid:443", "GotConn tcp", "WroteHeaders", "WroteRequest",
	}
	for name, c := range map[string]struct {
		rules []helliotest.Rule
		want  []string
	}{
		"an answer":      {nil, append(slices.Clone(arrived), "GotFirstResponseByte")},
		"a lost request": {[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseRequest()}, arrived},
		"a lost reply":   {[]helliotest.Rule{helliotest.Nth(1), helliotest.LoseReply()}, arrived},
		"a reset": {
			[]helliotest.Rule{helliotest.Nth(1), helliotest.ResetConnection()},
			arrived,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			if c.rules != nil {
				f.Fault(helliotest.SMSSend, c.rules...)
			}
			a := newAPI(t, f)
			var trace traced
			resp, err := a.client.Do(
				a.request("POST", "/sms/send", oneSMS).WithContext(trace.context(t.Context())))
			require.Equal(t, c.rules != nil, err != nil)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			}
			require.Equal(t, c.want, trace.names())
		})
	}
}

func TestAnInvalidRequestFiresNoHook(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	ended, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("given up")
	cancel(cause)
	header := a.request("GET", "/balance", "")
	header.Header["Idempotency-Key"] = []string{"a\r\nb"}
	for name, c := range map[string]struct {
		req  *http.Request
		says string
	}{
		"ended context": {a.request("GET", "/balance", "").WithContext(ended), "given up"},
		"bad header":    {header, "invalid header field value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var trace traced
			body := &closing{Reader: strings.NewReader("x")}
			c.req.Body = body
			//nolint:bodyclose // there is no response
			_, err := a.client.Transport.RoundTrip(
				c.req.WithContext(trace.context(c.req.Context())))
			require.ErrorContains(t, err, c.says)
			require.Empty(t, trace.names())
			require.True(t, body.closed)
		})
	}
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestAResponseIsWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	req := a.request("POST", "/sms/send", "")
	body := &closing{Reader: strings.NewReader(oneSMS)}
	req.Body, req.ContentLength = body, int64(len(oneSMS))
	resp, err := a.client.Transport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "202 Accepted", resp.Status)
	require.Equal(t, "HTTP/1.1", resp.Proto)
	require.True(t, resp.ProtoAtLeast(1, 1))
	require.Same(t, req, resp.Request)
	require.EqualValues(t, len(text), resp.ContentLength)
	require.True(t, body.closed)
}

func TestTheTransportIsNotAnHTTPTransport(t *testing.T) {
	t.Parallel()
	_, real := helliotest.New(t).HTTPClient().Transport.(*http.Transport)
	require.False(t, real)
}

func TestAnUnreadableBodyFailsTheRequest(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	broken := a.request("POST", "/sms/send", "")
	broken.Body, broken.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("{"),
		failing{})), -1
	short := a.request("POST", "/sms/send", "")
	short.Body, short.ContentLength = io.NopCloser(strings.NewReader(oneSMS)), 5000
	for req, says := range map[*http.Request]string{
		broken: "disk on fire",
		short:  "ContentLength=5000",
	} {
		var trace traced
		//nolint:bodyclose // there is no response
		_, err := a.client.Do(req.WithContext(trace.context(t.Context())))
		require.ErrorContains(t, err, says)
		require.Contains(t, trace.names(), "WroteRequest failed")
	}
	require.Empty(t, f.Requests())
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestABlockedBodyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, helliotest.New(t))
		r, w := io.Pipe()
		defer w.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := a.request("POST", "/sms/send", "").WithContext(ctx)
		req.Body, req.ContentLength = r, -1
		_, err := a.client.Do(req) //nolint:bodyclose // there is no response
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAnyHostIsAnswered(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	for _, a.base = range []string{"https://api.helliomessaging.com/v1", "http://127.0.0.1:9/v1"} {
		require.Equal(t, 200, a.get("/balance").status)
	}
}

func TestAFakeThatHasEndedAnswersNothing(t *testing.T) {
	t.Parallel()
	f, err := helliotest.Start()
	require.NoError(t, err)
	url, client := f.URL(), newHTTPClient(t)
	require.Equal(t, 200, api{t, client, url, helliotest.DefaultToken}.get("/balance").status)
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	_, err = newAPI(t, f).try("GET", "/balance", "")
	require.ErrorContains(t, err, "this Fake was closed")
	_, err = api{t, client, url, helliotest.DefaultToken}.try("GET", "/balance", "")
	require.ErrorContains(t, err, "refused")
	require.Panics(t, func() { f.URL() })
}

// observed is all that a caller sees of one exchange.
type observed struct {
	status string
	header http.Header
	length int64
	body   string
	err    string
}

// observe sends a request by a RoundTripper and reads the answer whole.
func observe(t *testing.T, rt http.RoundTripper, req *http.Request) (o observed) {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return observed{err: err.Error()}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		o.err = err.Error()
	}
	o.status = resp.Status
	o.header = resp.Header
	o.length = resp.ContentLength
	o.body = string(text)
	o.header.Del("Date")
	return o
}

func TestInProcessAnswersAsASocketDoes(t *testing.T) {
	t.Parallel()
	fault := func(rules ...helliotest.Rule) []helliotest.Rule {
		return append(rules, helliotest.Nth(1))
	}
	for name, c := range map[string]struct {
		fault []helliotest.Rule
		build func(a api) *http.Request
		check func(t *testing.T, o observed)
	}{
		"a body of unknown length": {
			build: func(a api) *http.Request {
				req := a.request("POST", "/sms/send", "")
				req.Body = io.NopCloser(strings.NewReader(oneSMS))
				return req
			},
			check: func(t *testing.T, o observed) { require.Equal(t, "202 Accepted", o.status) },
		},
		"a pipe": {
			build: func(a api) *http.Request {
				r, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, oneSMS)
					_ = w.Close()
				}()
				req := a.request("POST", "/sms/send", "")
				req.Body = r
				return req
			},
			check: func(t *testing.T, o observed) { require.Equal(t, "202 Accepted", o.status) },
		},
		"no body where one is due": {
			build: func(a api) *http.Request {
				req := a.request("POST", "/sms/send", "")
				req.Body = http.NoBody
				return req
			},
			check: func(t *testing.T, o observed) {
				require.Equal(t, "422 Unprocessable Entity", o.status)
			},
		},
		"status 204": {
			fault: fault(helliotest.Status(204, "")),
			check: func(t *testing.T, o observed) { require.Empty(t, o.body) },
		},
		"status 304": {
			fault: fault(helliotest.Status(304, "")),
			check: func(t *testing.T, o observed) { require.Empty(t, o.body) },
		},
		"a status without a text": {
			fault: fault(helliotest.Status(599, "")),
			check: func(t *testing.T, o observed) {
				require.Equal(t, "599 status code 599", o.status)
			},
		},
		"a page in place of nothing": {
			fault: fault(helliotest.NotJSON()),
			build: func(a api) *http.Request { return a.request("DELETE", "/webhooks/1", "") },
		},
		"HEAD": {
			build: func(a api) *http.Request { return a.request("HEAD", "/balance", "") },
			check: func(t *testing.T, o observed) {
				require.Equal(t, "405 Method Not Allowed", o.status)
				require.Positive(t, o.length)
				require.Empty(t, o.body)
			},
		},
		"a body cut at its start": {
			fault: fault(helliotest.TruncateBody(0)),
			check: func(t *testing.T, o observed) { require.Equal(t, "unexpected EOF", o.err) },
		},
		"a body cut beyond its end": {
			fault: fault(helliotest.TruncateBody(5000)),
			check: func(t *testing.T, o observed) { require.Empty(t, o.err) },
		},
		"a lost reply": {
			fault: fault(helliotest.LoseReply()),
			check: func(t *testing.T, o observed) { require.Equal(t, "EOF", o.err) },
		},
		"a method that is none": {build: func(a api) *http.Request {
			return withMethod(a, "GE T")
		}},
		"a header name that is none": {build: func(a api) *http.Request {
			return withHeader(a, "X Y", "1")
		}},
		"a header name of no letter": {build: func(a api) *http.Request {
			return withHeader(a, "", "1")
		}},
		"a header name in Greek": {build: func(a api) *http.Request {
			return withHeader(a, "X-α", "1")
		}},
		"a value of two lines": {build: func(a api) *http.Request {
			return withHeader(a, "X-A", "1\n2")
		}},
		"a value with a bell": {build: func(a api) *http.Request {
			return withHeader(a, "X-A", "\a")
		}},
		"a value with DEL": {build: func(a api) *http.Request {
			return withHeader(a, "X-A", "\x7f")
		}},
		"a token with space around it": {
			build: func(a api) *http.Request {
				return withHeader(a, "Authorization", " Bearer "+helliotest.DefaultToken+"\t")
			},
			check: func(t *testing.T, o observed) { require.Equal(t, "200 OK", o.status) },
		},
		"a value with a tab": {build: func(a api) *http.Request {
			return withHeader(a, "X-A", "1\t2")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			see := func(way func(f *helliotest.Fake) api) observed {
				f, err := helliotest.Start(helliotest.AllowUnusedFaults())
				require.NoError(t, err)
				t.Cleanup(func() { _ = f.Close() })
				if c.fault != nil {
					f.Fault(helliotest.AnyOp, c.fault...)
				}
				if c.build == nil {
					c.build = func(a api) *http.Request { return a.request("GET", "/balance", "") }
				}
				a := way(f)
				return observe(t, a.client.Transport, c.build(a))
			}
			inProcess := see(func(f *helliotest.Fake) api { return newAPI(t, f) })
			socket := see(func(f *helliotest.Fake) api {
				return api{t, newHTTPClient(t), f.URL(), helliotest.DefaultToken}
			})
			require.Equal(t, socket, inProcess)
			if c.check != nil {
				c.check(t, inProcess)
			}
		})
	}
}

func withMethod(a api, method string) *http.Request {
	req := a.request("GET", "/balance", "")
	req.Method = method
	return req
}

func withHeader(a api, name, value string) *http.Request {
	req := a.request("GET", "/balance", "")
	req.Header[name] = []string{value}
	return req
}

// Over a socket, net/http sometimes returns the end of the connection instead.
func TestAWrongContentLengthIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   io.ReadCloser
		length int64
		says   string
	}{
		"too short": {
			io.NopCloser(strings.NewReader("{}")), 5000,
			"http: ContentLength=5000 with Body length 2",
		},
		"too long": {
			io.NopCloser(strings.NewReader(oneSMS)), 10,
			"http: ContentLength=10 with Body length 65",
		},
		"no body": {nil, 10, "http: Request.ContentLength=10 with nil Body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t)
			a := newAPI(t, f)
			req := a.request("POST", "/sms/send", "")
			req.Body = c.body
			req.ContentLength = c.length
			require.Equal(t, c.says, observe(t, a.client.Transport, req).err)
			require.Empty(t, f.Requests())
		})
	}
}

func TestATruncationThatCutsNothingIsLogged(t *testing.T) {
	t.Parallel()
	r := watch(t, func(tb testing.TB) {
		f := helliotest.New(tb)
		fault := f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.TruncateBody(5000))
		require.Equal(t, 200, newAPI(t, f).get("/balance").status)
		require.Equal(t, 1, fault.Hits())
	})
	require.Empty(t, r.all())
	require.Contains(t, strings.Join(r.logs, "\n"), "TruncateBody(5000) cut nothing of a body of ")
}
