package helliotest

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

// NameTokens sets a function that returns the text of each new token in place
// of the one from the seed, which a world with the same seed also makes. The
// function runs under the fake's lock: it must not call the fake.
func (h *apiHandler) NameTokens(name func(made string) string) {
	defer h.f.lock()()
	h.f.nameToken = name
}

// AddToken adds a token with known scopes. It takes as much of the seed as
// IssueToken.
func (h *apiHandler) AddToken(token string, scopes []string) {
	defer h.f.lock()()
	h.f.world.newToken()
	h.f.world.addToken(grant{token, slices.Clone(scopes)})
}

// TokenState returns the scopes of a token, the calls that are left in its
// window, and when that ends; a zero time if it has not begun. An unknown token
// is not known. Without a rate limit, left is 0.
func (h *apiHandler) TokenState(
	token string,
) (scopes []string, left int, ends time.Time, known bool) {
	defer h.f.lock()()
	t := h.f.world.tokens[token]
	if t == nil {
		return nil, 0, time.Time{}, false
	}
	left, ends = bucket{&t.window, h.f.world.account.rateLimit}.state(h.f.world.clock.Now())
	return slices.Clone(t.scopes), left, ends, true
}

// state returns the requests that are left, and when the window ends; a zero
// time if it has not begun.
func (b bucket) state(now time.Time) (left int, ends time.Time) {
	if !b.window.Over(now) {
		start, _ := b.window.State()
		ends = start.Add(b.window.Length)
	}
	return b.window.Remaining(now, b.limit), ends
}

// EachOTPWindow calls yield for each address whose window of otp/send is
// running, in the order of the addresses.
func (h *apiHandler) EachOTPWindow(yield func(address string, left int, ends time.Time)) {
	defer h.f.lock()()
	w := h.f.world
	now := w.clock.Now()
	for _, address := range slices.SortedFunc(maps.Keys(w.otps.senders), netip.Addr.Compare) {
		b := bucket{w.otps.senders[address], w.account.otpLimit}
		if left, ends := b.state(now); !ends.IsZero() {
			yield(address.String(), left, ends)
		}
	}
}

// Spent returns what was spent in the period of the spend limit, and when that
// ends; without a limit, today.
func (h *apiHandler) Spent() (amount string, ends time.Time) {
	defer h.f.lock()()
	w := h.f.world
	now, period := w.clock.Now().UTC(), daily
	if w.account.spendLimit.period == monthly {
		period = monthly
	}
	began := startOf(period, now)
	ends = began.AddDate(0, 0, 1)
	if period == monthly {
		ends = began.AddDate(0, 1, 0)
	}
	return w.spent.in(period, now).String(), ends
}

// People returns those who may log in.
func (h *apiHandler) People() []LoginUser {
	defer h.f.lock()()
	return slices.Clone(h.f.world.account.logins)
}

// Holds counts what a reset forgets.
func (h *apiHandler) Holds() map[string]int {
	defer h.f.lock()()
	w := h.f.world
	return map[string]int{
		"messages":   len(w.messages.rows),
		"requests":   len(w.requests),
		"violations": len(w.violations),
		"webhooks":   len(w.webhooks.rows),
		"deliveries": len(w.deliveries),
		"faults":     len(w.faults),
	}
}

// DeliveriesTo returns the newest n deliveries to the webhook with this ID,
// newest first, and how many there are by status.
func (h *apiHandler) DeliveriesTo(webhookID int64, n int) ([]Delivery, map[string]int) {
	defer h.f.lock()()
	found, byStatus := []Delivery{}, make(map[string]int)
	for _, d := range slices.Backward(h.f.world.deliveries) {
		if d.hook.ID != webhookID {
			continue
		}
		if len(found) < n {
			found = append(found, d.public())
		}
		byStatus[d.Status]++
	}
	return found, byStatus
}

// EachUSSDApp calls yield for each USSD app, newest first. It is no call of the
// API.
func (h *apiHandler) EachUSSDApp(yield func(id, name, callbackURL string)) {
	defer h.f.lock()()
	for _, app := range slices.Backward(h.f.world.ussd.apps.rows) {
		yield(app.Reference.String(), app.Name, app.Callback)
	}
}

// LastID returns the newest ID of a call, message or other thing.
func (h *apiHandler) LastID() int64 {
	defer h.f.lock()()
	return h.f.world.lastID
}
