package helliotest

import (
	"context"
	"iter"
	"strconv"
	"strings"
)

// Event is one message at the time of the event.
type Event struct {
	ID      string // its place in the stream; opaque, without spaces
	Message Message
}

// atOnce is how many events are read under one lock.
const atOnce = 100

// Subscribe returns the messages after a place, oldest first: the present ones,
// then new ones, until ctx ends, the fake is closed or the loop ends. It needs
// no goroutine and drops nothing, unless WithRetention evicts a message before
// a slow reader has read it. The place is the ID of an Event or a message's
// numeric ID; "" is the time of the call, and "0" is before all messages. An
// unknown place, such as one from before a Reset, counts as "0". After a Reset
// the stream continues with the messages after it. In a synctest bubble the
// wait is durable.
func (f *Fake) Subscribe(ctx context.Context, after string) iter.Seq[Event] {
	f.tb.Helper()
	start := f.place(after)
	return func(yield func(Event) bool) {
		for at := start; ; {
			events, news, end := f.eventsAfter(&at)
			for _, e := range events {
				if ctx.Err() != nil || !yield(e) {
					return
				}
			}
			if len(events) > 0 {
				continue
			}
			select {
			case <-news:
			case <-end:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// place is a point in the row of messages of one world.
type place struct {
	w  *world
	id int64 // of the last message before it
}

func (f *Fake) place(after string) place {
	f.tb.Helper()
	defer f.lock()()
	w := f.world
	if after == "" {
		return place{w, w.lastID}
	}
	life, text, told := strings.Cut(after, "-")
	if !told {
		life, text = w.life(), after
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || life != w.life() || id < 0 || id > w.lastID {
		id = 0
	}
	return place{w, id}
}

// life distinguishes the worlds of a fake, and those of two runs of a program.
func (w *world) life() string { return strconv.FormatInt(w.e.born.UnixNano()+w.number, 36) }

func (w *world) eventID(
	m *messageRow,
) string {
	return w.life() + "-" + strconv.FormatInt(m.ID, 10)
}

// eventsAfter reads on from a place and moves it. If there is nothing to read,
// news is closed when there is, and end when the fake ends.
func (f *Fake) eventsAfter(at *place) (events []Event, news, end <-chan struct{}) {
	f.tb.Helper()
	defer f.lock()()
	rows := f.newer(at)
	for _, m := range rows[:min(len(rows), atOnce)] {
		events = append(events, Event{ID: at.w.eventID(m), Message: m.public()})
		at.id = m.ID
	}
	news, end = f.changes()
	return events, news, end
}

// newer returns the messages after a place; after a Reset, all. The engine must
// be locked.
func (e *engine) newer(at *place) []*messageRow {
	if at.w != e.world {
		*at = place{w: e.world}
	}
	first, _ := at.w.messages.seek(at.id + 1)
	return at.w.messages.rows[first:]
}

// changes returns a channel that closes with the next message, and one that
// closes with the fake. The engine must be locked.
func (e *engine) changes() (news, end <-chan struct{}) {
	if e.news == nil {
		// made by the waiter: a channel of New would belong to no bubble
		e.news = make(chan struct{})
	}
	return e.news, e.tasks.context().Done()
}

// announce wakes all waits for messages. The engine must be locked.
func (e *engine) announce() {
	if e.news != nil {
		close(e.news)
		e.news = nil
	}
}
