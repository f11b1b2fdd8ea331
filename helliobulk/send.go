package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
)

// Result is what one call for a chunk showed.
type Result struct {
	Verdict    Verdict
	Outcome    hellio.Outcome        // of the chunk, earlier calls included
	Resumed    bool                  // an earlier call may have been carried out
	Status     int                   // HTTP status; 0 when no answer came
	Code       string                // error code of the answer
	Replayed   bool                  // a stored answer: this call sent and charged nothing
	RetryAfter time.Duration         // how long to wait, when the API says so
	Header     http.Header           // of the answer; its Date is the API's time
	Sent       *hellio.SMSSendResult // with Done
	Err        error                 // nil with Done
}

// SendChunk makes one request for a chunk, with its key, and says what to do
// next. It keeps no state: a worker of any queue can call it. It waits for the
// client's limiter and does not retry, whatever the client's RetryPolicy.
//
// resumed must be true when an earlier call for this chunk, or a crash, left
// its outcome unknown. A caller must not send a chunk whose outcome is unknown
// for longer than the API remembers keys: 12 hours are safe (decided).
//
// A client with another token or base URL than the chunk's gets Stop with
// ErrOtherAccount, and nothing is sent.
func SendChunk(ctx context.Context, client *hellio.Client, c *Chunk, resumed bool) Result {
	r := callChunk(ctx, client, c, resumed)
	_, r.Verdict = decide(entry{}, &r, true)
	return r
}

// callChunk makes one request for a chunk.
func callChunk(ctx context.Context, client *hellio.Client, c *Chunk, resumed bool) Result {
	if err := checkAccount(ctx, client, c.BaseURL, c.Account); err != nil {
		return Result{Outcome: joinOutcomes(hellio.OutcomeNotSent, resumed, false), Err: err}
	}
	var resp hellio.Response
	params := &hellio.SMSSendParams{
		Recipients: c.Recipients,
		Sender:     c.Sender,
		Message:    c.Message,
		Gateway:    c.Gateway,
	}
	sent, err := client.SMS.Send(ctx, params,
		keyOption(c.Key, resumed), hellio.WithMaxRetries(0), hellio.WithResponse(&resp))
	r := newResult(sent, err, &resp, resumed)
	if r.Outcome == hellio.OutcomeUnknown { // the token may have changed during the call
		changed := checkAccount(ctx, client, c.BaseURL, c.Account)
		if errors.Is(changed, ErrOtherAccount) {
			r.Err = fmt.Errorf("%w: %w", changed, r.Err)
		}
	}
	return r
}

// keyOption returns the option that carries a chunk's key.
func keyOption(key string, resumed bool) hellio.CallOption {
	if resumed {
		return hellio.WithResumeKey(key)
	}
	return hellio.WithIdempotencyKey(key)
}

// newResult returns what a call showed, without a verdict.
func newResult(
	sent *hellio.SMSSendResult, err error, resp *hellio.Response, resumed bool,
) Result {
	r := Result{
		Outcome:    joinOutcomes(hellio.OutcomeOf(err), resumed, resp.Replayed),
		Resumed:    resumed,
		Status:     resp.StatusCode,
		Replayed:   resp.Replayed,
		RetryAfter: resp.RateLimit.RetryAfter,
		Header:     resp.Header,
		Sent:       sent,
		Err:        err,
	}
	var api *hellio.APIError
	if errors.As(err, &api) {
		r.Code = api.Code
	}
	var limited *hellio.RateLimitError
	if errors.As(err, &limited) {
		r.RetryAfter = limited.RetryAfter
	}
	return r
}

// checkAccount returns an error that matches ErrOtherAccount if the client has
// another token or base URL.
func checkAccount(ctx context.Context, client *hellio.Client, baseURL, account string) error {
	if client.BaseURL() != baseURL {
		return &OtherAccountError{
			Field: "base URL",
			Given: client.BaseURL(),
			Want:  baseURL,
		}
	}
	fingerprint, err := client.Fingerprint(ctx)
	if err != nil {
		return err
	}
	if fingerprint != account {
		return &OtherAccountError{
			Field: "token",
			Given: "fingerprint " + fingerprint,
			Want:  "fingerprint " + account,
		}
	}
	return nil
}
