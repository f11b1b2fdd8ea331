// Package behaviour is the list of what the fake claims about the API. Each
// claim has an id, its provenance, and what a check of it costs. The checks are
// in package check.
package behaviour

import "slices"

// Behaviour is one claim about the API.
type Behaviour struct {
	ID     string // "idempotency.other_body": chapter and claim; never renamed or reused
	Text   string // one sentence in the present tense
	Basis  Basis
	Cost   Cost
	Why    string // why there is no check: "needs a live session"; "" if there is one
	Follow Follow // what an observation may change in the fake; the zero value: nothing
}

// Basis says where a claim comes from.
type Basis string

// The bases of a claim. An observation file replaces them by Observed.
const (
	Documented Basis = "documented" // the vendor publishes it
	Inferred   Basis = "inferred"   // read in the vendor's SDKs, plugins or framework
	Decided    Basis = "decided"    // published nowhere: our choice
	Observed   Basis = "observed"   // seen at the real API
)

// Cost is what a check costs at the real API, also if the claim does not hold:
// a call that should be refused may then succeed.
type Cost int

// The costs of a check.
const (
	Free       Cost = iota // reads, and calls that can't send or charge in any case
	Writes                 // creates and deletes what costs nothing: webhooks, USSD apps
	Paid                   // may send or charge
	Disruptive             // uses up a rate window or log-in tries for up to 60 s
	FakeOnly               // needs the fake's clock, wallet or settings
)

var costNames = [...]string{"free", "writes", "paid", "disruptive", "fake_only"}

// String returns the cost as files and the control API spell it.
func (c Cost) String() string { return costNames[c] }

// All returns the claims, in the order of the API's chapters.
func All() []Behaviour {
	return slices.Concat(
		token, answers, ratelimit, idempotency, money, login, sms, reports, otp, voice, lookup,
		email, balance, webhook, delivery, ussdApps, ussdExtensions, ussdSessions,
	)
}

// Find returns the claim of an id, and reports whether there is one.
func Find(id string) (Behaviour, bool) {
	all := All()
	i := slices.IndexFunc(all, func(b Behaviour) bool { return b.ID == id })
	if i < 0 {
		return Behaviour{}, false
	}
	return all[i], true
}

func documented(id string, cost Cost, text string) Behaviour {
	return claim(Documented, id, cost, text)
}

func inferred(id string, cost Cost, text string) Behaviour { return claim(Inferred, id, cost, text) }

func decided(id string, cost Cost, text string) Behaviour { return claim(Decided, id, cost, text) }

func claim(basis Basis, id string, cost Cost, text string) Behaviour {
	return Behaviour{
		ID:    id,
		Text:  text,
		Basis: basis,
		Cost:  cost,
	}
}

// unchecked returns the claim with the reason why it has no check.
func (b Behaviour) unchecked(why string) Behaviour {
	b.Why = why
	return b
}

// follows returns the claim with what an observation may change.
func (b Behaviour) follows(what Follow) Behaviour {
	b.Follow = what
	return b
}
