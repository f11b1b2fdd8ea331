package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/hellio-go/hellio/api"
)

// object is any mapping of the YAML document.
type object = map[string]any

func rawDocument(tb testing.TB) object {
	tb.Helper()
	var doc object
	require.NoError(tb, yaml.Unmarshal(api.OpenAPI(), &doc))
	return doc
}

// walk calls visit with each mapping in v and its path.
func walk(path string, v any, visit func(path string, o object)) {
	switch v := v.(type) {
	case object:
		visit(path, v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(path+"/"+key, v[key], visit)
		}
	case []any:
		for i, item := range v {
			walk(fmt.Sprintf("%s/%d", path, i), item, visit)
		}
	}
}

// resolve follows references and returns the path of the last one.
func resolve(doc, o object) (target object, path string) {
	for o["$ref"] != nil {
		path = o["$ref"].(string)
		target = doc
		for _, key := range strings.Split(strings.TrimPrefix(path, "#/"), "/") {
			target = target[key].(object)
		}
		o = target
	}
	return o, path
}

func TestEveryPartOfTheDocumentNamesItsSource(t *testing.T) {
	t.Parallel()
	doc := rawDocument(t)
	counts := make(map[string]int)
	check := func(path string, v any) {
		o, _ := resolve(doc, v.(object))
		source, _ := o["x-source"].(string)
		sources := []string{"documented", "inferred", "decided"}
		require.Contains(t, sources, source, "x-source of %s", path)
		counts[source]++
	}
	walk("", doc, func(path string, o object) {
		if strings.Contains(path, "/example") {
			return
		}
		switch {
		case o["operationId"] != nil, o["in"] != nil:
			check(path, o)
		case o["type"] == "object" && o["properties"] != nil:
			for name, property := range o["properties"].(object) {
				check(path+"/"+name, property)
			}
		}
		for _, kind := range []string{"responses", "headers"} {
			if all, ok := o[kind].(object); ok {
				for name, v := range all {
					check(path+"/"+kind+"/"+name, v)
				}
			}
		}
	})
	for source, n := range counts {
		require.Greater(t, n, 50, source)
	}
}

func TestEachOperationHasIDSummaryAndTag(t *testing.T) {
	t.Parallel()
	doc := rawDocument(t)
	tags := make(map[any]bool)
	for _, tag := range doc["tags"].([]any) {
		tags[tag.(object)["name"]] = true
	}
	seen := make(map[any]string)
	operations := func(o any) {
		for route, item := range o.(object) {
			for method, op := range item.(object) {
				op, where := op.(object), method+" "+route
				require.NotEmpty(t, op["operationId"], where)
				require.Empty(t, seen[op["operationId"]], "operationId of %s is not unique", where)
				seen[op["operationId"]] = where
				require.NotEmpty(t, op["summary"], where)
				require.Len(t, op["tags"], 1, where)
				require.True(t, tags[op["tags"].([]any)[0]], "the tag of %s is not described",
					where)
			}
		}
	}
	operations(doc["paths"])
	operations(doc["webhooks"])
	require.Len(t, seen, len(contractOperations())+2)
}

func TestEveryComponentOfTheDocumentIsUsed(t *testing.T) {
	t.Parallel()
	doc := rawDocument(t)
	used := make(map[string]bool)
	walk("", doc, func(_ string, o object) {
		if ref, ok := o["$ref"].(string); ok {
			used[ref] = true
		}
	})
	for kind, all := range without(doc["components"].(object), "securitySchemes") {
		for name := range all.(object) {
			require.True(t, used["#/components/"+kind+"/"+name], "%s %s is unused", kind,
				name)
		}
	}
}

// Objects are closed, so that an undescribed member is a difference. A
// reference has no siblings, because many viewers ignore them.
func TestObjectsAreClosedAndReferencesHaveNoSiblings(t *testing.T) {
	t.Parallel()
	walk("", rawDocument(t), func(path string, o object) {
		if o["$ref"] != nil {
			require.Len(t, o, 1, path)
		}
		if o["type"] == "object" {
			require.Contains(t, o, "additionalProperties", path)
			require.NotEqual(t, true, o["additionalProperties"], path)
		}
	})
}

func without(o object, keys ...string) object {
	rest := maps.Clone(o)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}
