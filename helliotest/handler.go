package helliotest

import (
	"net/http"
	"slices"
	"sort"
)

// Handler returns a handler of the API, below /v1, for the caller's own server.
// Faults act on the real connection. Where no handler can hijack it (HTTP/2, a
// recorder), a lost or reset connection ends with http.ErrAbortHandler.
func (f *Fake) Handler() http.Handler { return &apiHandler{f} }

// apiHandler is the API, with the methods that only the program hellio-fake
// needs.
type apiHandler struct{ f *Fake }

// ServeHTTP implements http.Handler.
func (h *apiHandler) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	err := h.f.handle(rw, req, func() error { return h.f.join(h.f.owner) })
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
	}
}

// ServeOpen is ServeHTTP for a fake that may have ended: it then writes nothing
// and returns false.
func (h *apiHandler) ServeOpen(rw http.ResponseWriter, req *http.Request) bool {
	return h.f.handle(rw, req, h.f.enter) == nil
}

// LookupMessage returns the message with this numeric ID, if there is one.
func (h *apiHandler) LookupMessage(id int64) (Message, bool) {
	defer h.f.lock()()
	m, found := h.message(id)
	if !found {
		return Message{}, false
	}
	return m.public(), true
}

func (h *apiHandler) message(id int64) (*messageRow, bool) {
	rows := &h.f.world.messages
	i, found := rows.seek(id)
	if !found {
		return nil, false
	}
	return rows.rows[i], true
}

// CountMessages counts what Messages would list; without filters but After it
// looks up the number.
func (h *apiHandler) CountMessages(filters ...Filter) int {
	defer h.f.lock()()
	first, _ := h.f.world.messages.seek(sinceOf(filters) + 1)
	rows := h.f.world.messages.rows[first:]
	if onlySince(filters) {
		return len(rows)
	}
	n := 0
	for _, m := range rows {
		if passes(filters, m.subject()) {
			n++
		}
	}
	return n
}

// MessagesBefore returns the newest n messages with an ID below before that
// match all filters, newest first, and the IDs of those whose call violated.
// Only these n are built. A before of 0 is no limit.
func (h *apiHandler) MessagesBefore(
	before int64, n int, filters ...Filter,
) (found []Message, violating []int64) {
	defer h.f.lock()()
	rows, since := h.f.world.messages.rows, sinceOf(filters)
	if before > 0 {
		end, _ := h.f.world.messages.seek(before)
		rows = rows[:end]
	}
	for _, m := range slices.Backward(rows) {
		if m.ID <= since || len(found) == n {
			break
		}
		if passes(filters, m.subject()) {
			found = append(found, m.public())
			if m.origin != nil && len(m.origin.Violations) > 0 {
				violating = append(violating, m.ID)
			}
		}
	}
	return found, violating
}

// OldestMessage returns the oldest message that matches all filters, if there
// is one.
func (h *apiHandler) OldestMessage(filters ...Filter) (Message, bool) {
	defer h.f.lock()()
	first, _ := h.f.world.messages.seek(sinceOf(filters))
	for _, m := range h.f.world.messages.rows[first:] {
		if passes(filters, m.subject()) {
			return m.public(), true
		}
	}
	return Message{}, false
}

// RequestsAfter returns the oldest n calls with an ID above that one, oldest
// first.
func (h *apiHandler) RequestsAfter(id int64, n int) []Request {
	defer h.f.lock()()
	all := h.f.world.requests
	first := sort.Search(len(all), func(i int) bool { return all[i].ID > id })
	found := make([]Request, 0, min(n, len(all)-first))
	for _, l := range all[first:] {
		if len(found) == n {
			break
		}
		found = append(found, l.public())
	}
	return found
}

// CountViolations returns how many violations are listed.
func (h *apiHandler) CountViolations() int {
	defer h.f.lock()()
	return len(h.f.world.violations)
}

// Origin returns the call that made the message with this numeric ID. An
// unknown message has none, nor has one from a snapshot.
func (h *apiHandler) Origin(messageID int64) (Request, bool) {
	defer h.f.lock()()
	m, found := h.message(messageID)
	if !found || m.origin == nil || m.origin.evicted {
		return Request{}, false
	}
	return m.origin.public(), true
}

// DeliveriesBefore returns the newest n deliveries before the one with this ID,
// newest first; "" is no limit. An evicted ID has none before it.
func (h *apiHandler) DeliveriesBefore(id string, n int) []Delivery {
	defer h.f.lock()()
	all := h.f.world.deliveries
	end := len(all)
	if id != "" {
		end = max(0, slices.IndexFunc(all, func(d *delivery) bool { return d.ID == id }))
	}
	found := make([]Delivery, 0, min(n, end))
	for _, d := range slices.Backward(all[max(0, end-n):end]) {
		found = append(found, d.public())
	}
	return found
}

// DeliveriesOf is Deliveries for the message with this numeric ID alone.
func (h *apiHandler) DeliveriesOf(messageID int64) []Delivery {
	defer h.f.lock()()
	out := []Delivery{}
	for _, d := range h.f.world.deliveries {
		if d.message.ID == messageID {
			out = append(out, d.public())
		}
	}
	return out
}

// ReplayWith is Replay with an effect on that one post, as FaultSpec spells it:
// webhook_duplicate posts it twice, webhook_bad_signature signs it wrongly. ""
// is none; any other is an error.
func (h *apiHandler) ReplayWith(deliveryID, effect string) error {
	return h.f.replay(deliveryID, effect)
}
