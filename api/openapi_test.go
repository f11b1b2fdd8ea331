package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/api"
)

func TestEachCallReturnsACopyOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, document := range []func() []byte{api.OpenAPI, api.Control} {
		first := document()
		require.True(t, strings.HasPrefix(string(first), "openapi: 3.1"))
		first[0] = 'X'
		require.True(t, strings.HasPrefix(string(document()), "openapi: 3.1"))
	}
}
