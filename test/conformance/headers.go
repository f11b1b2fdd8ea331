package conformance

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// plainResponseHeaders are the headers that net/http adds, which the document
// does not describe.
var plainResponseHeaders = []string{"Connection", "Content-Length", "Date"}

// checkHeaders checks the headers that a response has. The library finds
// missing headers, but it reads only the values of required ones. It reports
// undescribed headers only where the document describes others.
func (d *Document) checkHeaders(described *v3.Response, header http.Header) []string {
	var what []string
	for _, name := range sortedNames(header) {
		if slices.Contains(plainResponseHeaders, name) {
			continue
		}
		if name == "Content-Type" {
			what = append(what, checkContentType(described, header.Get(name))...)
			continue
		}
		declared := headerNamed(described, name)
		if declared == nil {
			what = append(what, "the document describes no header "+name+" here")
			continue
		}
		for _, problem := range d.validateText(declared.Schema.Schema(), header.Get(name)) {
			what = append(what, "header "+name+": "+problem)
		}
	}
	for _, name := range repeated(header) {
		what = append(what, "header "+name+" appears more than once")
	}
	return what
}

// checkContentType requires the document's media type without parameters,
// because the API sends no charset.
func checkContentType(described *v3.Response, value string) []string {
	if hasBody(described) && described.Content.GetOrZero(value) != nil {
		return nil
	}
	return []string{fmt.Sprintf("the document describes no Content-Type %q here", value)}
}

func headerNamed(described *v3.Response, name string) *v3.Header {
	if described.Headers == nil {
		return nil
	}
	for declared, header := range described.Headers.FromOldest() {
		if strings.EqualFold(declared, name) {
			return header
		}
	}
	return nil
}

var integerForm = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// validateText checks a header's value, which is text even if the schema wants
// an integer.
func (d *Document) validateText(schema *base.Schema, text string) []string {
	var value any = text
	if slices.Contains(schema.Type, "integer") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !integerForm.MatchString(text) {
			return []string{fmt.Sprintf("%q is not an integer", text)}
		}
		value = n
	}
	return d.validate(schema, value)
}

// repeated returns the names of the headers that appear more than once.
func repeated(header http.Header) []string {
	names := sortedNames(header)
	return slices.DeleteFunc(names, func(name string) bool { return len(header[name]) < 2 })
}

func sortedNames(header http.Header) []string {
	var names []string
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
