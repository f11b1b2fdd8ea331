package helliotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// journalLines is how much of the journal goes to a failed test's log: the newest lines.
const journalLines = 40

// line is one event of the journal.
type line struct {
	at         time.Time
	what, came string
}

// journal is the story of the fake: calls and attempts to deliver webhooks as they came, each with its time since the first, what it
// was and what came of it. No token, body, number or code is in it.
func (e *engine) journal() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.world
	lines := w.lines()
	var b strings.Builder
	fmt.Fprintf(&b, "helliotest: %s", count(w.requestsGone+len(w.requests), "call"))
	if n := len(lines) - len(w.requests); n > 0 {
		fmt.Fprintf(&b, ", %s at a webhook", count(n, "attempt"))
	}
	left := max(0, len(lines)-journalLines)
	if left+w.requestsGone > 0 {
		fmt.Fprintf(&b, "; the first %d are left out here", left+w.requestsGone)
	}
	for _, l := range lines[left:] {
		fmt.Fprintf(&b, "\n%12s  %-36s %s", l.at.Sub(lines[0].at), l.what, l.came)
	}
	return b.String()
}

// lines are all events in the order of their times.
func (w *world) lines() []line {
	lines := make([]line, 0, len(w.requests)+len(w.deliveries))
	for i, l := range w.requests {
		lines = append(lines, line{l.at, fmt.Sprintf("%3d %-4s %s", w.requestsGone+i+1, l.call.method, l.route()), l.verdict()})
	}
	for _, d := range w.deliveries {
		for i := range d.attempts {
			lines = append(lines, line{d.attempts[i].At, fmt.Sprintf("  > webhook %d", d.hook.id), d.verdict(i)})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	return lines
}

// verdict is what came of the i-th attempt.
func (d *delivery) verdict(i int) string {
	a := &d.attempts[i]
	parts := []string{"no answer"}
	if a.StatusCode != 0 {
		parts[0] = fmt.Sprint(a.StatusCode)
	}
	parts = append(parts, fmt.Sprintf("%s of message %d, attempt %d", d.event, d.message.id, i+1))
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

// route is the contract's route, as a path may hold a number.
func (l *logged) route() string {
	if l.call.route == nil {
		return "(unknown route)"
	}
	return l.call.route.op.Route
}

func (l *logged) verdict() string {
	parts := []string{l.answer()}
	if fields := l.badFields(); fields != "" {
		parts = append(parts, "fields="+fields)
	}
	if l.replayed {
		parts = append(parts, "replayed")
	}
	if l.key != "" {
		parts = append(parts, "key="+quotable(l.key))
	}
	if l.charge != 0 {
		parts = append(parts, "charge="+l.charge.String())
	}
	if l.fault != "" {
		parts = append(parts, "fault="+l.fault)
	}
	return strings.Join(parts, " ")
}

// answer is the status and the error code.
func (l *logged) answer() string {
	if l.status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", l.status, l.code))
}

// badFields names the fields that the API refused.
func (l *logged) badFields() string {
	var body errorBody
	if l.code == "" || json.Unmarshal(l.response, &body) != nil {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(body.Errors)), ",")
}
