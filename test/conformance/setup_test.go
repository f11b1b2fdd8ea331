package conformance

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

var load = sync.OnceValues(Load) // reading the document takes half a second

func theDocument(tb testing.TB) *Document {
	tb.Helper()
	doc, err := load()
	require.NoError(tb, err)
	return doc
}

func parse(tb testing.TB, text string) *Document {
	tb.Helper()
	doc, err := Parse([]byte(text))
	require.NoError(tb, err)
	return doc
}

// withSchema returns a document with POST and GET on /v1/thing. The POST's
// request and response have schema S.
func withSchema(schema string) string {
	return `openapi: 3.1.0
info: {title: t, version: '1'}
servers: [{url: 'https://example.com/v1'}]
paths:
  /thing:
    post:
      operationId: thing
      parameters:
        - {name: Idempotency-Key, in: header, schema: {type: string, maxLength: 5}}
        - {name: per_page, in: query, schema: {type: integer, maximum: 200}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
      responses:
        '200':
          description: Done.
          headers:
            X-RateLimit-Limit: {required: true, schema: {type: integer, minimum: 1}}
            Idempotent-Replayed: {schema: {type: string, const: 'true'}}
          content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}
        '401': {description: No., content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
        '204': {description: Nothing.}
    get:
      operationId: things
      responses:
        '204': {description: Nothing.}
components:
  schemas:
    S: ` + schema + "\n"
}

func contractOperations() []contract.Operation {
	return []contract.Operation{
		contract.AuthToken, contract.SMSSend, contract.MessageList, contract.MessageGet,
		contract.CampaignList, contract.CampaignGet, contract.OTPSend, contract.OTPVerify,
		contract.VoiceSend, contract.VoiceGet, contract.LookupCreate, contract.LookupList,
		contract.LookupGet, contract.EmailVerify, contract.BalanceGet, contract.PricingGet,
		contract.WebhookList, contract.WebhookCreate, contract.WebhookDelete,
		contract.USSDPricing, contract.USSDAvailability, contract.USSDAppList,
		contract.USSDAppCreate, contract.USSDAppUpdate, contract.USSDAppDelete,
		contract.USSDAppMode, contract.USSDAppSecret, contract.USSDExtList,
		contract.USSDExtCreate, contract.USSDExtDelete, contract.USSDSessionList,
		contract.USSDSessionGet, contract.USSDSimulate,
	}
}

// request returns a request with the headers of a client. Headers are pairs of
// name and value; they replace the client's, and an empty value removes one.
func request(tb testing.TB, method, path, body string, headers ...string) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, baseURL+path,
		strings.NewReader(body))
	require.NoError(tb, err)
	set := append(
		[]string{"Accept", "application/json", "Authorization", "Bearer t", "User-Agent", "test/1"},
		headers...)
	if body != "" {
		set = append([]string{"Content-Type", "application/json"}, set...)
	}
	for i := 0; i+1 < len(set); i += 2 {
		r.Header.Set(set[i], set[i+1])
		if set[i+1] == "" {
			r.Header.Del(set[i])
		}
	}
	return r
}

// answer returns a response with these headers, in pairs of name and value.
func answer(status int, body string, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status,
		Header:     make(http.Header),
		Body:       io.NopCloser(strings.NewReader(body)),
	}
	if body != "" {
		resp.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}
