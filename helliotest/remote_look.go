package helliotest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/control"
)

// Requests lists the calls of the API so far, oldest first, that pass all
// filters. The program shows no Header and no Token, and no order between calls
// and messages: Since and After fail the test.
func (r *Remote) Requests(filters ...Filter) []Request {
	r.tb.Helper()
	if asked(filters).Has("after") {
		r.tb.Fatalf("helliotest: Requests: a program does not show which calls came after a " +
			"message: Since and After can't be used")
	}
	calls, err := r.requests(context.Background())
	if err != nil {
		r.tb.Fatalf("helliotest: Requests: %v", err)
	}
	return slices.DeleteFunc(calls, func(q Request) bool { return !passes(filters, q.subject()) })
}

func (r *Remote) requests(ctx context.Context) (calls []Request, err error) {
	ctx, cancel := context.WithTimeout(ctx, remoteWithin)
	defer cancel()
	_, err = r.callIn(ctx, http.MethodGet, "/_fake/requests", nil, &calls)
	return calls, err
}

// Violations lists what no correct client sent since the last Reset, oldest
// first, each text once per method and path.
func (r *Remote) Violations() (all []Violation) {
	r.tb.Helper()
	r.must(r.tb, "Violations", http.MethodGet, "/_fake/violations", nil, &all)
	return all
}

// Webhooks lists the webhooks, oldest first, without those that were deleted.
func (r *Remote) Webhooks() (all []Webhook) {
	r.tb.Helper()
	r.must(r.tb, "Webhooks", http.MethodGet, "/_fake/webhooks", nil, &all)
	slices.Reverse(all)
	return all
}

// EnableWebhook makes a webhook active again that failed deliveries have
// disabled. An active webhook is not changed. An unknown id is an error.
func (r *Remote) EnableWebhook(id int64) error {
	r.tb.Helper()
	return r.call(http.MethodPost, "/_fake/webhooks/{id}/enable", nil, nil,
		strconv.FormatInt(id, 10))
}

// Deliveries lists what was or is to be reported to webhooks, oldest first. The
// signatures in it are real ones.
func (r *Remote) Deliveries() (all []Delivery) {
	r.tb.Helper()
	r.must(r.tb, "Deliveries", http.MethodGet, "/_fake/deliveries", nil, &all)
	slices.Reverse(all)
	return all
}

// Replay posts a delivery once more at once, and returns when the receiver has
// answered, whatever it answered. An unknown id is an error.
func (r *Remote) Replay(deliveryID string) error {
	r.tb.Helper()
	return r.call(http.MethodPost, "/_fake/deliveries/{id}/replay", nil, nil, deliveryID)
}

// Advance moves the world's clock by d and runs what falls due on the way; it
// returns when all that is done, webhook attempts included. What can't be fails
// the test.
func (r *Remote) Advance(d time.Duration) {
	r.tb.Helper()
	r.advance("Advance", d)
}

// Now returns the time on the world's clock, in UTC and whole seconds.
func (r *Remote) Now() time.Time {
	r.tb.Helper()
	return r.advance("Now", 0)
}

func (r *Remote) advance(what string, d time.Duration) time.Time {
	r.tb.Helper()
	var reached control.Now
	text := d.String()
	r.must(r.tb, what, http.MethodPost, "/_fake/clock/advance", control.Advance{Duration: &text},
		&reached)
	return reached.Now.Time
}

// Settle waits until everything that is due in the world has run, webhook
// attempts included. It fails when ctx ends first.
func (r *Remote) Settle(ctx context.Context) error {
	r.tb.Helper()
	none := "0s"
	_, err := r.callIn(ctx, http.MethodPost, "/_fake/clock/advance",
		control.Advance{Duration: &none}, nil)
	return err
}

// Account is the account now.
func (r *Remote) Account() (a Account) {
	r.tb.Helper()
	r.must(r.tb, "Account", http.MethodGet, "/_fake/account", nil, &a)
	return a
}

// Update changes the account, at once and for all tokens. A bad value is an
// error and changes nothing.
func (r *Remote) Update(change AccountChange) error {
	r.tb.Helper()
	return r.call(http.MethodPatch, "/_fake/account", change, nil)
}

// Balance is the wallet now. It is asked of the API itself: the call counts as
// one of the token's, and faults strike it.
func (r *Remote) Balance() Wallet {
	r.tb.Helper()
	var body struct {
		Data Wallet `json:"data"`
	}
	r.must(r.tb, "Balance", http.MethodGet, "/v1/balance", nil, &body)
	return body.Data
}

// IssueToken makes another token for the world. Without scopes it carries every
// one; a list that is empty but not nil gives none. An unknown scope fails the
// test.
func (r *Remote) IssueToken(scopes ...string) string {
	r.tb.Helper()
	if scopes == nil {
		scopes = []string{"*"}
	}
	var made control.Token
	r.must(r.tb, "IssueToken", http.MethodPost, "/_fake/tokens", control.TokenSpec{Scopes: scopes},
		&made)
	return made.Token
}

// RevokeToken ends a token at once: its next call gets 401. It tells whether
// there was such a token.
func (r *Remote) RevokeToken(token string) bool {
	r.tb.Helper()
	err := r.call(http.MethodDelete, "/_fake/tokens/{token}", nil, nil, token)
	if err != nil && !isNotFound(err) {
		r.tb.Fatalf("helliotest: RevokeToken: %v", err)
	}
	return err == nil
}

// Reset makes the world as it was made. Its own token lives on; issued ones are
// forgotten, and so are the rules of Fault.
func (r *Remote) Reset() {
	r.tb.Helper()
	there := r.Faults()
	if err := r.readViolations(true); err != nil {
		r.tb.Fatalf("helliotest: Reset: %v", err)
	}
	r.must(r.tb, "Reset", http.MethodPost, "/_fake/reset", nil, nil)
	r.forget(there)
	r.since = 0
}

// Behaviours lists what the fake does, in the order of the API's chapters.
func (r *Remote) Behaviours() (all []Behaviour) {
	r.tb.Helper()
	r.must(r.tb, "Behaviours", http.MethodGet, "/_fake/behaviours", nil, &all)
	return all
}
