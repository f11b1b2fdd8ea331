package hellio_test

import (
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// script is an API that answers each request with the next body, and all
// further requests with the last. It records the requests.
type script struct {
	header http.Header
	status int // 0: 200

	mu     sync.Mutex
	bodies []string
	asked  []string // method, path and query
	at     []time.Time
}

// scripted returns a client of an API that answers with these bodies. The
// client does not retry.
func scripted(t testing.TB, bodies ...string) (*hellio.Client, *script) {
	t.Helper()
	s := &script{bodies: bodies}
	return s.client(t), s
}

func (s *script) client(t testing.TB, opts ...hellio.Option) *hellio.Client {
	t.Helper()
	client, err := hellio.NewClient("7|token", append([]hellio.Option{
		hellio.WithHTTPClient(&http.Client{Transport: s}),
		hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, req.Method+" "+req.URL.RequestURI())
	s.at = append(s.at, time.Now())
	body := s.bodies[min(len(s.asked), len(s.bodies))-1]
	header := s.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	status := s.status
	switch {
	case strings.HasPrefix(body, `{"message"`):
		status = http.StatusForbidden
	case status == 0:
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode:    status,
		Header:        header,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: -1,
		Request:       req,
	}, nil
}

// requests returns the requests so far.
func (s *script) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// gaps returns the times between them.
func (s *script) gaps() (gaps []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 1; i < len(s.at); i++ {
		gaps = append(gaps, s.at[i].Sub(s.at[i-1]))
	}
	return gaps
}

// refusal is one call with bad input, and the field that its error must name.
type refusal struct {
	field string
	call  func(c *hellio.Client) error
}

// requireRefused checks that each call returns a *ParamError that names its
// field, and that nothing is sent.
func requireRefused(t *testing.T, refusals map[string]refusal) {
	t.Helper()
	for name, r := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, api := scripted(t, `{"data":{}}`)
			err := r.call(client)
			var bad *hellio.ParamError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, r.field, bad.Field)
			require.NotEmpty(t, bad.Allowed)
			require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err))
			require.Empty(t, api.requests())
		})
	}
}

// badIDs are ids that would change the path.
var badIDs = []hellio.ID{"", ".", "..", "a/b", `a\b`, "a?b", "a#b", "a\nb"}

// texts ranges over messages until the end or an error.
func texts(messages iter.Seq2[*hellio.Message, error]) (got []string, err error) {
	for m, err := range messages {
		if err != nil {
			return got, err
		}
		got = append(got, m.Message)
	}
	return got, nil
}
