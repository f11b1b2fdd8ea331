package helliotest

import "github.com/hellio-go/hellio/internal/behaviour"

// Behaviour is one claim of the fake about the API, with its provenance. Each
// has a check, which also runs against the real API: see cmd/hellio-verify.
type Behaviour struct {
	ID        string `json:"id"` // "idempotency.other_body"; never renamed
	Behaviour string `json:"behaviour"`
	// documented, inferred (from SDKs or the framework), decided (nothing is
	// published), or observed: see WithObservations
	Basis string `json:"basis"`
	// what a check of it costs at the real API: free, writes, paid, disruptive,
	// or fake_only
	Cost string `json:"cost"`
	// nil unless an observation file confirms or refutes it
	Observed *Observed `json:"observed"`
}

// Behaviours returns the fake's claims about the API, in the order of the API's
// chapters.
func (f *Fake) Behaviours() []Behaviour {
	claims := behaviour.All()
	all := make([]Behaviour, len(claims))
	for i, b := range claims {
		all[i] = Behaviour{
			ID:        b.ID,
			Behaviour: b.Text,
			Basis:     string(b.Basis),
			Cost:      b.Cost.String(),
		}
		if seen, ok := f.cfg.follow.observed[b.ID]; ok {
			all[i].Basis = string(behaviour.Observed)
			all[i].Observed = &seen
		}
	}
	return all
}
