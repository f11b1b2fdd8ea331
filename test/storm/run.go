package storm

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Config says how large a storm is.
type Config struct {
	Messages  int
	Seed      uint64
	Call      int  // only this one; -1: all
	Processes int  // besides this one
	Lanes     int  // calls at the same time in each process
	Paced     bool // with the client's own limiter, which most storms have no time for
}

// Run makes a storm, lets the network heal, resumes what is in doubt, and checks what is left.
func Run(cfg Config) (*Report, error) {
	start, before := time.Now(), baseline()
	s, err := StartServer(NewPlanner(cfg.Seed))
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, server: s}
	err = r.phase(Storming, r.items())
	for round := 0; round < 3 && err == nil && r.enough(); round++ {
		err = r.phase(Storming, r.missed(round))
	}
	if err == nil {
		err = r.phase(Crowding, r.crowd())
	}
	time.Sleep(600 * time.Millisecond) // what is still at work behind a broken connection ends
	r.halfway = r.snapshot()
	if err == nil {
		err = r.phase(Retaking, r.unknown())
	}
	if err == nil {
		s.Ledger.fund("poor", richFunds)
		err = r.phase(Resuming, r.unresolved())
	}
	s.Close()
	after := settled(before)
	r.results = append(r.results, Result{Before: before, After: after, Stacks: stacks(before, after)})
	if err != nil {
		return nil, err
	}
	return r.report(time.Since(start)), nil
}

// run is a storm under way, and all that is known of it at its end.
type run struct {
	cfg     Config
	server  *Server
	mu      sync.Mutex
	records []Record
	results []Result
	rounds  int
	halfway books // when the storm was over
}

// books are a copy of the ledger's counts.
type books struct {
	charges map[int]int
	effects map[int]int
}

func (r *run) snapshot() books {
	l := r.server.Ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	b := books{charges: map[int]int{}, effects: maps.Clone(l.effects)}
	for message, charges := range l.charges {
		b.charges[message] = len(charges)
	}
	return b
}

// items are the calls of the storm, four fifths of all.
func (r *run) items() []Item {
	if r.cfg.Call >= 0 {
		return []Item{{Call: r.cfg.Call}}
	}
	return numbered(0, r.cfg.Messages-r.cfg.Messages/5)
}

// crowd are the calls that share clients.
func (r *run) crowd() []Item {
	if r.cfg.Call >= 0 {
		return nil
	}
	return numbered(crowdBegin, r.cfg.Messages/5)
}

func numbered(from, n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i].Call = from + i
	}
	return items
}

// enough is whether so many calls are made that they are to meet each cell that can exist.
func (r *run) enough() bool { return r.cfg.Call < 0 && r.cfg.Messages/5*3 > len(possibleCells()) }

// met counts the cells that were met, on both sides of the wire.
func (r *run) met() map[Cell]int {
	r.server.mu.Lock()
	met := maps.Clone(r.server.reached)
	r.server.mu.Unlock()
	for _, rec := range r.records {
		for _, cell := range rec.Fired {
			met[cell]++
		}
	}
	return met
}

// missed gives calls for the cells that were not met.
func (r *run) missed(round int) (items []Item) {
	met := r.met()
	for _, cell := range possibleCells() {
		if met[cell] == 0 {
			items = append(items, Item{Call: r.server.planner.makeUpCall(cell, round)})
		}
	}
	return items
}

// unknown returns the keyed calls whose outcome is unknown.
func (r *run) unknown() (items []Item) {
	for _, rec := range r.records {
		if rec.Class == Keyed && rec.Outcome == "unknown" {
			items = append(items, Item{Call: rec.Call, Key: rec.Key})
		}
	}
	return items
}

// unresolved gives the keyed calls that are not done, to be resumed, and one in ten of the done ones, as if their callers had crashed
// before they wrote the answer down.
func (r *run) unresolved() (items []Item) {
	for _, rec := range r.records {
		switch {
		case rec.Class != Keyed || rec.Phase == Retaking:
		case rec.Outcome != done:
			items = append(items, Item{Call: rec.Call, Key: rec.Key})
		case rec.Call%10 == 0:
			items = append(items, Item{Call: rec.Call, Key: rec.Key, Again: true})
		}
	}
	return items
}

// phase deals the calls out to this process and the others, and waits for all.
func (r *run) phase(p Phase, items []Item) error {
	r.rounds++
	var busy sync.WaitGroup
	hands := make([][]Item, 1+r.cfg.Processes)
	for n, it := range items {
		hands[n%len(hands)] = append(hands[n%len(hands)], it)
	}
	errs := make([]error, len(hands))
	for n, hand := range hands {
		if len(hand) == 0 {
			continue
		}
		j := Job{Name: fmt.Sprintf("%c%d", 'a'+n, r.rounds), Seed: r.cfg.Seed, Phase: p, Items: hand, Addresses: r.server.Addresses(), Lanes: r.cfg.Lanes, Paced: r.cfg.Paced}
		busy.Go(func() { errs[n] = r.do(j, n == 0) })
	}
	busy.Wait()
	return errors.Join(errs...)
}

func (r *run) do(j Job, here bool) (err error) {
	var result Result
	if here {
		result.Records, err = j.run()
	} else {
		result, err = j.spawn()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, result.Records...)
	if !here {
		r.results = append(r.results, result)
	}
	return err
}
