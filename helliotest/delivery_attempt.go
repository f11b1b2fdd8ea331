package helliotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/signature"
)

// maxFailures is how many failed deliveries in a row disable their webhook
// (decided).
const maxFailures = 10

var errLost = errors.New("a fault has lost it")

// retryOffsets are the times of all attempts, counted from the first (decided).
func retryOffsets() []time.Duration {
	return []time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}
}

// deliveryBody is the body of a delivery.
type deliveryBody struct {
	Event             string `json:"event"`
	MobileNumber      string `json:"mobile_number"`
	ProviderMessageID string `json:"provider_message_id"`
	Status            string `json:"status"`
	Timestamp         string `json:"timestamp"`
}

// report begins the deliveries of a message that has become final.
func (w *world) report(m *messageRow) {
	if m.Channel != channelSMS {
		return
	}
	event := eventDelivered
	if m.Status == statusFailed {
		event = eventFailed
	}
	for _, h := range w.webhooks.rows {
		if h.Active && (slices.Contains(h.Events, event) || slices.Contains(h.Events, eventAll)) {
			w.addDelivery(h, m, event)
		}
	}
}

func (w *world) addDelivery(h *webhook, m *messageRow, event string) {
	body, err := json.Marshal(deliveryBody{
		event, m.address(), m.provider(), m.Status, timestamp(m.Final),
	})
	if err != nil {
		panic(err) // it is made of strings
	}
	d := &delivery{
		deliveryState: deliveryState{
			ID:      "dlv_" + strconv.FormatInt(w.nextID(), 10),
			Event:   event,
			Body:    body,
			Status:  deliveryPending,
			Created: m.Final,
		},
		hook:    h,
		message: m,
	}
	w.deliveries = append(w.deliveries, d)
	w.evictDeliveries()
	w.tryAt(m.Final, d)
}

// tryAt plans the next attempt.
func (w *world) tryAt(due time.Time, d *delivery) {
	d.Next = due
	d.Delayed = false
	w.at(due, func(due time.Time) {
		if d.open() {
			w.try(d, due)
		}
	})
}

// open reports whether further attempts may be made.
func (d *delivery) open() bool { return d.Status == deliveryPending && d.hook.Active }

// posting is an attempt as it is sent. Its signatures are made with the secret
// given.
func (w *world) posting(d *delivery, now time.Time, secret string) posting {
	stamp := strconv.FormatInt(now.Unix(), 10)
	return posting{
		url:     d.hook.URL,
		handler: w.e.cfg.hookHandlers[d.hook.URL],
		lost:    d.hook.lostHandler,
		body:    d.Body,
		header: http.Header{
			contract.HeaderTimestamp:   {stamp},
			contract.HeaderSignature:   {signature.Body(secret, d.Body)},
			contract.HeaderSignatureV2: {signature.Timestamped(secret, stamp, d.Body)},
		},
	}
}

// attempt makes an attempt, unless it is no longer wanted, and schedules the
// next one. The engine must not be locked.
func (w *world) attempt(ctx context.Context, a *attempt) {
	d := a.d
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if !d.open() {
		return
	}
	due := a.due
	if due.IsZero() {
		due = w.clock.Now()
	}
	d.count(due)
	d.inFlight = true
	p := w.posting(d, due, d.secretUnder(a.effect))
	try := DeliveryAttempt{At: due, Header: p.header, Fault: a.effect}
	w.e.mu.Unlock()
	acked := w.e.deliver(ctx, d, p, try)
	w.e.mu.Lock()
	d.inFlight = false
	w.attempted(d, acked, due)
}

// count counts a step of the ladder.
func (d *delivery) count(due time.Time) {
	if d.Tries == 0 {
		d.First = due
	}
	d.Tries++
}

// deliver posts an attempt, twice under WebhookDuplicate, and reports whether
// it was acknowledged. The engine must not be locked.
func (e *engine) deliver(
	ctx context.Context, d *delivery, p posting, try DeliveryAttempt,
) (acked bool) {
	acked = e.deliverOnce(ctx, d, p, try)
	if try.Fault == effectWebhookDuplicate {
		acked = e.deliverOnce(ctx, d, p, try) || acked
	}
	return acked
}

func (e *engine) deliverOnce(
	ctx context.Context, d *delivery, p posting, try DeliveryAttempt,
) (acked bool) {
	began := time.Now()
	status, _, err := e.post(ctx, p)
	if errors.Is(err, errLongAnswer) {
		err = nil // of a receiver's answer only the status counts
	}
	if err == nil && (status < 200 || status > 299) {
		err = fmt.Errorf("it answered %d", status)
	}
	try.Duration = time.Since(began)
	try.StatusCode = status
	e.mu.Lock()
	defer e.mu.Unlock()
	d.note(try, err)
	if errors.Is(err, errNoSocket) || errors.Is(err, errLostHandler) {
		e.warn(fmt.Sprintf("webhook %d: %v", d.hook.ID, err))
	}
	return err == nil
}

// note keeps an attempt that has ended.
func (d *delivery) note(try DeliveryAttempt, err error) {
	if err != nil {
		try.Error = err.Error()
		d.hook.LastError = try.Error
	}
	d.Attempts = append(d.Attempts, try)
}

// attempted ends the delivery after an attempt, or schedules the next attempt.
func (w *world) attempted(d *delivery, acked bool, due time.Time) {
	ladder := w.e.cfg.follow.attempts
	switch {
	case d.Status != deliveryPending: // a replay has succeeded meanwhile
	case acked:
		d.Status = deliveryDelivered
		if d.hook.Active {
			d.hook.Failures = 0
		}
	case !d.hook.Active:
		d.Status = deliveryFailed
	case d.Tries < len(ladder):
		next := d.First.Add(ladder[d.Tries])
		if next.Before(due) { // it was held for longer than that
			next = due
		}
		w.tryAt(next, d)
	default:
		d.Status = deliveryFailed
		w.countFailure(d.hook)
	}
}

// countFailure counts a delivery that failed for good.
func (w *world) countFailure(h *webhook) {
	if h.Failures++; h.Failures >= w.e.cfg.follow.disableAfter {
		w.silence(h)
	}
}

// silence ends all deliveries to a webhook that was disabled or deleted.
func (w *world) silence(h *webhook) {
	h.Active, h.held = false, nil
	for _, d := range w.deliveries {
		if d.hook == h && d.Status == deliveryPending && !d.inFlight {
			d.Status = deliveryFailed
		}
	}
}
