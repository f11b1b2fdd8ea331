// Package tools pins the programs that .ci/run uses; see the tool block of go.mod.
package tools
