package helliotest

import (
	"crypto/sha256"
	"encoding/json"
	"math"
	"slices"
	"sync/atomic"
)

// maxKeptBody is how much of each body a fake with a retention keeps, in bytes.
const maxKeptBody = 64 << 10

// keepBodies cuts the bodies of a call that has ended, and evicts the oldest
// calls until the bytes of all fit. Without a retention all is kept whole.
func (w *world) keepBodies(l *logged) {
	n := w.e.cfg.retention
	if n == 0 || l.evicted {
		return
	}
	if l.claimed != nil && len(l.Body) > maxKeptBody {
		l.claimed.keepSum()
	}
	l.Body, l.Response = cutBody(l.Body), cutBody(l.Response)
	l.kept = l.bytes()
	w.addKept(l.kept)
	w.shrinkRequests(int64(min(n, math.MaxInt>>10)) << 10)
}

// cutBody copies the beginning of a long body, so that the rest is freed.
func cutBody(body []byte) []byte {
	if len(body) <= maxKeptBody {
		return body
	}
	return slices.Clone(body[:maxKeptBody])
}

// bytes counts what a caller can make large.
func (l *logged) bytes() int64 {
	n := len(l.Body) + len(l.Response) + len(l.Path) + len(l.Key)
	for _, text := range l.header {
		n += len(text)
	}
	for name, values := range l.Query {
		n += len(name)
		for _, value := range values {
			n += len(value)
		}
	}
	return int64(n)
}

// addKept counts bytes that the world keeps, and the program with it.
func (w *world) addKept(n int64) {
	w.kept += n
	if w.e.shared != nil && !w.left {
		w.e.shared.Add(n)
	}
}

// leave takes the world's bytes out of the program's count, because a Reset or
// the end has come.
func (w *world) leave() {
	if w.e.shared != nil && !w.left {
		w.e.shared.Add(-w.kept)
	}
	w.left = true
}

// shrinkRequests evicts the oldest calls until the others keep at most that
// many bytes. The newest call stays.
func (w *world) shrinkRequests(most int64) {
	n := 0
	for w.kept > most && n < len(w.requests)-1 {
		w.forgetRequest(w.requests[n])
		n++
	}
	clear(w.requests[:n])
	w.requests = w.requests[n:]
}

// forgetRequest evicts a call, which a message may still point to.
func (w *world) forgetRequest(l *logged) {
	w.requestsGone++
	w.addKept(-l.kept)
	if l.claimed != nil {
		l.claimed.keepSum()
	}
	*l = logged{route: l.route, evicted: true}
}

// ShareBodies makes the fake count the bytes that it keeps of calls in total
// too.
func (h *apiHandler) ShareBodies(total *atomic.Int64) {
	defer h.f.lock()()
	h.f.shared = total
	total.Add(h.f.world.kept)
}

// KeptBodies returns how many bytes of calls the fake keeps.
func (h *apiHandler) KeptBodies() int64 {
	defer h.f.lock()()
	return h.f.world.kept
}

// ShrinkBodies evicts the oldest calls until the others keep at most that many
// bytes. The newest call stays.
func (h *apiHandler) ShrinkBodies(most int64) {
	defer h.f.lock()()
	h.f.world.shrinkRequests(most)
}

// keepSum replaces the body of the first call by its sum.
func (k *keyed) keepSum() {
	if k.body != nil {
		k.sum = bodySum(k.body)
		k.body = nil
	}
}

// differs returns the top-level members in which a body differs from that of
// the first call, or "body" if only its sum is known.
func (k *keyed) differs(body []byte) []string {
	switch {
	case k.sum == nil:
		return differing(k.body, body)
	case slices.Equal(k.sum, bodySum(body)):
		return nil
	}
	return []string{"body"}
}

// bodySum is a hash of a body as a JSON value: the order of members does not
// count.
func bodySum(body []byte) []byte {
	var value any
	if json.Unmarshal(body, &value) == nil {
		body, _ = json.Marshal(value) // it comes from JSON
	}
	sum := sha256.Sum256(body)
	return sum[:]
}
