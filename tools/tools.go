// Package tools pins the programs that .ci/run uses. The tool block of go.mod
// lists them.
package tools
