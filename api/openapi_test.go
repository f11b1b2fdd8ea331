package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/api"
)

func TestEachCallReturnsACopyOfTheDocument(t *testing.T) {
	t.Parallel()
	first := api.OpenAPI()
	require.True(t, strings.HasPrefix(string(first), "openapi: 3.1"))
	first[0] = 'X'
	require.True(t, strings.HasPrefix(string(api.OpenAPI()), "openapi: 3.1"))
}
