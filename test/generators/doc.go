// Package generators tests that the linters and the code generators of others
// take api/openapi.yaml, and that the generated clients work against
// hellio-fake. It needs Go, node and npm, and a network the first time.
//
// The clients are modules of their own below testdata/, with pinned versions.
// They are no part of the workspace, because the generators require versions
// that none of its modules needs.
package generators
