package helliotest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	// waitHorizon is how long a wait without a deadline lasts in a synctest
	// bubble. It costs no real time: the bubble's clock moves only while all
	// goroutines wait, so nothing in it will send.
	waitHorizon = 24 * time.Hour
	// requireWithin is how long RequireMessage waits outside a bubble.
	requireWithin = 10 * time.Second
)

var errNothingSends = errors.New("nothing in this synctest bubble sends it: all its goroutines " +
	"wait, and so they did for 24 hours of its clock")

// WaitMessage waits for a message that matches all filters and returns it. A
// present message counts; of several it returns the newest. Use Since to wait
// for a new one. It does not poll. It returns an error when ctx ends, which
// wraps its cause, or when the fake is closed. In a synctest bubble, a wait
// without a deadline ends after 24 hours of the bubble's clock, which takes no
// time. The error names the nearest message, and the result of the last call
// that sends one.
func (f *Fake) WaitMessage(ctx context.Context, filters ...Filter) (*Message, error) {
	f.tb.Helper()
	var horizon <-chan time.Time
	if _, bounded := ctx.Deadline(); !bounded && f.inBubble() {
		timer := time.NewTimer(waitHorizon)
		defer timer.Stop()
		horizon = timer.C
	}
	for at := f.place("0"); ; {
		found, news, end := f.newestAfter(&at, filters)
		if found != nil {
			return found, nil
		}
		select {
		case <-news:
		case <-end:
			return nil, f.noMessage(f.endedErr(), filters)
		case <-horizon:
			return nil, f.noMessage(errNothingSends, filters)
		case <-ctx.Done():
			return nil, f.noMessage(context.Cause(ctx), filters)
		}
	}
}

// RequireMessage is WaitMessage for a test. It fails tb at that line if no
// message comes within 10 seconds, or in a synctest bubble within 24 hours of
// its clock, which take no time. tb need not be the test of the fake.
func (f *Fake) RequireMessage(tb testing.TB, filters ...Filter) *Message {
	tb.Helper()
	ctx := context.Background()
	if !f.inBubble() {
		limited, cancel := context.WithTimeout(ctx, requireWithin)
		defer cancel()
		ctx = limited
	}
	m, err := f.WaitMessage(ctx, filters...)
	if err != nil {
		tb.Fatalf("helliotest: RequireMessage: %v", err)
	}
	return m
}

// newestAfter looks for a message after a place, and moves the place to the
// last one seen.
func (f *Fake) newestAfter(
	at *place, filters []Filter,
) (found *Message, news, end <-chan struct{}) {
	f.tb.Helper()
	defer f.lock()()
	rows := f.newer(at)
	for _, m := range slices.Backward(rows) {
		if passes(filters, m.subject()) {
			p := m.public()
			return &p, nil, nil
		}
	}
	if len(rows) > 0 {
		at.id = rows[len(rows)-1].ID
	}
	news, end = f.changes()
	return nil, news, end
}

// noMessage is the error of a wait that ended for a reason, with what helps to
// see why.
func (f *Fake) noMessage(why error, filters []Filter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	what := "no message"
	if names := namesOf(filters); names != "" {
		what += " that is " + names
	}
	return fmt.Errorf("%s: %w; %s; %s", what, why, f.world.nearest(filters), f.world.lastSend())
}

// nearest returns the message that misses the fewest filters, the newest of
// several.
func (w *world) nearest(filters []Filter) string {
	return nearestOf(w.messages.rows, (*messageRow).subject, filters)
}

func nearestOf[M any](messages []M, show func(M) subject, filters []Filter) string {
	if len(messages) == 0 {
		return "the fake holds no message at all"
	}
	var near int64
	var missed []string
	for i, m := range slices.Backward(messages) {
		s := show(m)
		if lacks := misses(filters, s); i == len(messages)-1 || len(lacks) < len(missed) {
			near, missed = s.id, lacks
		}
	}
	return fmt.Sprintf("the nearest of %s, %d, is not %s", plural(len(messages), "message"), near,
		strings.Join(missed, ", "))
}

// lastSend describes the result of the last call that sends a message.
func (w *world) lastSend() string {
	for _, l := range slices.Backward(w.requests) {
		if r := l.public(); r.sends() {
			return r.lastSend()
		}
	}
	return noSend(len(w.requests))
}

func lastSendOf(calls []Request) string {
	for i := range slices.Backward(calls) {
		if calls[i].sends() {
			return calls[i].lastSend()
		}
	}
	return noSend(len(calls))
}

func (r *Request) sends() bool { return r.Op == SMSSend || r.Op == OTPSend }

func (r *Request) lastSend() string {
	return fmt.Sprintf("the last call of %s: %s", r.route(), r.verdict())
}

func noSend(calls int) string { return fmt.Sprintf("none of %d calls was a send", calls) }
