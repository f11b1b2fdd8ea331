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
	hits int  // until its rule was put again or left
	gone bool // its rule is no longer in force
}

// Fault adds a rule: exactly one of Nth, Times and Always, exactly one effect,
// and ToNumber if need be. Anything else fails the test at that line. The
// program replaces all rules, so those already there begin to count again: add
// the faults of a test before its calls.
func (r *Remote) Fault(on Op, rules ...Rule) *RemoteFault {
	r.tb.Helper()
	spec, err := newSpec(on, rules)
	if err != nil {
		r.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	ft := &RemoteFault{r: r, spec: spec, site: callerLine()}
	there := r.Faults()
	if err := r.put(append(there, spec)); err != nil {
		r.tb.Fatalf("helliotest: Fault(%s): %v", on, err)
	}
	r.keepHits(there)
	r.faults = append(r.faults, ft)
	return ft
}

// SetFaults replaces all rules by these; without specs it removes all. If one
// is invalid, it returns an error and changes nothing.
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
	body := make([]unhitSpec, len(specs))
	for i, spec := range specs {
		body[i].FaultSpec = spec
	}
	return r.call(http.MethodPut, "/_fake/faults", body, nil)
}

// unhitSpec is a rule as it is put: its hits can't be set.
type unhitSpec struct {
	FaultSpec
	Hits *int `json:"hits,omitempty"`
}

// Faults returns the rules in force with their hits, in the order in which they
// were added.
func (r *Remote) Faults() []FaultSpec {
	r.tb.Helper()
	specs, err := r.faultsInForce()
	if err != nil {
		r.tb.Fatalf("helliotest: Faults: %v", err)
	}
	return specs
}

func (r *Remote) faultsInForce() ([]FaultSpec, error) {
	type lenient FaultSpec // without the strictness of what is put
	var all []lenient
	err := r.call(http.MethodGet, "/_fake/faults", nil, &all)
	specs := make([]FaultSpec, len(all))
	for i, spec := range all {
		specs[i] = FaultSpec(spec)
	}
	return specs, err
}

// keepHits notes the hits of the rules of Fault, which have begun again, from
// the list before.
func (r *Remote) keepHits(there []FaultSpec) {
	for ft, i := range r.places(there) {
		ft.hits += there[i].Hits
	}
}

// forget keeps the hits of the rules of Fault, which are in force no more.
func (r *Remote) forget(there []FaultSpec) {
	r.keepHits(there)
	for _, ft := range r.faults {
		ft.gone = true
	}
}

// places finds the rules of Fault in the program's list, where other callers
// may have put and removed rules meanwhile. Of equal rules, the last are its
// own.
func (r *Remote) places(there []FaultSpec) map[*RemoteFault]int {
	found := make(map[*RemoteFault]int)
	taken := make([]bool, len(there))
	for _, ft := range slices.Backward(r.faults) {
		if ft.gone {
			continue
		}
		for i := range slices.Backward(there) {
			if !taken[i] && there[i].sameRule(ft.spec) {
				found[ft] = i
				taken[i] = true
				break
			}
		}
	}
	return found
}

// sameRule compares two rules without their hits.
func (s FaultSpec) sameRule(other FaultSpec) bool {
	s.Hits = other.Hits
	return s == other
}

// Hits returns how many calls the fault has acted on.
func (ft *RemoteFault) Hits() int {
	ft.r.tb.Helper()
	if ft.gone {
		return ft.hits
	}
	there := ft.r.Faults()
	i, found := ft.r.places(there)[ft]
	if !found {
		ft.r.tb.Fatalf("helliotest: Hits: another caller has removed the rule {%s}", ft.spec)
	}
	return ft.hits + there[i].Hits
}

// endFaults fails the test for each rule that was never hit, and removes the
// rules of Fault. Those of others stay.
func (r *Remote) endFaults() {
	if len(r.faults) == 0 {
		return
	}
	there, err := r.faultsInForce()
	if err != nil {
		r.tb.Errorf("helliotest: the faults of the test may still be in force: %v", err)
		return
	}
	places := r.places(there)
	own := make(map[int]bool, len(places))
	for _, ft := range r.faults {
		i, found := places[ft]
		switch {
		case found:
			own[i] = true
			ft.hits += there[i].Hits
		case !ft.gone && ft.hits == 0:
			r.tb.Errorf("helliotest: another caller has removed the fault {%s} (%s)", ft.spec,
				ft.site)
			continue
		}
		if ft.hits == 0 {
			r.tb.Errorf("helliotest: the fault {%s} (%s) was never hit", ft.spec, ft.site)
		}
	}
	var left []FaultSpec
	for i, spec := range there {
		if !own[i] {
			left = append(left, spec)
		}
	}
	if err := r.put(left); err != nil {
		r.tb.Errorf("helliotest: the faults of the test are still in force: %v", err)
	}
}
