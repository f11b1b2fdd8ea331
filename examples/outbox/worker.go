package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	callLimit   = time.Minute     // of one call, the client's own retries included
	lease       = 2 * time.Minute // longer than callLimit, so that a live worker keeps its claim
	resumeLimit = 12 * time.Hour  // after it the API may have forgotten the key
	maxBackoff  = 5 * time.Minute // between two calls for one message
	poll        = time.Second     // how late Drain sees a new message
)

// Worker sends the waiting messages of a store. Several workers may share one
// database.
type Worker struct {
	store  *Store
	client *hellio.Client
	log    *slog.Logger
}

// NewWorker returns a worker that logs what becomes of each message.
func NewWorker(store *Store, client *hellio.Client, log *slog.Logger) *Worker {
	return &Worker{store: store, client: client, log: log}
}

// Step claims one message that is due, sends it and stores what came of it. It
// reports whether there was one. Its error is of the database or of the token
// source; the error of a call is stored with the message.
func (w *Worker) Step(ctx context.Context) (worked bool, err error) {
	account, err := w.account(ctx)
	if err != nil {
		return false, err
	}
	m, err := w.store.claim(ctx, account)
	if m == nil || err != nil {
		return false, err
	}
	if reason := m.unprotected(account); reason != "" {
		m.State = Inspect
		m.Reason = reason
	} else {
		m.settle(w.send(ctx, m))
	}
	// What is known is stored even if ctx has ended meanwhile.
	saved, err := w.store.save(context.WithoutCancel(ctx), m)
	if saved {
		w.report(m)
	}
	return true, err
}

// account identifies what the API knows a key by: its address and the token.
func (w *Worker) account(ctx context.Context) (string, error) {
	fingerprint, err := w.client.Fingerprint(ctx)
	return w.client.BaseURL() + " " + fingerprint, err
}

// unprotected returns why the key no longer protects a message that may have
// been sent, or "".
func (m *Message) unprotected(account string) string {
	switch {
	case !m.Resumed:
		return ""
	case time.Since(m.FirstTry) >= resumeLimit:
		return "may have been sent, and the first try is more than 12 hours ago"
	case m.Account != account:
		return "may have been sent, and the token or the address has changed since"
	default:
		return ""
	}
}

// send makes the call. The first call uses the row's key as a new one. A later
// call resumes: its refusal does not prove that the call before sent nothing.
func (w *Worker) send(ctx context.Context, m *Message) (*hellio.SMSSendResult, error) {
	var params hellio.SMSSendParams
	if err := json.Unmarshal([]byte(m.Params), &params); err != nil {
		return nil, err
	}
	key := hellio.WithIdempotencyKey(m.Key)
	if m.Resumed {
		key = hellio.WithResumeKey(m.Key)
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return w.client.SMS.Send(ctx, &params, key)
}

// settle decides what becomes of the message by the error of its call.
func (m *Message) settle(sent *hellio.SMSSendResult, err error) {
	if err == nil {
		m.State = Sent
		m.Reason = ""
		m.Reference = sent.Reference
		m.CampaignID = sent.CampaignID.String()
		return
	}
	m.Reason = err.Error()
	advice, after := hellio.RetryAdvice(err)
	next := time.Now().Add(max(after, backoff(m.Attempts)))
	switch advice {
	case hellio.AdviceRetry:
		// Nothing was sent, so the key is still unused and its 12 hours have
		// not begun: an outage of any length loses no message.
		m.FirstTry = time.Time{}
		m.NextTime = next
	case hellio.AdviceResume:
		m.NextTime = next
		if end := m.FirstTry.Add(resumeLimit); m.NextTime.After(end) {
			m.NextTime = end // no call follows, and a person learns of it
		}
	case hellio.AdviceStop:
		m.State = Failed
		if m.Resumed && hellio.OutcomeOf(err) != hellio.OutcomeRejected {
			m.State = Inspect // such as bad params: no proof about the calls before
		}
	default:
		m.State = Inspect
	}
}

// backoff returns the wait after a number of calls: 1 s, 2 s, 4 s and so on.
func backoff(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 30), maxBackoff)
}

// report logs what has become of a message. The client's errors name no number,
// text or token.
func (w *Worker) report(m *Message) {
	attrs := []any{"order", m.OrderID, "attempts", m.Attempts}
	switch m.State {
	case Sent:
		attrs = append(attrs, "reference", m.Reference)
	case Waiting:
		attrs = append(attrs, "next", time.Until(m.NextTime).Round(time.Millisecond))
	}
	if m.Reason != "" {
		attrs = append(attrs, "reason", m.Reason)
	}
	w.log.Info(string(m.State), attrs...)
}

// Drain calls Step until no message is waiting. It returns the first error of
// Step, or that of ctx.
func (w *Worker) Drain(ctx context.Context) error {
	for {
		worked, err := w.Step(ctx)
		if err != nil {
			return err
		}
		if worked {
			continue
		}
		due, waiting, err := w.store.nextDue(ctx)
		if err != nil || !waiting {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(time.Until(due), poll)):
		}
	}
}
