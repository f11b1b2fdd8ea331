package helliobulk

import (
	"context"
	"errors"
	"sync"

	"github.com/hellio-go/hellio"
)

// Courier sends jobs, wherever they were handed out. It keeps nothing but the API's time, and is safe for concurrent use.
type Courier struct {
	client *hellio.Client
	clock  serverClock
	asking sync.Mutex // one asks for the time, and the others wait for its answer
}

// NewCourier makes a Courier. A nil client is a *hellio.ParamError.
func NewCourier(client *hellio.Client) (*Courier, error) {
	if client == nil {
		return nil, nilClient()
	}
	return &Courier{client: client}, nil
}

// Expired reports whether the job was handed out longer ago than its margin, by the API's clock. Then no call may be made for it: all calls
// that ever carry the chunk's key lie within one margin, whatever the queue forgets, repeats or restores. The API is asked for its time
// where it has not told it within the last minute. An error means that it could not be asked; then no call may be made either.
func (c *Courier) Expired(ctx context.Context, j *Job) (bool, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if !c.clock.fresh() {
		if err := c.clock.ask(ctx, c.client); err != nil {
			return false, errors.Join(errNoTime, err)
		}
	}
	return j.Record.entry.expired(c.clock.now(), orElse(j.Margin, defaultMargin)), nil
}

// Send makes one call for a job that is not expired and gives what is known after it. last is the job's own Record, or what the last call
// left. inDoubt must be true when an earlier call, or a crash, left it unknown whether the chunk was sent; a record that is unknown after
// a call says so as well. The call's intent must be on record before. When soft ends, a call that still waits for its turn is given up, and
// known not to be sent; one that has begun ends with ctx.
func (c *Courier) Send(ctx, soft context.Context, j *Job, last Record, inDoubt bool) (Record, Result) {
	inDoubt = inDoubt || j.InDoubt
	call, done := untilSent(ctx, soft)
	defer done()
	result := SendChunk(call, c.client, &j.Chunk, inDoubt)
	c.clock.observe(result.Header)
	begun, e := j.Record.entry, last.entry
	e.State, e.Intent, e.Local, e.Told = StateUnknown, begun.Intent, begun.Local, begun.Told
	last.entry = e.ended(result, inDoubt, j.AcceptReplays)
	return last, result
}
