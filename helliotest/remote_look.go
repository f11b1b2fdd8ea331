package helliotest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/hellio-go/hellio/internal/control"
)

// Requests returns the calls of the API that match all filters, oldest first.
// Header and Token are empty, because the program does not show them. Since and
// After fail the test, because the program shows no order between calls and
// messages.
func (r *Remote) Requests(filters ...Filter) []Request {
	r.tb.Helper()
	if asked(filters).Has("after") {
		r.tb.Fatalf("helliotest: Requests: a program does not show which calls came after a " +
			"message: Since and After can't be used")
	}
	calls, err := r.requests(context.Background(), nil)
	if err != nil {
		r.tb.Fatalf("helliotest: Requests: %v", err)
	}
	return slices.DeleteFunc(calls, func(q Request) bool { return !passes(filters, q.subject()) })
}

// requests returns the calls that the query asks for, oldest first.
func (r *Remote) requests(ctx context.Context, query url.Values) (calls []Request, err error) {
	ctx, cancel := context.WithTimeout(ctx, remoteWithin)
	defer cancel()
	_, err = r.callIn(ctx, http.MethodGet, "/_fake/requests", query, &calls)
	return calls, err
}

// Violations returns the violations since the last Reset, oldest first, each
// text once per method and path.
func (r *Remote) Violations() (all []Violation) {
	r.tb.Helper()
	r.must(r.tb, "Violations", http.MethodGet, "/_fake/violations", nil, &all)
	return all
}

// Webhooks returns the webhooks, oldest first, without deleted ones.
func (r *Remote) Webhooks() (all []Webhook) {
	r.tb.Helper()
	r.must(r.tb, "Webhooks", http.MethodGet, "/_fake/webhooks", nil, &all)
	slices.Reverse(all)
	return all
}

// EnableWebhook activates a webhook that failed deliveries have disabled. It
// does not change an active webhook. An unknown id is an error.
func (r *Remote) EnableWebhook(id int64) error {
	r.tb.Helper()
	return r.call(http.MethodPost, "/_fake/webhooks/{id}/enable", nil, nil,
		strconv.FormatInt(id, 10))
}

// Deliveries returns all deliveries to webhooks, pending ones too, oldest
// first. Their signatures are real.
func (r *Remote) Deliveries() (all []Delivery) {
	r.tb.Helper()
	r.must(r.tb, "Deliveries", http.MethodGet, "/_fake/deliveries", nil, &all)
	slices.Reverse(all)
	return all
}

// Replay posts a delivery again immediately, and returns when the receiver has
// answered. An unknown id is an error.
func (r *Remote) Replay(deliveryID string) error {
	r.tb.Helper()
	return r.call(http.MethodPost, "/_fake/deliveries/{id}/replay", nil, nil, deliveryID)
}

// Advance moves the world's clock by d and runs what falls due on the way. It
// returns when all of that is done, webhook attempts included. A negative d, or
// one that is too large, fails the test.
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

// Settle waits until all that is due in the world has run, webhook attempts
// included. It returns an error when ctx ends first.
func (r *Remote) Settle(ctx context.Context) error {
	r.tb.Helper()
	none := "0s"
	_, err := r.callIn(ctx, http.MethodPost, "/_fake/clock/advance",
		control.Advance{Duration: &none}, nil)
	return err
}

// Account returns the account.
func (r *Remote) Account() (a Account) {
	r.tb.Helper()
	r.must(r.tb, "Account", http.MethodGet, "/_fake/account", nil, &a)
	return a
}

// Update changes the account immediately, for all tokens. An invalid value is
// an error and changes nothing.
func (r *Remote) Update(change AccountChange) error {
	r.tb.Helper()
	return r.call(http.MethodPatch, "/_fake/account", change, nil)
}

// Balance returns the wallet. It calls the API: the call counts for the token's
// limit, and faults act on it.
func (r *Remote) Balance() Wallet {
	r.tb.Helper()
	var body struct {
		Data Wallet `json:"data"`
	}
	r.must(r.tb, "Balance", http.MethodGet, "/v1/balance", nil, &body)
	return body.Data
}

// IssueToken returns a new token for the world. Without scopes it has every
// scope; with an empty list that is not nil it has none. An unknown scope fails
// the test.
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

// RevokeToken revokes a token immediately: its next call gets 401. It reports
// whether there was such a token.
func (r *Remote) RevokeToken(token string) bool {
	r.tb.Helper()
	err := r.call(http.MethodDelete, "/_fake/tokens/{token}", nil, nil, token)
	if err != nil && !isNotFound(err) {
		r.tb.Fatalf("helliotest: RevokeToken: %v", err)
	}
	return err == nil
}

// Reset restores the world's initial state. Its own token stays valid. Issued
// tokens and the rules of Fault are removed.
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

// Behaviours returns the fake's claims about the API, in the order of the API's
// chapters.
func (r *Remote) Behaviours() (all []Behaviour) {
	r.tb.Helper()
	r.must(r.tb, "Behaviours", http.MethodGet, "/_fake/behaviours", nil, &all)
	return all
}
