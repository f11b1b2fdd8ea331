// Command shapes generates internal/shapes/shapes.json, the shapes of the API's
// answers, from api/openapi.yaml. Run it from the root of the repository after
// a change of the document. Without -update it exits with status 1 if the file
// is not current:
//
//	go run ./test/conformance/cmd/shapes [-update]
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/hellio-go/hellio/api"
	"github.com/hellio-go/hellio/internal/shapes"
)

var update = flag.Bool("update", false, "write "+path)

const path = "internal/shapes/shapes.json"

func main() {
	flag.Parse()
	if err := run(".", *update); err != nil {
		fmt.Fprintln(os.Stderr, "shapes:", err)
		os.Exit(1)
	}
}

// run compares the file with the document, or writes it.
func run(root string, write bool) error {
	want, err := generate(api.OpenAPI())
	if err != nil {
		return err
	}
	file := filepath.Join(root, path)
	if write {
		return os.WriteFile(file, want, 0o644)
	}
	now, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(now, want) {
		err = errors.New(path + " is not current: run with -update")
	}
	return err
}

// object is any mapping of the document.
type object = map[string]any

// generate returns the table of a document as JSON.
func generate(document []byte) ([]byte, error) {
	var doc object
	if err := yaml.Unmarshal(document, &doc); err != nil {
		return nil, err
	}
	table := shapes.Table{
		Operations: make(map[string]map[string]*shapes.Answer),
		Answers:    make(map[string]*shapes.Answer),
		Shapes:     make(map[string]*shapes.Shape),
	}
	components := doc["components"].(object)
	for name, response := range components["responses"].(object) {
		table.Answers[name] = answerOf(doc, response.(object))
	}
	for route, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			all := make(map[string]*shapes.Answer)
			for status, response := range op.(object)["responses"].(object) {
				all[status] = answerOf(doc, response.(object))
			}
			table.Operations[strings.ToUpper(method)+" "+route] = all
		}
	}
	schemas := components["schemas"].(object)
	for name := range used(&table, schemas) {
		table.Shapes[name] = shapeOf(schemas[name].(object))
	}
	return encode(&table)
}

// encode writes the table with one entry a line, so that a difference is small.
func encode(table *shapes.Table) ([]byte, error) {
	var out bytes.Buffer
	err := errors.Join(
		section(&out, `{"operations": {`, table.Operations),
		section(&out, `}, "answers": {`, table.Answers),
		section(&out, `}, "shapes": {`, table.Shapes),
	)
	out.WriteString("}}\n")
	return out.Bytes(), err
}

func section[V any](out *bytes.Buffer, begin string, entries map[string]V) error {
	out.WriteString(begin)
	separator := "\n"
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		line, err := json.Marshal(entries[name])
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s%q: %s", separator, name, line)
		separator = ",\n"
	}
	out.WriteString("\n")
	return nil
}

func answerOf(doc, response object) *shapes.Answer {
	if ref, ok := response["$ref"].(string); ok {
		return &shapes.Answer{Ref: filepath.Base(ref)}
	}
	answer := &shapes.Answer{Mark: markOf(response)}
	if headers, ok := response["headers"].(object); ok {
		answer.Headers = make(map[string]*shapes.Header)
		for name, v := range headers {
			header := resolved(doc, v)
			required, _ := header["required"].(bool)
			answer.Headers[name] = &shapes.Header{
				Mark:     markOf(header),
				Required: required,
			}
		}
	}
	if content, ok := response["content"].(object); ok {
		answer.Body = shapeOf(content["application/json"].(object)["schema"].(object))
	}
	return answer
}

// resolved follows a reference into the components.
func resolved(doc object, v any) object {
	o := v.(object)
	ref, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	for _, part := range parts {
		doc = doc[part].(object)
	}
	return doc
}

func markOf(o object) shapes.Mark {
	basis, _ := o["x-source"].(string)
	behaviour, _ := o["x-behaviour"].(string)
	return shapes.Mark{Basis: basis, Behaviour: behaviour}
}

// shapeOf returns the shape of a schema, without what only a value has: its
// format, pattern and limits.
func shapeOf(schema object) *shapes.Shape {
	if ref, ok := schema["$ref"].(string); ok {
		return &shapes.Shape{Ref: filepath.Base(ref)}
	}
	shape := &shapes.Shape{
		Mark:     markOf(schema),
		Kinds:    kinds(schema["type"]),
		Enum:     texts(schema["enum"]),
		Required: texts(schema["required"]),
	}
	if value, ok := schema["const"].(string); ok {
		shape.Enum = []string{value}
	}
	if members, ok := schema["properties"].(object); ok {
		shape.Members = make(map[string]*shapes.Shape)
		for name, member := range members {
			shape.Members[name] = shapeOf(member.(object))
		}
	}
	if items, ok := schema["items"].(object); ok {
		shape.Items = shapeOf(items)
	}
	if values, ok := schema["additionalProperties"].(object); ok {
		shape.Values = shapeOf(values)
	}
	if branches, ok := schema["oneOf"].([]any); ok {
		for _, branch := range branches {
			shape.OneOf = append(shape.OneOf, shapeOf(branch.(object)))
		}
	}
	return shape
}

// kinds returns the JSON kinds of a type. JSON has no integers.
func kinds(v any) []string {
	names := texts(v)
	if name, ok := v.(string); ok {
		names = []string{name}
	}
	for i, name := range names {
		if name == "integer" {
			names[i] = "number"
		}
	}
	return names
}

// texts returns the strings of a list, in its order.
func texts(v any) []string {
	items, _ := v.([]any)
	var all []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// used returns the names of the schemas that answers reach.
func used(table *shapes.Table, schemas object) map[string]bool {
	seen := make(map[string]bool)
	var visit func(s *shapes.Shape)
	visit = func(s *shapes.Shape) {
		switch {
		case s == nil:
			return
		case s.Ref != "" && !seen[s.Ref]:
			seen[s.Ref] = true
			visit(shapeOf(schemas[s.Ref].(object)))
		}
		for _, member := range s.Members {
			visit(member)
		}
		for _, branch := range append(s.OneOf, s.Items, s.Values) {
			visit(branch)
		}
	}
	for _, answer := range table.Answers {
		visit(answer.Body)
	}
	for _, all := range table.Operations {
		for _, answer := range all {
			visit(answer.Body)
		}
	}
	return seen
}
