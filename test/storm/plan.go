package storm

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Class groups operations by the effect of a repeated request.
type Class string

// The classes of operations.
const (
	Get       Class = "G" // GET
	Delete    Class = "D" // DELETE
	Keyed     Class = "K" // sends with an idempotency key
	Unkeyed   Class = "U" // billable, without a key
	Nonpaying Class = "N" // other writes
)

// Proto is the protocol and the kind of connection of a request.
type Proto string

// The protocols.
const (
	Fresh  Proto = "h1 fresh"  // the first request of an HTTP/1 connection
	Reused Proto = "h1 reused" // a later one
	HTTP2  Proto = "h2"
)

var (
	classes = []Class{Get, Delete, Keyed, Unkeyed, Nonpaying}
	protos  = []Proto{Fresh, Reused, HTTP2}
	ops     = map[Class][]string{
		Get:       {"message", "balance"},
		Delete:    {"webhook_delete"},
		Keyed:     {"sms", "otp", "voice"},
		Unkeyed:   {"lookup", "email", "extension"},
		Nonpaying: {"verify", "webhook"},
	}
)

// Wrap is what lies between the client and its *http.Transport.
type Wrap string

// The wraps.
const (
	Bare         Wrap = ""             // nothing: the client sees the transport
	RoundTripper Wrap = "RoundTripper" // hides the transport, as otelhttp does
	Middleware   Wrap = "middleware"   // set by WithMiddleware
	SecondRoute  Wrap = "second route" // a RoundTripper with a route that no trace reports
)

// Plan is everything that happens to one call. Seed and number determine it.
type Plan struct {
	Call     int
	Op       string
	Cell     Cell // of its first fault; Fault "" for a call without faults
	Proto    Proto
	Secure   bool // TLS
	Wrap     Wrap
	Poor     bool // uses the account that runs out of money
	Warm     bool // an idle connection exists when the call begins
	Faults   []Fault
	Deadline time.Duration // of the caller's context; 0: the caller cancels after patience
	Cancel   time.Duration // when the caller cancels; 0: never
	AtOnce   bool          // the caller's context ends before the call begins
}

// patience is how long a caller without a deadline waits.
const patience = 6 * time.Second

// Planner makes the plans of a run.
type Planner struct {
	seed   uint64
	matrix []Cell // the possible cells
	shared []Cell // those that calls of a shared client can meet
}

// NewPlanner shuffles the possible cells by the seed.
func NewPlanner(seed uint64) *Planner {
	p := &Planner{seed: seed, matrix: possibleCells()}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(p.matrix), func(i, j int) {
		p.matrix[i], p.matrix[j] = p.matrix[j], p.matrix[i]
	})
	for _, c := range p.matrix {
		f := catalogue[c.Fault]
		pooled := c.Proto != Fresh || c.Class == Unkeyed || c.Class == Nonpaying
		if f.layer == atServer && f.deadline == 0 && pooled {
			p.shared = append(p.shared, c)
		}
	}
	return p
}

// makeUp is the number of the first call for a cell that the planned calls
// missed. On a busy machine a dial or a wait may differ from its plan.
const makeUp = 50_000_000

// sharedBegin is the number of the first call through a shared client.
const sharedBegin = 60_000_000

// makeUpCall returns the number of a call that meets the cell, another one in
// each round.
func (p *Planner) makeUpCall(c Cell, round int) int {
	return makeUp + round*len(p.matrix) + slices.Index(p.matrix, c)
}

// cellOf returns the cell of call n. Three of four calls meet the next cells in
// turn; the fourth begins without a fault.
func (p *Planner) cellOf(n int) Cell {
	switch {
	case n >= sharedBegin:
		return p.shared[(n-sharedBegin)%len(p.shared)]
	case n >= makeUp:
		return p.matrix[(n-makeUp)%len(p.matrix)]
	}
	c := p.matrix[(n-n/4)%len(p.matrix)]
	if n%4 == 3 {
		c.Fault = ""
	}
	return c
}

// Plan returns the plan of call n, counted from 0.
func (p *Planner) Plan(n int) Plan {
	r := rand.New(rand.NewPCG(p.seed, uint64(n)+1))
	plan := Plan{Call: n, Cell: p.cellOf(n)}
	if plan.Cell.Fault != "" {
		plan.Faults = append([]Fault{plan.Cell.Fault}, followUps(r, plan.Cell)...)
	}
	f := catalogue[plan.Cell.Fault]
	plan.Op = f.opFor(r, plan.Cell.Class)
	plan.Proto = protoFor(r, plan.Cell, f)
	plan.Secure = plan.Proto == HTTP2 || f.tls || r.IntN(4) == 0
	plan.Poor = r.IntN(12) == 0 && plan.Cell.Class == Keyed
	plan.Wrap = wrapFor(r, plan.Cell)
	plan.Warm = plan.Proto != Fresh && f.layer != atDial
	plan.setPatience(r, f)
	return plan
}

// setPatience sets deadline and cancellation.
func (p *Plan) setPatience(r *rand.Rand, f faultKind) {
	p.Deadline = 12 * time.Second
	switch {
	case f.deadline > 0:
		p.Deadline = f.deadline
	case f.noDeadline && r.IntN(2) == 0:
		p.Deadline = 0
	}
	if f.cancelMost > 0 {
		p.Cancel = f.cancelLeast + time.Duration(r.Int64N(int64(f.cancelMost-f.cancelLeast)))
	}
	p.AtOnce = f.atOnce
}

// protoFor returns the protocol of a call's transport. A request that always
// opens a fresh connection also runs where an idle one exists.
func protoFor(r *rand.Rand, c Cell, f faultKind) Proto {
	if c.Class == Unkeyed || c.Class == Nonpaying {
		if c.Proto != Fresh || f.layer == atDial {
			return c.Proto
		}
		return []Proto{Fresh, Reused}[r.IntN(2)]
	}
	return c.Proto
}

// wrapFor returns the wrap of a call. An unkeyed write shares an HTTP/1
// connection only if the client cannot see the transport.
func wrapFor(r *rand.Rand, c Cell) Wrap {
	wraps := []Wrap{Bare, RoundTripper, Middleware, SecondRoute}
	if c.Class == Unkeyed || c.Class == Nonpaying {
		switch c.Proto {
		case Fresh:
			wraps = []Wrap{Bare, Middleware}
		case Reused:
			wraps = []Wrap{RoundTripper, SecondRoute}
		}
	}
	return wraps[r.IntN(len(wraps))]
}

// followUps returns the faults of the attempts after the first: none, the same
// fault again, or faults that occur on any protocol.
func followUps(r *rand.Rand, c Cell) []Fault {
	if catalogue[c.Fault].alone {
		return nil
	}
	switch n := r.IntN(10); {
	case n < 4:
		return nil
	case n < 5 && !catalogue[c.Fault].slow:
		return []Fault{c.Fault, c.Fault, c.Fault, c.Fault, c.Fault}
	case n < 8:
		return []Fault{pick(r, fronts)}
	default:
		return []Fault{pick(r, further), pick(r, slices.Concat(further, fronts))}
	}
}

func pick(r *rand.Rand, from []Fault) Fault { return from[r.IntN(len(from))] }

// fault returns the fault of an attempt, counted from 1, or "" if it has none.
func (p *Plan) fault(attempt int) Fault {
	switch {
	case attempt < 1 || len(p.Faults) == 0:
		return ""
	case catalogue[p.Faults[0]].always:
		return p.Faults[0]
	case attempt > len(p.Faults):
		return ""
	default:
		return p.Faults[attempt-1]
	}
}
