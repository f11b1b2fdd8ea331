package helliotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/near"
)

// maxJournal is how many lines of the journal a failed test's log has: the
// newest.
const maxJournal = 40

// journalLine is one event of the journal.
type journalLine struct {
	at   time.Time
	text func() (what, came string)
}

// journal returns the calls and the webhook attempts in their order, each with
// its time since the first and its result. It has no token, body, number or
// code.
func (e *engine) journal() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.world
	lines := w.journalLines()
	var b strings.Builder
	fmt.Fprintf(&b, "helliotest: %s", plural(w.requestsGone+len(w.requests), "call"))
	if n := len(lines) - len(w.requests); n > 0 {
		fmt.Fprintf(&b, ", %s at a webhook", plural(n, "attempt"))
	}
	left := max(0, len(lines)-maxJournal)
	if left+w.requestsGone > 0 {
		fmt.Fprintf(&b, "; the first %d are left out here", left+w.requestsGone)
	}
	for _, line := range lines[left:] {
		what, came := line.text()
		fmt.Fprintf(&b, "\n%12s  %-36s %s", line.at.Sub(lines[0].at), what, came)
	}
	return b.String()
}

// journalLines returns all events in the order of their times.
func (w *world) journalLines() []journalLine {
	lines := make([]journalLine, 0, len(w.requests)+len(w.deliveries))
	for i, l := range w.requests {
		lines = append(lines, journalLine{l.At, func() (what, came string) {
			r := l.public()
			return fmt.Sprintf("%3d %-4s %s", w.requestsGone+i+1, r.Method, r.route()), r.verdict()
		}})
	}
	for _, d := range w.deliveries {
		for i := range d.Attempts {
			lines = append(lines, journalLine{d.Attempts[i].At, func() (what, came string) {
				return fmt.Sprintf("  > webhook %d", d.hook.ID), d.verdict(i)
			}})
		}
	}
	slices.SortStableFunc(lines, func(a, b journalLine) int { return a.at.Compare(b.at) })
	return lines
}

// verdict returns the result of the i-th attempt.
func (d *delivery) verdict(i int) string {
	a := &d.Attempts[i]
	parts := []string{"no answer"}
	if a.StatusCode != 0 {
		parts[0] = fmt.Sprint(a.StatusCode)
	}
	parts = append(parts, fmt.Sprintf("%s of message %d, attempt %d", d.Event, d.message.ID, i+1))
	if a.Replay {
		parts = append(parts, "replay")
	}
	if a.Fault != "" {
		parts = append(parts, "fault="+a.Fault)
	}
	if a.Error != "" && a.StatusCode == 0 {
		parts = append(parts, "("+a.Error+")")
	}
	return strings.Join(parts, " ")
}

// route returns the contract's route, as a path may hold a number.
func (r *Request) route() string { return routeText(routeOf(r.Method, r.Path)) }

func routeText(known *apiRoute) string {
	if known == nil {
		return "(unknown route)"
	}
	return known.op.Route
}

// verdict returns the result of the call.
func (r *Request) verdict() string {
	parts := []string{answerText(r.Status, r.Code)}
	if fields := r.badFields(); fields != "" {
		parts = append(parts, "fields="+fields)
	}
	if r.Replayed {
		parts = append(parts, "replayed")
	}
	if r.IdempotencyKey != "" {
		parts = append(parts, "key="+near.Short(r.IdempotencyKey))
	}
	if r.Charge != "" && r.Charge != money(0).String() {
		parts = append(parts, "charge="+r.Charge)
	}
	if r.Fault != "" {
		parts = append(parts, "fault="+r.Fault)
	}
	return strings.Join(parts, " ")
}

// answerText returns the status and the error code.
func answerText(status int, code string) string {
	if status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, code))
}

// badFields names the fields that the API refused.
func (r *Request) badFields() string {
	var body errorBody
	if r.Code == "" || json.Unmarshal(r.ResponseBody, &body) != nil {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(body.Errors)), ",")
}
