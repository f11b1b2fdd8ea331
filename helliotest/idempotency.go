package helliotest

import (
	"net/http"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// keyLifetime is how long a key is remembered, on the fake's clock (decided).
const keyLifetime = 24 * time.Hour

// keyID is what a key belongs to (decided).
type keyID struct{ token, method, path, key string }

// keyed is what is known of a key: the answer to replay, or that the first call is still in flight.
type keyed struct {
	id    keyID
	reply *reply // nil while in flight
	at    time.Time
}

// claim takes the call's idempotency key, on the operations that honour one: it replays the stored answer, or refuses while the first
// call is in flight. The body is not compared (decided: the literal reading of the documentation).
func (c *call) claim() *reply {
	values, given := c.header[contract.HeaderIdempotencyKey]
	if !c.route.op.Keyed || !given || len(values) == 0 {
		return nil
	}
	if n := len(values[0]); n < 1 || n > contract.MaxIdempotencyKey {
		return refuse(http.StatusUnprocessableEntity, contract.CodeInvalidRequest, "The Idempotency-Key header must be between 1 and 255 characters.")
	}
	id := keyID{c.token.grant.token, c.method, c.path, values[0]}
	now := c.w.clock.Now()
	switch entry := c.w.keys[id]; {
	case entry != nil && entry.reply == nil:
		return refuse(http.StatusConflict, contract.CodeIdempotencyConflict, "A request with this Idempotency-Key is still in progress.")
	case entry != nil && now.Sub(entry.at) < keyLifetime:
		c.log.replayed = true
		return entry.reply
	}
	c.claimed = &keyed{id: id, at: now}
	c.w.keys[id] = c.claimed
	c.w.keyRow = append(c.w.keyRow, c.claimed)
	return nil
}

// settleKey stores a success under the claimed key; any other answer frees the key, so that a top-up and a retry work (decided).
func (c *call) settleKey(r *reply) {
	if c.claimed == nil {
		return
	}
	if r.status/100 != 2 {
		c.release()
		return
	}
	c.claimed.reply = r
	c.w.shedKeys(c.w.clock.Now())
}

// release gives the claimed key up.
func (c *call) release() {
	if c.claimed != nil {
		delete(c.w.keys, c.claimed.id)
	}
}
