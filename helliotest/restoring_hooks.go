package helliotest

import "slices"

// hooks restores webhooks and deliveries.
func (r *restorer) hooks() {
	last := int64(0)
	for _, s := range r.s.Webhooks {
		r.count("webhook", s.Failures)
		r.id("webhook", s.ID, &last)
		r.move(&s.Created)
		h := &webhook{
			webhookState: s.webhookState,
			lostHandler:  s.InProcess && r.w.e.cfg.hookHandlers[s.URL] == nil,
		}
		r.webhooks[s.ID] = h
		if !s.Deleted {
			r.w.webhooks.add(h)
		}
	}
	r.endpoints()
	for _, s := range r.s.Deliveries {
		r.delivery(s)
	}
}

// endpoints makes the webhooks of the options, but not those that were saved,
// known by URL and secret.
func (r *restorer) endpoints() {
	saved := slices.Clone(r.w.webhooks.rows)
	for _, e := range r.w.e.cfg.webhooks {
		i := slices.IndexFunc(saved,
			func(h *webhook) bool { return h.URL == e.url && h.Secret == e.secret })
		if i < 0 {
			r.w.addEndpoint(e)
			continue
		}
		saved = slices.Delete(saved, i, i+1) // a second option is a second webhook
	}
}

func (r *restorer) delivery(s savedDelivery) {
	hook, about := r.webhooks[s.Webhook], r.messages[s.Message]
	if hook == nil || about == nil {
		r.require(false,
			"delivery %q is to webhook %d about message %d, and one of them is not there", s.ID, s.Webhook, s.Message)
		return
	}
	r.require(s.Tries >= 0 && s.Tries <= len(r.w.e.cfg.follow.attempts), "delivery %q has %d tries", s.ID,
		s.Tries)
	r.move(&s.Created, &s.First, &s.Next)
	s.Attempts = slices.Clone(s.Attempts) // Reset restores the saved ones again
	for i := range s.Attempts {
		r.move(&s.Attempts[i].At)
	}
	d := &delivery{deliveryState: s.deliveryState, hook: hook, message: about}
	r.w.deliveries = append(r.w.deliveries, d)
	if r.err == nil && d.open() {
		r.resume(d, s)
	}
}

// resume schedules the next attempt of a delivery. An attempt that was in
// flight counts as failed.
func (r *restorer) resume(d *delivery, s savedDelivery) {
	switch {
	case s.InFlight:
		r.w.attempted(d, false, d.Next)
	case s.Held && d.hook.held == nil:
		d.hook.held = d
	case d.Delayed:
		r.w.sendDelayed(d, d.Next)
	default:
		r.w.tryAt(d.Next, d)
	}
}
