package check

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Answer is a whole answer of the API.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	root   any
}

// at returns the member at a path such as "data.0.id", nil if there is none.
func (a *Answer) at(path string) any {
	value := a.root
	if path == "" {
		return value
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// has reports whether there is a member at a path, null included.
func (a *Answer) has(path string) bool {
	parent, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		parent, name = path[:i], path[i+1:]
	}
	object, _ := a.at(parent).(map[string]any)
	_, there := object[name]
	return there
}

// text returns a member as text: a string unchanged, a number as it is written
// for whole ones, "" for anything else.
func (a *Answer) text(path string) string {
	switch v := a.at(path).(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// number returns a member as a number: a JSON number, or a string that holds
// one; -1 for anything else.
func (a *Answer) number(path string) float64 {
	n, err := strconv.ParseFloat(a.text(path), 64)
	if err != nil {
		return -1
	}
	return n
}

// list returns the array at a path.
func (a *Answer) list(path string) []any {
	list, _ := a.at(path).([]any)
	return list
}

// members returns the sorted names of the members of an object.
func (a *Answer) members(path string) []string {
	object, _ := a.at(path).(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// fieldErrors returns the messages that the answer has for a field. Its name
// may hold dots.
func (a *Answer) fieldErrors(field string) []any {
	object, _ := a.at("errors").(map[string]any)
	list, _ := object[field].([]any)
	return list
}

// ok reports whether the answer is a success.
func (a *Answer) ok() bool { return a.Status/100 == 2 }

// code returns the error code.
func (a *Answer) code() string {
	text, _ := a.at("error").(string)
	return text
}

// shape returns status and code, as a report shows them.
func (a *Answer) shape() string {
	if code := a.code(); code != "" {
		return fmt.Sprintf("%d %s", a.Status, short(code))
	}
	return strconv.Itoa(a.Status)
}

// short cuts a word that the API chose, and keeps only what a code may hold.
func short(text string) string {
	kept := strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	return kept[:min(len(kept), 64)]
}

// kindOf names the JSON kind of a value.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
