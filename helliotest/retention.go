package helliotest

import (
	"fmt"
	"slices"
	"time"
)

// WithRetention bounds what the fake remembers, for one that runs for weeks: of
// messages, calls, lookups, USSD sessions, requests, deliveries, idempotency
// keys and codes it keeps the newest n each. The oldest leave first, and what
// has left is as if it had never been: 404 by its name, a key or code that is
// not known. Messages and calls stay beyond that until they are final, and a
// campaign as long as one of its messages, all of which it counts. Default 0:
// everything is kept. A negative n is an error.
func WithRetention(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithRetention: %d is negative", n)
		}
		c.retention = n
		return nil
	}
}

// shed takes the oldest rows away until keep are left, 0 = all, or until one
// that must stay, and tells of each that goes. Its cost is that of the rows
// that go.
func shed[T any](rows []T, keep int, may func(T) bool, gone func(T)) []T {
	n := 0
	for keep > 0 && len(rows)-n > keep && may(rows[n]) {
		gone(rows[n])
		n++
	}
	clear(rows[:n]) // the array below goes on to hold them
	return rows[n:]
}

func anyRow[T any](T) bool { return true }

// shed takes the oldest rows away: see the function of this name.
func (t *rowTable[T]) shed(keep int, may func(T) bool) {
	t.rows = shed(t.rows, keep, may, t.forget)
}

func (t *rowTable[T]) forget(row T) {
	_, reference := row.key()
	delete(t.byRef, reference)
}

// shedMessages lets final messages leave, and each campaign with the last of
// its messages.
func (w *world) shedMessages() {
	w.messages.shed(w.e.cfg.retention, func(m *messageRow) bool { return !m.final.IsZero() })
	if w.e.cfg.retention == 0 {
		return
	}
	oldest := w.messages.rows[0].id
	w.campaigns.rows = shed(w.campaigns.rows, 1,
		func(c *campaign) bool { return c.messages[len(c.messages)-1].id < oldest }, w.campaigns.forget)
}

func (w *world) shedVoices() {
	w.voices.shed(w.e.cfg.retention, func(v *voiceCampaign) bool { return !v.completed.IsZero() })
}

// shedLookups evicts scheduled ones too, which may be due in a year. They are
// still made and paid for.
func (w *world) shedLookups() {
	w.lookups.rows = shed(w.lookups.rows, w.e.cfg.retention, anyRow, func(l *lookup) {
		w.lookups.forget(l)
		if l.completed.IsZero() {
			w.evictedLookups = append(w.evictedLookups, l)
		}
	})
}

// pendingLookups returns the lookups that a snapshot holds: those that are
// listed, and before them the evicted ones whose cost is still reserved.
func (w *world) pendingLookups() []*lookup {
	w.evictedLookups = slices.DeleteFunc(w.evictedLookups,
		func(l *lookup) bool { return !l.completed.IsZero() })
	return slices.Concat(w.evictedLookups, w.lookups.rows)
}

func (w *world) shedSessions() {
	all := &w.ussd.sessions
	all.rows = shed(all.rows, w.e.cfg.retention,
		func(s *ussdSession) bool { return s.status != sessionActive }, func(s *ussdSession) {
			all.forget(s)
			if all.byDialog[s.dialog] == s {
				delete(all.byDialog, s.dialog)
			}
			if all.named[s.dialog.ref] == s {
				delete(all.named, s.dialog.ref)
			}
		})
}

func (w *world) shedRequests() {
	w.requests = shed(w.requests, w.e.cfg.retention, anyRow, func(*logged) { w.requestsGone++ })
}

// shedDeliveries lets pending ones leave too, as a receiver may be dead for
// long. They are still tried.
func (w *world) shedDeliveries() {
	w.deliveries = shed(w.deliveries, w.e.cfg.retention, anyRow, func(*delivery) {})
}

// shedKeys lets keys leave that are too old to be honoured, and the oldest. One
// whose call is in flight stays.
func (w *world) shedKeys(now time.Time) {
	for len(w.keyRow) > 0 {
		oldest := w.keyRow[0]
		known := w.keys[oldest.id] == oldest
		over := w.e.cfg.retention > 0 && len(w.keys) > w.e.cfg.retention
		if known && (oldest.reply == nil || now.Sub(oldest.at) < keyLifetime && !over) {
			return
		}
		if known {
			delete(w.keys, oldest.id)
		}
		w.keyRow[0], w.keyRow = nil, w.keyRow[1:]
	}
}

func (w *world) shedCodes() {
	b := &w.otps
	b.codes = shed(b.codes, w.e.cfg.retention, anyRow, func(o *oneTimeCode) {
		if b.newest[o.To] == o {
			delete(b.newest, o.To)
		}
	})
}

// lasting are the messages that a snapshot holds: those that are listed, and
// before them those that have left of a campaign that has not.
func (w *world) lasting() []*messageRow {
	if len(w.campaigns.rows) == 0 || len(w.messages.rows) == 0 {
		return w.messages.rows
	}
	oldest := w.messages.rows[0].id
	var left []*messageRow
	for i := range w.campaigns.rows[0].messages {
		if m := &w.campaigns.rows[0].messages[i]; m.id < oldest {
			left = append(left, m)
		}
	}
	return slices.Concat(left, w.messages.rows)
}

// reported are the deliveries that a snapshot holds: those about a message that
// it holds.
func (w *world) reported(lasting []*messageRow) []*delivery {
	if len(lasting) == 0 {
		return nil
	}
	oldest := lasting[0].id
	return slices.DeleteFunc(slices.Clone(w.deliveries),
		func(d *delivery) bool { return d.message.id < oldest })
}
