// Package dedupetest checks that a store keeps the rules of hellio.DedupeStore,
// in every order of the steps that two owners can take. All stores of this
// repository are tested by it, so that they keep the same rules.
package dedupetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Lease is the lease of every claim that Run makes.
const Lease = time.Hour

// Store has the methods of hellio.DedupeStore.
type Store interface {
	Claim(ctx context.Context, id string, lease time.Duration) (owner string, err error)
	Commit(ctx context.Context, id, owner string) error
	Release(ctx context.Context, id, owner string) error
}

// Subject is a store under test. Run uses one id of it.
type Subject struct {
	Store    Store
	EndLease func(id string) // ends the lease of the id's claim, if there is one
	Held     error           // hellio.ErrClaimHeld
	Handled  error           // hellio.ErrAlreadyHandled
}

// Run carries out every sequence of up to depth steps: each of two owners
// claims, commits or releases, or the lease ends. After each sequence a third
// owner claims the id. Run checks every result against a model of the rules and
// returns the number of sequences. For each sequence it calls open, which
// returns a store that does not know the id.
//
// An owner commits and releases with what its last successful claim returned,
// and so not before it has claimed.
func Run(t testing.TB, depth int, open func(id string) Subject) int {
	t.Helper()
	r := &runner{t: t, depth: depth, open: open}
	r.visit(nil)
	return r.sequences
}

type runner struct {
	t         testing.TB
	depth     int
	open      func(id string) Subject
	sequences int
}

// visit carries out one sequence, and every longer one that begins with it.
func (r *runner) visit(sequence []step) {
	r.t.Helper()
	r.sequences++
	x := r.begin(sequence)
	for _, s := range sequence {
		s.run(x)
	}
	next := x.possible()
	x.claim(third)
	if len(sequence) == r.depth {
		return
	}
	for _, s := range next {
		r.visit(append(slices.Clip(sequence), s))
	}
}

func (r *runner) begin(sequence []step) *trial {
	var names []string
	for _, s := range sequence {
		names = append(names, s.name)
	}
	name := strings.Join(names, ", ")
	id := "event of " + name
	return &trial{
		t:       r.t,
		name:    name,
		id:      id,
		subject: r.open(id),
	}
}

// The owners.
const (
	first = iota
	second
	third
)

// trial is one sequence on one id. Its fields holder and handled are the model:
// what the store must know.
type trial struct {
	t       testing.TB
	name    string
	id      string
	subject Subject
	owners  [3]string // what each owner's last claim returned
	holder  string    // the owner of the claim that lasts; "" without one
	handled bool
}

// step is what an owner or the clock does next.
type step struct {
	name string
	run  func(*trial)
}

// possible lists the steps that can follow.
func (x *trial) possible() []step {
	all := []step{{"the lease ends", (*trial).endLease}}
	for who, name := range []string{first: "A", second: "B"} {
		all = append(all, step{name + " claims", func(x *trial) { x.claim(who) }})
		if x.owners[who] != "" {
			all = append(all,
				step{name + " commits", func(x *trial) { x.commit(who) }},
				step{name + " releases", func(x *trial) { x.release(who) }})
		}
	}
	return all
}

func (x *trial) claim(who int) {
	x.t.Helper()
	owner, err := x.subject.Store.Claim(x.t.Context(), x.id, Lease)
	switch {
	case x.handled:
		require.ErrorIs(x.t, err, x.subject.Handled, x.name)
		require.Empty(x.t, owner, x.name)
	case x.holder != "":
		require.ErrorIs(x.t, err, x.subject.Held, x.name)
		require.Empty(x.t, owner, x.name)
	default:
		require.NoError(x.t, err, x.name)
		require.NotEmpty(x.t, owner, x.name)
		require.NotContains(x.t, x.owners, owner, x.name)
		x.owners[who] = owner
		x.holder = owner
	}
}

func (x *trial) commit(who int) {
	x.t.Helper()
	err := x.subject.Store.Commit(x.t.Context(), x.id, x.owners[who])
	if x.holder != "" && x.holder != x.owners[who] {
		require.ErrorIs(x.t, err, x.subject.Held, x.name)
		return
	}
	require.NoError(x.t, err, x.name)
	x.handled = true
	x.holder = ""
}

func (x *trial) release(who int) {
	x.t.Helper()
	require.NoError(x.t, x.subject.Store.Release(x.t.Context(), x.id, x.owners[who]), x.name)
	if x.holder == x.owners[who] {
		x.holder = ""
	}
}

func (x *trial) endLease() {
	x.subject.EndLease(x.id)
	x.holder = ""
}
