package helliobulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
)

// Verdict says what to do with a chunk after a call.
type Verdict string

// The verdicts.
const (
	Done     Verdict = "done"     // accepted: never send it again
	Rejected Verdict = "rejected" // refused for what it holds: nothing was sent or charged, and sending it again changes nothing
	Later    Verdict = "later"    // nothing was sent; send it again later, a 429 not before Result.RetryAfter
	SameKey  Verdict = "same key" // in doubt, or accepted with an answer that can't be read: send it again as long as its key lives
	Stop     Verdict = "stop"     // this will befall every chunk: stop all workers and ask; Result.Outcome tells of this one
)

// Result is what came of sending one chunk.
type Result struct {
	Verdict    Verdict
	Outcome    hellio.Outcome        // what is known of the chunk, earlier calls included
	Status     int                   // HTTP status of the last attempt; 0 when no answer came
	Code       string                // error code of the answer
	Replayed   bool                  // the answer is a stored one: nothing was sent or charged by this call
	Attempts   int                   // requests made by this call
	RetryAfter time.Duration         // how long to wait, when told
	Header     http.Header           // of the answer; its Date is the API's time
	Sent       *hellio.SMSSendResult // with Done
	Err        error                 // nil with Done
}

// SendChunk sends one chunk with its key and says what to do next. It keeps no state: a worker of any queue can call it.
//
// inDoubt must be true when an earlier call for this chunk, or a crash, left it unknown whether it was sent. Then only an acceptance, or a
// stored answer, resolves the doubt: other refusals may come from layers that never looked at the key. A caller must not send a chunk in
// doubt for longer than the API remembers keys: 12 hours are safe (decided).
//
// A client with another token or base URL than the chunk's gets Stop with ErrOtherAccount, and nothing is sent.
func SendChunk(ctx context.Context, client *hellio.Client, c *Chunk, inDoubt bool, opts ...hellio.CallOption) Result {
	if err := checkAccount(ctx, client, c.BaseURL, c.Account); err != nil {
		return Result{Verdict: Stop, Outcome: known(hellio.OutcomeNotSent, inDoubt, false), Err: err}
	}
	var resp hellio.Response
	all := append([]hellio.CallOption{hellio.WithIdempotencyKey(c.Key), hellio.WithResponse(&resp)}, opts...)
	sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{Recipients: c.Recipients, Sender: c.Sender, Message: c.Message, Gateway: c.Gateway}, all...)
	r := classify(sent, err, &resp, inDoubt)
	if r.Outcome == hellio.OutcomeUnknown {
		if err := checkAccount(ctx, client, c.BaseURL, c.Account); errors.Is(err, ErrOtherAccount) { // the token changed on the way
			r.Verdict, r.Err = Stop, fmt.Errorf("%w: %w", err, r.Err)
		}
	}
	return r
}

func checkAccount(ctx context.Context, client *hellio.Client, baseURL, account string) error {
	if client.BaseURL() != baseURL {
		return fmt.Errorf("%w: the batch is for %s, the client calls %s", ErrOtherAccount, baseURL, client.BaseURL())
	}
	fingerprint, err := client.Fingerprint(ctx)
	if err != nil {
		return err
	}
	if fingerprint != account {
		return fmt.Errorf("%w: the batch is for the token with fingerprint %s, the client's is %s", ErrOtherAccount, account, fingerprint)
	}
	return nil
}

// classify turns the end of a call into a verdict.
func classify(sent *hellio.SMSSendResult, err error, resp *hellio.Response, inDoubt bool) Result {
	r := Result{
		Status: resp.StatusCode, Replayed: resp.Replayed, Attempts: resp.Attempts, RetryAfter: resp.RateLimit.RetryAfter, Header: resp.Header,
		Outcome: known(hellio.OutcomeOf(err), inDoubt, resp.Replayed), Sent: sent, Err: err,
	}
	var api *hellio.APIError
	if errors.As(err, &api) {
		r.Code = api.Code
	}
	var limited *hellio.RateLimitError
	if errors.As(err, &limited) {
		r.RetryAfter = limited.RetryAfter
	}
	var param *hellio.ParamError
	switch {
	case err == nil:
		r.Verdict = Done
	case errors.As(err, &param), concernsAll(r.Status, r.Code) && !r.Replayed:
		r.Verdict = Stop
	case r.Outcome == hellio.OutcomeUnknown, r.Outcome == hellio.OutcomeAccepted:
		r.Verdict = SameKey
	case r.Outcome == hellio.OutcomeNotSent, r.Status == http.StatusTooManyRequests:
		r.Verdict = Later
	default:
		r.Verdict = Rejected
	}
	return r
}

// known joins what this call shows with a doubt from before it.
func known(latest hellio.Outcome, inDoubt, replayed bool) hellio.Outcome {
	if inDoubt && latest != hellio.OutcomeAccepted && !(latest == hellio.OutcomeRejected && replayed) {
		return hellio.OutcomeUnknown
	}
	return latest
}

// concernsAll reports whether a refusal is of the account, token, sender or address, so that every other chunk would meet it too.
func concernsAll(status int, code string) bool {
	switch code {
	case hellio.CodeSenderNotApproved, hellio.CodeTrafficNotRoutable:
		return true
	}
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return status >= 300 && status < 400
}
