package helliotest

import "time"

// Effects on deliveries, as FaultSpec spells them.
const (
	effectWebhookLose         = "webhook_lose"
	effectWebhookDuplicate    = "webhook_duplicate"
	effectWebhookReorder      = "webhook_reorder"
	effectWebhookBadSignature = "webhook_bad_signature"
	effectWebhookDelay        = "webhook_delay"
)

// WebhookLose does not send the attempt. It counts as failed, so the delivery
// is tried again.
func WebhookLose() Rule { return simply(effectWebhookLose) }

// WebhookDuplicate posts the attempt twice, one after the other: the same bytes
// and headers. One 2xx acknowledges it.
func WebhookDuplicate() Rule { return simply(effectWebhookDuplicate) }

// WebhookReorder holds the attempt until the next one to the same webhook has
// gone, whatever its receiver answered, and sends it then. That one is not held
// too, so that Always swaps attempts in pairs. What nothing follows is not
// sent.
func WebhookReorder() Rule { return simply(effectWebhookReorder) }

// WebhookBadSignature signs the attempt with another secret: both signatures
// are well formed and wrong.
func WebhookBadSignature() Rule { return simply(effectWebhookBadSignature) }

// WebhookDelay makes the attempt d later on the fake's clock, signed with the
// time of then. The times of later attempts count from it if it is the first.
func WebhookDelay(d time.Duration) Rule {
	return Rule{
		kindEffect, func(s *FaultSpec) { s.Effect, s.Duration = effectWebhookDelay, d.String() },
	}
}

// try makes an attempt that has fallen due, as the fault that strikes it says.
func (w *world) try(d *delivery, due time.Time) {
	effect, wait := w.strikeDelivery(d)
	switch {
	case effect == effectWebhookLose:
		w.lose(d, due)
	case effect == effectWebhookDelay:
		w.sendDelayed(d, due.Add(wait))
	case effect == effectWebhookReorder && d.hook.held == nil:
		d.hook.held = d
	default:
		w.send(d, due, effect)
	}
}

// sendDelayed plans the attempt that a WebhookDelay has put off.
func (w *world) sendDelayed(d *delivery, due time.Time) {
	d.next, d.delayed = due, true
	w.at(due, func(due time.Time) {
		if d.open() {
			w.send(d, due, effectWebhookDelay)
		}
	})
}

// strikeDelivery finds the fault that acts on an attempt. If several match,
// each counts and the first one acts.
func (w *world) strikeDelivery(d *delivery) (effect string, wait time.Duration) {
	for _, ft := range w.faults {
		if ft.spec.Op != WebhookDelivery ||
			ft.spec.To != "" && !sameDestination(ft.spec.To, d.message.to) {
			continue
		}
		if ft.due() && effect == "" {
			ft.hits++
			effect, wait = ft.spec.Effect, ft.wait
		}
	}
	return effect, wait
}

func (w *world) lose(d *delivery, due time.Time) {
	d.count(due)
	d.note(DeliveryAttempt{At: due, Fault: effectWebhookLose}, errLost)
	w.attempted(d, false, due)
}

// secretUnder is what an attempt is signed with.
func (d *delivery) secretUnder(effect string) string {
	if effect == effectWebhookBadSignature {
		return "not " + d.hook.secret
	}
	return d.hook.secret
}
