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
// is retried.
func WebhookLose() Rule { return simply(effectWebhookLose) }

// WebhookDuplicate posts the attempt twice, one after the other: the same bytes
// and headers. One 2xx acknowledges it.
func WebhookDuplicate() Rule { return simply(effectWebhookDuplicate) }

// WebhookReorder holds the attempt until the next one to the same webhook has
// ended, whatever its answer, and sends it then. The next one is not held too,
// so Always swaps attempts in pairs. An attempt that no other follows is not
// sent.
func WebhookReorder() Rule { return simply(effectWebhookReorder) }

// WebhookBadSignature signs the attempt with another secret: both signatures
// are well formed and wrong.
func WebhookBadSignature() Rule { return simply(effectWebhookBadSignature) }

// WebhookDelay makes the attempt d later on the fake's clock, signed with that
// time. If it is the first attempt, the times of later ones count from it.
func WebhookDelay(d time.Duration) Rule {
	return Rule{
		kindEffect, func(s *FaultSpec) { s.Effect, s.Duration = effectWebhookDelay, d.String() },
	}
}

// try makes an attempt that is due, changed by the fault that acts on it.
func (w *world) try(d *delivery, due time.Time) {
	effect, wait := w.injectDeliveryFault(d)
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

// sendDelayed schedules the attempt that a WebhookDelay has delayed.
func (w *world) sendDelayed(d *delivery, due time.Time) {
	d.Next, d.Delayed = due, true
	w.at(due, func(due time.Time) {
		if d.open() {
			w.send(d, due, effectWebhookDelay)
		}
	})
}

// injectDeliveryFault finds the fault that acts on an attempt. If several
// match, each counts and the first one acts.
func (w *world) injectDeliveryFault(d *delivery) (effect string, wait time.Duration) {
	for _, ft := range w.faults {
		if ft.spec.Op != WebhookDelivery ||
			ft.spec.To != "" && !sameDestination(ft.spec.To, d.message.To) {
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

// secretUnder returns the secret that signs an attempt under an effect.
func (d *delivery) secretUnder(effect string) string {
	if effect == effectWebhookBadSignature {
		return "not " + d.hook.Secret
	}
	return d.hook.Secret
}
