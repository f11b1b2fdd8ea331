package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// schemaExample is an example and the schema that it must meet.
type schemaExample struct {
	where  string
	schema *base.Schema
	value  *yaml.Node
}

func TestExamplesExistAndMeetTheirSchemas(t *testing.T) {
	t.Parallel()
	doc := theDocument(t)
	for _, d := range []*Document{doc, doc.Webhooks(), theControlDocument(t)} {
		for _, example := range examplesOf(d) {
			require.NotNil(t, example.value, "%s has no example", example.where)
			var value any
			require.NoError(t, example.value.Decode(&value), example.where)
			require.Empty(t, d.validateLocked(example.schema, value), example.where)
		}
	}
}

func TestEveryErrorCodeHasAnExample(t *testing.T) {
	t.Parallel()
	doc := theDocument(t)
	shown := make(map[string]bool)
	for _, example := range examplesOf(doc) {
		var body any
		require.NoError(t, example.value.Decode(&body), example.where)
		if o, ok := body.(object); ok {
			code, _ := o["error"].(string)
			shown[example.where+" "+code] = true
			shown[example.where+" "] = true
		}
	}
	for _, op := range doc.Operations() {
		for _, c := range op.Cases {
			if c.Status != "204" {
				where := fmt.Sprintf("%s %s %s", c.Operation, c.Status, c.Code)
				require.True(t, shown[where], "%s has no example", c)
			}
		}
	}
}

func examplesOf(d *Document) []schemaExample {
	defer d.reading()()
	var all []schemaExample
	for _, item := range d.model.Paths.PathItems.FromOldest() {
		for _, op := range item.GetOperations().FromOldest() {
			for _, p := range op.Parameters {
				where := op.OperationId + " parameter " + p.Name
				all = append(all, schemaExample{where, p.Schema.Schema(), p.Example})
			}
			if op.RequestBody != nil {
				where := op.OperationId + " request"
				all = append(all, mediaExamples(where, op.RequestBody.Content)...)
			}
			for status, resp := range op.Responses.Codes.FromOldest() {
				where := op.OperationId + " " + status
				all = append(all, mediaExamples(where, resp.Content)...)
				for name, h := range resp.Headers.FromOldest() {
					where := where + " header " + name
					all = append(all, schemaExample{where, h.Schema.Schema(), h.Example})
				}
			}
		}
	}
	return all
}

func mediaExamples(where string, content *orderedmap.Map[string, *v3.MediaType]) []schemaExample {
	var all []schemaExample
	for _, media := range content.FromOldest() {
		schema := media.Schema.Schema()
		if orderedmap.Len(media.Examples) == 0 {
			all = append(all, schemaExample{where, schema, media.Example})
			continue
		}
		for _, example := range media.Examples.FromOldest() {
			all = append(all, schemaExample{where, schema, example.Value})
		}
	}
	return all
}

// The test walks each example along with its schema and marks the properties
// that the example has.
func TestEveryPropertyIsShownInAnExample(t *testing.T) {
	t.Parallel()
	doc := rawDocument(t)
	shown := make(map[string]bool)
	walk("", doc, func(_ string, o object) {
		schema, ok := o["schema"].(object)
		if !ok || o["example"] == nil && o["examples"] == nil {
			return
		}
		mark(doc, schema, "", o["example"], shown)
		if examples, ok := o["examples"].(object); ok {
			for _, example := range examples {
				mark(doc, schema, "", example.(object)["value"], shown)
			}
		}
	})
	schemas := doc["components"].(object)["schemas"]
	walk("#/components/schemas", schemas, func(path string, o object) {
		properties, ok := o["properties"].(object)
		if !ok || strings.HasSuffix(path, "/if") {
			return
		}
		for name := range properties {
			where := path + "/properties/" + name
			require.True(t, shown[where], "no example shows %s of %s", name, path)
		}
	})
}

func mark(doc, schema object, path string, value any, shown map[string]bool) {
	if target, ref := resolve(doc, schema); ref != "" {
		schema, path = target, ref
	}
	branches, _ := schema["oneOf"].([]any)
	for _, branch := range branches {
		mark(doc, branch.(object), path, value, shown)
	}
	switch value := value.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		for name, v := range value {
			if property, ok := properties[name].(object); ok {
				shown[path+"/properties/"+name] = true
				mark(doc, property, path+"/properties/"+name, v, shown)
			}
		}
	case []any:
		items, _ := schema["items"].(object)
		for _, v := range value {
			mark(doc, items, path+"/items", v, shown)
		}
	}
}

func (d *Document) validateLocked(schema *base.Schema, value any) []string {
	defer d.reading()()
	return d.validate(schema, value)
}
