package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/contract"
)

// routed returns the operations of the document that the fake routes. A request
// without a token then gets neither 404 nor 405.
func routed(t *testing.T) []Operation {
	t.Helper()
	fake := helliotest.New(t, helliotest.Lenient())
	all := theDocument(t).Operations()
	return slices.DeleteFunc(all, func(op Operation) bool {
		r := request(t, op.Method, sample(t, op).path, "", "Authorization", "")
		resp, err := fake.RoundTripper().RoundTrip(r)
		require.NoError(t, err)
		return resp.StatusCode == http.StatusNotFound ||
			resp.StatusCode == http.StatusMethodNotAllowed
	})
}

// call is a request from the document's examples.
type call struct{ method, path, body string }

// sample returns a call made from an operation's examples.
func sample(t *testing.T, op Operation) call {
	t.Helper()
	doc := theDocument(t)
	defer doc.reading()()
	item := doc.model.Paths.PathItems.GetOrZero(op.Route)
	described := operation(item, op.Method)
	c := call{method: op.Method, path: op.Route}
	for _, p := range described.Parameters {
		switch {
		case p.In == "path":
			c.path = strings.ReplaceAll(c.path, "{"+p.Name+"}", p.Example.Value)
		case p.In == "query" && p.Required != nil && *p.Required:
			c.path += "?" + p.Name + "=" + p.Example.Value
		}
	}
	if described.RequestBody != nil {
		var value any
		require.NoError(t, mediaExamples("", described.RequestBody.Content)[0].value.Decode(&value))
		text, err := json.Marshal(value)
		require.NoError(t, err)
		c.body = string(text)
	}
	return c
}

func (w *world) sample(t *testing.T, c call, headers ...string) got {
	t.Helper()
	return w.raw(t, c.method, c.path, c.body, headers...)
}

// commonFlows returns the flows that an operation shares with others of its
// kind.
func commonFlows(t *testing.T, op Operation) []flow {
	t.Helper()
	c := sample(t, op)
	all := []flow{{"fails on the server", nil, serverFails(op, c)}}
	if c.body != "" {
		all = append(all, flow{"refuses a bad body", lenient(), badBody(op, c)})
	}
	if op.Scope != "" {
		all = append(all, tokenFlows(op, c)...)
	}
	if op.Keyed {
		all = append(all, flow{
			"answers a repeat during and after the first request",
			nil,
			repeatedKey(op, c),
		})
	}
	if op.may("402", contract.CodeInsufficientBalance) {
		all = append(all, flow{
			"costs more than the wallet holds",
			with(helliotest.WithBalance("0")),
			answersCode(c, contract.CodeInsufficientBalance),
		})
	}
	if op.may("403", contract.CodeSpendLimitExceeded) {
		capped := with(helliotest.WithSpendLimit("monthly", "0.0001"))
		all = append(all, flow{
			"costs more than the account may spend",
			capped,
			answersCode(c, contract.CodeSpendLimitExceeded),
		})
	}
	if strings.HasSuffix(op.ID, "_list") && op.may("422", contract.CodeInvalidRequest) {
		all = append(all, flow{"refuses a bad page size", lenient(), badPageSize(c)})
	}
	if strings.Contains(op.Route, "{id}") {
		all = append(all, flow{"finds nothing", nil, answersCode(c, contract.CodeNotFound)})
	}
	return all
}

// tokenFlows returns the refusals of an operation that needs a token.
func tokenFlows(op Operation, c call) []flow {
	return []flow{
		{"refuses an unknown token", nil, func(t *testing.T, w *world) {
			g := w.sample(t, c, "Authorization", "Bearer stranger")
			require.Equal(t, []any{401, contract.CodeUnauthenticated}, []any{g.status, g.code()})
		}},
		{"refuses a token without the scope", nil, func(t *testing.T, w *world) {
			token := w.fake.IssueToken(otherScopes(op.Scope)...)
			g := w.sample(t, c, "Authorization", "Bearer "+token)
			require.Equal(t, []any{403, contract.CodeInsufficientScope}, []any{g.status, g.code()})
			require.NotEmpty(t, g.header.Get("X-RateLimit-Remaining"),
				"the rate limit counts the request")
		}},
		{
			"refuses an address outside the allowed ones",
			with(helliotest.WithAllowedIPs("203.0.113.0/24")),
			func(t *testing.T, w *world) {
				g := w.sample(t, c)
				require.Equal(t, []any{403, contract.CodeIPNotAllowed}, []any{g.status, g.code()})
				require.Empty(t, g.header.Get("X-RateLimit-Remaining"),
					"the rate limit does not count the request")
			},
		},
		{
			"refuses requests over the rate limit",
			with(helliotest.WithRateLimit(1)),
			func(t *testing.T, w *world) {
				w.sample(t, c)
				g := w.sample(t, c)
				require.Equal(t, []any{429, contract.CodeThrottled, "60"},
					[]any{g.status, g.code(), g.header.Get("Retry-After")})
			},
		},
	}
}

func answersCode(c call, code string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) { require.Equal(t, code, w.sample(t, c).code()) }
}

// repeatedKey sends the same key three times: once, again during that request,
// and again after it.
func repeatedKey(op Operation, c call) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		w.fake.Fault(helliotest.Op(op.ID), helliotest.Nth(1), helliotest.Delay(2*time.Second))
		first := make(chan int, 1)
		go func() {
			r := tokenRequest(t, c.method, c.path, c.body, "Idempotency-Key", "k")
			resp, err := w.rec.RoundTrip(r)
			if err == nil {
				first <- resp.StatusCode
			}
			close(first)
		}()
		time.Sleep(time.Second)
		require.Equal(t, contract.CodeIdempotencyConflict,
			w.sample(t, c, "Idempotency-Key", "k").code())
		status := <-first
		again := w.sample(t, c, "Idempotency-Key", "k")
		require.Equal(t, []any{status, "true"},
			[]any{again.status, again.header.Get("Idempotent-Replayed")})
	}
}

func badPageSize(c call) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		for _, size := range []string{"0", "-1", "x", "1.5"} {
			g := w.wrong(t, c.method, c.path+"?per_page="+size, "")
			require.Equal(t,
				[]any{422, contract.CodeInvalidRequest}, []any{g.status, g.code()}, size)
		}
		require.Equal(t, 200, w.wrong(t, c.method, c.path+"?per_page=201", "").status)
	}
}

func serverFails(op Operation, c call) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		w.fake.Fault(helliotest.Op(op.ID), helliotest.Nth(1),
			helliotest.Status(503, contract.CodeServiceUnavailable))
		w.fake.Fault(helliotest.Op(op.ID), helliotest.Nth(2),
			helliotest.Status(500, "server_error"))
		w.fake.Fault(helliotest.Op(op.ID), helliotest.Nth(3),
			helliotest.RateLimited(30*time.Second))
		for _, want := range []int{503, 500, 429} {
			require.Equal(t, want, w.sample(t, c).status)
		}
	}
}

func badBody(op Operation, c call) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		for body, want := range map[string]int{
			`{"a":1} trailing`:         400,
			`[1]`:                      400,
			`null`:                     400,
			`{`:                        400,
			strings.Repeat(" ", 9<<20): 413,
		} {
			g := w.wrong(t, c.method, c.path, body)
			require.Equal(t,
				[]any{want, contract.CodeInvalidRequest}, []any{g.status, g.code()},
				"%s: %.20q", op.ID, body)
		}
		require.Equal(t, 415,
			w.wrong(t, c.method, c.path, c.body, "Content-Type", "text/plain").status)
		if !strings.Contains(op.Route, "{id}") {
			g := w.wrong(t, c.method, c.path, `{}`)
			require.Equal(t, []any{422, contract.CodeInvalidRequest}, []any{g.status, g.code()})
			require.NotEmpty(t, g.body["errors"])
		}
	}
}

func (op Operation) may(status, code string) bool {
	return slices.Contains(op.Cases, Case{Operation: op.ID, Status: status, Code: code})
}

// otherScopes returns all scopes but one.
func otherScopes(scope string) []string {
	return slices.DeleteFunc(contract.Scopes(), func(s string) bool { return s == scope })
}
