package main

// maxBodies is how many bytes of calls, bodies and headers, all worlds keep
// together (decided). -retention 0 lifts it.
const maxBodies = 256 << 20

// boundBodies evicts the oldest calls of the worlds that keep the most bytes,
// once all worlds keep too many. It makes some room ahead.
func (ws *worldSet) boundBodies() {
	if ws.bodies.Load() <= ws.mostBodies || !ws.bounding.TryLock() {
		return
	}
	defer ws.bounding.Unlock()
	for {
		excess := ws.bodies.Load() - ws.mostBodies*15/16
		w, kept := ws.largest()
		if excess <= 0 || w == nil {
			return
		}
		w.engine.ShrinkBodies(kept - excess)
		if w.engine.KeptBodies() >= kept {
			return // its only call is in flight or new
		}
	}
}

// largest returns the world that keeps the most bytes of calls.
func (ws *worldSet) largest() (found *world, most int64) {
	for _, w := range ws.worlds() {
		if kept := w.engine.KeptBodies(); kept > most {
			found, most = w, kept
		}
	}
	return found, most
}
