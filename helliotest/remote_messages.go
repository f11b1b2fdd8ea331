package helliotest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// remotePoll is how long one request of a wait stays open; a longer wait makes
// another.
const remotePoll = time.Minute

// Messages returns the accepted messages that match all filters, oldest first.
// Their times are whole seconds.
func (r *Remote) Messages(filters ...Filter) []Message {
	r.tb.Helper()
	all, err := r.messages(context.Background(), filters)
	if err != nil {
		r.tb.Fatalf("helliotest: Messages: %v", err)
	}
	return slices.DeleteFunc(all, func(m Message) bool { return !passes(filters, m.subject()) })
}

// messages asks for the messages that pass those filters which the program
// knows, oldest first.
func (r *Remote) messages(ctx context.Context, filters []Filter) (all []Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, remoteWithin)
	defer cancel()
	_, err = r.callIn(ctx, http.MethodGet, "/_fake/messages", asked(filters), &all)
	slices.Reverse(all)
	return all, err
}

// asked are the filters as a query: the first of each kind.
func asked(filters []Filter) url.Values {
	query := url.Values{}
	for _, f := range filters {
		if f.param != "" && !query.Has(f.param) {
			query.Set(f.param, f.value)
		}
	}
	return query
}

// Mark returns the current point, for Since.
func (r *Remote) Mark() Mark {
	r.tb.Helper()
	var newest []Message
	r.must(r.tb, "Mark", http.MethodGet, "/_fake/messages", url.Values{"limit": {"1"}}, &newest)
	if len(newest) == 0 {
		return Mark{}
	}
	return Mark{newest[0].ID}
}

// WaitMessage waits for a message that matches all filters and returns it. A
// present message counts; of several it returns the newest. It does not poll.
// It returns an error when ctx ends, which wraps its cause, or when the program
// does not answer. The error names the nearest message, and the result of the
// last call that sends one.
func (r *Remote) WaitMessage(ctx context.Context, filters ...Filter) (*Message, error) {
	r.tb.Helper()
	there, err := r.messages(ctx, filters)
	if err != nil {
		return nil, r.noMessage(ctx, err, filters)
	}
	var last int64
	for _, m := range slices.Backward(there) {
		if passes(filters, m.subject()) {
			return &m, nil
		}
		last = max(last, m.ID)
	}
	for {
		m, err := r.next(ctx, last, filters)
		switch {
		case err != nil || ctx.Err() != nil:
			return nil, r.noMessage(ctx, err, filters)
		case m != nil && passes(filters, m.subject()):
			return m, nil
		case m != nil:
			last = m.ID
		}
	}
}

// next waits for the oldest message after one, in one request; nil if none came
// while that was open.
func (r *Remote) next(ctx context.Context, last int64, filters []Filter) (*Message, error) {
	query := asked(append([]Filter{After(max(last, sinceOf(filters)))}, filters...))
	query.Set("timeout", remotePoll.String())
	var m Message
	status, err := r.callIn(ctx, http.MethodGet, "/_fake/messages/wait", query, &m)
	if err != nil || status == http.StatusNoContent {
		return nil, err
	}
	return &m, nil
}

// sinceOf returns the id of Since or After.
func sinceOf(filters []Filter) (id int64) {
	for _, f := range filters {
		id = max(id, f.after)
	}
	return id
}

// onlySince reports whether the filters are After and Since alone.
func onlySince(filters []Filter) bool {
	for _, f := range filters {
		if f.pass != nil && f.param != "after" {
			return false
		}
	}
	return true
}

// noMessage returns the error of a wait that ended, with the reason.
func (r *Remote) noMessage(ctx context.Context, why error, filters []Filter) error {
	if ctx.Err() != nil {
		why = context.Cause(ctx)
	}
	what := "no message"
	if names := namesOf(filters); names != "" {
		what += " that is " + names
	}
	all, err := r.messages(context.Background(), nil)
	calls, callsErr := r.requests(context.Background(), nil)
	if err = errors.Join(err, callsErr); err != nil {
		return fmt.Errorf("%s: %w", what, why)
	}
	return fmt.Errorf("%s: %w; %s; %s", what, why, nearestOf(all, Message.subject, filters),
		lastSendOf(calls))
}

// RequireMessage is WaitMessage for a test. It fails tb at that line if no
// message comes within 10 seconds.
func (r *Remote) RequireMessage(tb testing.TB, filters ...Filter) *Message {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), requireWithin)
	defer cancel()
	m, err := r.WaitMessage(ctx, filters...)
	if err != nil {
		tb.Fatalf("helliotest: RequireMessage: %v", err)
	}
	return m
}

// OTP returns the code that was last sent to a number, with or without "+", or
// to an e-mail address. It fails the test if that code is not live.
func (r *Remote) OTP(destination string) string {
	r.tb.Helper()
	found, live := r.LookupOTP(destination)
	if !live {
		r.tb.Fatalf("helliotest: OTP(%s): no code is live there: it was used, has expired, is "+
			"out of tries, or was never sent", masked(destination))
	}
	return found.Code
}

// LookupOTP returns the live code of a destination, and reports whether there
// is one.
func (r *Remote) LookupOTP(destination string) (OTPCode, bool) {
	r.tb.Helper()
	var found OTPCode
	err := r.call(http.MethodGet, "/_fake/otp/{destination}", nil, &found, destination)
	switch {
	case isNotFound(err):
		return OTPCode{}, false
	case err != nil:
		r.tb.Fatalf("helliotest: LookupOTP: %v", err)
	}
	return found, true
}
