package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/hellio-go/hellio"
)

// The test makes each call of the client and answers it with each success that
// the document shows, which the client must be able to read.
func TestEveryClientRequestMatchesTheDocument(t *testing.T) {
	t.Parallel()
	var described []string
	for _, op := range theDocument(t).Operations() {
		described = append(described, op.ID)
		for status, shown := range shownAnswers(t, op) {
			if status >= 300 {
				continue
			}
			for i, do := range clientCalls()[op.ID] {
				t.Run(fmt.Sprintf("%s %d", op.ID, i), func(t *testing.T) {
					t.Parallel()
					for _, reply := range shown {
						require.NoError(t, answered(t, do, reply))
					}
				})
			}
		}
	}
	require.ElementsMatch(t, described, slices.Collect(maps.Keys(clientCalls())))
}

func TestTheClientReadsEveryErrorOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, op := range theDocument(t).Operations() {
		for status, shown := range shownAnswers(t, op) {
			for _, resp := range shown {
				code, _ := resp.body["error"].(string)
				if status < 400 || code == "" {
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", op.ID, status, code), func(t *testing.T) {
					t.Parallel()
					err := answered(t, clientCalls()[op.ID][0], resp)
					refused := requireRefused(t, err, status, code)
					require.Equal(t, resp.body["message"], refused.Message)
				})
			}
		}
	}
}

func TestUnverifiedCodeReturnsNoError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"data":{"verified":false,"status":"invalid"}}`,
		`{"data":{"verified":false,"status":"expired"}}`,
	} {
		var body object
		require.NoError(t, json.Unmarshal([]byte(text), &body))
		reply := shownAnswer{status: 422, body: body}
		require.NoError(t, answered(t, clientCalls()["otp_verify"][0], reply))
	}
}

// answered makes a call, replies to it, and returns the call's error. It fails
// the test if request or reply differs from the document.
func answered(t *testing.T, do clientCall, reply shownAnswer) error {
	t.Helper()
	rec := NewRecorder(theDocument(t), roundTripper(func(*http.Request) (*http.Response, error) {
		return reply.response(t), nil
	}))
	opts := []hellio.Option{
		hellio.WithHTTPClient(&http.Client{Transport: rec}),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}),
	}
	client, err := hellio.NewClient("t", opts...)
	require.NoError(t, err)
	err = do(t.Context(), client, opts...)
	require.Empty(t, rec.Differences())
	require.Len(t, rec.Seen(), 1)
	return err
}

// shownAnswer is a response from the document's examples.
type shownAnswer struct {
	status int
	header []string
	body   object
}

func (a shownAnswer) response(t *testing.T) *http.Response {
	t.Helper()
	if a.body == nil {
		return answer(a.status, "", a.header...)
	}
	text, err := json.Marshal(a.body)
	require.NoError(t, err)
	return answer(a.status, string(text), a.header...)
}

// shownAnswers returns the example responses of an operation by status. For 5XX
// the status is 502.
func shownAnswers(t *testing.T, op Operation) map[int][]shownAnswer {
	t.Helper()
	all := make(map[int][]shownAnswer)
	doc := theDocument(t)
	defer doc.reading()()
	described := operation(doc.model.Paths.PathItems.GetOrZero(op.Route), op.Method)
	for key, resp := range described.Responses.Codes.FromOldest() {
		status, err := strconv.Atoi(key)
		if err != nil {
			status = http.StatusBadGateway
		}
		headers := shownHeaders(resp)
		if !hasBody(resp) {
			all[status] = []shownAnswer{{status, headers, nil}}
			continue
		}
		for _, example := range mediaExamples("", resp.Content) {
			reply := shownAnswer{status, headers, decoded(t, example.value)}
			all[status] = append(all[status], reply)
		}
	}
	return all
}

func shownHeaders(resp *v3.Response) []string {
	var all []string
	for name, header := range resp.Headers.FromOldest() {
		all = append(all, name, header.Example.Value)
	}
	return all
}

func decoded(t *testing.T, node *yaml.Node) object {
	t.Helper()
	var value object
	require.NoError(t, node.Decode(&value))
	return value
}
