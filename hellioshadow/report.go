package hellioshadow

import (
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

// Finding is a mark that an answer contradicted, or something that the document
// lacks.
type Finding struct {
	// At is operation, status and place, such as "GET /balance 200
	// data.reserved" or "GET /balance 200 header X-RateLimit-Limit". An unknown
	// value of an enumerated member follows after "=". Unknown names and values
	// are "*" unless they are constants: a lower-case letter, then at most 39
	// lower-case letters, digits and underscores.
	At string `json:"at"`

	// What is absent; the kind that was seen in place of another: null, number,
	// string, boolean, array or object; or unknown_member, unknown_value,
	// unknown_status.
	What string `json:"what"`

	Behaviour string `json:"behaviour,omitempty"` // id of the claim, if it has one
	Basis     string `json:"basis,omitempty"`     // documented, inferred or decided
	Count     int    `json:"count"`               // 1 in a call of WithFinding's function
}

// Report counts what a Shadow has seen.
type Report struct {
	From, To time.Time // of the first and the last answer; zero if there was none
	Answers  int       // seen
	Compared int       // at least the status
	Dropped  int       // under load, or after a panic
	Marks    []Mark    // that were seen, by At
	Unknown  []Finding // what the document lacks, by At; at most 1000

	api string
}

// Mark is a part of the document with the number of values that confirmed and
// contradicted it.
type Mark struct {
	At           string         `json:"at"`
	Basis        string         `json:"basis"`
	Behaviour    string         `json:"behaviour,omitempty"`
	Confirmed    int            `json:"confirmed"`
	Contradicted map[string]int `json:"contradicted,omitempty"` // by What
}

// Report returns what was seen so far.
func (s *Shadow) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{Compared: s.compared}
	for _, known := range s.answers {
		r.add(known.status)
		for _, header := range known.headers {
			r.add(header)
		}
		r.add(known.body)
	}
	r.merge()
	for _, f := range s.unknown {
		r.Unknown = append(r.Unknown, *f)
	}
	slices.SortFunc(r.Unknown, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.At, b.At), strings.Compare(a.What, b.What))
	})
	g := &s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	r.From, r.To = g.from, g.to
	r.Answers, r.Dropped = g.seen, g.dropped
	r.api = g.api
	return r
}

// add adds the marks of a place and below it that were seen.
func (r *Report) add(p *place) {
	if p == nil {
		return
	}
	if p.confirmed+len(p.contradicted) > 0 {
		r.Marks = append(r.Marks, Mark{
			At:           p.at,
			Basis:        p.mark.Basis,
			Behaviour:    p.mark.Behaviour,
			Confirmed:    p.confirmed,
			Contradicted: maps.Clone(p.contradicted),
		})
	}
	for _, member := range p.members {
		r.add(member)
	}
	r.add(p.items)
	r.add(p.values)
	for _, branch := range p.branches {
		r.add(branch)
	}
}

// merge sorts the marks and joins those that branches of a union share.
func (r *Report) merge() {
	slices.SortFunc(r.Marks, func(a, b Mark) int {
		return cmp.Or(strings.Compare(a.At, b.At), strings.Compare(a.Basis, b.Basis),
			strings.Compare(a.Behaviour, b.Behaviour))
	})
	var joined []Mark
	for _, m := range r.Marks {
		last := len(joined) - 1
		if last < 0 || joined[last].At != m.At || joined[last].Basis != m.Basis ||
			joined[last].Behaviour != m.Behaviour {
			joined = append(joined, m)
			continue
		}
		joined[last].Confirmed += m.Confirmed
		for what, n := range m.Contradicted {
			if joined[last].Contradicted == nil {
				joined[last].Contradicted = make(map[string]int)
			}
			joined[last].Contradicted[what] += n
		}
	}
	r.Marks = joined
}

// observations is the form of an observation file, with three members more.
type observations struct {
	Format       string        `json:"format"`
	Version      int           `json:"version"`
	Source       string        `json:"source"`
	API          string        `json:"api"`
	From         string        `json:"from"`
	To           string        `json:"to"`
	Observations []observation `json:"observations"`
	Answers      struct {
		Seen     int `json:"seen"`
		Compared int `json:"compared"`
		Dropped  int `json:"dropped"`
	} `json:"answers"`
	Marks   []Mark    `json:"marks"`
	Unknown []Finding `json:"unknown"`
}

// WriteTo writes the report as an observation file in JSON.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	file := observations{
		Format:       "hellio observations",
		Version:      1,
		Source:       "hellioshadow v" + hellio.Version,
		API:          r.api,
		From:         stamp(r.From),
		To:           stamp(r.To),
		Observations: append([]observation{}, r.claims()...), // [] rather than null
		Marks:        append([]Mark{}, r.Marks...),
		Unknown:      append([]Finding{}, r.Unknown...),
	}
	file.Answers.Seen = r.Answers
	file.Answers.Compared = r.Compared
	file.Answers.Dropped = r.Dropped
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return 0, err
	}
	n, err := w.Write(append(text, '\n'))
	return int64(n), err
}

// stamp returns a time in the API's form, and "" for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}
