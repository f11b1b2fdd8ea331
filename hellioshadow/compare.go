package hellioshadow

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/hellio-go/hellio/internal/shapes"
)

type answerKey struct {
	operation string
	status    int
}

type findingKey struct{ at, what string }

// answer is one status of an operation with what was seen of it.
type answer struct {
	described *shapes.Answer
	status    *place
	headers   map[string]*place
	body      *place // nil: none is described
}

// place is a mark of the document with its counts, and what is below it.
type place struct {
	at     string
	prefix string // of the places below it
	mark   shapes.Mark
	shape  *shapes.Shape

	members  map[string]*place
	items    *place
	values   *place
	branches []*place

	confirmed    int
	contradicted map[string]int
}

// comparison is one answer that is being compared.
type comparison struct {
	shadow *Shadow
	found  []Finding
}

// compare compares an answer and reports new findings. A nil text is a body
// that is not compared. It drops the answer if another is being compared.
func (s *Shadow) compare(a seen, text []byte) {
	defer s.recovered()
	if !s.mu.TryLock() {
		s.gate.drop()
		return
	}
	s.emit(s.compareLocked(a, text))
}

func (s *Shadow) compareLocked(a seen, text []byte) []Finding {
	defer s.mu.Unlock()
	c := &comparison{shadow: s}
	s.compared++
	known := s.answerOf(a.key)
	if known == nil {
		c.lacks(fmt.Sprintf("%s %d", a.key.operation, a.key.status), "unknown_status")
		return c.found
	}
	c.confirm(known.status)
	for name, header := range known.headers {
		switch {
		case slices.Contains(a.headers, name):
			c.confirm(header)
		case known.described.Headers[name].Required:
			c.contradict(header, "absent")
		}
	}
	if known.body != nil && json.Valid(text) {
		w := walker{comparison: c, text: text}
		w.value(known.body)
	}
	return c.found
}

// answerOf returns the places of an answer, or nil for an unknown status.
func (s *Shadow) answerOf(key answerKey) *answer {
	if known, ok := s.answers[key]; ok {
		return known
	}
	described := s.table.Answer(key.operation, strconv.Itoa(key.status))
	if described == nil {
		return nil
	}
	at := fmt.Sprintf("%s %d", key.operation, key.status)
	known := &answer{
		described: described,
		status:    &place{at: at, mark: described.Mark},
		headers:   make(map[string]*place),
	}
	for name, header := range described.Headers {
		known.headers[name] = &place{at: at + " header " + name, mark: header.Mark}
	}
	if described.Body != nil {
		// The claim of an answer is about its status, not about its body.
		around := shapes.Mark{Basis: described.Basis}
		known.body = s.placeOf(described.Body, around, at+" body", at+" ")
	}
	s.answers[key] = known
	return known
}

// placeOf returns the place of a shape. A part without a mark, such as the
// items of an array, has that of the part around it.
func (s *Shadow) placeOf(shape *shapes.Shape, around shapes.Mark, at, prefix string) *place {
	shape = s.table.Resolve(shape)
	p := &place{
		at:     at,
		prefix: prefix,
		mark:   shape.Mark,
		shape:  shape,
	}
	if p.mark.Basis == "" {
		p.mark = around
	}
	if len(shape.Members) > 0 {
		p.members = make(map[string]*place, len(shape.Members))
	}
	for name, member := range shape.Members {
		p.members[name] = s.placeOf(member, p.mark, prefix+name, prefix+name+".")
	}
	if shape.Items != nil {
		p.items = s.placeOf(shape.Items, p.mark, at+"[]", at+"[].")
	}
	if shape.Values != nil {
		p.values = s.placeOf(shape.Values, p.mark, prefix+"*", prefix+"*.")
	}
	for _, branch := range shape.OneOf {
		p.branches = append(p.branches, s.placeOf(branch, p.mark, at, prefix))
	}
	return p
}

func (c *comparison) confirm(p *place) { p.confirmed++ }

func (c *comparison) contradict(p *place, what string) {
	if p.contradicted == nil {
		p.contradicted = make(map[string]int)
	}
	p.contradicted[what]++
	key := findingKey{p.at, what}
	if !c.shadow.reported[key] { // branches of a union share places
		c.shadow.reported[key] = true
		c.found = append(c.found, Finding{
			At:        p.at,
			What:      what,
			Behaviour: p.mark.Behaviour,
			Basis:     p.mark.Basis,
			Count:     1,
		})
	}
}

// lacks notes something that the document does not describe.
func (c *comparison) lacks(at, what string) {
	key := findingKey{at, what}
	if f := c.shadow.unknown[key]; f != nil {
		f.Count++
		return
	}
	if len(c.shadow.unknown) >= maxUnknown {
		return
	}
	f := Finding{At: at, What: what, Count: 1}
	c.shadow.unknown[key] = &f
	c.found = append(c.found, f)
}

var constant = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// printable returns a name or a constant of the API, and "*" for anything that
// may be a value.
func printable(text string) string {
	if constant.MatchString(text) {
		return text
	}
	return "*"
}
