package helliobulk

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// dropsARecipient makes one number of each send invalid.
type dropsARecipient struct{ http.RoundTripper }

func (d dropsARecipient) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return d.RoundTripper.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.Replace(body, []byte(number(0)), []byte("+12345"), 1)
	changed := req.Clone(req.Context())
	changed.Body, changed.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return d.RoundTripper.RoundTrip(changed)
}

// planned is an open batch of these numbers.
func planned(t *testing.T, client *hellio.Client, list []string) *Batch {
	t.Helper()
	p := batchOf(t)
	_, err := Plan(t.Context(), client, Numbers(list...), p)
	require.NoError(t, err)
	b, err := Open(p.Store)
	require.NoError(t, err)
	return b
}
