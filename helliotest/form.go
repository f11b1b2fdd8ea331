package helliotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/near"
)

// bodyForm reads the fields of a JSON body and collects their errors, in the
// words of the API's validator. A handler reads all its fields, then calls
// reject.
type bodyForm struct {
	c      *apiCall
	fields map[string]json.RawMessage
	bad    *reply // the body is no JSON object at all
	asked  []string
	first  string // the first field error, which becomes the message
	count  int
	errors fieldErrors
}

type fieldErrors map[string][]string

// form opens the call's body. An empty body is a form without fields.
func (c *apiCall) form() *bodyForm {
	c.formed = true
	f := &bodyForm{c: c, asked: make([]string, 0, 8)}
	if len(c.body) == 0 {
		return f
	}
	media, _, _ := mime.ParseMediaType(c.header.Get("Content-Type"))
	switch {
	case media != "application/json" && !strings.HasSuffix(media, "+json"):
		c.violate("header.Content-Type: not application/json")
		f.bad = refuse(http.StatusUnsupportedMediaType, contract.CodeInvalidRequest,
			"The request body must be JSON.")
	case !utf8.Valid(c.body) || json.Unmarshal(c.body, &f.fields) != nil || f.fields == nil:
		c.violate("body: not one JSON object in UTF-8")
		f.bad = refuse(http.StatusBadRequest, contract.CodeInvalidRequest,
			"The request body must be one JSON object.")
	}
	return f
}

// reject returns the answer to an invalid form, nil for a valid one. It reports
// the fields that no handler has read.
func (f *bodyForm) reject() *reply {
	if f.bad != nil {
		return f.bad
	}
	for _, name := range unknownNames(f.fields, f.asked) {
		f.c.violate("body." + near.Short(name) + ": the API knows no such field" +
			suggest(name, f.asked))
	}
	if f.count == 0 {
		return nil
	}
	message := f.first
	switch {
	case f.count == 2:
		message += " (and 1 more error)"
	case f.count > 2:
		message += fmt.Sprintf(" (and %d more errors)", f.count-1)
	}
	return refuseWith(http.StatusUnprocessableEntity,
		errorBody{Message: message, Error: contract.CodeInvalidRequest, Errors: f.errors})
}

// fail notes an error of a field. In the text, :field is the field's name.
func (f *bodyForm) fail(name, text string) {
	text = strings.ReplaceAll(text, ":field", strings.ReplaceAll(name, "_", " "))
	if f.errors == nil {
		f.errors = make(fieldErrors)
		f.first = text
	}
	f.count++
	f.errors[name] = append(f.errors[name], text)
}

// mistyped notes a field of the wrong JSON type: an error to the API, and a
// defect of the client.
func (f *bodyForm) mistyped(name, text string) {
	f.fail(name, text)
	f.c.violate("body." + name + ": wrong JSON type")
}

// value returns a field's JSON, nil for an absent field or null.
func (f *bodyForm) value(name string) json.RawMessage {
	f.asked = append(f.asked, name)
	if raw := f.fields[name]; string(raw) != "null" {
		return raw
	}
	return nil
}

// has reports whether a field is present and neither null nor an empty string.
func (f *bodyForm) has(name string) bool {
	raw := f.value(name)
	return raw != nil && (raw[0] != '"' || trimmed(decodeString(raw)) != "")
}

// text reads a required string of at most limit characters (code points); 0 is
// no limit.
func (f *bodyForm) text(name string, limit int) string {
	before := f.count
	text := f.optional(name, limit)
	if text == "" && f.count == before {
		f.fail(name, "The :field field is required.")
	}
	return text
}

// optional reads a string of at most limit characters, "" if it is absent.
func (f *bodyForm) optional(name string, limit int) (text string) {
	raw := f.value(name)
	if raw == nil {
		return ""
	}
	if raw[0] != '"' {
		f.mistyped(name, "The :field field must be a string.")
		return ""
	}
	text = trimmed(decodeString(raw))
	if limit > 0 && utf8.RuneCountInString(text) > limit {
		f.fail(name, fmt.Sprintf("The :field field must not be greater than %d characters.", limit))
	}
	return text
}

// oneOf reads an optional string that must be one of a few, fallback if it is
// absent.
func (f *bodyForm) oneOf(name, fallback string, allowed ...string) string {
	text := f.optional(name, 0)
	if text == "" {
		return fallback
	}
	if !slices.Contains(allowed, text) {
		f.fail(name, "The selected :field is invalid.")
	}
	return text
}

// integer reads an optional whole number within low and high, fallback if it is
// absent. A number in a string is accepted, as by the API, and is a violation.
func (f *bodyForm) integer(name string, low, high, fallback int) int {
	raw := f.value(name)
	if raw == nil || string(raw) == `""` {
		return fallback
	}
	text := string(raw)
	if raw[0] == '"' {
		text = decodeString(raw)
		f.c.violate("body." + name + ": wrong JSON type")
	}
	n, err := json.Number(trimmed(text)).Int64()
	switch {
	case strings.ContainsRune("{[tf", rune(raw[0])):
		f.mistyped(name, "The :field field must be an integer.")
	case err != nil:
		f.fail(name, "The :field field must be an integer.")
	case n < int64(low) || n > int64(high):
		f.fail(name, fmt.Sprintf("The :field field must be between %d and %d.", low, high))
	}
	return int(n)
}

// flag reads an optional boolean, fallback if it is absent.
func (f *bodyForm) flag(name string, fallback bool) bool {
	raw := f.value(name)
	switch string(raw) {
	case "":
		return fallback
	case "true", "false":
		return string(raw) == "true"
	}
	f.mistyped(name, "The :field field must be true or false.")
	return fallback
}

// list reads a required array of 1 to most strings, each of at most each
// characters; with delimited, also one string with commas or line ends between
// the items.
func (f *bodyForm) list(name string, most, each int, delimited bool) (items []string) {
	raw := f.value(name)
	switch {
	case raw == nil:
		f.fail(name, "The :field field is required.")
		return nil
	case delimited && raw[0] == '"':
		items = splitList(decodeString(raw))
	case raw[0] == '[':
		items = f.array(name, raw)
	default:
		f.mistyped(name, "The :field field must be an array.")
		return nil
	}
	if len(items) == 0 {
		f.fail(name, "The :field field is required.")
	}
	if len(items) > most {
		f.fail(name, fmt.Sprintf("The :field field must not have more than %d items.", most))
	}
	for i, item := range items {
		if len(item) > each && utf8.RuneCountInString(item) > each {
			f.fail(fmt.Sprintf("%s.%d", name, i),
				fmt.Sprintf("The :field field must not be greater than %d characters.", each))
		}
	}
	return items
}

// array reads an array whose items must be strings that are not empty.
func (f *bodyForm) array(name string, raw json.RawMessage) []string {
	var items []string
	if json.Unmarshal(raw, &items) == nil {
		for i := range items {
			items[i] = trimmed(items[i])
		}
		if !slices.Contains(items, "") {
			return items
		}
	}
	var mixed []any
	_ = json.Unmarshal(raw, &mixed)
	items = make([]string, len(mixed))
	for i, value := range mixed {
		text, isText := value.(string)
		items[i] = trimmed(text)
		switch path := fmt.Sprintf("%s.%d", name, i); {
		case !isText && value != nil:
			f.mistyped(path, "The :field field must be a string.")
		case items[i] == "":
			f.fail(path, "The :field field is required.")
		}
	}
	return items
}

// decodeString reads a JSON string that is known to be valid.
func decodeString(raw json.RawMessage) (text string) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	_ = json.Unmarshal(raw, &text)
	return text
}

// trimmed drops the white space that the API's framework drops, invisible marks
// included.
func trimmed(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r == 0 || r == '\u200b' || r == '\u200e' || r == '\ufeff'
	})
}
