package hellioshadow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// walker compares valid JSON with its place, without decoding it: a page of
// messages is compared in a fraction of the time that decoding it takes.
type walker struct {
	*comparison
	text []byte
	next int
}

// value compares the next value. A nil place skips it.
func (w *walker) value(p *place) {
	c := w.peek()
	if p != nil && len(p.branches) > 0 {
		p = w.branch(p)
	}
	if p != nil && !w.kind(p, kindOf(c)) {
		p = nil
	}
	switch c {
	case '{':
		w.object(p)
	case '[':
		w.array(p)
	case '"':
		text := w.str()
		if p != nil && len(p.shape.Enum) > 0 {
			w.constant(p, string(unquote(text)))
		}
	default:
		for w.next < len(w.text) && strings.IndexByte(",]} \t\r\n", w.text[w.next]) < 0 {
			w.next++
		}
	}
}

// kind confirms or contradicts the kind of a value.
func (w *walker) kind(p *place, kind string) bool {
	if len(p.shape.Kinds) > 0 && !slices.Contains(p.shape.Kinds, kind) {
		w.contradict(p, kind)
		return false
	}
	w.confirm(p)
	return true
}

func (w *walker) constant(p *place, text string) {
	if !slices.Contains(p.shape.Enum, text) {
		w.lacks(p.at+" = "+printable(text), "unknown_value")
	}
}

func (w *walker) object(p *place) {
	present := make([]*place, 0, 32)
	w.members(func(name []byte) {
		if p == nil {
			w.value(nil)
			return
		}
		member := p.members[string(name)]
		present = append(present, member)
		if member == nil {
			member = p.values
		}
		if member == nil {
			w.lacks(p.prefix+printable(string(name)), "unknown_member")
		}
		w.value(member)
	})
	if p == nil {
		return
	}
	for _, name := range p.shape.Required {
		if member := p.members[name]; member != nil && !slices.Contains(present, member) {
			w.contradict(member, "absent")
		}
	}
}

// members calls visit with each name of an object. The value is next then, and
// visit passes over it.
func (w *walker) members(visit func(name []byte)) {
	w.next++ // {
	for w.peek() != '}' {
		name := unquote(w.str())
		w.peek()
		w.next++ // :
		visit(name)
		if w.peek() == ',' {
			w.next++
			w.peek()
		}
	}
	w.next++
}

func (w *walker) array(p *place) {
	w.next++ // [
	var items *place
	if p != nil {
		items = p.items
	}
	for w.peek() != ']' {
		w.value(items)
		if w.peek() == ',' {
			w.next++
		}
	}
	w.next++
}

// branch returns the branch of a union that the next value takes: the one that
// knows its code, else the first whose required members it has, else the first.
func (w *walker) branch(p *place) *place {
	var names []string
	code := ""
	if w.peek() == '{' {
		start := w.next
		w.members(func(name []byte) {
			names = append(names, string(name))
			from := w.next
			w.value(nil)
			if string(name) == "error" {
				code = string(unquote(bytes.TrimSpace(w.text[from:w.next])))
			}
		})
		w.next = start
	}
	for _, b := range p.branches {
		if b.members["error"] != nil && slices.Contains(b.members["error"].shape.Enum, code) {
			return b
		}
	}
	for _, b := range p.branches {
		if !slices.ContainsFunc(b.shape.Required, func(name string) bool {
			return !slices.Contains(names, name)
		}) {
			return b
		}
	}
	return p.branches[0]
}

// peek passes over white space and returns the next byte, which valid JSON has
// wherever peek is called.
func (w *walker) peek() byte {
	for strings.IndexByte(" \t\r\n", w.text[w.next]) >= 0 {
		w.next++
	}
	return w.text[w.next]
}

// str passes over a string and returns it with its quotes.
func (w *walker) str() []byte {
	start := w.next
	for w.next++; w.text[w.next] != '"'; w.next++ {
		if w.text[w.next] == '\\' {
			w.next++
		}
	}
	w.next++
	return w.text[start:w.next]
}

// unquote returns the text of a JSON string, and nil of another value.
func unquote(quoted []byte) []byte {
	if len(quoted) < 2 || quoted[0] != '"' {
		return nil
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // it is valid
	return []byte(text)
}

// kindOf returns the kind of the value that begins with c.
func kindOf(c byte) string {
	switch c {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}
