package hellioshadow

import (
	"maps"
	"slices"
	"strings"
)

// fewest is how often a claim must be seen to be written.
const fewest = 10

// observation is what is known of a claim.
type observation struct {
	ID     string              `json:"id"`
	Result string              `json:"result"` // confirmed, refuted or mixed
	Value  map[string][]string `json:"value,omitempty"`
	Count  int                 `json:"count"`
}

// claims returns the claims of the marks, by id.
func (r Report) claims() []observation {
	marks := make(map[string][]Mark)
	for _, m := range r.Marks {
		if m.Behaviour != "" {
			marks[m.Behaviour] = append(marks[m.Behaviour], m)
		}
	}
	var all []observation
	for _, id := range slices.Sorted(maps.Keys(marks)) {
		o := claim(id, marks[id])
		if o.Count >= fewest && (o.Result != "confirmed" || isShape(id)) {
			all = append(all, o)
		}
	}
	return all
}

// isShape reports whether a claim is about no more than a status or members. An
// answer can refute another claim by its shape, but not confirm it.
func isShape(id string) bool {
	return strings.HasSuffix(id, ".fields") || strings.HasSuffix(id, ".success")
}

// claim is refuted if its marks were contradicted each time and in one way, and
// mixed if one mark was seen in two ways.
func claim(id string, marks []Mark) observation {
	o := observation{ID: id, Result: "confirmed"}
	value := make(map[string][]string)
	for _, m := range marks {
		count := m.Confirmed
		for what, n := range m.Contradicted {
			count += n
			value[what] = append(value[what], memberOf(m.At))
		}
		o.Count = max(o.Count, count)
		switch ways := len(m.Contradicted); {
		case ways > 1 || ways == 1 && m.Confirmed > 0:
			o.Result = "mixed"
		case ways == 1 && o.Result == "confirmed":
			o.Result = "refuted"
		}
	}
	if o.Result == "refuted" && strings.HasSuffix(id, ".fields") {
		for what := range value {
			slices.Sort(value[what])
		}
		o.Value = value
	}
	return o
}

// memberOf returns the last name of a place.
func memberOf(at string) string {
	at = strings.TrimSuffix(at, "[]")
	return at[strings.LastIndexAny(at, ". ")+1:]
}
