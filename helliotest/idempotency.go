package helliotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/near"
)

// keyLifetime is how long a key is remembered, on the fake's clock (decided).
const keyLifetime = 24 * time.Hour

// keyScope is what a key belongs to (decided).
type keyScope struct{ token, method, path string }

// keyID is a key in its scope, which all keys of it share.
type keyID struct {
	scope *keyScope
	key   string
}

func (w *world) keyID(scope keyScope, key string) keyID {
	shared := w.scopes[scope]
	if shared == nil {
		if w.scopes == nil {
			w.scopes = make(map[keyScope]*keyScope)
		}
		shared = &scope
		w.scopes[scope] = shared
	}
	return keyID{shared, key}
}

// keyed is a used key: the answer to replay, or a call still in flight.
type keyed struct {
	id    keyID
	call  int64  // the id of the first call
	body  []byte // of that call; nil if its sum is known
	sum   []byte // of the body, in place of a long or an evicted one
	reply *reply // nil while in flight
	at    time.Time
}

// WithStrictIdempotency sets the answer to a key that comes again with another
// body to 422 idempotency_mismatch. Nothing is sent or charged, and the first
// answer stays stored. Without it the first answer is replayed, as documented.
// Either way the call is a violation. (Decided.)
func WithStrictIdempotency() Option {
	return func(c *config) error {
		c.strictKeys = true
		return nil
	}
}

// claim claims the call's idempotency key, on the operations that honour one.
// It replays the stored answer, or refuses while the first call is in flight.
func (c *apiCall) claim() *reply {
	values, given := c.header[contract.HeaderIdempotencyKey]
	if !c.route.op.Keyed || !given || len(values) == 0 {
		return nil
	}
	if n := len(values[0]); n < 1 || n > contract.MaxIdempotencyKey {
		return refuse(http.StatusUnprocessableEntity, contract.CodeInvalidRequest,
			"The Idempotency-Key header must be between 1 and 255 characters.")
	}
	id := c.w.keyID(keyScope{c.token.token, c.method, c.path}, values[0])
	now := c.w.clock.Now()
	entry := c.w.keys[id]
	switch {
	case entry == nil:
	case entry.reply == nil:
		return refuse(http.StatusConflict, contract.CodeIdempotencyConflict,
			"A request with this Idempotency-Key is still in progress.")
	case now.Sub(entry.at) < c.e.cfg.follow.keyLifetime:
		return c.repeated(entry)
	}
	c.claimed = &keyed{
		id:   id,
		call: c.log.ID,
		body: c.body,
		at:   now,
	}
	c.w.keys[id] = c.claimed
	c.w.keyRow = append(c.w.keyRow, c.claimed)
	return nil
}

// repeated answers a call whose key has an answer. A body that differs from
// that of the first call is a violation.
func (c *apiCall) repeated(entry *keyed) *reply {
	if members := entry.differs(c.body); len(members) > 0 {
		c.violate(fmt.Sprintf("header.Idempotency-Key: request %d had this key and another body: "+
			"it differs in %s",
			entry.call, strings.Join(members, ", ")))
		if c.e.cfg.strictKeys || c.e.cfg.follow.refuseOther {
			return refuse(http.StatusUnprocessableEntity, contract.CodeIdempotencyMismatch,
				"This Idempotency-Key was used with another request body.")
		}
	}
	c.log.Replayed = true
	return entry.reply
}

// differing returns the top-level members in which two bodies differ as JSON
// values, sorted; "body" for one that is no object.
func differing(first, second []byte) (members []string) {
	if bytes.Equal(first, second) {
		return nil
	}
	var a, b map[string]any
	if json.Unmarshal(first, &a) != nil || json.Unmarshal(second, &b) != nil || a == nil ||
		b == nil {
		return []string{"body"}
	}
	for name, value := range a {
		other, both := b[name]
		if !both || !reflect.DeepEqual(value, other) {
			members = append(members, near.Short(name))
		}
	}
	for name := range b {
		if _, both := a[name]; !both {
			members = append(members, near.Short(name))
		}
	}
	slices.Sort(members)
	return members
}

// settleKey stores a success under the claimed key. Any other answer releases
// the key, so that a retry after a top-up works (decided).
func (c *apiCall) settleKey(r *reply) {
	if c.claimed == nil {
		return
	}
	if r.status/100 != 2 && !c.e.cfg.follow.keepErrors {
		c.release()
		return
	}
	c.claimed.reply = r
	c.log.claimed = c.claimed
	c.w.evictKeys(c.w.clock.Now())
}

// release releases the claimed key.
func (c *apiCall) release() {
	if c.claimed != nil {
		delete(c.w.keys, c.claimed.id)
	}
}
