package helliotest

import (
	"fmt"
	"slices"
	"time"
)

// WithRetention sets how many rows of each kind the fake keeps, for a fake that
// runs for weeks: messages, voice calls, lookups, USSD sessions, requests,
// deliveries, idempotency keys and codes. The oldest are evicted first. An
// evicted item behaves as if it never existed: its name is answered with 404,
// and a key or code is unknown. Messages and calls stay until they are final,
// and a campaign stays with its last message and counts all. Of each request
// body and each response body the fake keeps the first 64 KiB, and of the
// bodies and headers of all requests n KiB: the oldest requests are evicted.
// The default is 0: everything is kept whole. A negative n is an error.
func WithRetention(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("WithRetention: %d is negative", n)
		}
		c.retention = n
		return nil
	}
}

// evict evicts the oldest rows until keep are left (0 keeps all) or one must
// stay, and calls gone for each. Its cost is proportional to the evicted rows.
func evict[T any](rows []T, keep int, may func(T) bool, gone func(T)) []T {
	n := 0
	for keep > 0 && len(rows)-n > keep && may(rows[n]) {
		gone(rows[n])
		n++
	}
	clear(rows[:n]) // the array below goes on to hold them
	return rows[n:]
}

func anyRow[T any](T) bool { return true }

// evict evicts the oldest rows: see the function evict.
func (t *rowTable[T]) evict(keep int, may func(T) bool) {
	t.rows = evict(t.rows, keep, may, t.forget)
}

func (t *rowTable[T]) forget(row T) {
	_, reference := row.key()
	delete(t.byRef, reference)
}

// evictMessages evicts final messages, and each campaign with the last of its
// messages.
func (w *world) evictMessages() {
	w.messages.evict(w.e.cfg.retention, func(m *messageRow) bool { return !m.Final.IsZero() })
	if w.e.cfg.retention == 0 {
		return
	}
	oldest := w.messages.rows[0].ID
	w.campaigns.rows = evict(w.campaigns.rows, 1,
		func(c *campaign) bool { return c.messages[len(c.messages)-1].ID < oldest }, w.campaigns.forget)
}

func (w *world) evictVoices() {
	w.voices.evict(w.e.cfg.retention, func(v *voiceCampaign) bool { return !v.Completed.IsZero() })
}

// evictLookups evicts scheduled ones too, which may be due in a year. They are
// still made and paid for.
func (w *world) evictLookups() {
	w.lookups.rows = evict(w.lookups.rows, w.e.cfg.retention, anyRow, func(l *lookup) {
		w.lookups.forget(l)
		if l.Completed.IsZero() {
			w.evictedLookups = append(w.evictedLookups, l)
		}
	})
}

// pendingLookups returns the lookups that a snapshot holds: those that are
// listed, and before them the evicted ones whose cost is still reserved.
func (w *world) pendingLookups() []*lookup {
	w.evictedLookups = slices.DeleteFunc(w.evictedLookups,
		func(l *lookup) bool { return !l.Completed.IsZero() })
	return slices.Concat(w.evictedLookups, w.lookups.rows)
}

func (w *world) evictSessions() {
	all := &w.ussd.sessions
	all.rows = evict(all.rows, w.e.cfg.retention,
		func(s *ussdSession) bool { return s.Status != sessionActive }, func(s *ussdSession) {
			all.forget(s)
			if all.byDialog[s.dialog] == s {
				delete(all.byDialog, s.dialog)
			}
			if all.named[s.dialog.ref] == s {
				delete(all.named, s.dialog.ref)
			}
		})
}

func (w *world) evictRequests() {
	w.requests = evict(w.requests, w.e.cfg.retention, anyRow, w.forgetRequest)
}

// evictDeliveries evicts pending ones too, because a receiver may be down for
// long. They are still tried.
func (w *world) evictDeliveries() {
	w.deliveries = evict(w.deliveries, w.e.cfg.retention, anyRow, func(*delivery) {})
}

// evictKeys evicts expired keys, and the oldest ones. The key of a call in
// flight stays.
func (w *world) evictKeys(now time.Time) {
	for len(w.keyRow) > 0 {
		oldest := w.keyRow[0]
		known := w.keys[oldest.id] == oldest
		over := w.e.cfg.retention > 0 && len(w.keys) > w.e.cfg.retention
		if known && (oldest.reply == nil || now.Sub(oldest.at) < w.e.cfg.follow.keyLifetime && !over) {
			return
		}
		if known {
			delete(w.keys, oldest.id)
		}
		w.keyRow[0], w.keyRow = nil, w.keyRow[1:]
	}
}

func (w *world) evictCodes() {
	b := &w.otps
	b.codes = evict(b.codes, w.e.cfg.retention, anyRow, func(o *oneTimeCode) {
		if b.newest[o.To] == o {
			delete(b.newest, o.To)
		}
	})
}

// lasting returns the messages of a snapshot: evicted ones whose campaign is
// listed, then the listed ones.
func (w *world) lasting() []*messageRow {
	if len(w.campaigns.rows) == 0 || len(w.messages.rows) == 0 {
		return w.messages.rows
	}
	oldest := w.messages.rows[0].ID
	var left []*messageRow
	for i := range w.campaigns.rows[0].messages {
		if m := &w.campaigns.rows[0].messages[i]; m.ID < oldest {
			left = append(left, m)
		}
	}
	return slices.Concat(left, w.messages.rows)
}

// reported returns the deliveries of a snapshot: those about its messages.
func (w *world) reported(lasting []*messageRow) []*delivery {
	if len(lasting) == 0 {
		return nil
	}
	oldest := lasting[0].ID
	return slices.DeleteFunc(slices.Clone(w.deliveries),
		func(d *delivery) bool { return d.message.ID < oldest })
}
