package helliotest

import (
	"slices"
	"sort"

	"github.com/hellio-go/hellio/internal/control"
)

// CallsBefore returns the newest n calls with an ID above after and below
// before that pass, newest first; a before of 0 is no limit. They lack header,
// decoded body and bodies. pass sees the bodies, and must neither change nor
// keep them.
func (h *apiHandler) CallsBefore(
	before, after int64, n int, pass func(Request) bool,
) []Request {
	defer h.f.lock()()
	all := h.f.world.requests
	if before > 0 {
		all = all[:h.callPlace(before)]
	}
	var found []Request
	for _, l := range slices.Backward(all) {
		if l.ID <= after || len(found) == n {
			break
		}
		if call := l.brief(); pass(call) {
			call.Body = nil
			call.ResponseBody = nil
			found = append(found, call)
		}
	}
	return found
}

// callPlace returns the place of the first call whose ID is id or above. The
// engine must be locked.
func (h *apiHandler) callPlace(id int64) int {
	all := h.f.world.requests
	return sort.Search(len(all), func(i int) bool { return all[i].ID >= id })
}

// CountCalls returns how many calls have an ID above that one.
func (h *apiHandler) CountCalls(after int64) int {
	defer h.f.lock()()
	return len(h.f.world.requests) - h.callPlace(after+1)
}

// Call returns the call with this ID, if there is one.
func (h *apiHandler) Call(id int64) (Request, bool) {
	defer h.f.lock()()
	l := h.call(id)
	if l == nil {
		return Request{}, false
	}
	return l.public(), true
}

func (h *apiHandler) call(id int64) *logged {
	all, i := h.f.world.requests, h.callPlace(id)
	if i == len(all) || all[i].ID != id {
		return nil
	}
	return all[i]
}

// MessagesOf returns the first n messages that the call with this ID made, and
// how many it made.
func (h *apiHandler) MessagesOf(callID int64, n int) (found []Message, total int) {
	defer h.f.lock()()
	l, rows := h.call(callID), &h.f.world.messages
	if l == nil {
		return nil, 0
	}
	first, _ := rows.seek(callID)
	for _, m := range rows.rows[first:] {
		switch {
		case m.origin != l && total > 0:
			return found, total // a call makes its messages in one go
		case m.origin != l:
			continue
		case total < n:
			found = append(found, m.public())
		}
		total++
	}
	return found, total
}

// RefusedCall returns the last call that was refused or that violated, unless
// its operation has succeeded since.
func (h *apiHandler) RefusedCall() (Request, bool) {
	defer h.f.lock()()
	l := h.f.world.refused
	if l == nil || l.evicted {
		return Request{}, false
	}
	return l.public(), true
}

// noteRefusal keeps refused up to date with a call that has an answer.
func (w *world) noteRefusal(l *logged) {
	switch {
	case l.Status >= 400 || len(l.Violations) > 0:
		w.refused = l
	case l.Status >= 200 && w.refused != nil && w.refused.op() == l.op():
		w.refused = nil
	}
}

// Scopes returns the scope of each operation by its name, "" for none.
func (h *apiHandler) Scopes() map[string]string {
	scopes := make(map[string]string)
	for _, byMethod := range routes {
		for _, route := range byMethod {
			scopes[route.op.Name] = route.op.Scope
		}
	}
	return scopes
}

// Exchange returns a call as the inbox shows it.
func (h *apiHandler) Exchange(call Request) control.Exchange {
	shown := control.Exchange{
		Request: call.wire(),
		Scope:   h.Scopes()[string(call.Op)],
		Headers: firstValues(call.Header),
	}
	delete(shown.Headers, "Authorization")
	return shown
}

// brief is public without copies: it shares the engine's memory, and lacks
// header and decoded body.
func (l *logged) brief() Request {
	return Request{
		ID:             l.ID,
		At:             l.At,
		Op:             l.op(),
		Method:         l.Method,
		Path:           l.Path,
		Query:          l.Query,
		Body:           l.Body,
		BodySize:       l.BodySize,
		IdempotencyKey: l.Key,
		Status:         l.Status,
		Code:           l.Code,
		Replayed:       l.Replayed,
		Fault:          l.Fault,
		Charge:         l.Charge.String(),
		ResponseBody:   l.Response,
		ResponseSize:   l.ResponseSize,
		Violations:     l.Violations,
	}
}
