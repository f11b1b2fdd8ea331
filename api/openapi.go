// Package api holds the contract of the Hellio Messaging API v1 as data.
package api

import _ "embed"

//go:embed openapi.yaml
var document string

// OpenAPI returns the OpenAPI 3.1 document, as YAML. Each call returns its own copy.
func OpenAPI() []byte {
	return []byte(document)
}
