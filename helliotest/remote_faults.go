package helliotest

import (
	"net/http"
	"slices"
)

// RemoteFault is a Fault of a Remote.
type RemoteFault struct {
	r    *Remote
	spec FaultSpec
	site string
	hits int  // until its rule was put anew or went
	gone bool // its rule is not in force any more
}

// Fault adds a rule: exactly one of Nth, Times and Always, exactly one effect, and ToNumber if need be. Anything else fails the test at
// that line. The program puts all rules at once, so that those already there begin to count anew: add the faults of a test before its
// calls.
func (r *Remote) Fault(on Op, rules ...Rule) *RemoteFault {
	r.tb.Helper()
	spec, err := newSpec(on, rules)
	if err != nil {
		r.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	ft := &RemoteFault{r: r, spec: spec, site: caller()}
	there := r.Faults()
	if err := r.put(append(there, spec)); err != nil {
		r.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	r.keepHits(there)
	r.faults = append(r.faults, ft)
	return ft
}

// SetFaults puts these rules in place of all others; none removes them. If one is wrong, that is the error and nothing changes.
func (r *Remote) SetFaults(specs ...FaultSpec) error {
	r.tb.Helper()
	there := r.Faults()
	if err := r.put(specs); err != nil {
		return err
	}
	r.forget(there)
	return nil
}

func (r *Remote) put(specs []FaultSpec) error {
	type unhit struct { // hits can't be set
		FaultSpec
		Hits *int `json:"hits,omitempty"`
	}
	body := make([]unhit, len(specs))
	for i, spec := range specs {
		body[i].FaultSpec = spec
	}
	return r.call(http.MethodPut, "/_fake/faults", body, nil)
}

// Faults lists the rules in force, in the order in which they were put, each with its hits.
func (r *Remote) Faults() []FaultSpec {
	r.tb.Helper()
	type told FaultSpec // without the strictness of what is put
	var all []told
	r.must(r.tb, "Faults", http.MethodGet, "/_fake/faults", nil, &all)
	specs := make([]FaultSpec, len(all))
	for i, spec := range all {
		specs[i] = FaultSpec(spec)
	}
	return specs
}

// keepHits notes the hits of the rules of Fault, which have begun anew, from the list of before.
func (r *Remote) keepHits(there []FaultSpec) {
	for _, ft := range r.faults {
		if i := ft.place(there); i >= 0 {
			ft.hits += there[i].Hits
		}
	}
}

// forget keeps the hits of the rules of Fault and lets the rules go: they are in force no more.
func (r *Remote) forget(there []FaultSpec) {
	r.keepHits(there)
	for _, ft := range r.faults {
		ft.gone = true
	}
}

// place finds the rule in the program's list: the last rules of it are those of Fault, in order.
func (ft *RemoteFault) place(there []FaultSpec) int {
	own := slices.DeleteFunc(slices.Clone(ft.r.faults), func(other *RemoteFault) bool { return other.gone })
	i := len(there) - len(own) + slices.Index(own, ft)
	if ft.gone || i < 0 || there[i].String() != ft.spec.String() {
		return -1
	}
	return i
}

// Hits is how many calls the fault has acted on.
func (ft *RemoteFault) Hits() int {
	ft.r.tb.Helper()
	if ft.gone {
		return ft.hits
	}
	there := ft.r.Faults()
	i := ft.place(there)
	if i < 0 {
		ft.r.tb.Fatalf("helliotest: Hits: the program's rules were changed by others: {%s} is not where it was put", ft.spec)
	}
	return ft.hits + there[i].Hits
}

// endFaults fails the test for each rule that was never hit, and removes the rules.
func (r *Remote) endFaults() {
	if len(r.faults) == 0 {
		return
	}
	for _, ft := range r.faults {
		if ft.Hits() == 0 {
			r.tb.Errorf("helliotest: the fault {%s} (%s) was never hit", ft.spec, ft.site)
		}
	}
	if err := r.call(http.MethodDelete, "/_fake/faults", nil, nil); err != nil {
		r.tb.Errorf("helliotest: the faults of the test are still in force: %v", err)
	}
}
