package helliobulk

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hellio-go/hellio"
)

const maxText = 1600 // characters, counted as code points (documented)

// template is a message cut at its placeholders: pieces[0] fields[0] pieces[1]
// … A message without any has one piece.
type template struct {
	pieces []string
	fields []string
}

// parseTemplate reads a message with {{name}} in it. A name has letters,
// digits, _ and -; spaces around it are dropped.
func parseTemplate(message string) (*template, error) {
	t := &template{}
	for rest := message; ; {
		before, after, found := strings.Cut(rest, "{{")
		if strings.Contains(before, "}}") {
			return nil, badTemplate("}} without {{")
		}
		t.pieces = append(t.pieces, before)
		if !found {
			return t, nil
		}
		name, tail, closed := strings.Cut(after, "}}")
		name = strings.TrimSpace(name)
		if !closed || !isFieldName(name) {
			return nil, badTemplate("{{ that no field name and }} follow")
		}
		t.fields, rest = append(t.fields, name), tail
	}
}

// Placeholders names the fields that a message needs of each recipient, in
// order, each once. It returns a *hellio.ParamError where the message can't be
// read.
func Placeholders(message string) ([]string, error) {
	t, err := parseTemplate(message)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range t.fields {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func badTemplate(given string) error {
	return &hellio.ParamError{Field: "message", Given: given,
		Allowed: "placeholders such as {{name}}"}
}

func isFieldName(s string) bool {
	return s != "" && strings.Trim(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

func (t *template) personal() bool { return len(t.fields) > 0 }

// render makes a recipient's text; "" and a reason when it has none.
func (t *template) render(fields map[string]string) (text, reason string) {
	if !t.personal() {
		return t.pieces[0], ""
	}
	var b strings.Builder
	for i, name := range t.fields {
		value := fields[name]
		if value == "" {
			return "", reasonField
		}
		if len(value) > 4*maxText {
			return "", reasonText
		}
		b.WriteString(t.pieces[i])
		b.WriteString(value)
	}
	b.WriteString(t.pieces[len(t.fields)])
	if text = b.String(); !validText(text) {
		return "", reasonText
	}
	return text, ""
}

func validText(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 1 && n <= maxText && utf8.ValidString(s)
}
