package behaviour_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/behaviour"
)

func TestTheTableOfTheContractIsCurrent(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "contract.md"))
	require.NoError(t, err)
	want, err := behaviour.WithTable(string(page))
	require.NoError(t, err)
	require.Equal(t, want, string(page), "run: go run ./internal/behaviour/cmd/table")
}
