package helliotest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// engine is the API behind a Fake and its views.
type engine struct {
	cfg    config
	born   time.Time
	owner  *view
	stderr io.Writer

	// guards all below; never held over a sleep, a wait or a callback, but for
	// nameToken
	mu      sync.Mutex
	world   *world
	closed  bool
	byClose bool // Close ended it, not the end of its test
	timer   alarm
	tasks   tasks
	news    chan struct{} // closed when a message comes; nil while no one waits
	worlds  int64         // made so far
	server  *server
	misuse  error
	late    bool // a call after the end was reported
	// faultWaits is until when a client may wait because of a fault's 429.
	faultWaits time.Time

	shared   *atomic.Int64 // bytes that all worlds of a program keep; nil outside it
	explored *exploredRun  // nil outside Explore
	// nameToken returns the text of a token in place of the one from the seed;
	// nil outside the program
	nameToken func(made string) string
	postOnce  sync.Once
	posts     *http.Transport // of webhooks and callbacks over HTTP, made on first use

	wg        sync.WaitGroup // every goroutine of this fake
	advancing sync.Mutex     // one Advance at a time
}

// begin makes the world. The engine must be locked.
func (e *engine) begin() error {
	w, err := newWorld(e)
	if err != nil {
		return fmt.Errorf("FromSnapshot: %w", err)
	}
	if e.world != nil {
		e.world.leave()
	}
	e.world = w
	e.setAlarm()
	return nil
}

// shut ends the fake and reports whether this call did.
func (e *engine) shut(byClose bool) bool {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false
	}
	e.closed = true
	e.byClose = byClose
	if e.misuse = cmp.Or(e.misuse, e.belongs()); e.misuse == errMadeInside {
		e.mu.Unlock() // what is left belongs to a bubble that has gone, and can't be touched
		return true
	}
	e.stopAlarm()
	e.tasks.end()
	e.world.leave()
	srv := e.server
	e.mu.Unlock()
	srv.close()
	e.wg.Wait()
	if e.posts != nil {
		e.posts.CloseIdleConnections()
	}
	return true
}

// complaints returns what fails a view's test at its end.
func (e *engine) complaints(v *view) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	errs := v.strictness(e.cfg.lenient)
	if e.cfg.unusedFaults {
		return errors.Join(errs...)
	}
	for _, fault := range e.world.faults {
		if fault.view == v {
			errs = append(errs, fault.unused(e.world))
		}
	}
	return errors.Join(errs...)
}
