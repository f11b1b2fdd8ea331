// Package shapes holds the shapes of the API's answers: statuses, headers,
// members, JSON kinds and known values. The command test/conformance/cmd/shapes
// generates them from api/openapi.yaml.
package shapes

import (
	_ "embed"
	"encoding/json"
)

// Table is the shapes of all answers.
type Table struct {
	// Operations are keyed by method and route, such as "GET /messages/{id}",
	// and their answers by status. "5XX" is every 5xx that has none of its own.
	Operations map[string]map[string]*Answer `json:"operations"`
	Answers    map[string]*Answer            `json:"answers"` // that operations share
	Shapes     map[string]*Shape             `json:"shapes"`
}

// Mark says how sure the document is of a part.
type Mark struct {
	Basis     string `json:"basis,omitempty"`     // documented, inferred or decided
	Behaviour string `json:"behaviour,omitempty"` // id of the claim, if it has one
}

// Answer is one status of an operation.
type Answer struct {
	Ref string `json:"ref,omitempty"` // a name in Answers; no other field is set
	Mark
	Headers map[string]*Header `json:"headers,omitempty"`
	Body    *Shape             `json:"body,omitempty"` // nil: none
}

// Header is a header of an answer.
type Header struct {
	Mark
	Required bool `json:"required,omitempty"`
}

// Shape is the form of a JSON value.
type Shape struct {
	Ref string `json:"ref,omitempty"` // a name in Shapes; no other field is set
	Mark
	Kinds    []string          `json:"kinds,omitempty"`
	Enum     []string          `json:"enum,omitempty"` // the known values of a string
	Members  map[string]*Shape `json:"members,omitempty"`
	Required []string          `json:"required,omitempty"`
	Items    *Shape            `json:"items,omitempty"`
	Values   *Shape            `json:"values,omitempty"` // of members with any name
	OneOf    []*Shape          `json:"one_of,omitempty"`
}

//go:embed shapes.json
var text []byte

// Load returns the table. Each call returns its own copy.
func Load() (*Table, error) {
	table := new(Table)
	return table, json.Unmarshal(text, table)
}

// Answer returns the answer of an operation to a status, or nil.
func (t *Table) Answer(operation, status string) *Answer {
	all := t.Operations[operation]
	answer := all[status]
	if answer == nil && len(status) == 3 {
		answer = all[status[:1]+"XX"]
	}
	if answer != nil && answer.Ref != "" {
		answer = t.Answers[answer.Ref]
	}
	return answer
}

// Resolve returns the shape that a reference names.
func (t *Table) Resolve(s *Shape) *Shape {
	for s != nil && s.Ref != "" {
		s = t.Shapes[s.Ref]
	}
	return s
}
