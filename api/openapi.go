// Package api holds the contract of the Hellio Messaging API v1 as data, and that of hellio-fake's control API.
package api

import _ "embed"

var (
	//go:embed openapi.yaml
	document string
	//go:embed control.yaml
	control string
)

// OpenAPI returns the OpenAPI 3.1 document, as YAML. Each call returns its own copy.
func OpenAPI() []byte {
	return []byte(document)
}

// Control returns the OpenAPI 3.1 document of what hellio-fake serves beside the API, as YAML. Each call returns its own copy.
func Control() []byte {
	return []byte(control)
}
