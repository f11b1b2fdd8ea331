package hellio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sequenceCheck is one of the checks of each sequence: those of reliability.md,
// section 9, and two more.
type sequenceCheck int

const (
	checkOutcome sequenceCheck = iota // no outcome is false
	checkOnce                         // nothing is done twice
	checkHonest                       // each Unknown has a twin with the other truth
	checkAdvice                       // RetryAdvice is right, and following it ends well
	checkCosts                        // the reported costs equal the ledger
	checkResumed                      // only a 2xx or a replay resolves a resumed call
	checkWire                         // the wire has seen what Response.Attempts says
	checkCount
)

// sequenceWalk plays sequences of attempt ends to one call, and compares what
// the client says with the ledger.
type sequenceWalk struct {
	call    *sequenceCall
	ends    []*attemptEnd
	longest int             // sequences have 1 to longest ends
	follow  int             // resumed calls follow sequences of 1 to follow ends
	resumed bool            // the first call resumes one that has crashed
	crashed ledger          // the true state after that one
	distort func(*callView) // for a control: falsifies what the client reports

	client *Client
	api    *ledgerAPI
	costs  map[string]int // reported for the current sequence, by key
	drives map[handover]bool
	looks  map[sequenceLook]sequenceTruth

	earlier  int // done before the current call, where that has no key
	played   int // sequences, without those whose last ends no attempt takes
	followed int // resumed calls after them
	driven   int
	outcomes [4]int // of errors
	wrong    [checkCount]int
	first    []string // examples of what is wrong
}

// callView is what a caller learns from one call.
type callView struct {
	err      error
	cost     Amount
	response Response
	outcome  Outcome
	advice   Advice
	after    time.Duration
}

// sequenceLook is all that the client sees of a sequence: the signs of the
// attempts of the call, then that of the resumed call.
type sequenceLook [4]uint8

// sequenceTruth is the true state of the sequences with one look.
type sequenceTruth struct {
	done    bool // of at least one
	notDone bool // of at least one
	outcome Outcome
	example []*attemptEnd
}

// handover is the state that the driver's calls depend on.
type handover struct {
	truth  ledgerEntry
	closed time.Duration // how long the API refuses requests
	advice Advice
	after  time.Duration
}

func newSequenceWalk(
	t *testing.T, c *sequenceCall, all []attemptEnd, opts ...Option,
) *sequenceWalk {
	w := &sequenceWalk{
		call:    c,
		longest: longestSequence,
		api:     newLedgerAPI(),
		costs:   map[string]int{},
		drives:  map[handover]bool{},
		looks:   map[sequenceLook]sequenceTruth{},
	}
	for i := range all {
		if c.meets(all[i].cell) {
			w.ends = append(w.ends, &all[i])
		}
	}
	w.client = stubbed(t, w.api, append(opts, WithLimiter(w.api))...)
	w.client.core.random = func() float64 { return 0.5 }
	return w
}

// walk plays all sequences that begin with seq. If the call ends before it
// reaches the last end, the same holds for every other last end.
func (w *sequenceWalk) walk(seq []*attemptEnd) {
	for _, e := range w.ends {
		longer := append(slices.Clip(seq), e)
		if all := w.play(longer); !all {
			return
		}
		if len(longer) < w.longest {
			w.walk(longer)
		}
	}
}

// play plays one sequence and what may follow it. It reports whether the call
// has reached all ends.
func (w *sequenceWalk) play(seq []*attemptEnd) (all bool) {
	w.played++
	clear(w.costs)
	opts := []CallOption{WithMaxRetries(len(seq) - 1)}
	switch {
	case w.resumed:
		opts = append(opts, WithResumeKey(sequenceKey))
	case w.call.keyed:
		opts = append(opts, WithIdempotencyKey(sequenceKey))
	}
	v := w.script(w.crashed, seq, opts)
	w.check(seq, v, w.resumed)
	all = w.api.counts.scripted == len(seq)
	var look sequenceLook
	copy(look[:], w.api.counts.signs)
	w.note(look, seq, v)
	truth := w.api.ledger.clone()
	w.drive(seq, v)
	accepted := v.outcome == OutcomeAccepted
	if w.call.keyed && len(seq) <= w.follow && (accepted || v.outcome == OutcomeUnknown) {
		w.resume(look, seq, accepted, truth)
	}
	return all
}

// resume plays a resumed call over each end, after a call with an unknown or
// accepted outcome. A job that runs again may not know the outcome.
func (w *sequenceWalk) resume(look sequenceLook, seq []*attemptEnd, accepted bool, truth ledger) {
	for _, e := range w.ends {
		w.followed++
		if !accepted {
			clear(w.costs)
		}
		longer := append(slices.Clip(seq), e)
		opts := []CallOption{WithMaxRetries(0), WithResumeKey(sequenceKey)}
		v := w.script(truth, longer[len(seq):], opts)
		w.check(longer, v, true)
		if !accepted {
			look[len(look)-1] = w.api.counts.signs[0]
			w.note(look, longer, v)
		}
	}
}

// script returns a call over some ends, with a full retry budget.
func (w *sequenceWalk) script(l ledger, seq []*attemptEnd, opts []CallOption) *callView {
	w.api.ledger = l.clone()
	w.api.script = seq
	w.api.closed = time.Time{}
	w.client.core.budget.spent.Store(0)
	return w.make(opts)
}

// make makes one call.
func (w *sequenceWalk) make(opts []CallOption) *callView {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	w.api.ended = cancel
	w.api.counts = wireCounts{}
	if !w.call.keyed {
		w.earlier = w.api.ledger.total().done
	}
	v := new(callView)
	v.cost, v.err = w.call.make(ctx, w.client, append(opts, WithResponse(&v.response)))
	w.api.sendLate()
	v.outcome = OutcomeOf(v.err)
	v.advice, v.after = RetryAdvice(v.err)
	if w.distort != nil {
		w.distort(v)
	}
	if v.err != nil {
		w.outcomes[v.outcome]++
	}
	return v
}

// check compares what the caller learns from one call with the ledger.
func (w *sequenceWalk) check(seq []*attemptEnd, v *callView, resumed bool) {
	truth := w.api.ledger.total()
	success := truth.done == 1 || w.call == &reading && truth.done > 0
	switch {
	case v.err == nil && !success && !(w.call == &deleting && truth.removed):
		w.flag(checkOutcome, seq, v, "success, but not done once")
	case v.err != nil && v.outcome == OutcomeAccepted && !success:
		w.flag(checkOutcome, seq, v, "accepted, but not done once")
	case v.outcome == OutcomeRejected && truth.done > w.earlier:
		w.flag(checkOutcome, seq, v, "rejected, but done")
	case v.outcome == OutcomeNotSent && truth.whole > 0:
		w.flag(checkOutcome, seq, v, "not sent, but received")
	case errors.Is(v.err, ErrOutcomeUnknown) != (OutcomeOf(v.err) == OutcomeUnknown):
		w.flag(checkOutcome, seq, v, "ErrOutcomeUnknown says otherwise")
	}
	if truth.repeated || w.call.writes && truth.done > 1 {
		w.flag(checkOnce, seq, v, "done or sent again")
	}
	unproven := v.outcome == OutcomeRejected && !v.response.Replayed
	if resumed && (v.outcome == OutcomeNotSent || unproven) {
		w.flag(checkResumed, seq, v, "resolved without proof")
	}
	if v.err == nil && !v.cost.IsZero() {
		w.costs[v.response.IdempotencyKey] = tenThousandths(v.cost)
		if reported := sumOf(w.costs); reported != truth.money {
			w.flag(checkCosts, seq, v, "reported "+itoa(reported))
		}
	}
	if want := w.advice(v); v.advice != want {
		w.flag(checkAdvice, seq, v, "want "+want.String())
	}
	w.checkCounts(seq, v)
}

// advice implements the table of reliability.md, section 1.
func (w *sequenceWalk) advice(v *callView) Advice {
	stored := v.response.Replayed && v.response.StatusCode >= http.StatusInternalServerError
	switch {
	case v.err == nil:
		return AdviceStop
	case v.outcome == OutcomeNotSent, v.outcome == OutcomeRejected:
		if w.api.last.lasting() {
			return AdviceStop
		}
		return AdviceRetry
	case w.call.keyed && !stored:
		return AdviceResume
	case w.call.writes:
		return AdviceInspect
	default:
		return AdviceRetry
	}
}

// checkCounts compares the client's count of attempts with the wire.
func (w *sequenceWalk) checkCounts(seq []*attemptEnd, v *callView) {
	n := &w.api.counts
	switch {
	case n.trips != v.response.Attempts, n.whole+n.unsent != n.trips:
		w.flag(checkWire, seq, v, "other requests than attempts")
	case n.short > 0:
		w.flag(checkWire, seq, v, "a body was cut short")
	case n.late > 0:
		w.flag(checkWire, seq, v, "a request was sent after the call")
	case n.early > 0:
		w.flag(checkWire, seq, v, "a request was sent before the Retry-After was over")
	case n.rushed > 0:
		w.flag(checkWire, seq, v, "a paid attempt began in the last second")
	case n.beyond > 0 && w.api.script != nil:
		w.flag(checkWire, seq, v, "more attempts than allowed")
	}
	if r, ok := ResponseOf(v.err); v.err != nil && (!ok || r.Attempts != v.response.Attempts) {
		w.flag(checkWire, seq, v, "another Response in the error")
	}
}

// note records the true state of all sequences with one look.
func (w *sequenceWalk) note(look sequenceLook, seq []*attemptEnd, v *callView) {
	t, known := w.looks[look]
	if !known {
		t.outcome = v.outcome
		t.example = seq
	}
	if t.outcome != v.outcome {
		w.flag(checkHonest, seq, v, "but "+t.outcome.String()+" after "+namesOf(t.example))
	}
	done := w.api.ledger.total().done > 0
	t.done = t.done || done
	t.notDone = t.notDone || !done
	w.looks[look] = t
}

// checkTwins checks that each Unknown has a twin, and returns their number.
func (w *sequenceWalk) checkTwins() (unknown int) {
	for _, t := range w.looks {
		if t.outcome != OutcomeUnknown {
			continue
		}
		unknown++
		if !t.done || !t.notDone {
			v := &callView{outcome: t.outcome}
			w.flag(checkHonest, t.example, v, "no sequence with the other true state has this look")
		}
	}
	return unknown
}

// drive follows RetryAdvice while the API answers normally. It skips a handover
// that was driven before, because the result is the same.
func (w *sequenceWalk) drive(seq []*attemptEnd, v *callView) {
	start := handover{
		truth:  w.api.ledger.total(),
		closed: max(0, time.Until(w.api.closed)),
		advice: v.advice,
		after:  v.after,
	}
	start.truth.whole = 0
	if v.err == nil || w.drives[start] {
		return
	}
	w.drives[start] = true
	w.api.script = nil
	for n := 0; w.continues(seq, v); n++ {
		var opts []CallOption
		resumed := v.advice == AdviceResume
		switch {
		case n == 4:
			w.flag(checkAdvice, seq, v, "the advice does not end")
			return
		case resumed:
			opts = append(opts, WithResumeKey(v.response.IdempotencyKey))
		case w.call.keyed:
			opts = append(opts, WithIdempotencyKey("again-"+itoa(n)))
		}
		w.driven++
		time.Sleep(v.after)
		v = w.make(opts)
		w.check(seq, v, resumed)
	}
}

// continues reports whether the advice asks for another call, and checks it
// where it does not.
func (w *sequenceWalk) continues(seq []*attemptEnd, v *callView) bool {
	truth := w.api.ledger.total()
	unkeyed := w.call.writes && !w.call.keyed
	switch {
	case v.err == nil:
		return false
	case unkeyed && truth.done > 0 && v.advice != AdviceInspect:
		w.flag(checkAdvice, seq, v, "it may be done, and no key protects it")
	case v.advice == AdviceInspect && !w.call.writes,
		v.advice == AdviceInspect && w.call.keyed && truth.stored < http.StatusInternalServerError:
		w.flag(checkAdvice, seq, v, "another call would resolve it")
	case v.advice == AdviceStop && truth.done > 0 && v.response.StatusCode != http.StatusNotFound:
		w.flag(checkAdvice, seq, v, "stopped, but done")
	}
	return v.advice == AdviceRetry || v.advice == AdviceResume
}

func (w *sequenceWalk) flag(c sequenceCheck, seq []*attemptEnd, v *callView, what string) {
	w.wrong[c]++
	if len(w.first) < 10 {
		w.first = append(w.first, fmt.Sprintf("%s: %s after %s, advice %s, error %v, ledger %+v",
			what, v.outcome, namesOf(seq), v.advice, v.err, w.api.ledger.entries))
	}
}

func namesOf(seq []*attemptEnd) string {
	var names []string
	for _, e := range seq {
		names = append(names, e.name)
	}
	return "[" + strings.Join(names, "; ") + "]"
}

// tenThousandths reads an amount with 4 decimals; -1: another form.
func tenThousandths(cost Amount) int {
	n, err := strconv.Atoi(strings.Replace(cost.String(), ".", "", 1))
	if err != nil {
		return -1
	}
	return n
}

func sumOf(costs map[string]int) (sum int) {
	for _, cost := range costs {
		sum += cost
	}
	return sum
}
