package fleet

import (
	"context"
	"sync"
	"time"
)

// lookEvery is how often a worker looks whether another one has stopped the
// fleet.
const lookEvery = time.Second

// gate lets a worker's calls begin. Closed, it also ends those that still
// wait for their turn.
type gate struct {
	soft context.Context // ends when no further call may begin at all

	mu    sync.Mutex
	turn  context.Context
	close context.CancelFunc
	busy  bool // a stop is on its way to Redis: what Redis says is older
	stops int  // how many of them there were
}

func newGate(soft context.Context) *gate {
	g := &gate{soft: soft}
	g.turn, g.close = context.WithCancel(soft)
	return g
}

// now is the context of calls that begin now; it has ended if none may.
func (g *gate) now() context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turn
}

// shut closes the gate and reports whether it was open.
func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := g.turn.Err() == nil
	if open {
		g.busy = true
		g.stops++
	}
	g.close()
	return open
}

// before is to be asked for before Redis is: see follow.
func (g *gate) before() (stops int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stops
}

// settled says that Redis knows of the stop, or will not.
func (g *gate) settled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
}

// follow opens or closes the gate as Redis says, unless this worker has stopped
// the fleet since before was asked for.
func (g *gate) follow(stopped bool, before int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.busy || g.stops != before:
	case stopped:
		g.close()
	case g.turn.Err() != nil:
		g.turn, g.close = context.WithCancel(g.soft)
	}
}

// watching follows Redis until the returned function is called. While Redis is
// away the gate stays as it is.
func (w *worker) watching(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for ctx.Err() == nil {
			before := w.gate.before()
			if s, err := w.queue.stopped(ctx, ""); err == nil {
				w.gate.follow(s != nil, before)
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		watch.Wait()
	}
}
