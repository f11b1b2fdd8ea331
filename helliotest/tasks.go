package helliotest

import (
	"context"
	"time"
)

// tasks are the goroutines that work for the fake on their own, such as
// deliveries: what Settle waits for.
type tasks struct {
	life   context.Context // made on first use: a context made in New would belong to no bubble
	cancel context.CancelFunc
	busy   int
	idle   chan struct{} // closed when busy falls to 0; nil while no one waits
}

func (t *tasks) context() context.Context {
	if t.life == nil {
		t.life, t.cancel = context.WithCancel(context.Background())
	}
	return t.life
}

func (t *tasks) end() {
	t.context()
	t.cancel()
}

// Settle waits until all that is due has run, webhook attempts included. It
// returns an error when ctx ends first, or when the fake is closed.
func (f *Fake) Settle(ctx context.Context) error {
	f.tb.Helper()
	for {
		unlock := f.lock()
		if f.closed {
			unlock()
			return f.endedErr()
		}
		if f.tasks.busy == 0 {
			unlock()
			return nil
		}
		if f.tasks.idle == nil {
			f.tasks.idle = make(chan struct{})
		}
		idle, end := f.tasks.idle, f.tasks.context().Done()
		unlock()
		select {
		case <-idle:
		case <-end:
			return f.endedErr()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// spawn starts work that waits for something outside, such as a delivery. It
// runs without the lock; Settle and Advance wait for it, and its context ends
// with the fake. The engine must be locked.
func (e *engine) spawn(work func(ctx context.Context)) {
	if e.closed {
		return
	}
	e.tasks.busy++
	ctx := e.tasks.context()
	e.wg.Go(func() {
		work(ctx)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.tasks.busy--
		if e.tasks.busy == 0 && e.tasks.idle != nil {
			close(e.tasks.idle)
			e.tasks.idle = nil
		}
	})
}

// sleep waits d of package time, and returns false if ctx or the fake ended
// first. It is the only way for a request to wait. The engine must not be
// locked.
func (e *engine) sleep(ctx context.Context, d time.Duration) bool {
	e.mu.Lock()
	end := e.tasks.context().Done()
	e.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-end:
		return false
	}
}
