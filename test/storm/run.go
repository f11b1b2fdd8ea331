package storm

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Config sets the size of a storm.
type Config struct {
	Messages  int // calls
	Seed      uint64
	Call      int  // only this call; -1: all
	Processes int  // besides this one
	Workers   int  // calls at the same time in each process
	Paced     bool // keeps the client's own limiter, which makes a run much slower
}

// Run makes a storm, heals the network, resumes the calls whose outcome is
// unknown, and checks the invariants.
func Run(cfg Config) (*Report, error) {
	began, start := time.Now(), baseline()
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
		err = r.phase(Sharing, r.sharedItems())
	}
	// Work behind a broken connection ends meanwhile.
	time.Sleep(600 * time.Millisecond)
	r.halfway = r.snapshot()
	if err == nil {
		err = r.phase(Retaking, r.unknown())
	}
	if err == nil {
		s.Ledger.fund("poor", richFunds)
		err = r.phase(Resuming, r.unresolved())
	}
	s.Close()
	end := settled(start, r.closeIdle)
	r.results = append(r.results, Result{Before: start, After: end, Stacks: stacks(start, end)})
	if err != nil {
		return nil, err
	}
	report := r.report(time.Since(began))
	if cfg.Call < 0 {
		err = report.repeatLate()
	}
	return report, err
}

// run is the state of a storm.
type run struct {
	cfg     Config
	server  *Server
	mu      sync.Mutex
	records []Record
	results []Result
	pools   []*workerPool // of this process
	rounds  int
	halfway books // at the end of the faults
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

// items returns the calls of the first phase, four fifths of all.
func (r *run) items() []Item {
	if r.cfg.Call >= 0 {
		return []Item{{Call: r.cfg.Call}}
	}
	return numbered(0, r.cfg.Messages-r.cfg.Messages/5)
}

// sharedItems returns the calls through shared clients.
func (r *run) sharedItems() []Item {
	if r.cfg.Call >= 0 {
		return nil
	}
	return numbered(sharedBegin, r.cfg.Messages/5)
}

func numbered(from, n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i].Call = from + i
	}
	return items
}

// enough reports whether the run is large enough to meet every possible cell.
func (r *run) enough() bool {
	return r.cfg.Call < 0 && r.cfg.Messages/5*3 > len(possibleCells())
}

// met counts how often each cell occurred, on both sides of the wire.
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

// missed returns calls for the cells that did not occur.
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

// unresolved returns the keyed calls to resume: those that are not done, and
// one in ten of the others, as if their callers crashed before they stored the
// result.
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

// phase distributes the calls over all processes and waits for them.
func (r *run) phase(p Phase, items []Item) error {
	r.rounds++
	var busy sync.WaitGroup
	parts := make([][]Item, 1+r.cfg.Processes)
	for n, it := range items {
		parts[n%len(parts)] = append(parts[n%len(parts)], it)
	}
	errs := make([]error, len(parts))
	for n, part := range parts {
		if len(part) == 0 {
			continue
		}
		j := Job{
			Name:      fmt.Sprintf("%c%d", 'a'+n, r.rounds),
			Seed:      r.cfg.Seed,
			Phase:     p,
			Items:     part,
			Addresses: r.server.Addresses(),
			Workers:   r.cfg.Workers,
			Paced:     r.cfg.Paced,
		}
		busy.Go(func() { errs[n] = r.do(j, n == 0) })
	}
	busy.Wait()
	return errors.Join(errs...)
}

func (r *run) closeIdle() {
	for _, p := range r.pools {
		p.closeIdle()
	}
}

func (r *run) do(j Job, here bool) (err error) {
	var result Result
	if here {
		p := newWorkerPool(j)
		r.pools = append(r.pools, p)
		result.Records, err = p.run()
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
