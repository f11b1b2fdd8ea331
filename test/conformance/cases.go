package conformance

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// Operation is one method and route of the document.
type Operation struct {
	ID       string
	Method   string
	Route    string // as in the document: /messages/{id}
	Scope    string // "" if it is public
	Keyed    bool   // it takes an Idempotency-Key
	Billable bool   // it costs money
	Cases    []Case
}

// Case is one way in which an operation may answer.
type Case struct {
	Operation string
	Status    string // as written in the document: 200, 5XX
	Code      string // the error code; "" for a success and where the document lists no codes
}

func (c Case) String() string {
	return strings.TrimSpace(c.Operation + " " + c.Status + " " + c.Code)
}

// Operations returns the operations of the document, in its order.
func (d *Document) Operations() []Operation {
	defer d.reading()()
	var all []Operation
	for route, item := range d.model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			all = append(all, Operation{
				ID:       op.OperationId,
				Method:   strings.ToUpper(method),
				Route:    route,
				Scope:    extension(op, "x-scope"),
				Keyed:    keyed(op),
				Billable: extension(op, "x-billable") == "true",
				Cases:    cases(op),
			})
		}
	}
	return all
}

func extension(op *v3.Operation, name string) string {
	if op.Extensions == nil {
		return ""
	}
	if node := op.Extensions.GetOrZero(name); node != nil {
		return node.Value
	}
	return ""
}

func keyed(op *v3.Operation) bool {
	return slices.ContainsFunc(op.Parameters, func(p *v3.Parameter) bool {
		return p.In == "header" && http.CanonicalHeaderKey(p.Name) == "Idempotency-Key"
	})
}

func cases(op *v3.Operation) []Case {
	var all []Case
	for status, resp := range op.Responses.Codes.FromOldest() {
		for _, code := range codes(resp) {
			all = append(all, Case{Operation: op.OperationId, Status: status, Code: code})
		}
	}
	return all
}

// codes returns the error codes of a response, with "" for a body without one.
func codes(resp *v3.Response) []string {
	if !hasBody(resp) {
		return []string{""}
	}
	return schemaCodes(resp.Content.First().Value().Schema.Schema())
}

func schemaCodes(schema *base.Schema) []string {
	var all []string
	if schema.Properties == nil && len(schema.OneOf) == 0 { // an array, a text
		return []string{""}
	}
	if schema.Properties == nil {
		for _, branch := range schema.OneOf {
			all = append(all, schemaCodes(branch.Schema())...)
		}
		return all
	}
	proxy := schema.Properties.GetOrZero("error")
	if proxy == nil {
		return []string{""}
	}
	code := proxy.Schema()
	if code.Const != nil {
		return []string{code.Const.Value}
	}
	for _, value := range code.Enum {
		all = append(all, value.Value)
	}
	if all == nil {
		return []string{""}
	}
	return all
}
