package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/api"
	"github.com/hellio-go/hellio/internal/contract"
)

func TestDocumentDescribesTheContractsOperations(t *testing.T) {
	t.Parallel()
	var described []contract.Operation
	for _, op := range theDocument(t).Operations() {
		described = append(described, contract.Operation{
			Name:     op.ID,
			Method:   op.Method,
			Route:    op.Route,
			Scope:    op.Scope,
			Keyed:    op.Keyed,
			Billable: op.Billable,
		})
	}
	require.ElementsMatch(t, contractOperations(), described)
}

// The test reads the names from the source, because Go can't list a package's
// variables.
func TestContractOperationsListsEveryOperation(t *testing.T) {
	t.Parallel()
	const path = "../../internal/contract/operations.go"
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	var written, listed []string
	ast.Inspect(file, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "Name" {
			written = append(written, strings.Trim(pair.Value.(*ast.BasicLit).Value, `"`))
		}
		return true
	})
	for _, op := range contractOperations() {
		listed = append(listed, op.Name)
	}
	require.ElementsMatch(t, written, listed)
}

func TestInvalidDocumentIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", "", "there is nothing in the spec"},
		{
			"another version",
			"openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\n",
			`version "3.0.3", want 3.1`,
		},
		{
			"a reference without a target",
			withSchema("{$ref: '#/components/schemas/Lost'}"),
			"Lost",
		},
		{
			"a circular reference",
			withSchema("{type: object, required: [self], " +
				"properties: {self: {$ref: '#/components/schemas/S'}}}"),
			"circular",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.text))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestDocumentIsValidOpenAPI(t *testing.T) {
	t.Parallel()
	doc, err := libopenapi.NewDocument(api.OpenAPI())
	require.NoError(t, err)
	v, errs := validator.NewValidator(doc)
	require.Empty(t, errs)
	ok, problems := v.ValidateDocument()
	require.True(t, ok, "%v", problems)
}
