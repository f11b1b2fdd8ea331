package helliotest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Requests lists the calls of the API so far, oldest first, that pass all filters. The program tells no At, Query, Header, Token, Replayed,
// Fault and Charge, and no order between calls and messages: Since and After fail the test.
func (r *Remote) Requests(filters ...Filter) []Request {
	r.tb.Helper()
	if asked(filters).Has("after") {
		r.tb.Fatalf("helliotest: Requests: a program does not tell which calls came after a message: Since and After can't be used")
	}
	calls, err := r.requests()
	if err != nil {
		r.tb.Fatalf("helliotest: Requests: %v", err)
	}
	var out []Request
	for _, l := range calls {
		q := l.public()
		q.Charge = ""
		if passes(filters, l.subject(q.Decoded)) {
			out = append(out, q)
		}
	}
	return out
}

func (r *Remote) requests() (calls []*logged, err error) {
	var views []struct {
		Method         string `json:"method"`
		Path           string `json:"path"`
		Status         int    `json:"status"`
		IdempotencyKey string `json:"idempotency_key"`
		RequestBody    string `json:"request_body"`
		ResponseBody   string `json:"response_body"`
	}
	if err := r.call(http.MethodGet, "/_fake/requests", nil, &views); err != nil {
		return nil, err
	}
	for _, v := range views {
		var told errorBody
		_ = json.Unmarshal([]byte(v.ResponseBody), &told) // a body that is no error has no code
		c := &call{method: v.Method, path: v.Path, body: []byte(v.RequestBody)}
		c.route = routeOf(v.Method, v.Path)
		calls = append(calls, &logged{call: c, key: v.IdempotencyKey, status: v.Status, code: told.Error, response: []byte(v.ResponseBody)})
	}
	return calls, nil
}

// Deliveries lists what was or is to be reported to webhooks, oldest first. The signatures in it are real ones.
func (r *Remote) Deliveries() []Delivery {
	r.tb.Helper()
	var views []struct {
		ID        string    `json:"id"`
		WebhookID int64     `json:"webhook_id"`
		MessageID int64     `json:"message_id"`
		Event     string    `json:"event"`
		URL       string    `json:"url"`
		Status    string    `json:"status"`
		Body      string    `json:"body"`
		CreatedAt time.Time `json:"created_at"`
		Attempts  []struct {
			At         time.Time         `json:"at"`
			StatusCode int               `json:"status_code"`
			Error      string            `json:"error"`
			Duration   string            `json:"duration"`
			Headers    map[string]string `json:"headers"`
			Fault      string            `json:"fault"`
			Replay     bool              `json:"replay"`
		} `json:"attempts"`
	}
	r.must(r.tb, "Deliveries", http.MethodGet, "/_fake/deliveries", nil, &views)
	out := make([]Delivery, 0, len(views))
	for _, v := range slices.Backward(views) {
		d := Delivery{
			ID: v.ID, WebhookID: v.WebhookID, MessageID: v.MessageID, Event: v.Event, URL: v.URL, Status: v.Status, Body: []byte(v.Body),
			CreatedAt: v.CreatedAt.UTC(),
		}
		for _, a := range v.Attempts {
			try := DeliveryAttempt{At: a.At.UTC(), Header: http.Header{}, StatusCode: a.StatusCode, Error: a.Error, Fault: a.Fault, Replay: a.Replay}
			try.Duration, _ = time.ParseDuration(a.Duration) // the program wrote it
			for name, value := range a.Headers {
				try.Header.Set(name, value)
			}
			d.Attempts = append(d.Attempts, try)
		}
		out = append(out, d)
	}
	return out
}

// Replay posts a delivery once more at once, and returns when the receiver has answered, whatever it answered. An unknown id is an
// error.
func (r *Remote) Replay(deliveryID string) error {
	r.tb.Helper()
	return r.call(http.MethodPost, "/_fake/deliveries/{id}/replay", nil, nil, deliveryID)
}

// Advance moves the world's clock by d and runs what falls due on the way; it returns when all that is done, webhook attempts included.
// What can't be fails the test.
func (r *Remote) Advance(d time.Duration) {
	r.tb.Helper()
	r.must(r.tb, "Advance", http.MethodPost, "/_fake/clock/advance", map[string]string{"duration": d.String()}, nil)
}

// Settle waits until everything that is due in the world has run, webhook attempts included. It fails when ctx ends first.
func (r *Remote) Settle(ctx context.Context) error {
	r.tb.Helper()
	_, err := r.callIn(ctx, http.MethodPost, "/_fake/clock/advance", map[string]string{"duration": "0s"}, nil)
	return err
}

// Account is the account now.
func (r *Remote) Account() (a Account) {
	r.tb.Helper()
	r.must(r.tb, "Account", http.MethodGet, "/_fake/account", nil, &a)
	return a
}

// Update changes the account, at once and for all tokens. A bad value is an error and changes nothing.
func (r *Remote) Update(change AccountChange) error {
	r.tb.Helper()
	return r.call(http.MethodPatch, "/_fake/account", change, nil)
}

// Balance is the wallet now. It is asked of the API itself: the call counts as one of the token's, and faults strike it.
func (r *Remote) Balance() Wallet {
	r.tb.Helper()
	var body struct {
		Data Wallet `json:"data"`
	}
	r.must(r.tb, "Balance", http.MethodGet, "/v1/balance", nil, &body)
	return body.Data
}

// IssueToken makes another token for the world. Without scopes it carries every one; a list that is empty but not nil gives none. An
// unknown scope fails the test.
func (r *Remote) IssueToken(scopes ...string) string {
	r.tb.Helper()
	if scopes == nil {
		scopes = []string{"*"}
	}
	var made struct {
		Token string `json:"token"`
	}
	r.must(r.tb, "IssueToken", http.MethodPost, "/_fake/tokens", map[string][]string{"scopes": scopes}, &made)
	return made.Token
}

// RevokeToken ends a token at once: its next call gets 401. It tells whether there was such a token.
func (r *Remote) RevokeToken(token string) bool {
	r.tb.Helper()
	err := r.call(http.MethodDelete, "/_fake/tokens/{token}", nil, nil, token)
	if err != nil && !isNotFound(err) {
		r.tb.Fatalf("helliotest: RevokeToken: %v", err)
	}
	return err == nil
}

// Reset makes the world as it was made. Its own token lives on; issued ones are forgotten, and so are the rules of Fault.
func (r *Remote) Reset() {
	r.tb.Helper()
	there := r.Faults()
	r.must(r.tb, "Reset", http.MethodPost, "/_fake/reset", nil, nil)
	r.forget(there)
}

// Behaviours lists what the fake does, in the order of the API's chapters.
func (r *Remote) Behaviours() (all []Behaviour) {
	r.tb.Helper()
	r.must(r.tb, "Behaviours", http.MethodGet, "/_fake/behaviours", nil, &all)
	return all
}
