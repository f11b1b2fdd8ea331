package helliotest

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/hellio-go/hellio/internal/window"
)

// save copies the world as it is. The engine must be locked.
func (w *world) save() *savedWorld {
	now := w.clock.Now()
	random, err := w.source.MarshalBinary()
	if err != nil {
		panic(err) // it never fails
	}
	a, lasting := &w.account, w.lasting()
	return &savedWorld{
		At:          now,
		Seed:        w.e.cfg.seed,
		Random:      random,
		LastID:      w.lastID,
		Senders:     a.senders,
		RateLimit:   a.rateLimit,
		AllowedIPs:  prefixTexts(a.allowed),
		SpendLimit:  a.spendLimit.public(),
		Logins:      a.logins,
		Balance:     w.purse.balance,
		Reserved:    w.purse.reserved,
		SpentToday:  w.spent.in(daily, now),
		SpentMonth:  w.spent.in(monthly, now),
		Tokens:      w.saveTokens(),
		Keys:        w.saveKeys(),
		SetCodes:    w.e.cfg.codes,
		OTPLimit:    a.otpLimit,
		OTPs:        saveRows(w.otps.codes),
		OTPSenders:  saveWindows(w.otps.senders),
		LoginTries:  saveWindows(w.logins),
		Campaigns:   convertAll(w.campaigns.rows, saveCampaign),
		Messages:    convertAll(lasting, saveMessage),
		Voices:      saveRows(w.voices.rows),
		Lookups:     w.saveLookups(),
		Webhooks:    w.saveWebhooks(),
		Deliveries:  convertAll(w.reported(lasting), saveDelivery),
		USSDBalance: w.ussd.balance,
		Apps:        saveRows(w.ussd.apps.rows),
		Extensions:  convertAll(w.ussd.extensions.rows, saveExtension),
		Sessions:    convertAll(w.ussd.sessions.rows, saveSession),
	}
}

func convertAll[A, B any](in []A, change func(A) B) []B {
	out := make([]B, len(in))
	for i := range in {
		out[i] = change(in[i])
	}
	return out
}

// saveRows copies records that have no field besides those of a snapshot.
func saveRows[T any](rows []*T) []T {
	return convertAll(rows, func(row *T) T { return *row })
}

func saveWindow(w *window.Window) savedWindow {
	start, count := w.State()
	return savedWindow{start, count}
}

func saveWindows[K netip.Addr | string](in map[K]*window.Window) map[K]savedWindow {
	out := make(map[K]savedWindow, len(in))
	for key, counted := range in {
		out[key] = saveWindow(counted)
	}
	return out
}

// saveTokens lists those of the options first, in their order, because Client
// uses the first that has every scope.
func (w *world) saveTokens() []savedToken {
	out := make([]savedToken, 0, len(w.tokens))
	add := func(t *apiToken) {
		out = append(out, savedToken{t.grant.token, t.scopes, saveWindow(&t.window)})
	}
	left := maps.Clone(w.tokens)
	for _, g := range w.e.cfg.tokens {
		if t := left[g.token]; t != nil {
			add(t)
			delete(left, g.token)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(left)) {
		add(left[text])
	}
	return out
}

// saveKeys leaves out those of calls in flight: such a call ends in its own
// world.
func (w *world) saveKeys() []savedKey {
	out := make([]savedKey, 0, len(w.keys))
	for id, k := range w.keys {
		if k.reply != nil {
			out = append(out, savedKey{
				Token:  id.scope.token,
				Method: id.scope.method,
				Path:   id.scope.path,
				Key:    id.key,
				Call:   k.call,
				Sent:   string(k.body),
				Sum:    k.sum,
				Status: k.reply.status,
				Body:   string(k.reply.body),
				At:     k.at,
			})
		}
	}
	slices.SortFunc(out, func(a, b savedKey) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Token, b.Token),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Key, b.Key))
	})
	return out
}

func saveMessage(m *messageRow) savedMessage {
	s := savedMessage{messageState: m.messageState}
	if m.campaign != nil {
		s.Campaign = m.campaign.ID
	}
	return s
}

func saveCampaign(c *campaign) campaignState { return c.campaignState }

func (w *world) saveLookups() []savedLookup {
	return convertAll(w.pendingLookups(), func(l *lookup) savedLookup {
		_, listed := w.lookups.seek(l.ID)
		return savedLookup{lookup: *l, Evicted: !listed}
	})
}

// saveWebhooks lists those that were deleted too, as long as a delivery names
// them.
func (w *world) saveWebhooks() []savedWebhook {
	all := slices.Clone(w.webhooks.rows)
	for _, d := range w.deliveries {
		if !slices.Contains(all, d.hook) {
			all = append(all, d.hook)
		}
	}
	slices.SortFunc(all, func(a, b *webhook) int { return cmp.Compare(a.ID, b.ID) })
	return convertAll(all, func(h *webhook) savedWebhook {
		_, there := w.webhooks.seek(h.ID)
		hadHandler := h.lostHandler || w.e.cfg.hookHandlers[h.URL] != nil
		return savedWebhook{h.webhookState, !there, hadHandler}
	})
}

func saveDelivery(d *delivery) savedDelivery {
	return savedDelivery{
		deliveryState: d.deliveryState,
		Webhook:       d.hook.ID,
		Message:       d.message.ID,
		InFlight:      d.inFlight,
		Held:          d.hook.held == d,
	}
}

func saveExtension(e *ussdExtension) savedExtension {
	return savedExtension{e.extensionState, boundAppID(e.app)}
}

func saveSession(s *ussdSession) savedSession {
	return savedSession{s.sessionState, boundAppID(s.dialog.app), s.dialog.ref}
}

func boundAppID(a *ussdApp) int64 {
	if a == nil {
		return 0
	}
	return a.ID
}

func saveRequest(l *logged) savedRequest { return savedRequest{l.loggedState, l.httpHeader()} }
