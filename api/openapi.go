// Package api holds two OpenAPI documents: that of the Hellio Messaging API v1,
// and that of hellio-fake's control API.
package api

import _ "embed"

var (
	//go:embed openapi.yaml
	document string
	//go:embed control.yaml
	control string
)

// OpenAPI returns the API's OpenAPI 3.1 document as YAML. Each call returns its
// own copy.
func OpenAPI() []byte {
	return []byte(document)
}

// Control returns the OpenAPI 3.1 document of hellio-fake's control API as
// YAML. Each call returns its own copy.
func Control() []byte {
	return []byte(control)
}
