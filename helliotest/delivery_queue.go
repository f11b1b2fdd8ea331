package helliotest

import (
	"context"
	"time"
)

const (
	// maxInFlight is how many attempts to one URL are in flight at most
	// (decided).
	maxInFlight = 16
	// turnWait is how long an attempt waits for the end of the one before it
	// (decided). A receiver that answers immediately sees a fixed order, on a
	// busy machine too, and a slow one delays nothing. Over HTTP, no attempt
	// waits while many are queued.
	turnWait = 500 * time.Millisecond
)

// attempt is one queued attempt of a delivery.
type attempt struct {
	d      *delivery
	due    time.Time // zero: when it begins
	effect string
	after  []*attempt // must have ended before it begins
	ended  bool
}

// ready reports whether all attempts that this one waits for have ended.
func (a *attempt) ready() bool {
	for _, before := range a.after {
		if !before.ended {
			return false
		}
	}
	return true
}

// postQueue begins the attempts to one URL in the order in which they fell due.
// The engine's lock guards it. It has a goroutine only while it is not empty.
type postQueue struct {
	w         *world
	waiting   []*attempt
	latest    map[int64]*attempt // of each message, until it has ended
	inFlight  int
	inProcess bool
	began     time.Time     // package time of the latest beginning
	ended     chan struct{} // signals the end of an attempt; nil while there is no goroutine
}

// send adds an attempt to its queue, followed by the one that was held for it.
func (w *world) send(d *delivery, due time.Time, effect string) {
	next := w.queue(d.hook.URL).add(&attempt{d: d, due: due, effect: effect})
	if held := d.hook.held; held != nil {
		d.hook.held = nil
		w.queue(d.hook.URL).add(&attempt{
			d:      held,
			effect: effectWebhookReorder,
			after:  []*attempt{next},
		})
	}
}

func (w *world) queue(url string) *postQueue {
	if w.queues == nil {
		w.queues = make(map[string]*postQueue)
	}
	q := w.queues[url]
	if q == nil {
		q = &postQueue{
			w:         w,
			inProcess: w.e.cfg.hookHandlers[url] != nil,
			latest:    make(map[int64]*attempt),
		}
		w.queues[url] = q
	}
	return q
}

// add appends an attempt. Attempts about one message, as two webhooks at one
// URL make them, are posted one after the other.
func (q *postQueue) add(a *attempt) *attempt {
	message := a.d.message.ID
	if before := q.latest[message]; before != nil {
		a.after = append(a.after, before)
	}
	q.latest[message] = a
	q.waiting = append(q.waiting, a)
	if q.ended == nil {
		q.ended = make(chan struct{}, 1)
		q.w.e.spawn(q.run)
	}
	return a
}

// run begins attempts until none is left or the fake ends.
func (q *postQueue) run(ctx context.Context) {
	e := q.w.e
	timer := time.NewTimer(turnWait)
	defer timer.Stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(q.waiting) > 0 && ctx.Err() == nil {
		wait := q.wait()
		if wait <= 0 {
			q.begin()
			continue
		}
		ended := q.ended
		timer.Reset(wait)
		e.mu.Unlock()
		select {
		case <-ended:
		case <-timer.C:
		case <-ctx.Done():
		}
		e.mu.Lock()
	}
	q.waiting = nil
	q.ended = nil
}

// wait returns how long the next attempt must wait, 0 if it may begin.
func (q *postQueue) wait() time.Duration {
	if q.inFlight >= maxInFlight || !q.waiting[0].ready() {
		return postTimeout
	}
	if q.inFlight == 0 || !q.inProcess && len(q.waiting) >= maxInFlight {
		return 0
	}
	return turnWait - time.Since(q.began)
}

func (q *postQueue) begin() {
	a := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.inFlight++
	q.began = time.Now()
	q.w.e.spawn(func(ctx context.Context) {
		q.w.attempt(ctx, a)
		q.w.e.mu.Lock()
		defer q.w.e.mu.Unlock()
		q.end(a)
	})
}

func (q *postQueue) end(a *attempt) {
	a.ended = true
	q.inFlight--
	if q.latest[a.d.message.ID] == a {
		delete(q.latest, a.d.message.ID)
	}
	select {
	case q.ended <- struct{}{}:
	default: // a signal is pending, or no goroutine waits for one
	}
}
