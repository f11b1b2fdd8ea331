package storm

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Class groups operations by what repeating them does.
type Class string

// The classes of operations.
const (
	Get       Class = "G" // GET
	Delete    Class = "D" // DELETE
	Keyed     Class = "K" // sends with an idempotency key
	Unkeyed   Class = "U" // billable, without a key
	Nonpaying Class = "N" // other writes
)

// Proto is how a request travels.
type Proto string

// The protocols.
const (
	Fresh  Proto = "h1 fresh"  // first request of an HTTP/1 connection
	Reused Proto = "h1 reused" // a later one
	HTTP2  Proto = "h2"
)

var (
	classes = []Class{Get, Delete, Keyed, Unkeyed, Nonpaying}
	protos  = []Proto{Fresh, Reused, HTTP2}
	ops     = map[Class][]string{
		Get: {"message", "balance"}, Delete: {"webhook_delete"}, Keyed: {"sms", "otp", "voice"}, Unkeyed: {"lookup", "email", "extension"},
		Nonpaying: {"verify", "webhook"},
	}
)

// Wrap is what stands between the client and its *http.Transport.
type Wrap string

// The wraps.
const (
	Bare         Wrap = ""             // nothing: the client sees the transport
	RoundTripper Wrap = "RoundTripper" // as of otelhttp: it hides the transport
	Middleware   Wrap = "middleware"   // of WithMiddleware
	SecondRoute  Wrap = "second route" // a RoundTripper with a route that no trace reports
)

// Plan is all that happens to one call, made from seed and number alone.
type Plan struct {
	Call     int
	Op       string
	Cell     Cell // of its first fault; Fault "" for a call without trouble
	Lane     Proto
	Secure   bool // TLS
	Wrap     Wrap
	Poor     bool // from the account whose money runs out
	Warm     bool // an idle connection waits when the call begins
	Faults   []Fault
	Deadline time.Duration // of the caller's context; 0: none, but the caller loses patience
	Cancel   time.Duration // when the caller cancels; 0: never
	AtOnce   bool          // the caller's context has ended before the call
}

// patience is when a caller without a deadline gives up.
const patience = 6 * time.Second

// Planner makes the plans of a run.
type Planner struct {
	seed  uint64
	cells []Cell
	crowd []Cell // those that many callers of one client can meet
}

// NewPlanner shuffles the cells that can exist by the seed.
func NewPlanner(seed uint64) *Planner {
	p := &Planner{seed: seed, cells: possibleCells()}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(p.cells), func(i, j int) { p.cells[i], p.cells[j] = p.cells[j], p.cells[i] })
	for _, c := range p.cells {
		if f := catalogue[c.Fault]; f.layer == atServer && f.deadline == 0 && (c.Proto != Fresh || c.Class == Unkeyed || c.Class == Nonpaying) {
			p.crowd = append(p.crowd, c)
		}
	}
	return p
}

// makeUp is the number of the first call that makes up for a cell which the others have missed: on a busy machine a dial or a wait may
// not come as planned.
const makeUp = 50_000_000

// crowdBegin is the number of the first call of the crowd.
const crowdBegin = 60_000_000

// makeUpCall gives the number of a call that meets the cell, another one in each round.
func (p *Planner) makeUpCall(c Cell, round int) int {
	return makeUp + round*len(p.cells) + slices.Index(p.cells, c)
}

// cellOf gives the cell of call n: of four calls, three meet the next cells in turn, and one has no trouble at first.
func (p *Planner) cellOf(n int) Cell {
	switch {
	case n >= crowdBegin:
		return p.crowd[(n-crowdBegin)%len(p.crowd)]
	case n >= makeUp:
		return p.cells[(n-makeUp)%len(p.cells)]
	}
	c := p.cells[(n-n/4)%len(p.cells)]
	if n%4 == 3 {
		c.Fault = ""
	}
	return c
}

// Plan gives call n, counted from 0.
func (p *Planner) Plan(n int) Plan {
	r := rand.New(rand.NewPCG(p.seed, uint64(n)+1))
	plan := Plan{Call: n, Cell: p.cellOf(n)}
	if plan.Cell.Fault != "" {
		plan.Faults = append([]Fault{plan.Cell.Fault}, followUps(r, plan.Cell)...)
	}
	f := catalogue[plan.Cell.Fault]
	plan.Op = f.opFor(r, plan.Cell.Class)
	plan.Lane = laneFor(r, plan.Cell, f)
	plan.Secure = plan.Lane == HTTP2 || f.tls || r.IntN(4) == 0
	plan.Poor = r.IntN(12) == 0 && plan.Cell.Class == Keyed
	plan.Wrap = wrapFor(r, plan.Cell)
	plan.Warm = plan.Lane != Fresh && f.layer != atDial
	plan.patience(r, f)
	return plan
}

// patience settles deadline and cancellation.
func (p *Plan) patience(r *rand.Rand, f faultKind) {
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

// laneFor gives the transport of a call. What goes over a fresh connection by rule is also tried where an idle one, or HTTP/2, is at hand.
func laneFor(r *rand.Rand, c Cell, f faultKind) Proto {
	if c.Class == Unkeyed || c.Class == Nonpaying {
		if c.Proto != Fresh || f.layer == atDial {
			return c.Proto
		}
		return []Proto{Fresh, Reused}[r.IntN(2)]
	}
	return c.Proto
}

// wrapFor returns the wrap of a call. An unkeyed write shares an HTTP/1
// connection only if the client can't see the transport.
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

// followUps are the faults of the attempts after the first: none, the same again, or others that need no protocol of their own.
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

// fault gives what hits an attempt, counted from 1.
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
