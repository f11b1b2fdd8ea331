package helliotest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// The statuses of a delivery.
const (
	deliveryPending   = "pending"
	deliveryDelivered = "delivered"
	deliveryFailed    = "failed"
)

// Delivery reports to one webhook that one message became final. All attempts
// have the same body.
type Delivery struct {
	ID        string
	WebhookID int64
	MessageID int64
	Event     string // message.delivered or message.failed
	URL       string
	// pending; delivered: an attempt got a 2xx; failed: none did and none will
	// follow
	Status    string
	Body      []byte
	CreatedAt time.Time         // when the message became final, on the fake's clock
	Attempts  []DeliveryAttempt // that have ended, oldest first
}

// DeliveryAttempt is one POST of a delivery, or one that a fault has lost.
type DeliveryAttempt struct {
	At         time.Time     // on the fake's clock
	Header     http.Header   // what was sent besides Content-Type: timestamp and both signatures
	StatusCode int           // 0: no answer
	Error      string        // why it failed, "" if it did not
	Duration   time.Duration // package time until the answer
	Fault      string        // the effect that acted on it, as FaultSpec spells it
	Replay     bool          // made by Replay
}

// Deliveries returns all deliveries to webhooks, pending ones too, oldest
// first. Their signatures are real.
func (f *Fake) Deliveries() []Delivery {
	f.tb.Helper()
	defer f.lock()()
	out := make([]Delivery, 0, len(f.world.deliveries))
	for _, d := range f.world.deliveries {
		out = append(out, d.public())
	}
	return out
}

// Replay posts a delivery again immediately, with the same bytes and a valid
// signature of the current time. It returns when the receiver has answered;
// Deliveries has the answer. A replay does not count as an attempt of the
// schedule or for a fault, and disables nothing. It also goes to a disabled or
// deleted webhook. A 2xx makes the delivery delivered. An unknown id or a
// closed fake is an error. (All of this is decided.)
func (f *Fake) Replay(deliveryID string) error {
	f.tb.Helper()
	return f.replay(deliveryID, "")
}

func (f *Fake) replay(deliveryID, effect string) error {
	f.tb.Helper()
	if effect != "" && effect != effectWebhookDuplicate && effect != effectWebhookBadSignature {
		return fmt.Errorf("invalid effect: got %q, want %s or %s", effect, effectWebhookDuplicate,
			effectWebhookBadSignature)
	}
	if err := f.ifEnded(); err != nil {
		return err
	}
	posted, err := f.beginReplay(deliveryID, effect)
	if err != nil {
		return err
	}
	<-posted
	return nil
}

func (f *Fake) beginReplay(id, effect string) (posted <-chan struct{}, err error) {
	f.tb.Helper()
	defer f.lock()()
	w := f.world
	i := slices.IndexFunc(w.deliveries, func(d *delivery) bool { return d.ID == id })
	switch {
	case f.closed: // since the call began
		return nil, f.endedErr()
	case i < 0:
		return nil, fmt.Errorf("there is no delivery %q", id)
	}
	d, done := w.deliveries[i], make(chan struct{})
	p := w.posting(d, w.clock.Now(), d.secretUnder(effect))
	try := DeliveryAttempt{
		At:     w.clock.Now(),
		Header: p.header,
		Fault:  effect,
		Replay: true,
	}
	f.spawn(func(ctx context.Context) {
		defer close(done)
		acked := f.deliver(ctx, d, p, try)
		f.mu.Lock()
		defer f.mu.Unlock()
		if acked {
			d.Status = deliveryDelivered
		}
	})
	return done, nil
}

// delivery is a Delivery as the engine keeps it.
type delivery struct {
	deliveryState
	hook     *webhook
	message  *messageRow
	inFlight bool
}

// deliveryState is what a snapshot keeps of a delivery.
type deliveryState struct {
	ID       string
	Event    string
	Body     []byte
	Status   string
	Created  time.Time
	First    time.Time // when the first attempt was made
	Tries    int       // steps of the ladder that were taken
	Next     time.Time // when the next attempt is due
	Delayed  bool      // a fault has delayed an attempt
	Attempts []DeliveryAttempt
}

func (d *delivery) public() Delivery {
	p := Delivery{
		ID:        d.ID,
		WebhookID: d.hook.ID,
		MessageID: d.message.ID,
		Event:     d.Event,
		URL:       d.hook.URL,
		Status:    d.Status,
		Body:      slices.Clone(d.Body),
		CreatedAt: d.Created,
		Attempts:  slices.Clone(d.Attempts),
	}
	for i := range p.Attempts {
		p.Attempts[i].Header = p.Attempts[i].Header.Clone()
	}
	return p
}
