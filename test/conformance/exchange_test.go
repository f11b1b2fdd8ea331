package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const thing = `{type: object, additionalProperties: false, required: [verified], properties: {` +
	`verified: {type: boolean, const: true}, note: {type: [string, 'null']}, ` +
	`id: {type: string, format: uuid}, at: {type: string, format: date-time}}}`

// The test checks that the library enforces what OpenAPI 3.1 takes from JSON
// Schema.
func TestTheValidatorEnforcesJSONSchema(t *testing.T) {
	t.Parallel()
	doc := parse(t, withSchema(thing))
	tests := []struct{ name, body, want string }{
		{"the right constant", `{"verified":true}`, ""},
		{"the wrong constant", `{"verified":false}`, "value must be true"},
		{"null where it is allowed", `{"verified":true,"note":null}`, ""},
		{"null where it is not allowed", `{"verified":null}`, "got null, want boolean"},
		{"null as the whole body", `null`, "the body is null"},
		{
			"an undescribed member", `{"verified":true,"x":1}`,
			"additional properties 'x' not allowed",
		},
		{"a missing member", `{}`, "missing property 'verified'"},
		{"a quoted boolean", `{"verified":"true"}`, "got string, want boolean"},
		{
			"a UUID without version",
			`{"verified":true,"id":"00000000-0000-0000-0000-000000000000"}`,
			"RFC 9562",
		},
		{"a time without offset", `{"verified":true,"at":"2026-03-04T05:06:07"}`, "date-time"},
		{"a second value", `{"verified":true} {}`, "after top-level value"},
		{"no JSON", `<html>`, "invalid character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(t, "POST", "/thing", tt.body)
			requireDifference(t, tt.want, doc.CheckRequest(r, []byte(tt.body)))
			resp := answer(200, tt.body, "X-RateLimit-Limit", "120")
			requireDifference(t, tt.want, doc.CheckResponse(r, resp, []byte(tt.body)))
		})
	}
}

func TestCheckRequestReportsEachDifference(t *testing.T) {
	t.Parallel()
	doc := parse(t, withSchema(thing))
	const good = `{"verified":true}`
	tests := []struct {
		name, method, path, body string
		headers                  []string
		want                     string
	}{
		{"as described", "POST", "/thing?per_page=200", good, []string{"Idempotency-Key", "k"}, ""},
		{"unknown route", "POST", "/things", good, nil, "no such route"},
		{"unknown method", "PUT", "/thing", good, nil, "no such"},
		{"unknown query parameter", "POST", "/thing?page=2", good, nil, "'page'"},
		{"query parameter out of range", "POST", "/thing?per_page=201", good, nil, "maximum"},
		{
			"query parameter of another type", "POST", "/thing?per_page=x", good, nil,
			"not a valid integer",
		},
		{"unknown header", "POST", "/thing", good, []string{"X-Trace", "1"}, "X-Trace"},
		{
			"header against its schema", "POST", "/thing", good,
			[]string{"Idempotency-Key", "longer"}, "maxLength",
		},
		{
			"a key where none is described", "GET", "/thing", "", []string{"Idempotency-Key", "k"},
			"Idempotency-Key",
		},
		{"a body where none is described", "GET", "/thing", good, nil, "describes no body"},
		{
			"no body where one is required", "POST", "/thing", "",
			[]string{"Content-Type", "application/json"}, "empty",
		},
		{
			"another kind of body", "POST", "/thing", good, []string{"Content-Type", "text/plain"},
			"text/plain",
		},
		{"no Accept", "POST", "/thing", good, []string{"Accept", ""}, "Accept"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(t, tt.method, tt.path, tt.body, tt.headers...)
			requireDifference(t, tt.want, doc.CheckRequest(r, []byte(tt.body)))
		})
	}
}

func TestOnlyTheLoginNeedsNoToken(t *testing.T) {
	t.Parallel()
	doc := theDocument(t)
	r := request(t, "GET", "/balance", "", "Authorization", "")
	requireDifference(t, "Authorization", doc.CheckRequest(r, nil))
	body := `{"email":"ama@example.com","password":"p"}`
	r = request(t, "POST", "/auth/token", body, "Authorization", "")
	require.Empty(t, doc.CheckRequest(r, []byte(body)))
}

func TestCheckResponseReportsEachDifference(t *testing.T) {
	t.Parallel()
	doc := parse(t, withSchema(thing))
	const good = `{"verified":true}`
	limit := []string{"X-RateLimit-Limit", "120"}
	tests := []struct {
		name    string
		status  int
		body    string
		headers []string
		want    string
	}{
		{
			"as described", 200, good,
			append(limit, "Idempotent-Replayed", "true", "Date", "now", "Content-Length", "17"),
			"",
		},
		{"as described, empty", 204, "", nil, ""},
		{"unknown status", 500, good, limit, "no such status"},
		{
			"unknown header", 200, good, append(limit, "X-Ratelimit-Policy", "1"),
			"no header X-Ratelimit-Policy",
		},
		{"unknown header where none is described", 401, good, limit, "no header X-Ratelimit-Limit"},
		{
			"header of another type", 200, good, []string{"X-RateLimit-Limit", "many"},
			"is not an integer",
		},
		{
			"header that only looks like a number", 200, good,
			[]string{"X-RateLimit-Limit", "+120"}, "is not an integer",
		},
		{"header out of range", 200, good, []string{"X-RateLimit-Limit", "0"}, "minimum"},
		{
			"optional header against its schema", 200, good,
			append(limit, "Idempotent-Replayed", "yes"), "value must be 'true'",
		},
		{"missing header", 200, good, nil, "X-RateLimit-Limit"},
		{
			"a charset", 200, good,
			append(limit, "Content-Type", "application/json; charset=utf-8"), "Content-Type",
		},
		{"HTML", 200, "<html>", append(limit, "Content-Type", "text/html"), "text/html"},
		{"no body where one is required", 200, "", limit, "empty"},
		{"a body where none is described", 204, good, nil, "describes no body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(t, "POST", "/thing", good)
			requireDifference(t, tt.want,
				doc.CheckResponse(r, answer(tt.status, tt.body, tt.headers...), []byte(tt.body)))
		})
	}
}

func TestRepeatedHeaderIsADifference(t *testing.T) {
	t.Parallel()
	doc := parse(t, withSchema(thing))
	r := request(t, "POST", "/thing", `{"verified":true}`, "Idempotency-Key", "a")
	r.Header.Add("Idempotency-Key", "b")
	requireDifference(t, "more than once", doc.CheckRequest(r, []byte(`{"verified":true}`)))
	resp := answer(200, `{"verified":true}`, "X-RateLimit-Limit", "120")
	resp.Header.Add("X-RateLimit-Limit", "60")
	requireDifference(t, "more than once", doc.CheckResponse(r, resp, []byte(`{"verified":true}`)))
}

// requireDifference requires a difference that contains want, or no difference
// if want is "".
func requireDifference(tb testing.TB, want string, found []Difference) {
	tb.Helper()
	if want == "" {
		require.Empty(tb, found)
		return
	}
	var all []string
	for _, d := range found {
		all = append(all, d.String())
	}
	require.Contains(tb, strings.Join(all, "\n"), want)
}
